#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A mail root without a variable: folders are called by a hash, so that no path says whose mail lies there.

What sessions open counts for the account that the mail server names, IMAP and POP3; what a program beside
the server opens counts for nobody, and its alert names the root.
"""
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import story
from harness.clients import SUCCESS, Imap, Pop3
from harness.lab import Lab
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor

NAME = "mail_tree"
MESSAGES = 7
BODY = b"Subject: hello\r\n\r\nhello\r\n"


def log_in(report, client, account):
    report.check(client.login(account.name, account.password) == SUCCESS, f"{account.name} logs in")


def fill(report, lab, account):
    with Imap(lab, lab.source(9), "tls") as client:
        log_in(report, client, account)
        for _ in range(MESSAGES):
            client.append(BODY)
        client.logout()


def read(report, lab, account, number):
    """Returns (source, messages, bytes) of two sessions."""
    with Imap(lab, lab.source(2 * number), "tls") as imap:
        log_in(report, imap, account)
        imap.select()
        imap.fetch(f"1:{MESSAGES}", "BODY.PEEK[]", messages=MESSAGES)
        imap.logout()
    with Pop3(lab, lab.source(2 * number + 1), "tls") as pop3:
        log_in(report, pop3, account)
        for message in range(1, 4):
            pop3.retrieve(message)
        pop3.logout()
    return [(lab.source(2 * number), MESSAGES, imap.received), (lab.source(2 * number + 1), 3, pop3.received)]


def counted(sensor, account):
    rows = (sensor.account(account.name) or {}).get("by_source", [])
    return sorted((row["source"], row["messages"], row["bytes_sent"]) for row in rows)


def told(sensor):
    return [alert for alert in sensor.alerts() if alert["detector"] in ("foreign_reader", "second_account")]


def read_beside(report, lab, sensor, root):
    cat = shutil.copy(story.program("cat"), f"{lab.folder}/cat-{lab.tag}")
    files = [f"{folder}/{name}" for folder, _folders, names in os.walk(root) for name in names
             if os.path.basename(folder) in ("cur", "new")]
    subprocess.run([cat, *files[:3]], stdout=subprocess.DEVNULL, check=True)
    until(lambda: told(sensor), 15)
    alerts = told(sensor)
    report.check([(alert["detector"], alert["severity"]) for alert in alerts] == [("foreign_reader", "critical")],
                 "a program beside the server is told of", alerts)
    evidence = alerts[0]["evidence"] if alerts else {}
    report.check(evidence.get("messages") == 3 and evidence.get("folder") == root and
                 evidence.get("mailboxes", 0) is None, "  with the folder, and without an account", evidence)
    report.check(alerts and f" below {root} " in alerts[0]["message"], "  also in its sentence", alerts)


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    with Lab(accounts=3, mail_location="maildir:{folder}/mail/%Mu") as lab:
        root = f"{lab.folder}/mail"
        for account in lab.accounts:
            fill(report, lab, account)
        with Sensor(lab, {"mail": {"root": root}}) as sensor:
            wanted = {account: sorted(read(report, lab, account, number))
                      for number, account in enumerate(lab.accounts, 1)}
            for account, rows in wanted.items():
                until(lambda: counted(sensor, account) == rows, 15)
                report.check(counted(sensor, account) == rows, f"sessions of {account.name} count as its clients saw",
                             (counted(sensor, account), rows))
            report.check(not told(sensor), "no session is a stranger", told(sensor))
            read_beside(report, lab, sensor, root)
            for account, rows in wanted.items():
                report.check(counted(sensor, account) == rows, f"that counts for nobody: not for {account.name}",
                             counted(sensor, account))
    report.finish()


if __name__ == "__main__":
    main()
