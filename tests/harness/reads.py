# SPDX-License-Identifier: GPL-2.0-or-later
"""What processes really opened and read of a file, as strace saw it."""
import os
import re
import subprocess
import time

from harness import tidy

CALLS = "open,openat,openat2,read,pread64,readv,preadv,preadv2,sendfile,copy_file_range,mmap"
CALL = re.compile(r"^(\d+)\s+(\w+)\((.*)\) += (-?\w+)(?:<(.*)>)?")
RESUMED = re.compile(r"^(\d+)\s+<\.\.\. \w+ resumed>(.*)$")


def strace(output):
    """The words before a command. No contents are printed."""
    return ["strace", "-f", "-y", "-s", "0", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", output]


class Attached:
    """Follows processes that run already, and all that they start. with Attached(pids, file): ..."""

    def __init__(self, pids, output):
        self._words = strace(output) + [word for pid in pids for word in ("-p", str(pid))]
        self._pids = pids
        self.output = output

    def __enter__(self):
        self._process = subprocess.Popen(self._words, stdin=subprocess.DEVNULL,
                                         stderr=subprocess.DEVNULL,
                                         preexec_fn=tidy.die_with_parent)
        deadline = time.monotonic() + 20
        while not all(is_traced(pid) for pid in self._pids if os.path.exists(f"/proc/{pid}")):
            if time.monotonic() > deadline:
                raise RuntimeError("strace does not follow the server")
            time.sleep(0.05)
        return self

    def __exit__(self, *_exception):
        self._process.terminate()
        self._process.wait(20)


def held_open(pids, path):
    """How many descriptors lead to a file: what a sensor that starts finds there."""
    links = []
    for pid in pids:
        try:
            links += [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        except OSError:
            pass
    return links.count(path)


def is_traced(pid):
    try:
        with open(f"/proc/{pid}/status") as status:
            return "TracerPid:\t0\n" not in status.read()
    except OSError:
        return True


def whole_lines(output):
    """Calls that were interrupted by another process's line are put together."""
    begun = {}
    with open(output, errors="replace") as lines:
        for line in lines:
            line = line.rstrip("\n")
            if line.endswith("<unfinished ...>"):
                begun[line.split()[0]] = line.removesuffix("<unfinished ...>")
            elif resumed := RESUMED.match(line):
                yield begun.pop(resumed[1], "") + resumed[2]
            else:
                yield line


def bytes_of(call, arguments, result, path, size):
    if call == "mmap":
        fields = arguments.rsplit(", ", 2)
        length, offset = int(arguments.split(", ")[1], 0), int(fields[-1], 0)
        return max(0, min(length, size - offset)) if path in fields[-2] else 0
    # sendfile names its source second
    source = arguments.split(", ")[1 if call == "sendfile" else 0]
    return max(0, int(result)) if path in source else 0


def opens_and_bytes(output, path, place=None):
    """Of the file that the processes call path; place: where it lies for us, if elsewhere."""
    opens = total = 0
    size = os.path.getsize(place or path)
    for line in whole_lines(output):
        match = CALL.match(line)
        if not match:
            continue
        _pid, call, arguments, result, opened = match.groups()
        if call.startswith("open"):
            opens += opened == path and "O_WRONLY" not in arguments and "O_PATH" not in arguments
        elif f"<{path}>" in arguments:
            total += bytes_of(call, arguments, result, f"<{path}>", size)
    return opens, total
