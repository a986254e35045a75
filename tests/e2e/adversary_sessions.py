#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who has no more rights than nobody or the mail user deceives, hides from and fills nothing.

He speaks the auth protocol with himself; runs the mail server's own programs with code of his own in
them, on a pipe that root made; gives messages other names, reads them through an overlay of his
own; and fills what there is to fill. Beside him people use a real Dovecot, whose counts stay exact.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import pwd
import shutil
import signal
import socket
import subprocess
import time

from harness import tidy
from harness.clients import SUCCESS, Imap
from harness.lab import Lab
from harness.preload import Preload
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor

NAME = "adversary_sessions"
IMAP = "/usr/lib/dovecot/imap"
NOBODY = pwd.getpwnam("nobody").pw_uid
MESSAGES = 5
HANDSHAKE = b"VERSION\t1\t2\nMECH\tPLAIN\tplaintext\nSPID\t1\nCUID\t1\nCOOKIE\t00\nDONE\n"


def as_user(uid, act):
    """Runs act in a child with the user's rights; True when it came to its end."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            act()
            status = 0
        finally:
            os._exit(status)
    return os.waitpid(child, 0)[1] == 0


def foreign(sensor):
    return [alert for alert in sensor.alerts() if alert["detector"] == "foreign_reader"]


def messages_by_others(sensor, account):
    return sum((row["messages"] or 0) for row in (sensor.account(account.name) or {}).get("readers", [])
               if row["class"] == "other")


def by_sessions(sensor, account):
    return sum(row["messages"] or 0 for row in (sensor.account(account.name) or {}).get("by_source", []))


def lost(sensor, stage):
    return sensor.api("/v1/status")["lost"].get(stage, 0)


def honest_session(report, lab, sensor, account, source, what):
    """A person's session beside it all."""
    before = by_sessions(sensor, account)
    with Imap(lab, source, "tls") as client:
        report.check(client.login(account.name, account.password) == SUCCESS, f"{what}: a person logs in")
        client.select()
        client.fetch(f"1:{MESSAGES}", "BODY.PEEK[]", messages=MESSAGES)
        client.logout()
    until(lambda: by_sessions(sensor, account) == before + MESSAGES, 15)
    report.check(by_sessions(sensor, account) == before + MESSAGES,
                 f"{what}: the person's {MESSAGES} messages count", str(by_sessions(sensor, account)))


# ---- The auth protocol ----

def speak_with_oneself(folder, account, source, connections):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(f"{folder}/login")
    listener.listen(8)
    kept = []
    for number in range(connections):
        client = socket.socket(socket.AF_UNIX)
        client.connect(f"{folder}/login")
        server = listener.accept()[0]
        server.sendall(HANDSHAKE)
        client.sendall(f"AUTH\t{number + 1}\tPLAIN\tservice=imap\trip={source}\n".encode())
        server.sendall(f"OK\t{number + 1}\tuser={account}\n".encode())
        kept = (kept + [client, server])[-600:]


def forge_logins(report, lab, sensor):
    report.say("nobody speaks the auth protocol with himself")
    folder = f"{lab.folder}/nobodys"
    os.mkdir(folder, 0o777)
    os.chmod(folder, 0o777)
    victim, source = lab.accounts[0], "192.0.2.66"
    report.check(as_user(NOBODY, lambda: speak_with_oneself(folder, victim.name, source, 4500)),
                 "4,500 connections over a listener of his own")
    honest_session(report, lab, sensor, lab.accounts[1], lab.source(1), "meanwhile")
    report.check(not sensor.account(victim.name) and not sensor.source(source),
                 "nothing counts for the account or the address", str(sensor.account(victim.name)))
    report.check(lost(sensor, "auth_connections_full") == 0, "nobody's place was taken")


# ---- The mail server's program, with other code in it ----

def read_by_hand(report, lab, sensor, preload, account, uid, before, after, what):
    paths = lab.fill(account, MESSAGES)
    for path in paths:
        os.chmod(path, 0o644)
    seen, sessions = messages_by_others(sensor, account), by_sessions(sensor, account)
    preload.run(IMAP, uid, [*before, *(f"open {path}" for path in paths), *after])
    until(lambda: messages_by_others(sensor, account) == seen + MESSAGES, 15)
    report.check(messages_by_others(sensor, account) == seen + MESSAGES,
                 f"{what}: all {MESSAGES} messages are a stranger's", str(sensor.account(account.name)))
    report.check(by_sessions(sensor, account) == sessions, f"{what}: none is a session's")


