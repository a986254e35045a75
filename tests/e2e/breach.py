#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The story of a breach: ordinary traffic raises nothing, then each step raises its alert.

Passwords are guessed over many accounts on one held TLS connection, one fits, that mailbox is
emptied, tar copies another mailbox beside the mail server, cat reads the password file.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import time

from harness import load, story
from harness.lab import Lab
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor
from harness.truth import Truth

NAME = "breach"
MAILBOX, COPIED = 1200, 40  # the first: more than anybody reads in one go


def ordinary(report, lab, watcher, truth):
    plans = [story.ordinary_plan(lab, number) for number in range(2, len(lab.accounts))]
    surprises = load.run(lab, truth, plans * 2, parallel=6)
    report.check(not surprises, f"ordinary traffic: {len(plans) * 2} sessions", surprises)
    time.sleep(3.5)
    loud = [alert["message"] for alert, _came in watcher.alerts()
            if alert["severity"] in story.LOUD]
    report.check(not loud, "ordinary traffic raises no alert", loud)


def expect(report, watcher, what, since, detector, kind, *subjects):
    seen = watcher.wait(detector, subjects, 30)
    others = [f"{alert['detector']} {alert['subject']}" for alert, _came in watcher.alerts()]
    report.check(seen, f"{what}: {detector} about {' or '.join(subjects)}",
                 f"raised so far: {others}")
    if not seen:
        return
    alert, came = seen
    report.say(f"  {came - since:4.1f} s {alert['severity']}: {alert['message']}")
    report.check(alert["subject"]["kind"] in kind, f"{detector}: subject is {' or '.join(kind)}",
                 str(alert["subject"]))
    report.check(alert["message"] and "\n" not in alert["message"] and alert["state"] == "active"
                 and isinstance(alert["evidence"], dict),
                 f"{detector}: one sentence, evidence, active", str(alert))


def breach(report, lab, watcher):
    attack = story.Breach(lab, victim=lab.accounts[0], copied=lab.accounts[1])
    names = [name for i in range(8)
             for name in (f"info{i}.{lab.tag}@isp1.example", lab.accounts[2 + i].name)]
    since = time.time()
    attack.guess(names)
    expect(report, watcher, "guessing", since, "source_guessing", ("source",), attack.source)
    since = attack.log_in()
    expect(report, watcher, "a guess that fits", since, "takeover", ("account",),
           attack.victim.name)
    since = attack.empty_mailbox()
    expect(report, watcher, "mailbox emptied", since, "bulk_read", ("account", "source"),
           attack.victim.name, attack.source)
    since = attack.copy_mailbox()
    expect(report, watcher, "tar copies a mailbox", since, "foreign_reader", ("actor",),
           story.program("tar"))
    since = attack.read_store()
    expect(report, watcher, "cat reads the password file", since, "credential_reader", ("actor",),
           story.program("cat"))
    attack.leave()
    return attack


def listed(sensor):
    return {row["account"]: row for row in sensor.api("/v1/affected")["accounts"]}


def counted(sensor, attack):
    """The list for resets, once the last tick of the attack is in it."""
    rows = listed(sensor)
    done = all((rows.get(account.name) or {}).get("messages", 0) >= messages
               for account, messages in ((attack.victim, MAILBOX), (attack.copied, COPIED)))
    return rows if done else None


def aftermath(report, sensor, attack):
    affected = until(lambda: counted(sensor, attack)) or listed(sensor)
    for what, account in (("emptied", attack.victim), ("copied", attack.copied)):
        row = affected.get(account.name)
        report.check(row and row["alerts"], f"the {what} mailbox is on the list for resets",
                     f"listed: {sorted(affected)}")
    row = affected.get(attack.victim.name) or {}
    report.check(attack.source in row.get("sources", []) and row.get("messages", 0) >= MAILBOX,
                 "with the attacker's address and how much was read", str(row))
    report.check(row.get("happened") == "opened" and row.get("reset") is True and
                 "password" in row.get("reason", ""), "opened: it needs a new password", str(row))
    row = affected.get(attack.copied.name) or {}
    report.check(row.get("happened") == "read" and row.get("reset") is False and
                 f"read by {story.program('tar')}" in row.get("reason", ""),
                 "who was read by tar needs none", str(row))
    names = sensor.cli("affected", "--format", "doveadm").split()
    report.check(attack.victim.name in names and attack.copied.name not in names,
                 "the list for doveadm has the one and not the other", str(names))
    stands = sensor.cli("explain", attack.source)
    report.check("threshold" in stands and "What would raise it" in stands,
                 "explain says what stands against the attacker's address", stands)
    readers = (sensor.account(attack.copied.name) or {}).get("readers", [])
    tar = [row for row in readers if story.is_named(row["actor"], story.program("tar"))]
    report.check(tar and tar[0]["messages"] == COPIED, f"tar's {COPIED} messages are counted",
                 str(readers))
    with open(sensor.jsonl_file) as lines:
        written = sum(1 for line in lines if line.strip())
    report.check(written >= 5, "the alerts were written to the file of the jsonl sink",
                 f"{written} lines")


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    with Lab(accounts=16) as lab:
        for i, account in enumerate(lab.accounts):
            lab.fill(account, (MAILBOX, COPIED)[i] if i < 2 else 5, 1500)
        # A test has no week to learn what is normal.
        with Sensor(lab, {"detect": {"learn_days": 0}}) as sensor:
            watcher = story.Watcher(sensor, lab)
            truth = Truth()
            ordinary(report, lab, watcher, truth)
            attack = breach(report, lab, watcher)
            aftermath(report, sensor, attack)
            watcher.stop()
    report.finish()


if __name__ == "__main__":
    main()
