# SPDX-License-Identifier: GPL-2.0-or-later
"""The suite's own Dovecot, 2.3 or 2.4, as its systemd unit runs it: two tenants, a passwd-file,
Maildir. It has the parts of harness.lab.Lab that clients ask for.

Nothing of it is told to the sensor: discovery has to find it.
"""
import os
import secrets
import shutil
import socket
import subprocess
import time

from harness.lab import Account, password_hash

TENANTS = ("isp1.example", "isp2.example")
CONFIG_FILE = "/etc/dovecot/dovecot.conf"
PASSWD_FILE = "/etc/dovecot/accounts"
MASTERS_FILE = "/etc/dovecot/masters"
MAIL = "/srv/mail"
MAIL_UID = 5000  # no user of the system's
PORTS = {"imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}

CONFIG_2_3 = """\
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_cert = </etc/dovecot/cert.pem
ssl_key = </etc/dovecot/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_location = maildir:~/Maildir
namespace inbox {
  inbox = yes
}
auth_master_user_separator = *
passdb {
  driver = passwd-file
  args = /etc/dovecot/masters
  master = yes
  result_success = continue
}
passdb {
  driver = passwd-file
  args = /etc/dovecot/accounts
}
userdb {
  driver = static
  args = uid=5000 gid=5000 home=/srv/mail/%d/%n
}
"""

CONFIG_2_4 = """\
dovecot_config_version = 2.4.0
dovecot_storage_version = 2.4.0
protocols = imap pop3
listen = 127.0.0.1
ssl = yes
ssl_server_cert_file = /etc/dovecot/cert.pem
ssl_server_key_file = /etc/dovecot/key.pem
auth_allow_cleartext = yes
auth_mechanisms = plain login
auth_failure_delay = 0
mail_driver = maildir
mail_path = ~/Maildir
namespace inbox {
  inbox = yes
}
auth_master_user_separator = *
passdb masters {
  driver = passwd-file
  passwd_file_path = /etc/dovecot/masters
  master = yes
  result_success = continue
}
passdb passwd-file {
  passwd_file_path = /etc/dovecot/accounts
}
userdb static {
  fields {
    uid = 5000
    gid = 5000
    home = /srv/mail/%{user | domain}/%{user | username}
  }
}
"""


def version():
    return subprocess.run(["dovecot", "--version"], capture_output=True, text=True,
                          check=True).stdout.split()[0]


class MailServer:
    def __init__(self, accounts=8):
        self.ports = PORTS
        self.accounts = [Account(f"user{i}@{TENANTS[i % 2]}", secrets.token_urlsafe(9))
                         for i in range(accounts)]
        self.master = Account("boss@isp1.example", secrets.token_urlsafe(9))
        self._mails = 0
        self._write_files()

    def _write_files(self):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", "/etc/dovecot/key.pem",
             "-out", "/etc/dovecot/cert.pem"], check=True, capture_output=True)
        with open(CONFIG_FILE, "w") as config:
            config.write(CONFIG_2_3 if version().startswith("2.3.") else CONFIG_2_4)
        self._write_accounts(PASSWD_FILE, self.accounts)
        self._write_accounts(MASTERS_FILE, [self.master])

    @staticmethod
    def _write_accounts(path, accounts):
        with open(path, "w") as passwd:
            for account in accounts:
                passwd.write(f"{account.name}:{password_hash(account.password)}::::::\n")
        shutil.chown(path, "root", "dovecot")
        os.chmod(path, 0o640)

    def start(self):
        """Returns what went wrong, or nothing."""
        done = subprocess.run(["systemctl", "start", "dovecot"], capture_output=True, text=True)
        deadline = time.monotonic() + 30
        while done.returncode == 0 and not self._greets():
            if time.monotonic() > deadline:
                return "Dovecot does not answer"
            time.sleep(0.1)
        return done.stderr

    def _greets(self):
        try:
            for service, greeting in (("imap", b"* OK"), ("pop3", b"+OK")):
                with socket.create_connection(("127.0.0.1", self.ports[service]), 5) as sock:
                    if not sock.recv(4).startswith(greeting):
                        return False
        except OSError:
            return False
        return True

    def forget_caches(self):
        """Sessions find the mailboxes as if nobody had read them."""
        for folder, _folders, names in os.walk(MAIL):
            for name in names:
                if name.startswith("dovecot"):
                    os.unlink(f"{folder}/{name}")

    def source(self, number):
        return f"127.20.{number // 250}.{number % 250 + 1}"

    def fill(self, account, messages):
        """Returns the paths of the messages."""
        local_part, _, domain = account.name.partition("@")
        maildir = f"{MAIL}/{domain}/{local_part}/Maildir"
        for folder in ("cur", "new", "tmp"):
            os.makedirs(f"{maildir}/{folder}", exist_ok=True)
        paths = [self._deliver(maildir, account) for _ in range(messages)]
        subprocess.run(["chown", "-R", f"{MAIL_UID}:{MAIL_UID}", f"{MAIL}/{domain}"], check=True)
        return paths

    def _deliver(self, maildir, account):
        self._mails += 1
        path = f"{maildir}/cur/1764000000.M{self._mails}P1.guest:2,"
        with open(path, "w") as mail:
            mail.write(f"From: sender@{account.tenant}\nTo: {account.name}\n"
                       f"Subject: number {self._mails}\n\n" + "some text of a message\n" * 40)
        return path
