#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Credentials behind MariaDB, PostgreSQL and OpenLDAP: discovery names the server, what Dovecot gets
from it is exact, ordinary logins are silent, and a listed program that takes the whole table is not.

The truth is a relay's, which stands between the server and its clients and counts what it passes on.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import json
import shutil
import subprocess

from harness import story
from harness.credentials import counted, log_in
from harness.databases import PGSQL, DatabaseLab, MariaDb, OpenLdap, PostgreSql, Relay
from harness.lab import AUTH_PROGRAM
from harness.report import Report, require_root_and_programs, skip, until
from harness.sensor import DAEMON, Sensor

NAME = "databases"
NEEDED = ("/usr/sbin/mariadbd", f"{PGSQL}/postgres", "/usr/sbin/slapd",
          "/usr/lib/dovecot/modules/auth/libdriver_mysql.so",
          "/usr/lib/dovecot/modules/auth/libdriver_pgsql.so",
          "/usr/lib/dovecot/modules/auth/libauthdb_ldap.so")
STRANGERS = 4000


def discovered(lab):
    """The stores that discovery names for the lab's Dovecot."""
    found = json.loads(subprocess.run([DAEMON, "--doctor"], capture_output=True, text=True).stdout)
    return [store for server in found["servers"] for store in server["stores"]
            if lab.database_conf in server["stores"]]


def compare(report, sensor, relay, program, what, before=(0, 0)):
    def truth():
        return relay.connections - before[0], relay.bytes - before[1]
    until(lambda: counted(sensor, relay.store, program) == truth(), 15)
    seen = counted(sensor, relay.store, program)
    report.check(seen == truth(), f"{what}: {truth()[0]} connections, {truth()[1]} bytes, exact",
                 f"(connections, bytes) counted: {seen}, passed on: {truth()}")


def dump(report, sensor, watcher, server, relay, client):
    before = relay.connections, relay.bytes
    done = subprocess.run(server.dump_command(client, relay.address), capture_output=True, text=True)
    report.check(done.stdout.count("stranger") >= STRANGERS, "a listed client takes the whole table",
                 done.stderr[-500:])
    compare(report, sensor, relay, client, "  what it took", before)
    seen = watcher.wait("credential_volume", [client], 15)
    report.check(seen, "  credential_volume tells of it", watcher.loud())
    if seen:
        report.say(f"  {seen[0]['message']}")


def with_server(report, kind):
    report.say(kind.__name__)
    server = kind()
    relay = Relay(server)
    try:
        lab = DatabaseLab("ldap" if kind is OpenLdap else "sql", server.passdb(relay.address))
        server.fill(lab.rows(STRANGERS))
        with lab:
            stores = discovered(lab)
            report.check(relay.store in stores, f"discovery names {relay.store}", stores)
            client = shutil.copy(server.client, lab.folder)
            with Sensor(lab, {"detect": {"learn_days": 0}, "credentials": {
                    "store": [lab.database_conf, relay.store],
                    "allow": [AUTH_PROGRAM, client, "/usr/bin/doveconf"]}}) as sensor:
                watcher = story.Watcher(sensor, lab)
                before = relay.connections, relay.bytes  # Dovecot connects when it starts
                log_in(report, lab, 60)
                compare(report, sensor, relay, AUTH_PROGRAM, "what Dovecot got", before)
                report.check(not watcher.loud(), "ordinary logins raise no alert", watcher.loud())
                dump(report, sensor, watcher, server, relay, client)
                watcher.stop()
    finally:
        relay.stop()
        server.stop()


def main():
    require_root_and_programs(NAME)
    missing = [path for path in NEEDED if not os.path.exists(path)]
    if missing:
        skip(NAME, f"not installed (make deps): {', '.join(missing)}")
    report = Report(NAME)
    for kind in (MariaDb, PostgreSql, OpenLdap):
        with_server(report, kind)
    report.finish()


if __name__ == "__main__":
    main()
