#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is counted of each way to keep mail, compared with what the clients and strace saw.

Dovecot with Maildir, sdbox, mdbox and mbox, plain, compressed and encrypted; Courier. Of each:
messages delivered, messages that the server opened for itself, opens of files that hold many, bytes
sent; and whether a program beside the server is told. One table at the end is what docs/coverage.md says.
"""
import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import collections
import re
import shutil
import subprocess
import tempfile
import time

from harness import courier, tidy
from harness.clients import Imap, Pop3
from harness.lab import Lab
from harness.opens import read_opens, tracing
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor
from harness.story import program

NAME = "storage_kinds"
SIZES = (300, 900, 3000, 5000, 9000, 60000) * 2
ZLIB = "mail_plugins = zlib\nplugin {\n  zlib_save = gz\n  zlib_save_level = 6\n}\n"
CRYPT = ("mail_plugins = mail_crypt\nplugin {\n"
         "  mail_crypt_global_private_key = <{folder}/crypt.pem\n"
         "  mail_crypt_global_public_key = <{folder}/crypt.pub.pem\n"
         "  mail_crypt_save_version = 2\n}\n")

# root: below the lab's folder. one: the name of a file that is one message; many: of several.
Kind = collections.namedtuple("Kind", "name location roots one many more")
MAILDIR = re.compile(r"/(cur|new)/[^/]+$")
SDBOX = re.compile(r"/dbox-Mails/u\.\d+$")
MDBOX = re.compile(r"/storage/m\.\d+$")
MBOX = re.compile(r"(/spool/[^/]+|/mail/(?!\.)[^./]+)(?<!\.lock)$")
HOME = "{folder}/mail/%d/%n"
MBOX_ROOTS = ("mbox:{folder}/mail/%d/%n/mail", "{folder}/spool/%u")
KINDS = (
    Kind("maildir", "maildir:~/Maildir", (HOME,), MAILDIR, None, ""),
    Kind("maildir, bare names", "maildir:~/Maildir", (HOME,), MAILDIR, None, ""),
    Kind("maildir, zlib", "maildir:~/Maildir", (HOME,), MAILDIR, None, ZLIB),
    Kind("sdbox", "sdbox:~/sdbox", (HOME,), SDBOX, None, ""),
    Kind("sdbox, zlib", "sdbox:~/sdbox", (HOME,), SDBOX, None, ZLIB),
    Kind("sdbox, mail_crypt", "sdbox:~/sdbox", (HOME,), SDBOX, None, CRYPT),
    Kind("mdbox", "mdbox:~/mdbox", (HOME,), None, MDBOX, ""),
    Kind("mbox", "mbox:~/mail:INBOX={folder}/spool/%u", MBOX_ROOTS, None, MBOX, ""),
)
Row = collections.namedtuple("Row", "kind what expected seen")


def message(lab, account, number, size):
    lines = [f"From: sender <sender@{account.tenant}>", f"To: <{account.name}>",
             f"Subject: number {number}", "Date: Sun, 22 Nov 2026 12:00:00 +0000",
             f"Message-ID: <{number}.{size}.{lab.tag}@{account.tenant}>", ""]
    # text that a compressor cannot make much of
    body = os.urandom(size // 2).hex()
    lines += [body[i:i + 70] for i in range(0, len(body), 70)] + [""]
    return "\r\n".join(lines).encode()


def fill(lab, account):
    with Imap(lab, lab.source(99)) as client:
        client.login(account.name, account.password)
        for number, size in enumerate(SIZES):
            client.append(message(lab, account, number, size))
        client.logout()


def make_keys(lab):
    """For mail_crypt, as its documentation says."""
    private, public = f"{lab.folder}/crypt.pem", f"{lab.folder}/crypt.pub.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-out", private], check=True, capture_output=True)
    subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True,
                   capture_output=True)


def bare_names(lab, account):
    """Takes sizes and flags out of the names, and what Dovecot knows of the mailbox away."""
    maildir = f"{lab.home(account)}/Maildir"
    for name in os.listdir(maildir):
        if name.startswith("dovecot"):
            os.unlink(f"{maildir}/{name}")
    for folder in ("cur", "new"):
        for name in os.listdir(f"{maildir}/{folder}"):
            os.rename(f"{maildir}/{folder}/{name}",
                      f"{maildir}/{folder}/{name.split(',')[0]}:2,")


class Reading:
    """Sessions of one account, with what they know: per source messages and bytes."""

    def __init__(self, lab, account):
        self.lab, self.account = lab, account
        self.messages, self.bytes_sent = collections.Counter(), collections.Counter()

    def session(self, client_class, source, transport, read):
        with client_class(self.lab, source, transport) as client:
            outcome = client.login(self.account.name, self.account.password)
            if outcome != "success":
                raise RuntimeError(f"{self.account.name} could not log in: {outcome}")
            read(client)
            client.logout()
        self.messages[source] += client.messages
        self.bytes_sent[source] += client.received


def search_and_fetch(client):
    """The server looks through all, and the client gets each message once."""
    client.select()
    client.search("BODY nobodywrotethis")
    half = len(SIZES) // 2
    client.fetch(f"1:{half}", "BODY.PEEK[]", messages=half)
    for number in range(half + 1, len(SIZES) + 1):
        client.fetch(number, "UID BODY[]", messages=1)
    client.search("TEXT norehis")


def search_only(client):
    client.select()
    client.search("BODY nobodywrotethis")
    client.fetch("1:*", "FLAGS")


def retrieve_all(client):
    client.command("STAT")
    for number in range(1, len(SIZES) + 1):
        client.retrieve(number)


def read(lab, account):
    reading = Reading(lab, account)
    reading.session(Imap, lab.source(1), "cleartext", search_and_fetch)
    reading.session(Imap, lab.source(2), "tls", search_and_fetch)
    reading.session(Imap, lab.source(3), "cleartext", search_only)
    reading.session(Pop3, lab.source(4), "cleartext", retrieve_all)
    return reading


def opens_of(lab, account, pattern):
    """By imap and pop3, of the account's files."""
    if not pattern:
        return 0
    local_part, _, domain = account.name.partition("@")
    own = (f"/{domain}/{local_part}/", account.name)
    return sum(1 for _pid, opener, path in read_opens(f"{lab.folder}/opens")
               if opener.endswith(("/imap", "/pop3")) and pattern.search(path)
               and any(word in path for word in own))


