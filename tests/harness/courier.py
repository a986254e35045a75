# SPDX-License-Identifier: GPL-2.0-or-later
"""Courier's imapd and courierpop3d as they are after a login, one process for each client.

Debian's packages cannot be installed beside Dovecot's, so tests/install-deps unpacks them. Logging
in is left out: this does what imaplogin does once the password was right, which is to become the
mail user, to say in the environment who is there, and to execute the program on the client's socket.
"""
import os
import pwd
import socket
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVERS = f"{ROOT}/build/servers/courier"
PROGRAMS = {"imap": f"{SERVERS}/usr/bin/imapd",
            "pop3": f"{SERVERS}/usr/lib/courier/courier/courierpop3d"}
MAIL_USER = "mail"
SOURCE = "192.0.2.77"  # where the clients say that they come from


def is_there():
    return all(os.access(program, os.X_OK) for program in PROGRAMS.values())


class Session:
    """A logged-in client. `received` counts all bytes that it got."""

    def __init__(self, service, account, home, tools=()):
        user = pwd.getpwnam(MAIL_USER)
        mine, theirs = socket.socketpair()
        environment = {
            "AUTHENTICATED": account, "AUTHADDR": account, "AUTHUSER": "unused", "HOME": home,
            "MAILDIR": "Maildir", "TCPREMOTEIP": f"::ffff:{SOURCE}", "TCPREMOTEPORT": "4000",
            "PROTOCOL": service.upper(), "IMAPLOGINTAG": "a0", "PATH": "/usr/bin:/bin",
            "IMAP_CAPABILITY": "IMAP4rev1", "IMAP_CHECK_ALL_FOLDERS": "0"}

        def become():
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        self.process = subprocess.Popen([*tools, PROGRAMS[service], "Maildir"], stdin=theirs,
                                        stdout=theirs, stderr=subprocess.DEVNULL, cwd=home,
                                        env=environment, preexec_fn=become)
        theirs.close()
        mine.settimeout(30)
        self._socket, self._lines = mine, mine.makefile("rb")
        self.received = 0
        self._number = 0
        self.line()

    def line(self):
        line = self._lines.readline()
        self.received += len(line)
        return line

    def imap(self, command):
        self._number += 1
        tag = b"a%d " % self._number
        self._socket.sendall(tag + command.encode() + b"\r\n")
        while not (line := self.line()).startswith(tag):
            if not line:
                raise ConnectionError(command)
        if not line.startswith(tag + b"OK"):
            raise RuntimeError(f"{command}: {line}")

    def pop3(self, command, many=False):
        self._socket.sendall(command.encode() + b"\r\n")
        if not (line := self.line()).startswith(b"+OK"):
            raise RuntimeError(f"{command}: {line}")
        while many and self.line() not in (b".\r\n", b""):
            pass

    def leave(self, command):
        self._socket.sendall(command.encode() + b"\r\n")
        while self.line():
            pass
        self._lines.close()
        self._socket.close()
        self.process.wait(30)
