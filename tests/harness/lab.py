# SPDX-License-Identifier: GPL-2.0-or-later
"""The laboratory: a private Dovecot on loopback, with its own folder, ports, users and mail.

Everything lies in one short folder below /tmp (a Unix socket's path has at most 107 bytes) and is
gone after stop(). Account names carry the lab's tag unless plain names are asked for, because a
sensor sees every mail server of the host, also those of another lab that runs at the same time.
"""
import base64
import hashlib
import os
import pwd
import random
import secrets
import shutil
import socket
import subprocess
import tempfile
import time

from harness import tidy

TENANTS = ("isp1.example", "isp2.example")
MAIL_USER = "mail"  # a system user that every Debian has; nothing is added to the host
DOVECOT = "/usr/sbin/dovecot"
AUTH_PROGRAM = "/usr/lib/dovecot/auth"
FIRST_PORT = 10000  # below are those of services

CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/dovecot.log
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_debug = {auth_debug}
{failure_delay}
mail_location = {mail_location}
mail_save_crlf = {save_crlf}
mail_max_userip_connections = 1000
first_valid_uid = 1
namespace inbox {{
  inbox = yes
}}
{master_passdb}passdb {{
  driver = passwd-file
  args = {passwd_file}
}}
{broken_passdb}userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%d/%n
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = {penalty_mode}
  }}
}}
service imap-login {{
  service_count = {service_count}
  process_min_avail = {min_avail}
  process_limit = 200
  client_limit = {client_limit}
  inet_listener imap {{
    port = {ports[imap]}
  }}
  inet_listener imaps {{
    port = {ports[imaps]}
    ssl = yes
  }}
}}
service pop3-login {{
  service_count = {service_count}
  process_min_avail = {min_avail}
  process_limit = 200
  client_limit = {client_limit}
  inet_listener pop3 {{
    port = {ports[pop3]}
  }}
  inet_listener pop3s {{
    port = {ports[pop3s]}
    ssl = yes
  }}
}}
service imap {{
  process_limit = 400
}}
service pop3 {{
  process_limit = 400
}}
{more}
"""

# Looks into a folder that it may not enter: every lookup fails temporarily.
BROKEN_PASSDB = """\
passdb {{
  driver = passwd-file
  args = {folder}/private/%d
  username_filter = *@broken.example
}}
"""


# Who may log in as anybody, as account*MASTER.
MASTER_PASSDB = """\
auth_master_user_separator = *
passdb {{
  driver = passwd-file
  args = {folder}/masters
  master = yes
}}
"""


class Account:
    def __init__(self, name, password):
        self.name = name
        self.password = password

    @property
    def tenant(self):
        return self.name.rpartition("@")[2]


def bind_for_server(sock):
    """To a free loopback port that the kernel gives to no client. Else a client may have it before the server
    listens: even the one that asks whether the server is there, which would then be connected with itself."""
    with open("/proc/sys/net/ipv4/ip_local_port_range") as span:
        first_of_clients = int(span.read().split()[0])
    if first_of_clients < 2 * FIRST_PORT:  # all are for clients here: nothing to choose from
        return sock.bind(("127.0.0.1", 0))
    for _ in range(1000):
        try:
            return sock.bind(("127.0.0.1", secrets.choice(range(FIRST_PORT, first_of_clients))))
        except OSError:
            continue  # somebody has it
    raise RuntimeError(f"no free port from {FIRST_PORT} to {first_of_clients}")


def free_ports(names):
    """Of servers; held together while they are picked, so that no two are the same."""
    held = {}
    for name in names:
        held[name] = socket.socket()
        bind_for_server(held[name])
    ports = {name: sock.getsockname()[1] for name, sock in held.items()}
    for sock in held.values():
        sock.close()
    return ports


def password_hash(password):
    return "{SHA256}" + base64.b64encode(hashlib.sha256(password.encode()).digest()).decode()


class Lab:
    """with Lab(...) as lab: a running Dovecot. See __init__ for what can be chosen."""

    def __init__(self, accounts=8, plain_names=None, service_count=1, auth_debug=False,
                 failure_delay=0, penalty=False, save_crlf=False, passwords=None, own_tenants=False,
                 broken_passdb=True, mail_location="maildir:~/Maildir", more="", tools=(),
                 masters=()):
        """failure_delay: seconds, None for Dovecot's default. penalty: Dovecot's growing delay per
        address. plain_names: local parts to use as they are; else names carry the lab's tag.
        passwords: {index: password} where they must be known beforehand. own_tenants: tenants that
        no other lab has, for counts per tenant. broken_passdb: accounts of broken.example fail
        temporarily. mail_location may name {folder}. more: further configuration. tools: programs
        that Dovecot's master is run by, such as strace. masters: Accounts that may log in as
        anybody, as NAME*MASTER."""
        self.folder = tempfile.mkdtemp(prefix="wx", dir="/tmp")
        tidy.on_exit(self.stop)
        os.chmod(self.folder, 0o755)
        self.tag = secrets.token_hex(2)
        self.tenants = tuple(name.replace(".", f"-{self.tag}.", 1) if own_tenants else name
                             for name in TENANTS)
        self.process = None
        self.options = dict(service_count=service_count, auth_debug=auth_debug,
                            failure_delay=failure_delay, penalty=penalty, save_crlf=save_crlf,
                            broken_passdb=broken_passdb)
        self.mail_location = mail_location.replace("{folder}", self.folder)
        self._more = more.replace("{folder}", self.folder)
        self._tools = [tool.replace("{folder}", self.folder) for tool in tools]
        self.masters = list(masters)
        self.passwd_file = f"{self.folder}/passwd"
        self.config_file = f"{self.folder}/dovecot.conf"
        self.log_file = f"{self.folder}/dovecot.log"
        self.root_template = f"{self.folder}/mail/%d/%n"
        self.accounts = []
        self._mails = 0
        self._network = random.randrange(1, 255), random.randrange(0, 255)
        local_parts = plain_names or [f"u{i}.{self.tag}" for i in range(accounts)]
        for i, local_part in enumerate(local_parts):
            password = (passwords or {}).get(i) or secrets.token_urlsafe(9)
            name = f"{local_part}@{self.tenants[i % len(TENANTS)]}"
            self.accounts.append(Account(name, password))
        self.ports = free_ports(("imap", "imaps", "pop3", "pop3s"))
        self._write_files()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_exception):
        self.stop()

    def _write_files(self):
        mail_user = pwd.getpwnam(MAIL_USER)
        self.uid, self.gid = mail_user.pw_uid, mail_user.pw_gid
        os.mkdir(f"{self.folder}/state", 0o755)
        os.mkdir(f"{self.folder}/private", 0o700)  # unreadable: a lookup there fails temporarily
        os.mkdir(f"{self.folder}/mail", 0o755)
        os.chown(f"{self.folder}/mail", self.uid, self.gid)
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", f"{self.folder}/key.pem",
             "-out", f"{self.folder}/cert.pem"], check=True, capture_output=True)
        self.write_passwd_file()
        delay = self.options["failure_delay"]
        one_each = self.options["service_count"] == 1
        with open(self.config_file, "w") as config:
            config.write(CONFIG.format(
                folder=self.folder, mail_location=self.mail_location, more=self._more,
                passwd_file=self.passwd_file, uid=self.uid, gid=self.gid,
                ports=self.ports, service_count=self.options["service_count"],
                broken_passdb=BROKEN_PASSDB.format(folder=self.folder)
                if self.options["broken_passdb"] else "",
                master_passdb=MASTER_PASSDB.format(folder=self.folder) if self.masters else "",
                min_avail=2, client_limit=1 if one_each else 500,
                auth_debug="yes" if self.options["auth_debug"] else "no",
                save_crlf="yes" if self.options["save_crlf"] else "no",
                failure_delay="" if delay is None else f"auth_failure_delay = {delay}",
                penalty_mode="0600" if self.options["penalty"] else "0"))

    def write_passwd_file(self):
        self._write_accounts(self.passwd_file, self.accounts)
        self._write_accounts(f"{self.folder}/masters", self.masters)

    @staticmethod
    def _write_accounts(path, accounts):
        with open(path, "w") as passwd:
            for account in accounts:
                passwd.write(f"{account.name}:{password_hash(account.password)}::::::\n")
        shutil.chown(path, "root", "dovecot")
        os.chmod(path, 0o640)

    def start(self):
        self.process = subprocess.Popen(
            [*self._tools, DOVECOT, "-F", "-c", self.config_file], stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=open(f"{self.folder}/stderr", "w"),
            preexec_fn=tidy.die_with_parent)
        deadline = time.monotonic() + 15
        for port in self.ports.values():
            while not self._answers(port):
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"Dovecot did not start: {self.errors()}")
                time.sleep(0.05)

    def _answers(self, port):
        """A plain port greets; a TLS port at least accepts."""
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as sock:
                if port in (self.ports["imaps"], self.ports["pop3s"]):
                    return True
                return sock.recv(16).startswith((b"* OK", b"+OK"))
        except OSError:
            return False

    def stop(self):
        tidy.forget(self.stop)
        if self.process:
            tidy.stop_at_once(self.process)
            self.process = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def errors(self):
        with open(f"{self.folder}/stderr") as stderr:
            return stderr.read() + self.log()[-2000:]

    def log(self):
        """Everything Dovecot has logged so far."""
        try:
            with open(self.log_file, errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def source(self, number):
        """A client address of this lab: loopback, in a /24 that other labs hardly share."""
        return f"127.{self._network[0]}.{self._network[1]}.{number % 254 + 1}"

    def is_own(self, text):
        """Is an account, a tenant that no other lab has, a client or a file of this lab named?"""
        names = [account.name for account in self.accounts]
        names += [f".{self.tag}@", f"-{self.tag}.", self.folder + "/", self.source(0)[:-1]]
        return any(name in text for name in names)

    def home(self, account):
        local_part, _, domain = account.name.partition("@")
        return f"{self.folder}/mail/{domain}/{local_part}"

    def deliver(self, account, body, subject="hello", folder="cur"):
        """Writes one message as a Maildir file and returns its path."""
        self._mails += 1
        end = "\r\n" if self.options["save_crlf"] else "\n"
        lines = [f"From: sender <sender@{account.tenant}>", f"To: <{account.name}>",
                 f"Subject: {subject}", "Date: Sun, 22 Nov 2026 12:00:00 +0000",
                 f"Message-ID: <{self._mails}.{self.tag}@{account.tenant}>", ""]
        content = "".join(line + end for line in lines + body.splitlines()).encode()
        delivered = len(content) + (0 if end == "\r\n" else content.count(b"\n"))
        maildir = self._maildir(account)
        name = f"{int(time.time())}.M{self._mails}P1.lab,S={len(content)},W={delivered}"
        path = f"{maildir}/{folder}/{name}" + (":2," if folder == "cur" else "")
        with open(path, "wb") as mail:
            mail.write(content)
        os.chown(path, self.uid, self.gid)
        return path

    def _maildir(self, account):
        home = self.home(account)
        for folder in (os.path.dirname(home), home, f"{home}/Maildir",
                       *(f"{home}/Maildir/{name}" for name in ("cur", "new", "tmp"))):
            if not os.path.isdir(folder):
                os.mkdir(folder, 0o700)
                os.chown(folder, self.uid, self.gid)
        return f"{home}/Maildir"

    def fill(self, account, messages, bytes_each=2000):
        """Delivers messages of a known number; their sizes vary a little."""
        lines = bytes_each // 71
        return [self.deliver(account, f"message {i}\n" + ("x" * 70 + "\n") * (lines + i % 7),
                             subject=f"number {i}") for i in range(messages)]