def sessions_row(document):
    rows = [row for row in document.get("readers", []) if row["class"] == "session"]
    total = lambda field: sum(row[field] or 0 for row in rows)
    return total("messages"), total("scanned"), total("mailbox_files")


def compare(lab, kind, reading, document, opened):
    """opened: (files of one message, of many) that were opened while the sensor ran."""
    messages, scanned, mailbox_files = sessions_row(document)
    expected = sum(reading.messages.values()) if kind.one else 0
    rows = [Row(kind.name, "messages", expected if kind.one else None, messages if kind.one else None),
            Row(kind.name, "messages + scanned", opened[0], messages + scanned),
            Row(kind.name, "mailbox_files", opened[1], mailbox_files)]
    by_source = {row["source"]: row for row in document["by_source"]}
    for source in sorted(reading.bytes_sent):
        seen = by_source.get(source, {})
        rows.append(Row(kind.name, f"bytes sent to {source}", reading.bytes_sent[source],
                        seen.get("bytes_sent")))
        rows.append(Row(kind.name, f"messages of {source}",
                        reading.messages[source] if kind.one or not seen.get("mailbox_files")
                        else None, seen.get("messages")))
    return rows


def settle(lab, kind, sensor, reading, before):
    name = reading.account.name

    def rows():
        opened = [opens_of(lab, reading.account, pattern) - n
                  for pattern, n in zip((kind.one, kind.many), before)]
        return compare(lab, kind, reading, sensor.account(name) or {"by_source": []}, opened)
    until(lambda: all(row.expected == row.seen for row in rows()), 15)
    return rows()


