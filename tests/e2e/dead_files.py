#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A mail root on a file system that does not answer stops nothing: FUSE without a server, as NFS without one.

The daemon starts, ticks, counts logins, answers and ends, and `doctor` names the root.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import contextlib
import ctypes
import json
import tempfile
import time

from harness import tidy
from harness.clients import SUCCESS, Imap
from harness.lab import Lab
from harness.report import Report, require_root_and_programs, skip, until
from harness.sensor import Sensor

NAME = "dead_files"
MESSAGES = 3
LIBC = ctypes.CDLL(None, use_errno=True)
MNT_DETACH = 2


@contextlib.contextmanager
def dead_mount():
    """Whoever opens something below waits, until the device is closed."""
    place = tempfile.mkdtemp(prefix="wd", dir="/tmp")
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    options = f"fd={device},rootmode=40000,user_id=0,group_id=0,allow_other".encode()

    def end():
        tidy.forget(end)
        LIBC.umount2(place.encode(), MNT_DETACH)
        os.close(device)
        os.rmdir(place)
    if LIBC.mount(b"dead", place.encode(), b"fuse", 0, options) != 0:
        os.close(device)
        os.rmdir(place)
        skip(NAME, "no FUSE file system can be mounted here")
    tidy.on_exit(end)
    try:
        yield place
    finally:
        end()


def main():
    require_root_and_programs(NAME)
    if not os.access("/dev/fuse", os.R_OK):
        skip(NAME, "no /dev/fuse")
    report = Report(NAME)
    with dead_mount() as dead, Lab(accounts=1) as lab:
        account = lab.accounts[0]
        lab.fill(account, MESSAGES)
        settings = {"mail": {"root": [f"{dead}/%d/%n", lab.root_template]},
                    "detect": {"last_login": f"{dead}/last-logins"}}
        sensor = Sensor(lab, settings)
        began = time.monotonic()
        sensor.start()
        report.check(time.monotonic() - began < 40, "the daemon starts")
        with Imap(lab, lab.source(1)) as client:
            report.check(client.login(account.name, account.password) == SUCCESS, "a person logs in")
            client.select()
            client.fetch(f"1:{MESSAGES}", "BODY.PEEK[]", messages=MESSAGES)
            client.logout()
        seen = lambda: [(row["successes"], row["messages"]) for row in
                        (sensor.account(account.name) or {}).get("by_source", [])]
        report.check(until(lambda: seen() == [(1, MESSAGES)], 20), "login and messages count", str(seen()))
        named = lambda: [line for line in json.loads(sensor.run_cli("--json", "doctor").stdout)["problems"]
                         if dead in line and "does not answer" in line]
        report.check(until(named, 30), "doctor names the root")
        ticks = sensor.api("/v1/status")["tick"]["count"]
        time.sleep(12)  # it has been looked at again
        report.check(sensor.api("/v1/status")["tick"]["count"] >= ticks + 6, "ticks go on",
                     str(sensor.api("/v1/status")["tick"]))
        report.check(sensor.halt() == 0, "the daemon ends")
        sensor.stop()
    report.finish()


if __name__ == "__main__":
    main()
