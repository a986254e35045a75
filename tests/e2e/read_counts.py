#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages opened and bytes sent equal what the clients fetched and received.

Per account and source: IMAP BODY[] and POP3 RETR, plain, TLS and STARTTLS, with mail stored as
LF (read and written) and as CRLF (sendfile). Bytes count from the reply to the login on, which the mail process itself
sends; the clients count every byte at their socket. With --no-sensor Dovecot's logout lines are
compared.
"""
import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import collections
import re

from harness import load
from harness.lab import Lab
from harness.report import Report, require_root_and_programs
from harness.sensor import Sensor
from harness.truth import Truth, compare_when_settled

NAME = "read_counts"
MESSAGES = 12


def fetch_all(count):
    """Each message once: in one go, and the rest one by one."""
    def fetch(client):
        if client.service == "imap":
            client.select()
            half = count // 2
            client.fetch(f"1:{half}", "BODY[]", messages=half)
            for number in range(half + 1, count + 1):
                client.fetch(number, "UID BODY.PEEK[]", messages=1)
        else:
            for number in range(1, count + 1):
                client.retrieve(number)
    return fetch


def nothing(_client):
    pass


def reading_plans(lab):
    """Two accounts for each way to read; a mailbox is read by one session at a time."""
    plans, accounts = [], iter(lab.accounts)
    for service in ("imap", "pop3"):
        for transport in ("cleartext", "tls", "starttls"):
            for size in (700, 60000):
                account = next(accounts)
                lab.fill(account, MESSAGES, size)
                source = lab.source(len(plans) % 5)
                plans.append(load.Plan(service, transport, source, [load.right(account)],
                                       fetch_all(MESSAGES)))
    idle = next(accounts)
    plans.append(load.Plan("imap", "tls", lab.source(1), [load.right(idle)], nothing))
    return plans


def compare_with_log(report, lab, truth):
    logged = collections.Counter()
    for name, sent in re.findall(r"imap\((\S+?)\)<.* out=(\d+) ", lab.log()):
        logged[name] += int(sent)
    different = [f"{name}: clients {truth.reads(name)[1]}, log {sent}"
                 for name, sent in logged.items() if truth.reads(name)[1] != sent]
    report.check(logged and not different,
                 f"bytes of {len(logged)} IMAP accounts as Dovecot logged them", different)


def read(report, arguments, save_crlf, rounds=2):
    report.say(f"mail_save_crlf = {'yes (sendfile)' if save_crlf else 'no'}")
    with Lab(accounts=13, save_crlf=save_crlf) as lab:
        truth = Truth()
        plans = reading_plans(lab)
        if arguments.no_sensor:
            surprises = load.run(lab, truth, plans, parallel=8)
            report.check(not surprises, "every login worked", surprises)
            compare_with_log(report, lab, truth)
            return
        with Sensor(lab) as sensor:
            surprises = sum((load.run(lab, truth, plans, parallel=8) for _ in range(rounds)), [])
            report.check(not surprises, "every login worked", surprises)
            comparison = compare_when_settled(truth, sensor, reads=True)
            messages, bytes_sent = truth.reads()
            report.check(not comparison.differences,
                         f"{messages} messages and {bytes_sent} bytes, "
                         f"{comparison.compared} counts, {len(comparison.differences)} differences",
                         comparison.differences)
            readers = [f"{name}: {row}" for name in truth.accounts()
                       for row in (sensor.account(name) or {}).get("readers", [])
                       if row["class"] == "other"]
            report.check(not readers, "no read was taken for a stranger's", readers)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-sensor", action="store_true")
    arguments = parser.parse_args()
    require_root_and_programs(NAME, programs=not arguments.no_sensor)
    report = Report(NAME)
    read(report, arguments, save_crlf=False)
    read(report, arguments, save_crlf=True)
    report.finish()


if __name__ == "__main__":
    main()