def copy_beside(lab, kind, sensor, account):
    """A program beside the server opens one file of the mailbox: is it told?"""
    cat = shutil.copy(program("cat"), f"{lab.folder}/cat-{lab.tag}")
    pattern = kind.one or kind.many
    files = [os.path.join(folder, name) for top in ("mail", "spool")
             for folder, _folders, names in os.walk(f"{lab.folder}/{top}") for name in names]
    victim = next(path for path in sorted(files) if pattern.search(path))
    subprocess.run([cat, victim], stdout=subprocess.DEVNULL, check=True)
    told = lambda: [alert for alert in sensor.alerts() if alert["detector"] == "foreign_reader"
                    and alert["subject"]["name"].endswith(cat)]
    until(told, 15)
    return told()


def try_kind(report, kind):
    options = {"mail_location": kind.location, "more": kind.more,
               "tools": tracing("{folder}/opens")}
    lab = Lab(accounts=2, **options)
    make_keys(lab)
    with lab:
        os.mkdir(f"{lab.folder}/spool", 0o700)
        os.chown(f"{lab.folder}/spool", lab.uid, lab.gid)
        account, other = lab.accounts
        for one in (account, other):
            fill(lab, one)
        if "bare" in kind.name:
            bare_names(lab, account)
        time.sleep(0.5)
        before = [opens_of(lab, account, pattern) for pattern in (kind.one, kind.many)]
        roots = [root.replace("{folder}", lab.folder) for root in kind.roots]
        with Sensor(lab, {"mail": {"root": roots}}) as sensor:
            reading = read(lab, account)
            rows = settle(lab, kind, sensor, reading, before)
            wrong = [f"{row.what}: expected {row.expected}, seen {row.seen}" for row in rows
                     if row.expected != row.seen]
            report.check(not wrong, f"{kind.name}: {len(rows)} counts, {len(wrong)} differences",
                         wrong)
            strangers = [alert["message"] for alert in sensor.alerts()
                         if alert["detector"] in ("foreign_reader", "second_account")
                         and lab.is_own(alert["message"])]
            report.check(not strangers, f"{kind.name}: no session was taken for a stranger",
                         strangers)
            told = copy_beside(lab, kind, sensor, other)
            report.check(told, f"{kind.name}: a program beside the server is told")
            return rows


# ---- What the server reads for itself, by programs of its own ----

def try_helper(report):
    with Lab(accounts=1) as lab:
        account = lab.accounts[0]
        lab.fill(account, len(SIZES))
        settings = {"mail": {"root": lab.root_template, "helper": "/usr/bin/doveadm"}}
        with Sensor(lab, settings) as sensor:
            subprocess.run(["doveadm", "-c", lab.config_file, "fetch", "-u", account.name, "text",
                            "all"], stdout=subprocess.DEVNULL, check=True)
            rows = lambda: [(row["class"], row["messages"]) for row in
                            (sensor.account(account.name) or {}).get("readers", [])]
            wanted = [("helper", len(SIZES))]
            until(lambda: rows() == wanted, 15)
            report.check(rows() == wanted, f"doveadm is a helper that opened {len(SIZES)} messages",
                         str(rows()))
            sent = (sensor.account(account.name) or {}).get("by_source")
            report.check(not sent, "nothing of it was delivered to a client", str(sent))
            told = [alert["message"] for alert in sensor.alerts()
                    if lab.is_own(alert["message"])]
            report.check(not told, "nobody was told as a stranger", told)


# ---- Courier: Maildir too; whom its processes serve stands in their environment ----

