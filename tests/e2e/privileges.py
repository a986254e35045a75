#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The daemon runs as a user of its own with exactly the capabilities of its unit, gives up the one
it needs to start, and counts as it should. Without any one of them it says in one line which.
"""
import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import shutil
import subprocess

from harness import load
from harness.clients import Imap
from harness.lab import Lab
from harness.report import Report, require_root_and_programs, until
from harness.sensor import DAEMON, ROOT, Sensor
from harness.truth import Truth, compare_when_settled

NAME = "privileges"
NUMBERS = {"cap_dac_read_search": 2, "cap_sys_ptrace": 19, "cap_perfmon": 38, "cap_bpf": 39}
STARTS_WITH = {"cap_bpf", "cap_perfmon", "cap_dac_read_search", "cap_sys_ptrace"}
KEEPS = STARTS_WITH - {"cap_sys_ptrace"}


def capabilities_of_unit():
    with open(f"{ROOT}/user/install/waxseald.service") as unit:
        return set(re.search(r"^AmbientCapabilities=(.*)$", unit.read(), re.M)[1].lower().split())


def as_nobody(program, capabilities):
    wanted = ",".join(["-all"] + [f"+{name.removeprefix('cap_')}" for name in sorted(capabilities)])
    return ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", "--no-new-privs",
            f"--inh-caps={wanted}", f"--ambient-caps={wanted}", f"--bounding-set={wanted}", program]


def wrapper(sensor, capabilities):
    """A program that becomes the daemon with these capabilities."""
    copy, script = f"{sensor.folder}/waxseald", f"{sensor.folder}/start"
    shutil.copy(DAEMON, copy)
    with open(script, "w") as file:
        file.write(f"#!/bin/sh\nexec {' '.join(as_nobody(copy, capabilities))} \"$@\"\n")
    os.chmod(script, 0o755)
    subprocess.run(["chown", "-R", "nobody", sensor.folder], check=True)
    return script


def effective(pid):
    with open(f"/proc/{pid}/status") as status:
        mask = int(re.search(r"^CapEff:\s+(\w+)$", status.read(), re.M)[1], 16)
    return {name for name, number in NUMBERS.items() if mask >> number & 1}, mask


def exposure(report):
    unit = f"{ROOT}/user/install/waxseald.service"
    done = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", unit],
                          capture_output=True, text=True)
    if "nrecognized option" in done.stderr:
        report.say("(this systemd-analyze cannot judge a file)")
        return
    last = done.stdout.strip().splitlines()[-1:]
    report.check(done.returncode == 0, "systemd-analyze security: at most 2.0", last + [done.stderr])


def counts_are_exact(report, lab, sensor):
    truth = Truth()
    plans = [plan._replace(tries=tries) for plan in load.random_plans(lab, 150, seed=3)
             if (tries := [one for one in plan.tries if one.method != "abort"])]
    load.run(lab, truth, plans, parallel=10)
    comparison = compare_when_settled(truth, sensor)
    report.check(not comparison.differences, f"{truth.count()} attempts, "
                 f"{len(comparison.differences)} differences", comparison.differences)
    subprocess.run(["cat", lab.passwd_file], stdout=subprocess.DEVNULL, check=True)
    compare_when_settled(truth, sensor, seconds=1)
    report.check(any(alert["detector"] == "credential_reader" for alert in sensor.alerts()),
                 "a stranger at the credential store is seen", str(sensor.alerts()))


def directories_are_read(report, lab, sensor):
    """They are the mail user's, mode 0700."""
    def found():
        places = sensor.api("/v1/status")["inventory"]["places"]
        return [place for place in places if place["name"] == "mail_directories"][0]
    read = until(lambda: found()["state"] not in ("waiting", "reading"))
    report.check(read and found()["state"] == "read" and found()["accounts"] == len(lab.accounts),
                 "mail directories of other users are found", str(found()))


def begin_session(lab, account):
    client = Imap(lab, lab.source(9), "cleartext")
    client.login(account.name, account.password)
    client.select()
    return client


def older_session_is_known(report, sensor, account, client):
    """What its process holds open is the mail user's to see."""
    before = client.received
    client.fetch("1:*", "BODY.PEEK[]", messages=1)
    sent = client.received - before
    seen = lambda: [row["bytes_sent"] for row in (sensor.account(account.name) or {}).get("by_source", [])]
    until(lambda: seen() == [sent])
    report.check(seen() == [sent], "a session that began before the start is known", str(seen()))
    client.logout()


def refused(report, sensor, lacking):
    command = as_nobody(f"{sensor.folder}/waxseald", STARTS_WITH - {lacking})
    result = subprocess.run([*command, "--config", sensor.config_file], capture_output=True, text=True,
                            timeout=30)
    lines = result.stderr.strip().splitlines()
    report.check(result.returncode == 1 and len(lines) == 1 and lacking.upper() in lines[0],
                 f"without {lacking.upper()}: exit 1 and one line that names it", result.stderr)


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    report.check(capabilities_of_unit() == STARTS_WITH, "the unit grants exactly these",
                 str(capabilities_of_unit()))
    exposure(report)
    with Lab(accounts=6) as lab:
        for account in lab.accounts:
            lab.fill(account, 1)
        sensor = Sensor(lab)
        script = wrapper(sensor, STARTS_WITH)
        try:
            older = begin_session(lab, lab.accounts[5])
            sensor.start(script)
            names, mask = effective(sensor.pid)
            report.check(names == KEEPS and bin(mask).count("1") == len(KEEPS),
                         "after the start it holds only what it needs to run", f"{mask:x}")
            older_session_is_known(report, sensor, lab.accounts[5], older)
            directories_are_read(report, lab, sensor)
            counts_are_exact(report, lab, sensor)
            sensor.halt()
            for lacking in sorted(KEEPS):
                refused(report, sensor, lacking)
        finally:
            # root does not believe a configuration of nobody's
            sensor.halt()
            subprocess.run(["chown", "-R", "root", sensor.folder], check=True)
            sensor.stop()
    report.finish()


if __name__ == "__main__":
    main()
