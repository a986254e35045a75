#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An administrator who reads somebody's mail is a row of his own.

By `doveadm fetch`, told apart by who logged in at the machine; and as a master user, told apart from
the user's own sessions though the mail server names both alike: IMAP and POP3, with a login process for
each client and with one for many. The same account at the same time from the same address, so that
nothing but the login itself can tell.
"""
import collections
import os
import subprocess
import sys
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness.clients import SUCCESS, Imap, Pop3
from harness.lab import Account, Lab
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor

NAME = "administrators"
DOVEADM = "/usr/bin/doveadm"
LOGIN_UID = 4711
MASTER = Account("boss@isp1.example", "a master's own")
LONG = Account("b" * 80 + "@isp1.example", "another one")


def own_and_master(report, lab, account, master, kind, rounds=4):
    """Sessions of both, in turn and at the same time; one message each and two messages each."""
    as_master = f"{account.name}*{master.name}"
    for _ in range(rounds):
        with kind(lab, lab.source(1)) as own, kind(lab, lab.source(1)) as other:
            for client, name, password in ((other, as_master, master.password),
                                           (own, account.name, account.password)):
                if client.login(name, password) != SUCCESS:
                    report.check(False, f"{name} logs in")
            read(own, 1)
            read(other, 2)
            for client in (own, other):
                client.logout()


def read(client, messages):
    if client.service == "imap":
        client.select()
        client.fetch(f"1:{messages}", messages=messages)
    else:
        for number in range(1, messages + 1):
            client.retrieve(number)


def log_in_at_the_machine():
    with open("/proc/self/loginuid", "w") as login:
        login.write(str(LOGIN_UID))


def fetch_with_doveadm(lab, account):
    return subprocess.run([DOVEADM, "-c", lab.config_file, "fetch", "-u", account.name, "text", "ALL"],
                          capture_output=True, text=True, preexec_fn=log_in_at_the_machine)


def readers(sensor, account):
    """{(program, class, master, login uid): messages}"""
    return {(os.path.basename(row["actor"]), row["class"], row["master"], row["login_uid"]): row["messages"]
            for row in (sensor.account(account.name) or {}).get("readers", [])}


def by_the_hour(sensor, account):
    """The same out of the ledger's hours, and whether each reader's unit is known as in `account`."""
    rows = [row for row in sensor.api(f"/v1/ledger?account={urllib.parse.quote(account.name)}")["rows"]
            if row["class"] and row["messages"]]
    units = {(row["actor"], row["unit"]) for row in sensor.account(account.name)["readers"]}
    same = all((row["actor"], row["unit"]) in units for row in rows)
    sums = collections.Counter()
    for row in rows:
        sums[os.path.basename(row["actor"]), row["class"], row["master"], row["login_uid"]] += row["messages"]
    return sums, same


def look(report, lab, sensor, service_count):
    alice, bob, carol = lab.accounts
    for account in lab.accounts:
        lab.fill(account, 3)
    report.check(Imap(lab, lab.source(2)).login(bob.name, bob.password) == SUCCESS, "bob logs in")
    own_and_master(report, lab, alice, MASTER, Imap)
    own_and_master(report, lab, bob, LONG, Pop3)
    done = fetch_with_doveadm(lab, carol)
    report.check(done.returncode == 0, "doveadm fetches", done.stderr)
    mine = login_uid()
    expected = {
        alice.name: {("imap", "session", None, mine): 4, ("imap", "session", MASTER.name, mine): 8},
        bob.name: {("pop3", "session", None, mine): 4, ("pop3", "session", LONG.name[:63], mine): 8},
        carol.name: {("doveadm", "helper", None, LOGIN_UID): 3},
    }
    for account in lab.accounts:
        until(lambda: readers(sensor, account) == expected[account.name])
        report.check(readers(sensor, account) == expected[account.name],
                     f"service_count = {service_count}: who read {account.name}",
                     [f"expected {expected[account.name]}", f"got {readers(sensor, account)}"])
        hours, same = by_the_hour(sensor, account)
        report.check(hours == expected[account.name] and same,
                     f"service_count = {service_count}: the hours of {account.name} say the same",
                     [f"expected {expected[account.name]}", f"got {hours}"])
    alerts = [alert["message"] for alert in sensor.alerts() if alert["detector"] == "foreign_reader"]
    report.check(not alerts, "nobody is taken for a stranger", alerts)
    lost = {stage: n for stage, n in sensor.api("/v1/status")["lost"].items() if n}
    report.check("masters_full" not in lost, "no master is lost", str(lost))


def login_uid():
    with open("/proc/self/loginuid") as login:
        uid = int(login.read())
    return None if uid == 2**32 - 1 else uid


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    for service_count in (1, 0):
        with Lab(accounts=3, service_count=service_count, masters=[MASTER, LONG]) as lab:
            with Sensor(lab, {"mail": {"root": lab.root_template, "helper": DOVEADM}}) as sensor:
                # mail processes are known by name once one of them has served
                for kind in (Imap, Pop3):
                    with kind(lab, lab.source(3)) as client:
                        client.login(lab.accounts[2].name, lab.accounts[2].password)
                        client.logout()
                look(report, lab, sensor, service_count)
    report.finish()


if __name__ == "__main__":
    main()
