#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What the mail server reads for itself is delivered to nobody.

LMTP with Sieve looking into bodies, a full-text index made at delivery and at a search, quota counted
anew, mailboxes indexed and repaired by doveadm, expunges: who opens how many messages, as strace saw it,
and as the sensor counts it. Nothing but paths is configured: discovery knows Dovecot's helpers.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import collections
import re
import smtplib
import subprocess

from harness.clients import SUCCESS, Imap
from harness.lab import Lab
from harness.opens import read_opens, tracing
from harness.report import Report, require_root_and_programs, skip, until
from harness.sensor import Sensor

NAME = "own_reads"
PLUGINS = ("lib21_fts_xapian_plugin.so", "lib90_sieve_plugin.so")
MESSAGE = re.compile(r"/(cur|new)/[^/]+$")
MESSAGES = 6
MORE = """\
protocols = imap pop3 lmtp
mail_plugins = fts fts_xapian quota
protocol lmtp {
  mail_plugins = fts fts_xapian quota sieve
}
service lmtp {
  unix_listener lmtp {
    mode = 0600
  }
}
plugin {
  fts = xapian
  fts_xapian = partial=3 full=20
  fts_autoindex = yes
  fts_enforced = yes
  quota = maildir:User quota
  quota_rule = *:storage=1G
  sieve = file:{folder}/sort.sieve
}
"""
SIEVE = """\
require ["body", "fileinto", "mailbox"];
if body :text :contains "invoice" { fileinto :create "Bills"; }
"""


def deliver(lab, account, body):
    with smtplib.LMTP(f"{lab.folder}/run/lmtp") as client:
        client.sendmail("sender@elsewhere.example", [account.name],
                        f"From: sender@elsewhere.example\r\nTo: {account.name}\r\nSubject: x\r\n\r\n{body}\r\n")


def deliver_with_sieve(lab, account):
    for number in range(MESSAGES):
        deliver(lab, account, "invoice" if number % 2 else "hello")


def search(lab, account):
    """The index is made when somebody searches."""
    lab.fill(account, MESSAGES)
    with Imap(lab, lab.source(1)) as client:
        if client.login(account.name, account.password) != SUCCESS:
            raise RuntimeError(f"{account.name} could not log in")
        client.select()
        client.search("BODY message")
        client.search("TEXT nobodywrotethis")
        client.logout()


def doveadm(lab, account, *words):
    done = subprocess.run([*tracing(f"{lab.folder}/opens-{'-'.join(words[:2])}"), "doveadm", "-c",
                           lab.config_file, *words[:2], "-u", account.name, *words[2:]],
                          capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"doveadm {' '.join(words)}: {done.stderr}")


def look_after(lab, account):
    lab.fill(account, MESSAGES)
    doveadm(lab, account, "index", "INBOX")
    doveadm(lab, account, "quota", "recalc")
    doveadm(lab, account, "force-resync", "INBOX")
    doveadm(lab, account, "expunge", "mailbox", "INBOX", "1:2")


def opened(lab, account):
    """{program: messages}"""
    local_part, _, domain = account.name.partition("@")
    counted = collections.Counter()
    for name in os.listdir(lab.folder):
        if not name.startswith("opens"):
            continue
        for _pid, opener, path in read_opens(f"{lab.folder}/{name}"):
            if MESSAGE.search(path) and f"/{domain}/{local_part}/" in path:
                counted[os.path.basename(opener)] += 1
    return counted


def readers(sensor, account):
    """{program: messages}, and what sessions delivered"""
    counted, delivered = collections.Counter(), 0
    for row in (sensor.account(account.name) or {}).get("readers", []):
        counted[os.path.basename(row["actor"])] += (row["messages"] or 0) + row["scanned"]
        delivered += row["messages"] if row["class"] != "helper" else 0
    return counted, delivered


def compare(report, lab, sensor, account, what):
    truth = lambda: +opened(lab, account)
    until(lambda: readers(sensor, account)[0] == truth(), 15)
    counted, delivered = readers(sensor, account)
    report.check(counted == truth(), f"{what}: opened by {dict(truth())}, counted so",
                 f"counted: {dict(counted)}")
    report.check(not delivered, f"{what}: nothing was delivered to a client", str(delivered))
    by_source = (sensor.account(account.name) or {}).get("by_source", [])
    received = [row for row in by_source if row["messages"]]
    report.check(not received, f"{what}: no address has received a message", received)


def main():
    require_root_and_programs(NAME)
    if not all(os.path.exists(f"/usr/lib/dovecot/modules/{plugin}") for plugin in PLUGINS):
        skip(NAME, "Sieve and the full-text index are not installed (make deps)")
    report = Report(NAME)
    lab = Lab(accounts=3, more=MORE, tools=tracing("{folder}/opens"))
    with open(f"{lab.folder}/sort.sieve", "w") as script:
        script.write(SIEVE)
    with lab, Sensor(settings={"mail": {"root": lab.root_template},
                                    "alert journal": {"enabled": "no"}}) as sensor:
        steps = (("LMTP with Sieve, index at delivery", deliver_with_sieve),
                 ("full-text index at a search", search), ("doveadm", look_after))
        for account, (what, step) in zip(lab.accounts, steps):
            step(lab, account)
            compare(report, lab, sensor, account, what)
        bills = f"{lab.home(lab.accounts[0])}/Maildir/.Bills/new"
        report.check(len(os.listdir(bills)) == MESSAGES // 2, "Sieve has looked into the bodies")
        told = [alert["message"] for alert in sensor.alerts()
                if alert["detector"] in ("foreign_reader", "second_account", "bulk_read")
                and lab.is_own(alert["message"])]
        report.check(not told, "nobody was told as a stranger", told)
    report.finish()


if __name__ == "__main__":
    main()
