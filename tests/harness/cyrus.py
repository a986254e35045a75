# SPDX-License-Identifier: GPL-2.0-or-later
"""A private Cyrus on loopback, with its own folder, ports, accounts and mail.

Debian's packages cannot be installed beside Dovecot's, so tests/install-deps unpacks them. The
programs run as the mail user that every Debian has, from where they lie.
"""
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time

from harness import tidy
from harness.lab import MAIL_USER, TENANTS, Account, free_ports

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVERS = f"{ROOT}/build/servers/cyrus"
PROGRAMS = f"{SERVERS}/usr/lib/cyrus/bin"
MASTER = f"{PROGRAMS}/master"
SERVICES = ("imap", "imaps", "pop3", "pop3s")

SETTINGS = """\
configdirectory: {folder}/lib
defaultpartition: default
partition-default: {folder}/mail
proc_path: {folder}/proc
cyrus_user: {user}
servername: localhost
virtdomains: userid
unixhierarchysep: yes
altnamespace: yes
hashimapspool: yes
mailbox_legacy_dirs: {legacy}
autocreate_quota: 0
search_engine: none
idlesocket: {folder}/sockets/idle
lmtpsocket: {folder}/sockets/lmtp
notifysocket: {folder}/sockets/notify
allowplaintext: yes
sasl_mech_list: PLAIN
sasl_pwcheck_method: auxprop
sasl_auxprop_plugin: sasldb
sasl_sasldb_path: {folder}/sasldb2
tls_server_cert: {folder}/cert.pem
tls_server_key: {folder}/key.pem
"""

MASTER_SETTINGS = """\
START {{
  recover cmd="{programs}/ctl_cyrusdb -C {folder}/imapd.conf -r"
}}
SERVICES {{
  imap cmd="{programs}/imapd -C {folder}/imapd.conf -U {reuse}" listen="127.0.0.1:{ports[imap]}"
  imaps cmd="{programs}/imapd -C {folder}/imapd.conf -s -U {reuse}" listen="127.0.0.1:{ports[imaps]}"
  pop3 cmd="{programs}/pop3d -C {folder}/imapd.conf -U {reuse}" listen="127.0.0.1:{ports[pop3]}"
  pop3s cmd="{programs}/pop3d -C {folder}/imapd.conf -s -U {reuse}" listen="127.0.0.1:{ports[pop3s]}"
  lmtpunix cmd="{programs}/lmtpd -C {folder}/imapd.conf -a" listen="{folder}/sockets/lmtp"
}}
EVENTS {{
}}
"""


def is_there():
    return os.access(MASTER, os.X_OK)


class Lab:
    """with Lab(...) as lab: a running Cyrus. reuse: how many clients a process serves. legacy:
    folders named by account instead of by the mailbox's number. tools: programs that the master is
    run by, such as strace."""

    def __init__(self, accounts=2, reuse=30, legacy=False, tools=()):
        self.folder = tempfile.mkdtemp(prefix="wy", dir="/tmp")
        tidy.on_exit(self.stop)
        os.chmod(self.folder, 0o755)
        self.tag = secrets.token_hex(2)
        self.ports = free_ports(SERVICES)
        self.process = None
        self._network = secrets.randbelow(254) + 1, secrets.randbelow(255)
        self._tools = [tool.replace("{folder}", self.folder) for tool in tools]
        self.accounts = [Account(f"u{i}.{self.tag}@{TENANTS[i % 2]}", secrets.token_urlsafe(9))
                         for i in range(accounts)]
        self.root = f"cyrus:{self.folder}/mail"
        self._write_files(reuse, legacy)

    def _write_files(self, reuse, legacy):
        user = pwd.getpwnam(MAIL_USER)
        for name in ("lib", "mail", "proc", "sockets"):
            os.mkdir(f"{self.folder}/{name}", 0o755)
        with open(f"{self.folder}/imapd.conf", "w") as settings:
            settings.write(SETTINGS.format(folder=self.folder, user=MAIL_USER,
                                           legacy="yes" if legacy else "no"))
        with open(f"{self.folder}/cyrus.conf", "w") as settings:
            settings.write(MASTER_SETTINGS.format(programs=PROGRAMS, folder=self.folder,
                                                  ports=self.ports, reuse=reuse))
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", f"{self.folder}/key.pem",
             "-out", f"{self.folder}/cert.pem"], check=True, capture_output=True)
        for account in self.accounts:
            local_part, _, domain = account.name.partition("@")
            subprocess.run(["saslpasswd2", "-p", "-c", "-f", f"{self.folder}/sasldb2", "-u", domain,
                            local_part], input=account.password.encode(), check=True)
        for name in os.listdir(self.folder):
            os.chown(f"{self.folder}/{name}", user.pw_uid, user.pw_gid)
        for name in ("imapd.conf", "cyrus.conf"):  # root's alone, as /etc and Debian's are
            os.chown(f"{self.folder}/{name}", 0, user.pw_gid)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_exception):
        self.stop()

    def environment(self):
        libraries = f"{SERVERS}/usr/lib"
        folders = [f"{libraries}/{name}" for name in os.listdir(libraries)
                   if name.endswith("-linux-gnu")]
        return dict(os.environ, LD_LIBRARY_PATH=":".join(folders))

    def start(self):
        self.process = subprocess.Popen(
            [*self._tools, MASTER, "-C", f"{self.folder}/imapd.conf", "-M",
             f"{self.folder}/cyrus.conf", "-p", f"{self.folder}/pid"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=open(f"{self.folder}/stderr", "w"), env=self.environment(),
            preexec_fn=tidy.die_with_parent)
        deadline = time.monotonic() + 30
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Cyrus did not start: {self.errors()}")
            time.sleep(0.1)

    def _answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.ports["imap"]), 5) as sock:
                return sock.recv(16).startswith(b"* OK")
        except OSError:
            return False

    def run(self, program, *arguments, **options):
        """One of the server's own programs, as the mail user."""
        return subprocess.run([f"{PROGRAMS}/{program}", "-C", f"{self.folder}/imapd.conf",
                               *arguments], env=self.environment(), check=True, **options)

    def stop(self):
        tidy.forget(self.stop)
        if self.process:
            tidy.stop_tree(self.process)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def errors(self):
        with open(f"{self.folder}/stderr") as stderr:
            return stderr.read()

    def source(self, number):
        """A client address of this lab: loopback, in a /24 that other labs hardly share."""
        return f"127.{self._network[0]}.{self._network[1]}.{number % 254 + 1}"
