#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts under the load of Dovecot's own imaptest equal what Dovecot itself says.

The other tests trust clients of this project; here neither the clients nor the truth are its own.
Logins and failures come from Dovecot's log, bytes from its logout lines, messages from its event
mail_opened, per account, source and transport. Sessions end with LOGOUT: for one that is cut off,
Dovecot's out= also counts what it could not send any more.

Skipped where no program imaptest is in PATH; Debian has none. It is built from
https://github.com/dovecot/imaptest with the headers of dovecot-dev; for Dovecot 2.3 of early 2022.
"""
import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import tidy
from harness.clients import FAILURE, SUCCESS
from harness.lab import Lab
from harness.report import Report, require_root_and_programs, skip
from harness.sensor import Sensor
from harness.truth import Attempt, Comparison, Truth

NAME = "imaptest"
DOVECOT_LIBRARIES = "/usr/lib/dovecot"
SETTINGS = """
auth_verbose = yes
imap_logout_format = out=%o
event_exporter opened {
  format = json
  format_args = time-rfc3339
  transport = log
}
metric opened {
  filter = event=mail_opened
  exporter = opened
}
"""
Load = collections.namedtuple("Load", "name port arguments wrong lab")
LOADS = (
    Load("log in and out", "imap", ["-", "logout=100"], False, {}),
    Load("every command in turn", "imap", [], False, {}),
    Load("copies and folders, processes that serve many", "imap",
         ["copybox=Other", "mcreate=30", "msubs=20", "copy=60,20", "no_tracking"], False,
         {"service_count": 0}),
    Load("sendfile", "imap", [], False, {"save_crlf": True}),
    Load("TLS, AUTHENTICATE", "imaps", ["ssl=any-cert", "auth=50"], False, {}),
    Load("half of the passwords wrong", "imap", ["-", "auth=50", "logout=100"], True, {}),
    Load("wrong passwords, verdicts late", "imap", ["-", "logout=100"], True,
         {"failure_delay": None, "penalty": True}),
)


class LoggedTruth(Truth):
    """What Dovecot logged. The log's lines are not in the order of events: sessions first."""

    def __init__(self, log):
        super().__init__()
        self._address, self._transport = {}, {}
        self.without_end = set()  # accounts of sessions whose logout line is missing
        lines = log.splitlines()
        for line in lines:
            self._read_request(line)
        ended = {match[1] for match in re.finditer(r"><(\S+?)>: Info: Disconnected.* out=", log)}
        for line in lines:
            self._read_login(line, ended)
            self._read_failure(line)
            self._read_end(line)
            if '"mail_opened"' in line:
                self._read_open(json.loads(line[line.index("{"):])["fields"])

    def _read_request(self, line):
        match = re.search(r"client in: AUTH\t.*\tsession=(\S+)\t.*rip=(\S+)", line)
        if match:
            self._address[match[1]] = match[2]
            self._transport[match[1]] = "tls" if "\tsecured=tls\t" in line else "cleartext"

    def _count(self, account, session, outcome):
        self.attempts[Attempt(account, self._address[session], "imap", "password",
                              self._transport[session], outcome)] += 1

    def _read_login(self, line, ended):
        match = re.search(r"imap-login: Info: Login: user=<(\S+?)>.*session=<(\S+?)>", line)
        if match:
            self._count(match[1], match[2], SUCCESS)
            if match[2] not in ended:
                self.without_end.add(match[1])

    def _read_failure(self, line):
        match = re.search(r"passwd-file\((\S+?),\S+?,<(\S+?)>\): Password mismatch", line)
        if match:
            self._count(match[1], match[2], FAILURE)

    def _read_end(self, line):
        match = re.search(r"imap\((\S+?)\)<\d+><(\S+?)>: Info: Disconnected.* out=(\d+)", line)
        if match:
            self.bytes_sent[match[1], self._address[match[2]]] += int(match[3])

    def _read_open(self, fields):
        if fields.get("uid") != 0:  # else the message being saved, which no file holds yet
            self.messages[fields["user"], fields["remote_ip"]] += 1


