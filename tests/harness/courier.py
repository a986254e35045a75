# SPDX-License-Identifier: GPL-2.0-or-later
"""Courier: couriertcpd accepts, imaplogin asks authdaemond and becomes imapd, one process for each
client; the same for POP3.

Debian's packages cannot be installed beside Dovecot's, so tests/install-deps unpacks them; only
authdaemond is installed. Settings are those that the packages bring.
"""
import os
import socket
import subprocess

from harness import tidy
from harness.lab import free_ports
from harness.opens import tracing
from harness.private_etc import PASSWORD, Userdb

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVERS = f"{ROOT}/build/servers/courier"
PROGRAMS = {"imap": f"{SERVERS}/usr/bin/imapd",
            "pop3": f"{SERVERS}/usr/lib/courier/courier/courierpop3d"}
LOGINS = {"imap": f"{SERVERS}/usr/lib/courier/courier/imaplogin",
          "pop3": f"{SERVERS}/usr/lib/courier/courier/courierpop3login"}
SETTINGS = {"imap": f"{SERVERS}/etc/courier/imapd", "pop3": f"{SERVERS}/etc/courier/pop3d"}
LISTENER = f"{SERVERS}/usr/sbin/couriertcpd"
MAIL_USER = "mail"
SOURCE = "127.0.0.77"  # where the clients come from


def is_there():
    return all(os.access(program, os.X_OK) for program in (LISTENER, *PROGRAMS.values()))


class Server(Userdb):
    """One account, known to authdaemond; an IMAP and a POP3 port."""

    def __init__(self, account, home):
        super().__init__(account, home)
        self.account = account
        self.ports = free_ports(("imap", "pop3"))
        self.listeners = []

    def start(self):
        super().start()
        for service in PROGRAMS:
            self.listeners.append(subprocess.Popen(
                self.inside("sh", "-c", f'set -a; . {SETTINGS[service]}; exec "$@"', "sh",
                            *tracing(self.trace_of(service)), LISTENER, "-address=127.0.0.1",
                            "-nodnslookup", "-noidentlookup", str(self.ports[service]),
                            LOGINS[service], PROGRAMS[service], "Maildir"),
                stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
                preexec_fn=tidy.die_with_parent))
        self.wait_for(lambda: all(is_open(port) for port in self.ports.values()))

    def trace_of(self, service):
        """What strace says of all processes of a service."""
        return f"{self.folder}/trace-{service}"

    def stop(self):
        while self.listeners:
            tidy.stop_at_once(self.listeners.pop())
        super().stop()


def is_open(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Session:
    """A client that logs in. `received` counts the bytes that it got from the reply to that on."""

    received = 0

    def __init__(self, server, service):
        self._socket = socket.create_connection(("127.0.0.1", server.ports[service]), 30, (SOURCE, 0))
        self._lines = self._socket.makefile("rb")
        self._number = 0
        self.line()
        if service == "imap":
            self.received = 0
            self.imap(f"LOGIN {server.account} {PASSWORD}")
        else:
            self.pop3(f"USER {server.account}")
            self.received = 0
            self.pop3(f"PASS {PASSWORD}")

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
        """Returns when the server has closed."""
        self._socket.sendall(command.encode() + b"\r\n")
        while self.line():
            pass
        self._lines.close()
        self._socket.close()