def run_by_hand(report, lab, sensor, preload):
    report.say("the mail user runs imap by hand, on a pipe that root made")
    connect = f"say CONNECT\t1\timap/192.0.2.67/{{}}"
    bob = lab.accounts[2]
    for number, (what, before, after) in enumerate((
            ("without a word", [], []),
            ("CONNECT first", [connect], []),
            ("DISCONNECT afterwards", [], ["say DISCONNECT\t1\timap/192.0.2.67/x"]),
            ("CONNECT as somebody else", [connect.format(bob.name)], []))):
        account = lab.accounts[3 + number]
        read_by_hand(report, lab, sensor, preload, account, lab.uid,
                     [step.format(account.name) for step in before], after, what)
    report.check(until(lambda: foreign(sensor)), "there is an alert")
    report.check(not sensor.source("192.0.2.67"), "the address he made up is not known")


def read_and_wait(report, lab, sensor, preload):
    report.say("he reads and stays, or began before the sensor")
    account = lab.accounts[7]
    paths = lab.fill(account, MESSAGES)
    process = preload.start(IMAP, lab.uid, [*(f"open {path}" for path in paths), "stop"])
    until(lambda: messages_by_others(sensor, account) == MESSAGES, 10)
    report.check(messages_by_others(sensor, account) == MESSAGES, "what he read counts while he stays",
                 str(sensor.account(account.name)))
    tidy.stop_tree(process)


def older_than_the_sensor(report):
    report.say("an imap by hand that is older than the sensor")
    with Lab(accounts=4) as lab:
        preload, gate = Preload(lab.folder), f"{lab.folder}/gate"
        paths = [path for account in lab.accounts for path in lab.fill(account, MESSAGES)]
        os.mkfifo(gate)
        os.chmod(gate, 0o666)
        process = preload.start(IMAP, lab.uid, [f"open {paths[0]}", f"open {gate}",
                                                *(f"open {path}" for path in paths)])
        time.sleep(0.5)
        with Sensor(lab) as sensor:
            with open(gate, "w") as opened:
                opened.write("x")
            process.wait(30)
            counted = lambda: [messages_by_others(sensor, account) for account in lab.accounts]
            until(lambda: counted() == [MESSAGES] * 4, 15)
            report.check(counted() == [MESSAGES] * 4, "it reads every mailbox as a stranger",
                         str(counted()))


def fill_sessions(report):
    report.say("300 stopped imap processes, with room for 256 sessions")
    with Lab(accounts=2) as lab, Sensor(lab, {"maps": {"sessions": 256}}) as sensor:
        preload = Preload(lab.folder)
        lab.fill(lab.accounts[0], MESSAGES)
        stopped = [preload.start(IMAP, NOBODY, ["stop"]) for _ in range(300)]
        honest_session(report, lab, sensor, lab.accounts[0], lab.source(1), "meanwhile")
        report.check(lost(sensor, "sessions_full") == 0 and not foreign(sensor),
                     "nobody's place was taken, and no session is a stranger", str(foreign(sensor)))
        for process in stopped:
            process.send_signal(signal.SIGKILL)
        for process in stopped:
            process.wait()


# ---- The files ----

def rename_messages(report, lab, sensor):
    report.say("messages under other names and in other folders below the root")
    account, other = lab.accounts[8], lab.accounts[9]
    lab.fill(other, 1)
    paths = lab.fill(account, MESSAGES)
    home = lab.home(account)
    targets = [f"{home}/Maildir/dovecot.index.cache", f"{home}/Maildir/tmp/x", f"{home}/cur.old/x",
               f"{home}/x", f"{os.path.dirname(home)}/x"]

    def act():
        os.mkdir(f"{home}/cur.old")
        for path, target in zip(paths, targets):
            os.rename(path, target)
        subprocess.run([cat, *targets], stdout=subprocess.DEVNULL, check=True)
    cat = shutil.copy("/usr/bin/cat", f"{lab.folder}/cat-{lab.tag}")
    report.check(as_user(lab.uid, act), "the mail user moves and reads them")
    until(lambda: seen_by(sensor, cat) == MESSAGES, 15)
    report.check(seen_by(sensor, cat) == MESSAGES, "each of them counts", str(foreign(sensor)))


def seen_by(sensor, program):
    """Messages, and files of many, that the alert about the program has."""
    return sum(alert["evidence"]["messages"] + alert["evidence"]["mailbox_files"]
               for alert in foreign(sensor) if alert["subject"]["name"] == program)


def rename_for_a_helper(report, preload):
    report.say("a listed helper with code of the mail user's reads messages that were renamed")
    with Lab(accounts=1) as lab, Sensor(lab, {"mail": {"root": lab.root_template,
                                                        "helper": "/usr/bin/doveadm"}}) as sensor:
        account = lab.accounts[0]
        paths = lab.fill(account, MESSAGES)
        targets = [f"{lab.home(account)}/Maildir/m{number}" for number in range(MESSAGES)]
        for path, target in zip(paths, targets):
            os.rename(path, target)
        preload.run("/usr/bin/doveadm", lab.uid, [f"open {target}" for target in targets])
        shown = lambda: sum(row["scanned"] for row in (sensor.account(account.name) or {}).get("readers", [])
                            if row["class"] == "helper")
        report.check(until(lambda: shown() == MESSAGES, 15), "each is shown as looked into by the helper",
                     str(sensor.account(account.name)))