def write_users(lab, wrong):
    path = f"{lab.folder}/users"
    with open(path, "w") as users:
        for i, account in enumerate(lab.accounts):
            prefix = "not" if wrong and i % 2 else ""
            users.write(f"{account.name}:{prefix}{account.password}\n")
    return path


def write_messages(lab):
    """What imaptest appends: an mbox of messages from a few hundred bytes to 150 KB."""
    path = f"{lab.folder}/messages"
    with open(path, "w") as mbox:
        for i in range(100):
            body = "a line of the message, rather a long one\n" * (5, 50, 200, 1000, 3700)[i % 5]
            mbox.write("From u@d  Fri Feb 22 17:06:23 2008\n"
                       f"From: user{i}@sender.example\nSubject: number {i}\n"
                       "Date: Sun, 22 Nov 2026 12:00:00 +0000\n"
                       f"Message-ID: <{i}.{lab.tag}@sender.example>\n\n{body}\n")
    return path


def run_imaptest(lab, load, arguments):
    """Returns its exit status. Refused logins are errors to it and change nothing there."""
    command = ["imaptest", "host=127.0.0.1", f"port={lab.ports[load.port]}",
               f"userfile={write_users(lab, load.wrong)}", f"mbox={write_messages(lab)}",
               f"clients={arguments.clients}", f"secs={arguments.seconds}", "seed=1",
               *load.arguments]
    environment = dict(os.environ, USER="nobody", LD_LIBRARY_PATH=DOVECOT_LIBRARIES)
    process = subprocess.Popen(command, cwd=lab.folder, env=environment, stdin=subprocess.DEVNULL,
                               stdout=open(f"{lab.folder}/imaptest.out", "w"),
                               stderr=subprocess.STDOUT, preexec_fn=tidy.die_with_parent)
    try:
        process.wait(arguments.seconds + 20)
    except subprocess.TimeoutExpired:
        pass
    finally:
        tidy.stop_tree(process)
    return process.returncode


def compare(truth, sensor):
    comparison = Comparison()
    for name in truth.accounts():
        if name not in truth.without_end:
            comparison.account(truth, sensor, name, reads=True)
    return comparison


def compare_when_settled(lab, sensor, seconds=20):
    """Both sides are still being written when imaptest ends."""
    deadline = time.monotonic() + seconds
    while True:
        time.sleep(1.2)
        truth = LoggedTruth(lab.log())
        comparison = compare(truth, sensor)
        settled = not comparison.differences and not truth.without_end
        if settled or time.monotonic() > deadline:
            return truth, comparison


def judge(report, load, truth, comparison):
    messages, bytes_sent = truth.reads()
    wanted = (SUCCESS, FAILURE) if load.wrong else (SUCCESS,)
    made = {outcome: truth.count(outcome=outcome) for outcome in wanted}
    report.check(all(made.values()), f"Dovecot logged {made}")
    if truth.without_end:
        report.say(f"not compared, Dovecot logged no end of a session of: {truth.without_end}")
    report.check(comparison.compared and not comparison.differences,
                 f"{truth.count()} attempts, {messages} messages, {bytes_sent} bytes: "
                 f"{comparison.compared} counts, {len(comparison.differences)} differences",
                 comparison.differences)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=6, help="for each of the loads")
    parser.add_argument("--clients", type=int, default=50)
    arguments = parser.parse_args()
    if not shutil.which("imaptest"):
        skip(NAME, "no program imaptest in PATH (built from github.com/dovecot/imaptest)")
    require_root_and_programs(NAME)
    report = Report(NAME)
    for load in LOADS:
        lab = Lab(accounts=12, auth_debug=True, own_tenants=True, **load.lab)
        with open(lab.config_file, "a") as config:
            config.write(SETTINGS)
        with lab, Sensor(lab) as sensor:
            status = run_imaptest(lab, load, arguments)
            report.check(status == 0, f"{load.name}: imaptest ended", f"status {status}")
            judge(report, load, *compare_when_settled(lab, sensor))
    report.finish()


if __name__ == "__main__":
    main()