def make_maildir(top, account, user):
    local_part, _, domain = account.partition("@")
    home = f"{top}/mail/{domain}/{local_part}"
    for folder in ("cur", "new", "tmp"):
        os.makedirs(f"{home}/Maildir/{folder}")
    for number, size in enumerate(SIZES):
        with open(f"{home}/Maildir/cur/{1700000000 + number}.M{number}.lab:2,", "w") as mail:
            mail.write(f"From: <a@{domain}>\nSubject: {number}\n\n" + "line of text\n" * (size // 13))
    subprocess.run(["chown", "-R", f"{user}:{user}", f"{top}/mail"], check=True)
    return home


def use_courier(server):
    """Returns what the clients received."""
    one = courier.Session(server, "imap")
    one.imap("SELECT INBOX")
    one.imap("SEARCH BODY nobodywrotethis")
    one.imap(f"FETCH 1:{len(SIZES)} (BODY.PEEK[])")
    one.leave("a99 LOGOUT")
    other = courier.Session(server, "pop3")
    for number in range(1, len(SIZES) + 1):
        other.pop3(f"RETR {number}", many=True)
    other.leave("QUIT")
    return one.received + other.received


def courier_opens(server):
    opened = re.compile(r'open(?:at)?\((?:AT_FDCWD, )?"[^"]*cur/[^/"]+", .*\) += \d+$', re.MULTILINE)
    total = 0
    for service in server.ports:
        with open(server.trace_of(service)) as lines:
            total += len(opened.findall(lines.read()))
    return total


def try_courier(report):
    name, account = "Courier maildir", f"ann.{os.getpid()}@isp1.example"
    top = tempfile.mkdtemp(prefix="wc", dir="/tmp")
    tidy.on_exit(lambda: shutil.rmtree(top, ignore_errors=True))
    os.chmod(top, 0o777)
    home = make_maildir(top, account, courier.MAIL_USER)
    settings = {"daemon": {"discover": "no"}, "alert journal": {"enabled": "no"},
                "mail": {"root": f"{top}/mail/%d/%n",
                         "session": list(courier.PROGRAMS.values())}}
    server = courier.Server(account, home)
    server.start()
    with Sensor(None, settings) as sensor:
        received = use_courier(server)
        opened = courier_opens(server)
        seen = lambda: sessions_row(sensor.account(account) or {})
        until(lambda: sum(seen()) == opened, 15)
        by_source = {row["source"]: row for row in sensor.account(account)["by_source"]}
        rows = [Row(name, "messages", 2 * len(SIZES), seen()[0]),
                Row(name, "messages + scanned", opened, sum(seen())),
                Row(name, "mailbox_files", 0, seen()[2]),
                Row(name, "bytes sent", received,
                    by_source.get(courier.SOURCE, {}).get("bytes_sent"))]
        wrong = [f"{row.what}: expected {row.expected}, seen {row.seen}" for row in rows
                 if row.expected != row.seen]
        report.check(not wrong, f"{name}: {len(rows)} counts, {len(wrong)} differences", wrong)
        report.check(list(by_source) == [courier.SOURCE], f"{name}: the client's address is known",
                     str(by_source))
        told = [alert["message"] for alert in sensor.alerts() if account in alert["message"]]
        report.check(not told, f"{name}: no session was taken for a stranger", told)
    server.stop()
    shutil.rmtree(top)
    return rows


def print_table(report, rows):
    report.say(f"{'kind':22} {'messages':>13} {'scanned+':>13} {'mailbox files':>14} "
               f"{'bytes sent':>19} differences")
    for name in dict.fromkeys(row.kind for row in rows):
        own = [row for row in rows if row.kind == name]
        cell = lambda what: next(f"{'-' if row.seen is None else row.seen} of "
                                 f"{'-' if row.expected is None else row.expected}"
                                 for row in own if row.what == what)
        sent = [row for row in own if row.what.startswith("bytes sent")]
        total = (f"{sum(row.seen or 0 for row in sent)} of {sum(row.expected for row in sent)}"
                 if sent else "-")
        report.say(f"{name:22} {cell('messages'):>13} {cell('messages + scanned'):>13} "
                   f"{cell('mailbox_files'):>14} {total:>19} "
                   f"{sum(row.expected != row.seen for row in own)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kinds", nargs="*", metavar="KIND", help="names or their beginnings")
    arguments = parser.parse_args()
    require_root_and_programs(NAME)
    report = Report(NAME)
    rows = []
    for kind in KINDS:
        if not arguments.kinds or kind.name in arguments.kinds:
            rows += try_kind(report, kind)
    if not arguments.kinds or "helpers" in arguments.kinds:
        try_helper(report)
    if not arguments.kinds or "courier" in arguments.kinds:
        if courier.is_there():
            rows += try_courier(report)
        else:
            report.check(False, "Courier is unpacked (make deps)")
    print_table(report, rows)
    report.finish()


if __name__ == "__main__":
    main()
