#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Messages and bytes of every kind of IMAP and POP3 session are exact, and seen while it runs.

Plain, TLS and STARTTLS; COMPRESS, IDLE, hibernation; a process that serves one account after the
other; and a session that is older than the sensor, known by the mailbox it has open.
The clients count every byte at their socket.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import collections
import time

from harness.clients import CLIENTS, Imap
from harness.lab import Lab
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor

NAME = "sessions"
MESSAGES = 8
MORE = """\
protocol imap {
  mail_plugins = imap_zlib
}
service imap {
  service_count = 100
  process_min_avail = 1
}
"""
# As Dovecot's documentation asks for it: the processes must reach each other's sockets.
HIBERNATION = """\
imap_hibernate_timeout = 1s
service imap {
  unix_listener imap-master {
    user = $default_internal_user
  }
}
service imap-hibernate {
  unix_listener imap-hibernate {
    mode = 0666
  }
}
"""

Case = collections.namedtuple("Case", "name service transport act")


def fetch_all(client):
    client.select()
    client.fetch(f"1:{MESSAGES}", "BODY.PEEK[]", messages=MESSAGES)


def retrieve_all(client):
    for number in range(1, MESSAGES + 1):
        client.retrieve(number)


def compressed(client):
    client.compress()
    fetch_all(client)


def in_idle(client):
    client.select()
    client.idle(1.5)
    client.fetch(f"1:{MESSAGES}", "BODY.PEEK[]", messages=MESSAGES)
    client.idle(0.5)


def headers_only(client):
    client.select()
    client.fetch(f"1:{MESSAGES}", "BODY.PEEK[HEADER]")


CASES = [Case(f"{service}, {transport}", service, transport,
              fetch_all if service == "imap" else retrieve_all)
         for service in ("imap", "pop3") for transport in ("cleartext", "tls", "starttls")]
CASES += [
    Case("COMPRESS, cleartext", "imap", "cleartext", compressed),
    Case("COMPRESS, tls", "imap", "tls", compressed),
    Case("IDLE", "imap", "tls", in_idle),
    Case("headers only", "imap", "cleartext", headers_only),
]


def seen_of(sensor, name, source):
    rows = (sensor.account(name) or {}).get("by_source", [])
    row = next((row for row in rows if row["source"] == source), {})
    return row.get("messages"), row.get("bytes_sent")


def expect(report, sensor, what, client, source):
    """Compares once the next tick has brought the counts."""
    wanted = lambda: (client.messages, client.received)
    until(lambda: seen_of(sensor, client.account, source) == wanted(), 15)
    seen = seen_of(sensor, client.account, source)
    report.check(seen == wanted(), f"{what}: {wanted()[0]} messages, {wanted()[1]} bytes",
                 f"seen: {seen}")


def one_session(report, lab, sensor, account, number, case):
    source = lab.source(number)
    lab.fill(account, MESSAGES, 3000)
    with CLIENTS[case.service](lab, source, case.transport) as client:
        client.login(account.name, account.password)
        case.act(client)
        expect(report, sensor, f"{case.name}, while it runs", client, source)
        client.logout()
        expect(report, sensor, f"{case.name}, at its end", client, source)


def one_process_for_all(report, lab, sensor, accounts):
    """The process that served the first serves the second."""
    for number, account in enumerate(accounts):
        lab.fill(account, MESSAGES)
        source = lab.source(40 + number)
        with Imap(lab, source, "tls") as client:
            client.login(account.name, account.password)
            fetch_all(client)
            client.logout()
            expect(report, sensor, f"used process, client {number + 1}", client, source)


def ordinary(report):
    report.say("sessions of all kinds; processes that serve several clients")
    with Lab(accounts=len(CASES) + 3, more=MORE) as lab, Sensor(lab) as sensor:
        for number, case in enumerate(CASES):
            one_session(report, lab, sensor, lab.accounts[number], number, case)
        one_process_for_all(report, lab, sensor, lab.accounts[len(CASES):])
        processes = commands_of(lab).count("imap")
        report.check(processes <= 2, f"{processes} imap processes served all of them")
        told = [alert["message"] for alert in sensor.alerts()
                if alert["detector"] in ("foreign_reader", "second_account")]
        report.check(not told, "nobody was taken for a stranger", told)


def hibernating(report):
    report.say("hibernation: another process goes on with the session")
    with Lab(accounts=1, more=HIBERNATION) as lab, Sensor(lab) as sensor:
        account, source = lab.accounts[0], lab.source(1)
        lab.fill(account, MESSAGES)
        with Imap(lab, source, "tls") as client:
            client.login(account.name, account.password)
            client.select()
            client.idle(4)
            report.check("imap-hibernate" in " ".join(commands_of(lab)), "the session hibernated",
                         commands_of(lab))
            client.fetch(f"1:{MESSAGES}", "BODY.PEEK[]", messages=MESSAGES)
            expect(report, sensor, "after hibernation, while it runs", client, source)
            client.logout()
            expect(report, sensor, "after hibernation, at its end", client, source)


def commands_of(lab):
    """Names of the processes of the lab's Dovecot."""
    from harness import tidy
    names = []
    for pid in tidy.descendants(lab.process.pid):
        try:
            with open(f"/proc/{pid}/comm") as comm:
                names.append(comm.read().strip())
        except OSError:
            pass
    return names


def older(report):
    report.say("a session that is older than the sensor")
    with Lab(accounts=2) as lab:
        account, other = lab.accounts
        lab.fill(account, MESSAGES)
        client = Imap(lab, lab.source(7), "tls")
        client.login(account.name, account.password)
        client.select()
        with Sensor(lab) as sensor:
            fetch_all(client)
            messages = lambda: (sensor.account(account.name) or {}).get("messages")
            until(lambda: messages() == MESSAGES, 15)
            report.check(messages() == MESSAGES, f"its {MESSAGES} messages count for its account",
                         f"seen: {messages()}")
            sources = [row["source"] for row in sensor.account(account.name)["by_source"]]
            report.check(sources in ([], [None]), "its address is not guessed", sources)
            client.logout()
            time.sleep(2.5)
            report.check(not sensor.account(other.name), "nothing counts for anybody else",
                         str(sensor.account(other.name)))
            told = [alert["message"] for alert in sensor.alerts()
                    if alert["detector"] in ("foreign_reader", "second_account")]
            report.check(not told, "it is not taken for a stranger", told)


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    ordinary(report)
    hibernating(report)
    older(report)
    report.finish()


if __name__ == "__main__":
    main()
