#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Connections older than the sensor are not lost.

Dovecot's login processes already hold their connections to the authentication service when the
sensor starts: preforked ones that serve one client each, and long-lived ones. Every attempt
after the start is counted, also those on client connections that were open before. Once with the
socket configured, once found by discovery.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import load
from harness.clients import CLIENTS, Imap
from harness.lab import Lab
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor
from harness.truth import Truth, compare_when_settled

NAME = "adopt"
OLD_CONNECTIONS = 6
MESSAGES = 12
OLDER = (("imap", "cleartext"), ("imap", "tls"), ("pop3", "cleartext"), ("pop3", "tls"))


def open_connections(lab):
    """Clients that are connected but not logged in; the login processes are up and linked."""
    kinds = [("imap", "cleartext"), ("imap", "tls"), ("pop3", "cleartext")]
    opened = []
    for i in range(OLD_CONNECTIONS):
        service, transport = kinds[i % len(kinds)]
        opened.append(CLIENTS[service](lab, lab.source(i), transport))
    return opened


def use_connections(truth, clients, lab):
    """A wrong and a right password on each connection that is older than the sensor."""
    for i, client in enumerate(clients):
        account = lab.accounts[i % len(lab.accounts)]
        for password in ("wrong", account.password):
            truth.attempt(client, account.name, client.login(account.name, password))
        client.logout()


def attempts(report, service_count, discover):
    how = "by discovery" if discover else "by configuration"
    report.say(f"service_count = {service_count}, socket known {how}")
    with Lab(accounts=6, service_count=service_count) as lab:
        before = load.random_plans(lab, 30, seed=7)
        load.run(lab, Truth(), before, parallel=4)  # not counted
        older = open_connections(lab)
        settings = {"daemon": {"discover": "yes"}} if discover else {
            "auth": {"socket": f"{lab.folder}/run/login/login"}}
        with Sensor(lab, settings) as sensor:
            truth = Truth()
            use_connections(truth, older, lab)
            surprises = load.run(lab, truth, load.random_plans(lab, 150, seed=8), parallel=10)
            report.check(not surprises, "the mail server answered every attempt as planned",
                         surprises)
            comparison = compare_when_settled(truth, sensor, seconds=45)
            report.check(not comparison.differences,
                         f"{truth.count()} attempts after the start, {len(comparison.differences)} "
                         "differences", comparison.differences)


def older_session(report):
    report.say("a session that logged in before the sensor started")
    with Lab(accounts=2) as lab:
        account = lab.accounts[0]
        lab.fill(account, 20)
        client = Imap(lab, lab.source(0), "tls")
        client.login(account.name, account.password)
        client.select()
        with Sensor(lab) as sensor:
            client.fetch("1:*", "BODY.PEEK[]", messages=20)
            client.logout()
            counted = lambda: (sensor.account(account.name) or {}).get("messages")
            until(lambda: counted() == 20)
            messages = counted()
            report.check(messages == 20, "its 20 messages count for its account",
                         f"sensor: {messages}")
            strangers = [alert["message"] for alert in sensor.alerts()
                         if alert["detector"] in ("foreign_reader", "second_account")]
            report.check(not strangers, "it is not taken for a stranger", strangers)


def begin(lab, i, service, transport):
    """A session with its mailbox open."""
    account = lab.accounts[i]
    lab.fill(account, MESSAGES)
    client = CLIENTS[service](lab, lab.source(i), transport)
    client.login(account.name, account.password)
    if service == "imap":
        client.select()
    else:
        client.retrieve(1)
    return client


def read_all(client, service):
    if service == "imap":
        client.fetch("1:*", "BODY.PEEK[]", messages=MESSAGES)
    else:
        for number in range(1, MESSAGES + 1):
            client.retrieve(number)


def row_of(sensor, account):
    rows = (sensor.account(account.name) or {}).get("by_source") or [{}]
    return [rows[0].get(key) for key in ("source", "messages", "bytes_sent")] + [len(rows)]


def open_mailboxes(report):
    """With their mailbox open it is known at the start whom they serve."""
    report.say("sessions with an open mailbox that logged in before the sensor started")
    with Lab(accounts=len(OLDER)) as lab:
        clients = [begin(lab, i, *kind) for i, kind in enumerate(OLDER)]
        with Sensor(lab) as sensor:
            before = [client.received for client in clients]
            for client, (service, _) in zip(clients, OLDER):
                read_all(client, service)
            for i, (service, transport) in enumerate(OLDER):
                # with TLS a login process has the client's connection
                source = lab.source(i) if transport == "cleartext" else None
                wanted = [source, MESSAGES, clients[i].received - before[i], 1]
                until(lambda: row_of(sensor, lab.accounts[i]) == wanted)
                seen = row_of(sensor, lab.accounts[i])
                report.check(seen == wanted, f"{service}, {transport}: messages, bytes, source, while it runs",
                             f"sensor: {seen}, client: {wanted}")
            for client in clients:
                client.logout()
            loud = [alert["message"] for alert in sensor.alerts()]
            report.check(not loud, "nobody is taken for a stranger", loud)


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    for service_count in (1, 0):
        for discover in (False, True):
            attempts(report, service_count, discover)
    older_session(report)
    open_mailboxes(report)
    report.finish()


if __name__ == "__main__":
    main()
