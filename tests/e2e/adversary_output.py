#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What a stranger's names do to those who read them, what his connections do to those who ask, and what
a preloaded doveadm may read before anything is known.

Names with escape sequences, characters that hide or turn the writing direction, and formulas fail to
log in; JSON, CSV and tables show them by one rule. Idle and slow connections of nobody's keep neither
Prometheus nor the command line out. Eight wrong passwords from loopback block nobody.
"""
import csv
import io
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import json
import pwd
import signal
import socket
import time

from harness import tidy
from harness.clients import FAILURE, SUCCESS, Imap
from harness.lab import MAIL_USER, Lab
from harness.preload import Preload
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor

NAME = "adversary_output"
MAIL_UID = pwd.getpwnam(MAIL_USER).pw_uid
NOBODY = pwd.getpwnam("nobody").pw_uid
DOVEADM = "/usr/bin/doveadm"
MESSAGES = 12
ANY_NAME = "auth_username_chars =\n"
# name: as it is shown
NAMES = {
    "corp\\alice": "corp\\alice",
    "al\u200bice\u202e@{tag}.example": "al\\xe2\\x80\\x8bice\\xe2\\x80\\xae@{tag}.example",
    "tag\U000e0041s@{tag}.example": "tag\\xf3\\xa0\\x81\\x81s@{tag}.example",
    "\x1b[31mred@{tag}.example": "\\x1b[31mred@{tag}.example",
    "=1+1@{tag}.example": "=1+1@{tag}.example",
    "gr\u00fc\u00dfe@{tag}.example": "gr\u00fc\u00dfe@{tag}.example",
    "(older)": "\\x28older)",
}


def try_names(report, lab, sensor):
    names = {name.replace("{tag}", lab.tag): shown.replace("{tag}", lab.tag)
             for name, shown in NAMES.items()}
    for number, name in enumerate(names):
        with Imap(lab, lab.source(number), "tls") as client:
            report.check(client.login(name, "wrong", "plain-ir") == FAILURE, f"{name!r} is no account")
    shown = lambda: {row["account"] for row in sensor.api("/v1/accounts?top=1000")["accounts"]}
    until(lambda: set(names.values()) <= shown(), 15)
    report.check(set(names.values()) <= shown(), "each is listed as it is shown",
                 str(set(names.values()) - shown()))
    cells = [cell for row in csv.reader(io.StringIO(sensor.cli("ledger", "--since", "-1h", "--csv")))
             for cell in row]
    report.check(f"'=1+1@{lab.tag}.example" in cells, "a formula is marked as text in CSV")
    report.check("corp\\alice" in cells, "a backslash is itself in CSV")
    wrong = [cell for cell in cells if cell[:1] in "=+-@" and len(cell) > 1 and not cell[1:].isdigit()]
    report.check(not wrong, "no cell of the CSV is a formula", str(wrong))
    outputs = {"JSON": json.dumps(sensor.cli("--json", "accounts", "--top", "1000"), ensure_ascii=False),
               "CSV": sensor.cli("ledger", "--since", "-1h", "--csv"),
               "table": sensor.cli("accounts", "--top", "1000"),
               "metrics": sensor.metrics(), "log": sensor.log()}
    for kind, text in outputs.items():
        hidden = [hex(ord(c)) for c in text if c in "\x1b\u200b\u202e\U000e0041"]
        report.check(not hidden, f"{kind} hides nothing", str(hidden))
    report.check("corp\\alice" in outputs["table"], "a backslash is itself in a table")


def guess_from_loopback(report, lab, sensor):
    """As a webmail on this host does."""
    for number in range(8):
        with Imap(lab, "127.0.0.1", "tls") as client:
            client.login(f"guess{number}.{lab.tag}@{lab.tenants[0]}", "wrong")
    until(lambda: (sensor.source("127.0.0.1") or {}).get("failures", 0) >= 8, 15)
    report.check((sensor.source("127.0.0.1") or {}).get("failures", 0) >= 8, "the guesses count")
    report.check(sensor.cli("blocklist") == "", "and loopback is not blocked", sensor.cli("blocklist"))


def as_nobody(work):
    """Returns the process, once work(tell) has told."""
    ready, told = os.pipe()
    child = os.fork()
    if child == 0:
        tidy.die_with_parent()
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        work(lambda: os.write(told, b"x"))
    os.close(told)
    os.read(ready, 1)
    os.close(ready)
    return child


def connect(port, number):
    """Does not wait. Each number has an address of its own: to loopback belong 16 million."""
    one = socket.socket()
    one.setblocking(False)
    one.bind((f"127.0.0.{number % 4 + 1}", 0))
    try:
        one.connect(("127.0.0.1", port))
    except BlockingIOError:
        pass
    return one


def hold_connections(port, count, tell):
    """Connections that say nothing, or a byte now and then; those that are closed are made anew."""
    held = [connect(port, number) for number in range(count)]
    tell()
    while True:
        for at, one in enumerate(held):
            try:
                one.send(b"G")
            except OSError:
                one.close()
                held[at] = connect(port, at)
        time.sleep(0.5)


def flood(port, count, tell):
    """New connections without a pause, each with half of a request."""
    held = [connect(port, number) for number in range(count)]
    tell()
    while True:
        for at in range(count):
            held[at].close()
            try:
                held[at] = connect(port, at)
                held[at].send(b"GET /metr")
            except OSError:
                pass


def scrape(sensor):
    """As Prometheus does, once; a client that is slow to ask."""
    with socket.create_connection(("127.0.0.1", sensor.port), timeout=30) as one:
        one.send(b"GET /metrics HTTP/1.1\r\n")
        time.sleep(0.2)
        one.send(b"Host: x\r\nConnection: close\r\n\r\n")
        reply = b""
        while more := one.recv(65536):
            reply += more
    return b"waxseal_build_info" in reply


def is_scraped(sensor):
    try:
        return "waxseal_build_info" in sensor.metrics() and scrape(sensor)
    except OSError as error:
        return print(error)


def ask_beside_a_crowd(report, sensor):
    for crowd, name in ((hold_connections, "200 connections that wait"), (flood, "a flood of new ones")):
        child = as_nobody(lambda tell: crowd(sensor.port, 200, tell))
        try:
            scraped = sum(bool(is_scraped(sensor)) for _ in range(10))
            report.check(scraped == 10, f"each scrape is answered at the first try beside {name}", scraped)
            report.check("version" in sensor.api("/v1/status"), "and so is the command line")
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def read_by_doveadm(report):
    """Discovery lists it; nobody has said that it may read all mailboxes."""
    with Lab(accounts=12) as lab, Sensor(settings={"mail": {"root": lab.root_template},
                                                   "alert journal": {"enabled": "no"}}) as sensor:
        preload = Preload(lab.folder)
        for account in lab.accounts:
            lab.fill(account, MESSAGES)
        told = lambda: [alert for alert in sensor.alerts() if alert["detector"] == "foreign_reader" and
                        alert["subject"]["name"].endswith("/doveadm")]
        one, *others = lab.accounts
        with Imap(lab, lab.source(1), "tls") as client:
            report.check(client.login(one.name, one.password) == SUCCESS, "a person logs in")
            client.select()
            preload.run(DOVEADM, MAIL_UID, [f"open {path}" for path in messages(lab, one)])
            client.logout()
        time.sleep(3)
        report.check(not told(), "one mailbox of somebody who is there: no alert", str(told()))
        preload.run(DOVEADM, MAIL_UID,
                    [f"open {path}" for account in others for path in messages(lab, account)])
        until(told, 15)
        report.check(len(told()) == 1, "all mailboxes: one alert, in the first minute", str(told()))
        report.check(told() and told()[0]["severity"] == "warning", "for people", str(told()))


def messages(lab, account):
    folder = f"{lab.home(account)}/Maildir/cur"
    return [f"{folder}/{name}" for name in os.listdir(folder)]


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    with Lab(accounts=2, more=ANY_NAME) as lab, Sensor(lab) as sensor:
        try_names(report, lab, sensor)
        guess_from_loopback(report, lab, sensor)
        ask_beside_a_crowd(report, sensor)
    read_by_doveadm(report)
    report.finish()


if __name__ == "__main__":
    main()
