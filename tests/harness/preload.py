# SPDX-License-Identifier: GPL-2.0-or-later
"""The mail server's own program with somebody else's code in it, as whoever may execute it: LD_PRELOAD.

The steps are words of the environment, one a line: "say LINE" on descriptor 900, "open PATH", "stop".
"""
import os
import subprocess

from harness import tidy

PIPE = 900
SOURCE = r"""
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PIPE 900

__attribute__((constructor)) static void take_steps(void)
{
	char *steps = getenv("STEPS"), *step;

	unsetenv("LD_PRELOAD");
	while (steps && (step = strsep(&steps, "\n"))) {
		if (strncmp(step, "say ", 4) == 0) {
			dprintf(PIPE, "%s\n", step + 4); /* one write */
		} else if (strncmp(step, "open ", 5) == 0) {
			int fd = open(step + 5, O_RDONLY);
			char byte;

			if (fd < 0 || read(fd, &byte, 1) < 0)
				_exit(3);
			close(fd);
		} else if (strcmp(step, "stop") == 0) {
			for (;;)
				pause();
		}
	}
	_exit(0);
}
"""


class Preload:
    """Compiled into folder. run() waits for the end; start() returns the process."""

    def __init__(self, folder):
        self._readers = []  # or whoever writes gets SIGPIPE
        self.object = f"{folder}/preload.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-w", "-x", "c", "-o", self.object, "-"],
                       input=SOURCE.encode(), check=True)
        os.chmod(self.object, 0o755)

    def start(self, program, uid, steps):
        """On a pipe that root made, as the anvil pipe is."""
        reader, writer = os.pipe()
        os.dup2(writer, PIPE)

        def become():
            tidy.die_with_parent()
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
        process = subprocess.Popen(
            [program], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, pass_fds=(PIPE,), preexec_fn=become,
            env={"LD_PRELOAD": self.object, "STEPS": "\n".join(steps), "PATH": "/usr/bin:/bin"})
        os.close(writer)
        os.close(PIPE)
        self._readers.append(reader)
        return process

    def run(self, program, uid, steps):
        process = self.start(program, uid, steps)
        if process.wait(30) != 0:
            raise RuntimeError(f"{program}: {process.returncode}")