def through_an_overlay(report, lab, sensor):
    report.say("through an overlay in a user name space of his own")
    account = lab.accounts[10]
    lab.fill(account, MESSAGES)
    place, name = f"/tmp/wax-ov-{lab.tag}", account.name.partition("@")[0]
    mount = "mount -t overlay -o"
    script = f"mkdir -p {place}/empty {place}/at {place}/top && {mount} " \
        f"lowerdir={lab.folder}/mail:{place}/empty overlay {place}/at && " \
        f"{mount} lowerdir={place}/at:{place}/empty overlay {place}/top && " \
        f"cat {place}/at/*/{name}/Maildir/cur/* {place}/top/*/{name}/Maildir/cur/*"
    done = subprocess.run(["setpriv", f"--reuid={lab.uid}", f"--regid={lab.gid}", "--clear-groups",
                           "unshare", "-Urm", "sh", "-c", script], capture_output=True)
    shutil.rmtree(place, ignore_errors=True)
    if done.returncode:
        report.say(f"skipped: this host lets nobody mount overlays: {done.stderr.decode().strip()}")
        return
    until(lambda: messages_by_others(sensor, account) == 2 * MESSAGES, 15)
    report.check(messages_by_others(sensor, account) == 2 * MESSAGES,
                 "all of them count for the account, also through an overlay over an overlay",
                 str(sensor.account(account.name)))


# ---- What is the mail server's own ----

AUTOEXPUNGE = """\
mail_plugins = notify mail_log
plugin {
  mail_log_events = expunge
  mail_log_fields = uid box msgid from subject
}
namespace inbox {
  mailbox Trash {
    auto = create
    autoexpunge = 1s
  }
}
"""


def expunged_after_the_session(report):
    report.say("autoexpunge opens messages after DISCONNECT")
    with Lab(accounts=1, more=AUTOEXPUNGE) as lab, Sensor(lab) as sensor:
        account = lab.accounts[0]
        lab.fill(account, MESSAGES)
        with Imap(lab, lab.source(1), "tls") as client:
            client.login(account.name, account.password)
            client.select()
            client.command(f"COPY 1:{MESSAGES} Trash")
            client.logout()
        time.sleep(2.5)
        with Imap(lab, lab.source(1), "tls") as client:
            client.login(account.name, account.password)
            client.logout()
        scanned = lambda: sum(row["scanned"] or 0 for row in
                              (sensor.account(account.name) or {}).get("readers", []))
        until(lambda: "expunge" in lab.log() and scanned(), 15)
        time.sleep(2)
        report.check(lab.log().count("expunge: box=Trash") == MESSAGES, "Dovecot expunged them",
                     lab.log()[-1000:])
        report.check(scanned() >= MESSAGES and not foreign(sensor),
                     "the session that has ended looked into them, and nobody is a stranger",
                     f"{scanned()} {foreign(sensor)}")


def the_own_mailbox(report):
    report.say("users of the system read mail by hand: their own, and somebody else's")
    with Lab(plain_names=["games", "news"]) as lab, Sensor(lab) as sensor:
        preload = Preload(lab.folder)
        uid = pwd.getpwnam("games").pw_uid
        own, other = lab.accounts
        for account in (own, other):
            for path in lab.fill(account, MESSAGES):
                os.chmod(path, 0o644)
            subprocess.run(["chmod", "-R", "o+rX", lab.home(account)], check=True)
            os.chmod(os.path.dirname(lab.home(account)), 0o755)
        read = lambda account: preload.run(IMAP, uid, [
            f"open {lab.home(account)}/Maildir/cur/{name}"
            for name in os.listdir(f"{lab.home(account)}/Maildir/cur")])
        read(own)
        until(lambda: messages_by_others(sensor, own) == MESSAGES, 15)
        report.check(messages_by_others(sensor, own) == MESSAGES and not foreign(sensor),
                     "imap by hand on one's own mailbox counts and is no alert",
                     str(foreign(sensor)))
        read(other)
        report.check(until(lambda: foreign(sensor), 15), "on another's it is")


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    with Lab(accounts=12) as lab, Sensor(lab) as sensor:
        preload = Preload(lab.folder)
        lab.fill(lab.accounts[1], MESSAGES)
        forge_logins(report, lab, sensor)
        run_by_hand(report, lab, sensor, preload)
        read_and_wait(report, lab, sensor, preload)
        through_an_overlay(report, lab, sensor)
        rename_messages(report, lab, sensor)
    with Lab(accounts=1) as lab:
        rename_for_a_helper(report, Preload(lab.folder))
    older_than_the_sensor(report)
    fill_sessions(report)
    expunged_after_the_session(report)
    the_own_mailbox(report)
    report.finish()


if __name__ == "__main__":
    main()
