#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What was counted survives the daemon: an orderly stop, a kill, and a damaged state file.

A stop right after the last attempt, before the next tick, loses and doubles nothing. After a
kill, what was committed is still there, once. A damaged state file is set aside under another
name, never deleted.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import subprocess

from harness import load
from harness.lab import Lab
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor, all_program_ids, leftover_programs
from harness.truth import Truth, compare_when_settled

NAME = "restart"


def plans(lab, seed):
    """Answered attempts only: for an abandoned one the daemon waits 20 s before it counts."""
    return [plan._replace(tries=tries) for plan in load.random_plans(lab, 120, seed)
            if (tries := [one for one in plan.tries if one.method != "abort"])]


def compare(report, truth, sensor, what):
    comparison = compare_when_settled(truth, sensor)
    report.check(not comparison.differences, f"{what}: {truth.count()} attempts, "
                 f"{len(comparison.differences)} differences", comparison.differences)


def orderly_stop(report, lab, truth, sensor):
    load.run(lab, truth, plans(lab, 1), parallel=12)
    status = sensor.halt()
    report.check(status == 0, "an orderly stop: exit 0", f"exit {status}: {sensor.log()[-300:]}")
    sensor.start()
    compare(report, truth, sensor, "stopped right after the last attempt and started again")
    load.run(lab, truth, plans(lab, 2), parallel=12)
    compare(report, truth, sensor, "and counted on")


def alerts_are_kept(report, lab, sensor):
    subprocess.run(["cat", lab.passwd_file], stdout=subprocess.DEVNULL, check=True)
    raised = lambda: any(alert["detector"] == "credential_reader" for alert in sensor.alerts())
    report.check(until(raised), "an alert is raised")
    before = [(alert["id"], alert["state"]) for alert in sensor.alerts()]
    sensor.halt()
    sensor.start()
    after = [(alert["id"], alert["state"]) for alert in sensor.alerts()]
    report.check(before and set(before) <= set(after),
                 f"{len(before)} alerts are still there and active",
                 f"before {before}, after {after}")


def killed(report, lab, truth, sensor):
    load.run(lab, truth, plans(lab, 3), parallel=12)
    compare(report, truth, sensor, "before the kill")
    sensor.process.kill()
    sensor.process.wait()
    sensor.halt()
    sensor.start()
    compare(report, truth, sensor, "after kill -9")


def damaged_state(report, sensor):
    sensor.halt()
    before = set(os.listdir(sensor.state_dir))
    with open(f"{sensor.state_dir}/waxseal.db", "r+b") as database:
        database.write(b"this is no database")
    for leftover in ("waxseal.db-wal", "waxseal.db-shm"):
        if leftover in before:
            os.unlink(f"{sensor.state_dir}/{leftover}")
    sensor.start()
    kept = []
    for name in os.listdir(sensor.state_dir):
        with open(f"{sensor.state_dir}/{name}", "rb") as file:
            if name != "waxseal.db" and file.read(19) == b"this is no database":
                kept.append(name)
    report.check(kept, "a damaged state file is set aside",
                 str(sorted(os.listdir(sensor.state_dir))))
    report.check(kept and kept[0] in sensor.log(), "and the daemon says where it is now",
                 sensor.log()[-300:])
    report.check(sensor.api("/v1/accounts")["accounts"] == [], "counting starts anew")


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    before = all_program_ids()
    with Lab(accounts=6) as lab, Sensor(lab) as sensor:
        truth = Truth()
        orderly_stop(report, lab, truth, sensor)
        alerts_are_kept(report, lab, sensor)
        killed(report, lab, truth, sensor)
        damaged_state(report, sensor)
    left = leftover_programs(before)
    report.check(not left, "no program stays in the kernel", f"programs {left}")
    report.finish()


if __name__ == "__main__":
    main()
