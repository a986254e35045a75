# SPDX-License-Identifier: GPL-2.0-or-later
"""Which files a mail server opened, as strace saw it: the truth for what a sensor counts."""
import re

OPENED = re.compile(r'^(\d+) .*\bopen(?:at)?\((?:AT_FDCWD, )?"([^"]+)", (\S+?)(?:, 0\d+)?\)\s+= (\d+)')


def tracing(output):
    """The words to run a program by, so that read_opens() can tell afterwards."""
    return ("strace", "-f", "-qq", "-e", "trace=openat,open,execve", "-e", "signal=none",
            "-o", output)


def read_opens(path):
    """[(pid, program, file)] of the successful opens for reading, in order. Calls that strace had to
    write in two parts are put together."""
    opens, programs, unfinished = [], {}, {}
    with open(path, errors="replace") as lines:
        for line in lines:
            pid, _, rest = line.partition(" ")
            rest = rest.strip()
            if rest.endswith("<unfinished ...>"):
                unfinished[pid] = rest.removesuffix("<unfinished ...>").rstrip()
                continue
            if rest.startswith("<... "):
                rest = unfinished.pop(pid, "") + rest.partition("resumed>")[2]
                line = f"{pid} {rest}\n"
            if executed := re.match(r'execve\("([^"]+)".*\) += 0', rest):
                programs[pid] = executed[1]
            elif match := OPENED.match(line):
                flags = match[3].split("|")
                if "O_WRONLY" not in flags and "O_PATH" not in flags:
                    opens.append((pid, programs.get(pid, ""), match[2]))
    return opens
