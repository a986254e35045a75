#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Credential stores that are files, read by the servers they belong to: a passwd-file and SQLite by
Dovecot, sasldb2 and shadow by saslauthd, userdb by Courier's authdaemond. Opens and bytes are those
that strace saw; ordinary logins are silent; a listed program that reads too much is told of, and an
unlisted one within 100 ms. A listed one that dumps a store is not waited for, either.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import datetime
import json
import shutil
import sqlite3
import subprocess
import time
import types

from harness import reads, story, tidy
from harness.credentials import counted, log_in
from harness.databases import DatabaseLab
from harness.lab import AUTH_PROGRAM, Account, Lab
from harness.private_etc import PASSWORD, Sasldb, Shadow, Userdb
from harness.report import Report, require_root_and_programs, skip, until
from harness.sensor import DAEMON, Sensor

NAME = "stores"
NEEDED = ("/usr/sbin/saslauthd", "/usr/sbin/authdaemond", "/usr/sbin/userdb", "/usr/bin/strace",
          "/usr/lib/dovecot/modules/auth/libdriver_sqlite.so")
AT_ONCE_MS = 100
LONG_TICK_SECONDS = 60


def compare(report, sensor, what, store, program, truth):
    until(lambda: counted(sensor, store, program) == truth(), 15)
    seen, wanted = counted(sensor, store, program), truth()
    report.check(seen == wanted and wanted[1], f"{what}: {wanted[0]} opens, {wanted[1]} bytes, exact",
                 f"(opens, bytes) counted: {seen}, strace: {wanted}")


def with_held(held, opens_and_bytes):
    """A descriptor from before the sensor is one open."""
    opens, size = opens_and_bytes
    return opens + held, size


def servers(lab):
    return [lab.process.pid, *tidy.descendants(lab.process.pid)]


# ---- Readers beside the server ----

def read_too_much(report, sensor, watcher, lab, backup):
    size = os.path.getsize(lab.passwd_file)
    times = 400_000 // size
    for _ in range(times):
        subprocess.run([backup, lab.passwd_file], stdout=subprocess.DEVNULL, check=True)
    compare(report, sensor, f"a listed program that reads it {times} times", lab.passwd_file, backup,
            lambda: (times, times * size))
    seen = watcher.wait("credential_volume", [backup], 15)
    report.check(seen, "  credential_volume tells of it", watcher.loud())
    if seen:
        report.say(f"  {seen[0]['message']}")


def told_of(sensor, program):
    """The alert about a program, as the file has it."""
    try:
        with open(sensor.jsonl_file) as lines:
            return next((alert for line in lines if line.endswith("\n")
                         and story.is_named((alert := json.loads(line))["subject"]["name"], program)), None)
    except OSError:
        return None


def milliseconds_to_alert(alert):
    """From the open, as the kernel dates it, to the alert: by the daemon's clock, whatever this one's
    processes wait for."""
    opened, told = (datetime.datetime.fromisoformat(alert[key].replace("Z", "+00:00"))
                    for key in ("first_seen", "time"))
    return (told - opened).total_seconds() * 1000


def large_store(lab):
    """Of more accounts than may be read before the next tick."""
    path = f"{lab.folder}/customers"
    with open(path, "w") as out:
        out.writelines(f"customer{i}@example.org:{{PLAIN}}none:5000:5000::/var/empty::\n" for i in range(5000))
    return path


def backup_of(lab):
    path = f"{lab.folder}/backup"
    return path if os.path.exists(path) else shutil.copy(story.program("cat"), path)


def settings_of(lab):
    return {"daemon": {"tick": f"{LONG_TICK_SECONDS}s"}, "detect": {"learn_days": 0},
            "credentials": {"store": [lab.passwd_file, large_store(lab)],
                            "allow": [AUTH_PROGRAM, backup_of(lab)]}}


