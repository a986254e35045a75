#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A trace that `waxseal record` made of the live stream raises in `waxseal replay` what was raised
live: the same detectors about the same subjects, as grave, with the same evidence of logins.

What no trace holds is left out of the comparison: how the sensors are (sensor_health).
"""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import time

from harness import load, story, tidy
from harness.clients import Imap
from harness.lab import Lab
from harness.report import Report, require_root_and_programs, until
from harness.sensor import CLI, Sensor
from harness.truth import Truth

NAME = "record"
NOT_IN_A_TRACE = ("sensor_health",)
WANTED = {"source_guessing", "takeover", "brute_force", "honey_account", "bulk_read",
          "foreign_reader", "credential_reader"}
MAILBOX, COPIED = 1200, 40


class Recording:
    def __init__(self, sensor):
        self.path = f"{sensor.folder}/trace"
        self.status = None
        self._process = subprocess.Popen([CLI, "--socket", sensor.socket_path, "record", self.path],
                                         stdin=subprocess.DEVNULL, preexec_fn=tidy.die_with_parent)
        tidy.on_exit(self.stop)
        time.sleep(3)  # it has asked for what comes from now on

    def lines(self):
        with open(self.path) as trace:
            return trace.read().splitlines()

    def stop(self):
        if self._process:
            tidy.stop_tree(self._process)
            self.status = self._process.returncode
            self._process = None


def write_roster(lab, path):
    with open(path, "w") as roster:
        for number, account in enumerate(lab.accounts):
            state = "honey" if number == 15 else "active"
            roster.write(f"{account.name}\t{state}\t{int(time.time()) - 86400}\n")


def ordinary(lab):
    plans = [story.ordinary_plan(lab, number) for number in range(2, 14)]
    load.run(lab, Truth(), plans, parallel=4)


def guess_one(lab, account):
    """Many networks, one account."""
    for round_ in range(6):
        for source in range(8):
            client = Imap(lab, lab.source(120 + source), "tls")
            client.login(account.name, f"guess{round_}.{source}")
            client.close()


def attack(lab):
    breach = story.Breach(lab, victim=lab.accounts[0], copied=lab.accounts[1])
    breach.bring_tools()
    breach.guess([name for i in range(8) for name in (f"info{i}.{lab.tag}@isp1.example",
                                                      lab.accounts[2 + i].name)])
    time.sleep(2)
    breach.log_in()
    breach.empty_mailbox()
    breach.copy_mailbox()
    breach.read_store()
    breach.leave()
    guess_one(lab, lab.accounts[14])
    client = Imap(lab, lab.source(140))
    client.login(lab.accounts[15].name, "wrong")
    client.close()


def key(alert):
    return alert["detector"], alert["subject"]["kind"], alert["subject"]["name"], alert["severity"]


def raised(lab, alerts):
    return {key(alert): alert for alert in alerts
            if story.concerns(lab, alert) and alert["detector"] not in NOT_IN_A_TRACE}


def counts(alert):
    """What was counted, class by class; sums of nats also depend on when exactly."""
    return [(one["what"], one["count"]) for one in alert["evidence"].get("contributions", [])]


def compare(report, live, replayed):
    names = sorted({detector for detector, *_rest in live})
    report.check(WANTED <= set(names), f"live: {len(live)} alerts of {', '.join(names)}",
                 f"missing: {WANTED - set(names)}")
    missing, extra = set(live) - set(replayed), set(replayed) - set(live)
    report.check(not missing and not extra, f"replayed: {len(replayed)}, the same ones",
                 [f"only live: {one}" for one in sorted(missing)] +
                 [f"only replayed: {one}" for one in sorted(extra)])
    # Of the others the API tells at most once a minute how they went on.
    once = [one for one in live if one in replayed and one[0] in ("takeover", "honey_account")]
    different = [f"{one}: {counts(live[one])} {counts(replayed[one])}" for one in once
                 if counts(live[one]) != counts(replayed[one])]
    report.check(not different, "with the same counts in the evidence", different)


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    with Lab(accounts=16) as lab:
        for i, account in enumerate(lab.accounts):
            lab.fill(account, (MAILBOX, COPIED)[i] if i < 2 else 5, 1500)
        roster = f"{lab.folder}/roster"
        write_roster(lab, roster)
        settings = {"detect": {"learn_days": 0, "roster": roster, "warm_start": "no"}}
        with Sensor(lab, settings) as sensor:
            recording = Recording(sensor)
            ordinary(lab)
            time.sleep(2)
            attack(lab)
            until(lambda: WANTED <= {one[0] for one in raised(lab, sensor.alerts())})
            time.sleep(5)  # two rounds of recording after the last tick with news
            live = raised(lab, sensor.alerts())
            recording.stop()
            report.check(recording.status == 0, "SIGTERM ends it with status 0", recording.status)
            lines = recording.lines()
            report.check(lines and lines[0] == "#waxseal-trace 1" and
                         not any("missing" in line for line in lines),
                         f"a trace of {len(lines)} lines without a gap", lines[:3])
            result = sensor.run_cli("replay", recording.path, "--roster", roster, "--config",
                                    sensor.config_file)
            report.check(result.returncode == 0, "it can be replayed", result.stderr)
            replayed = raised(lab, map(json.loads, result.stdout.splitlines()))
            compare(report, live, replayed)
    report.finish()


if __name__ == "__main__":
    main()
