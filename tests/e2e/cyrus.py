#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is counted of Cyrus, compared with what the clients and strace saw.

In folders that are named by numbers, as Cyrus has made them since 3.6, and in those named by account,
as it made them before. Of each session: messages delivered, messages that the server opened for
itself, bytes sent. Processes serve several accounts, one after the other. A program beside the server
is told, and so is nobody else.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import collections
import json
import re
import shutil
import smtplib
import socket
import struct
import subprocess
import time

from harness import cyrus
from harness.clients import Imap, Pop3
from harness.opens import read_opens, tracing
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor
from harness.story import program

NAME = "cyrus"
SIZES = (300, 900, 3000, 5000, 9000, 60000) * 2
MESSAGE = re.compile(r"/mail/.*/\d+\.$")
BYTES_RECEIVED = 128  # tcpi_bytes_received in struct tcp_info


def message(number, size):
    # text that a compressor cannot make much of
    body = os.urandom(size // 2).hex()
    lines = ["From: sender <sender@example>", f"Subject: number {number}",
             "Date: Sun, 22 Nov 2026 12:00:00 +0000", f"Message-ID: <{number}.{size}@example>", "",
             *(body[i:i + 70] for i in range(0, len(body), 70)), ""]
    return "\r\n".join(lines).encode()


def on_wire(client):
    """All bytes that came on the client's connection, as TCP counted them; the end counts as one."""
    sock = client._socket
    sock = getattr(sock, "_socket", sock)
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from("=Q", info, BYTES_RECEIVED)[0] - 1


Row = collections.namedtuple("Row", "what expected seen")
Session = collections.namedtuple("Session", "what account source messages bytes")


class Sessions:
    def __init__(self, lab):
        self.lab, self.rows = lab, []

    def run(self, what, account, client_class, transport, use):
        source = self.lab.source(len(self.rows) + 1)
        with client_class(self.lab, source, transport) as client:
            outcome = client.login(account.name, account.password)
            if outcome != "success":
                raise RuntimeError(f"{account.name} could not log in: {outcome}")
            use(client)
            client.send("QUIT" if client_class is Pop3 else "z LOGOUT")
            client._until_closed()
            self.rows.append(Session(what, account.name, source, client.messages, on_wire(client)))


def fill(client):
    for number, size in enumerate(SIZES):
        client.append(message(number, size))


def search_and_fetch(client):
    """The server looks through all, and the client gets each message once."""
    client.select()
    client.search("BODY nobodywrotethis")
    half = len(SIZES) // 2
    client.fetch(f"1:{half}", "BODY.PEEK[]", messages=half)
    for number in range(half + 1, len(SIZES) + 1):
        client.fetch(number, "UID BODY[]", messages=1)
    client.search("TEXT norehis")


def by_identifiers(client):
    client.select()
    client.command("UID SEARCH BODY nobodywrotethis")
    client.command("UID FETCH 1:* (FLAGS BODY.PEEK[])")
    client.messages += len(SIZES)
    client.command("UID COPY 1:* INBOX")


def headers_and_idle(client):
    client.select()
    client.fetch("1:*", "FLAGS ENVELOPE RFC822.SIZE")
    client.fetch("1:*", "BODY.PEEK[HEADER]")
    client.idle(0.2)


def compressed(client):
    client.compress()
    client.select()
    client.fetch("1:12", "BODY.PEEK[]", messages=len(SIZES))


def retrieve_all(client):
    client.command("STAT")
    for number in range(1, len(SIZES) + 1):
        client.retrieve(number)


def use_all(lab):
    sessions = Sessions(lab)
    for account in lab.accounts:
        sessions.run("IMAP, storing", account, Imap, "cleartext", fill)
    for account in lab.accounts:
        sessions.run("IMAP", account, Imap, "cleartext", search_and_fetch)
        sessions.run("IMAP, TLS", account, Imap, "tls", search_and_fetch)
        sessions.run("IMAP, STARTTLS", account, Imap, "starttls", search_and_fetch)
        sessions.run("IMAP, headers and IDLE", account, Imap, "cleartext", headers_and_idle)
        sessions.run("IMAP, COMPRESS", account, Imap, "cleartext", compressed)
        sessions.run("POP3", account, Pop3, "cleartext", retrieve_all)
        sessions.run("POP3, TLS", account, Pop3, "tls", retrieve_all)
        sessions.run("IMAP, by UID", account, Imap, "cleartext", by_identifiers)
    return sessions.rows


def opens_of_sessions(lab):
    return [(pid, path) for pid, opener, path in read_opens(f"{lab.folder}/opens")
            if opener.endswith(("/imapd", "/pop3d")) and MESSAGE.search(path)]


def compare(lab, sensor, sessions):
    rows, opened = [], 0
    for account in lab.accounts:
        document = sensor.account(account.name) or {}
        by_source = {row["source"]: row for row in document.get("by_source", [])}
        for session in sessions:
            if session.account == account.name:
                seen = by_source.pop(session.source, {})
                rows.append(Row(f"{session.what}: messages", session.messages, seen.get("messages")))
                rows.append(Row(f"{session.what}: bytes sent", session.bytes,
                                seen.get("bytes_sent")))
        rows.append(Row("other sources", 0, len(by_source)))
        opened += sum((row["messages"] or 0) + (row["scanned"] or 0)
                      for row in document.get("readers", []) if row["class"] == "session")
    rows.append(Row("messages and scanned", len(opens_of_sessions(lab)), opened))
    return rows


def check_counts(report, lab, sensor, sessions, kind):
    until(lambda: all(row.expected == row.seen for row in compare(lab, sensor, sessions)), 20)
    rows = compare(lab, sensor, sessions)
    wrong = [f"{row.what}: expected {row.expected}, seen {row.seen}" for row in rows
             if row.expected != row.seen]
    total = lambda word: sum(row.seen or 0 for row in rows if row.what.endswith(word))
    report.check(not wrong, f"{kind}: {total(': messages')} messages, {total(': bytes sent')} bytes "
                 f"of {len(sessions)} sessions, {rows[-1].seen} opens: {len(rows)} counts, "
                 f"{len(wrong)} differences", wrong)
    served = collections.Counter(pid for pid, _path in opens_of_sessions(lab))
    report.check(len(served) < len(sessions), f"{kind}: {len(served)} processes served them",
                 str(served))


def told(sensor):
    return [alert for alert in sensor.alerts()
            if alert["detector"] in ("foreign_reader", "second_account")]


def check_stranger(report, lab, sensor, kind, names):
    report.check(not told(sensor), f"{kind}: no session was taken for a stranger",
                 [alert["message"] for alert in told(sensor)])
    cat = shutil.copy(program("cat"), f"{lab.folder}/cat-{lab.tag}")
    files = sorted(os.path.join(folder, name) for folder, _folders, names in
                   os.walk(f"{lab.folder}/mail") for name in names)
    victim = next(path for path in files if MESSAGE.search(path))
    for path in (victim, next(path for path in files if path.endswith("/cyrus.index"))):
        subprocess.run([cat, path], stdout=subprocess.DEVNULL, check=True)
    until(lambda: told(sensor), 15)
    alerts = [alert for alert in told(sensor) if alert["subject"]["name"].endswith(cat)]
    report.check(len(alerts) == 1 and alerts[0]["evidence"]["messages"] == 1,
                 f"{kind}: a program beside the server is told, of one message", str(told(sensor)))
    named = [account.name for account in lab.accounts if account.name in alerts[0]["message"]] \
        if alerts else []
    report.check(bool(named) == names, f"{kind}: {'with' if names else 'without'} the account",
                 str(alerts))


class Lmtp(smtplib.LMTP):
    def __init__(self, path):
        super().__init__(path, local_hostname="localhost")


def deliver(lab, account):
    with Lmtp(f"{lab.folder}/sockets/lmtp") as client:
        client.sendmail("sender@example", [account.name], message(99, 700))


def check_delivery(report, lab, sensor, kind):
    """Delivered by a helper: it counts for nobody's session, and nobody is told."""
    account = lab.accounts[0]
    delivered = lambda: [(row["source"], row["messages"]) for row in
                         (sensor.account(account.name) or {}).get("by_source", [])]
    before = delivered()
    deliver(lab, account)
    time.sleep(2.5)
    report.check(delivered() == before and not told(sensor),
                 f"{kind}: what LMTP delivers is read by nobody",
                 f"{before} {delivered()} {told(sensor)}")


def settings_of(lab, discover):
    settings = {"daemon": {"discover": "yes" if discover else "no"},
                "alert journal": {"enabled": "no"}}
    if not discover:
        settings["mail"] = {"root": lab.root, "cyrus_proc": f"{lab.folder}/proc",
                            "helper": f"{cyrus.PROGRAMS}/lmtpd"}
    return settings


def check_discovery(report, lab, sensor):
    document = json.loads(sensor.run_cli("--json", "doctor").stdout)
    servers = [server for server in document["servers"] if server["kind"] == "cyrus"
               and lab.root in server["roots"]]
    report.check(servers and f"{lab.folder}/sasldb2" in servers[0]["stores"],
                 "discovery finds the partition and the sasldb", str(document["servers"]))


def try_layout(report, kind, legacy, discover):
    with cyrus.Lab(legacy=legacy, tools=tracing("{folder}/opens")) as lab:
        with Sensor(None, settings_of(lab, discover)) as sensor:
            if discover:
                check_discovery(report, lab, sensor)
            sessions = use_all(lab)
            check_counts(report, lab, sensor, sessions, kind)
            check_delivery(report, lab, sensor, kind)
            check_stranger(report, lab, sensor, kind, names=legacy)


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    if not cyrus.is_there():
        report.check(False, "Cyrus is unpacked (make deps)")
        report.finish()
    try_layout(report, "folders by number", legacy=False, discover=True)
    try_layout(report, "folders by account", legacy=True, discover=False)
    report.finish()


if __name__ == "__main__":
    main()