def tell_at_once(report):
    """No tick comes before the test is over, so each is told of by its event. A busy machine may delay
    one or the other, not most of them."""
    with Lab(accounts=1, broken_passdb=False) as lab, Sensor(lab, settings_of(lab)) as sensor:
        programs = [shutil.copy(story.program("cat"), f"{lab.folder}/x{i}") for i in range(20)]
        for program in programs:
            subprocess.run([program, lab.passwd_file], stdout=subprocess.DEVNULL, check=True)
        until(lambda: all(told_of(sensor, program) for program in programs), LONG_TICK_SECONDS / 3)
        alerts = [alert for program in programs if (alert := told_of(sensor, program))]
        report.check(len(alerts) == len(programs), "20 unlisted programs are told of before any tick",
                     f"{len(alerts)} alerts")
        took = sorted(milliseconds_to_alert(alert) for alert in alerts) or [float("inf")]
        middle = took[len(took) // 2]
        report.check(middle <= AT_ONCE_MS, f"  {middle:.0f} ms after their first open (the slowest "
                     f"{took[-1]:.0f} ms)", str(took))
        subprocess.run([backup_of(lab), large_store(lab)], stdout=subprocess.DEVNULL, check=True)
        until(lambda: told_of(sensor, backup_of(lab)), LONG_TICK_SECONDS / 3)
        alert = told_of(sensor, backup_of(lab))
        report.check(alert and alert["detector"] == "credential_volume",
                     "a listed one that reads a whole store is told of before any tick", str(alert))
        if alert:
            report.say(f"{milliseconds_to_alert(alert):.0f} ms after its first byte")


def inherit(report, sensor, watcher, lab):
    """The shell is listed, what it starts is not and opens nothing by itself."""
    shell, program = (shutil.copy(story.program(name), f"{lab.folder}/own-{name}")
                      for name in ("sh", "cat"))
    subprocess.run([shell, "-c", f"exec {program} < {lab.passwd_file}"], stdout=subprocess.DEVNULL,
                   check=True)
    seen = watcher.wait("credential_reader", [program], 10)
    report.check(seen, "who reads what another one opened is told of", watcher.loud())


# ---- Dovecot ----

def passwd_file(report):
    report.say("passwd-file, Dovecot")
    with Lab(accounts=8, broken_passdb=False) as lab:
        backup = shutil.copy(story.program("cat"), f"{lab.folder}/backup")
        allow = [AUTH_PROGRAM, backup, f"{lab.folder}/own-sh"]
        shutil.copy(story.program("sh"), allow[-1])
        log_in(report, lab, 1)  # or auth starts between the two looks at what it has open
        held = reads.held_open(servers(lab), lab.passwd_file)
        with reads.Attached(servers(lab), f"{lab.folder}/trace") as trace, Sensor(lab, {
                "detect": {"learn_days": 0}, "credentials": {"allow": allow}}) as sensor:
            watcher = story.Watcher(sensor, lab)
            for _ in range(5):
                add_account(lab)
                log_in(report, lab, 12)
            compare(report, sensor, "what Dovecot read, the file replaced five times",
                    lab.passwd_file, AUTH_PROGRAM,
                    lambda: with_held(held, reads.opens_and_bytes(trace.output, lab.passwd_file)))
            report.check(not watcher.loud(), "ordinary logins raise no alert", watcher.loud())
            inherit(report, sensor, watcher, lab)
            read_too_much(report, sensor, watcher, lab, backup)
            watcher.stop()


def add_account(lab):
    """As an administrator's tool does: a new file, renamed over the old one."""
    own = lab.passwd_file
    lab.accounts.append(Account(f"new{len(lab.accounts)}.{lab.tag}@isp1.example", "pw"))
    lab.passwd_file = f"{own}.new"
    lab.write_passwd_file()
    os.rename(lab.passwd_file, own)
    lab.passwd_file = own


def sqlite(report):
    report.say("SQLite, Dovecot")
    lab = DatabaseLab("sql", "")
    store = f"{lab.folder}/users.sqlite"
    with open(lab.database_conf, "w") as conf:
        conf.write(f"driver = sqlite\nconnect = {store}\n"
                   "password_query = SELECT password FROM users WHERE name = '%u'\n")
    with sqlite3.connect(store) as database:
        database.execute("CREATE TABLE users (name TEXT PRIMARY KEY, password TEXT)")
        database.executemany("INSERT INTO users VALUES (?, ?)", lab.rows(500))
    database.close()
    with lab, reads.Attached(servers(lab), f"{lab.folder}/trace") as trace, Sensor(lab, {
            "detect": {"learn_days": 0},
            "credentials": {"store": store, "allow": AUTH_PROGRAM}}) as sensor:
        log_in(report, lab, 40)
        compare(report, sensor, "what Dovecot read", store, AUTH_PROGRAM,
                lambda: reads.opens_and_bytes(trace.output, store))


# ---- Servers that look into /etc ----

def discovered(server):
    """With the server's own view of /etc."""
    found = json.loads(server.run(DAEMON, "--doctor").stdout)
    return {store for server in found["servers"] for store in server["stores"]}


def private(report, kind):
    report.say(f"{kind.__name__}, {os.path.basename(kind.program)}")
    server = kind()
    stores = [server.folder + store for store in kind.stores]
    nothing = types.SimpleNamespace(root_template=f"{server.folder}/mail/%d/%n", passwd_file="")
    try:
        with Sensor(nothing, {"credentials": {
                "store": stores, "allow": [kind.program, os.path.realpath(
                    "/usr/lib/courier/courier-authlib/authdaemond")]}}) as sensor:
            server.start()
            report.check(set(kind.stores) <= discovered(server), "discovery names its stores",
                         discovered(server))
            right = sum(server.log_in(PASSWORD) for _ in range(10))
            wrong = sum(server.log_in("wrong") for _ in range(10))
            report.check((right, wrong) == (10, 0), "10 logins and 10 failures", f"{right}, {wrong}")
            for store, place in zip(kind.stores, stores):
                compare(report, sensor, f"what it read of {store}", place, "",
                        lambda name=store: server.truth(name))
    finally:
        server.stop()


def main():
    require_root_and_programs(NAME)
    missing = [path for path in NEEDED if not os.path.exists(path)]
    if missing:
        skip(NAME, f"not installed (make deps): {', '.join(missing)}")
    report = Report(NAME)
    passwd_file(report)
    tell_at_once(report)
    sqlite(report)
    for kind in (Sasldb, Shadow, Userdb):
        private(report, kind)
    report.finish()


if __name__ == "__main__":
    main()
