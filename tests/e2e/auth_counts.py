#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every login attempt is counted once, under the right account, source, service and transport.

Success, wrong password, unknown user, temporary failure, malformed and abandoned requests; IMAP
and POP3; plain, TLS and STARTTLS; PLAIN and LOGIN; several accounts on one connection; 50
connections at a time; login processes that serve one client and many. The clients' own count is
the truth. With --no-sensor Dovecot's debug log is compared instead, which tests the clients
themselves.
"""
import argparse
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import re

from harness import load
from harness.clients import FAILURE, SUCCESS, TEMPORARY, UNANSWERED
from harness.lab import Lab
from harness.report import Report, require_root_and_programs
from harness.sensor import Sensor
from harness.truth import Truth, compare, compare_metrics, compare_when_settled, table

NAME = "auth_counts"


def check_surprises(report, surprises):
    report.check(not surprises, "the mail server answered every attempt as planned", surprises)


def compare_with_log(report, lab, truth):
    log = lab.log()
    for word, expected in (("client in: AUTH\t", truth.count()),
                           ("client passdb out: OK\t", truth.count(outcome=SUCCESS)),
                           ("client passdb out: FAIL\t", truth.count(outcome=FAILURE) +
                            truth.count(outcome=TEMPORARY)),
                           ("client in: CANCEL\t", truth.count(outcome=UNANSWERED))):
        logged = len(re.findall(re.escape(word), log))
        report.check(logged == expected, f"{word.strip()}: {expected}", f"Dovecot logged {logged}")


def compare_with_sensor(report, sensor, truth):
    # A verdict may still come after the client gave up: such attempts count 20 s later.
    comparison = compare_when_settled(truth, sensor, seconds=45)
    for line in table(truth, sensor).splitlines():
        report.say(line)
    report.check(not comparison.differences,
                 f"{comparison.compared} counts of {truth.count()} attempts, "
                 f"{len(comparison.differences)} differences", comparison.differences)
    return not comparison.differences


def control(report, sensor, truth):
    """The comparison is worth something only if it sees one attempt too many."""
    one = next(iter(truth.attempts))
    truth.attempts[one] += 1
    report.check(compare(truth, sensor).differences, "control: one attempt more would be seen")
    truth.attempts[one] -= 1


def compare_other_ways(report, lab, sensor, truth):
    """The command line and the metrics say the same as the interface."""
    name = lab.accounts[0].name
    report.check(sensor.cli("--json", "account", name) == sensor.account(name),
                 "waxseal account prints what the interface says")
    problems = sensor.api("/v1/doctor")["problems"]
    report.check(not problems, "the doctor has no problem to tell", problems)
    comparison = compare_metrics(truth, sensor, lab.tenants)
    report.check(comparison.compared and not comparison.differences,
                 f"{comparison.compared} metrics, {len(comparison.differences)} differences",
                 comparison.differences)


def check_losses(report, lab, sensor):
    """Losses are of the whole host: with another mail server on it they may be that one's."""
    tenants = {row["tenant"] for row in sensor.api("/v1/tenants")["tenants"]}
    others = tenants - set(lab.tenants) - {"broken.example", "-"}
    lost = {stage: n for stage, n in sensor.api("/v1/status")["lost"].items() if n}
    if others:
        report.say(f"losses are not judged, another mail server runs here ({len(others)} tenants): "
                   f"{lost or 'none'}")
    else:
        report.check(not lost, "nothing was counted as lost", str(lost))


def parallel_load(report, arguments, service_count):
    report.say(f"service_count = {service_count}, {arguments.attempts} attempts, 50 parallel, "
               f"seed {arguments.seed}")
    with Lab(accounts=12, service_count=service_count, auth_debug=arguments.no_sensor,
             own_tenants=True) as lab:
        truth = Truth()
        plans = load.random_plans(lab, arguments.attempts, arguments.seed + service_count)
        if arguments.no_sensor:
            check_surprises(report, load.run(lab, truth, plans))
            compare_with_log(report, lab, truth)
            return
        with Sensor(lab) as sensor:
            check_surprises(report, load.run(lab, truth, plans))
            if compare_with_sensor(report, sensor, truth):
                control(report, sensor, truth)
            compare_other_ways(report, lab, sensor, truth)
            check_losses(report, lab, sensor)


def default_delays(report, arguments):
    """Dovecot as it comes: verdicts are late, and later with every failure of an address."""
    report.say("Dovecot's default failure delay and penalty")
    with Lab(accounts=4, failure_delay=None, penalty=True) as lab:
        truth = Truth()
        plans = [load.Plan(service, transport, lab.source(i),
                           [load.wrong(lab.accounts[0]), load.wrong(lab.accounts[1]),
                            load.right(lab.accounts[1])], None)
                 for i, (service, transport) in enumerate((("imap", "tls"), ("pop3", "cleartext")))]
        if arguments.no_sensor:
            check_surprises(report, load.run(lab, truth, plans))
            return
        with Sensor(lab) as sensor:
            check_surprises(report, load.run(lab, truth, plans))
            compare_with_sensor(report, sensor, truth)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attempts", type=int, default=1100, help="per run, at least")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-sensor", action="store_true")
    arguments = parser.parse_args()
    require_root_and_programs(NAME, programs=not arguments.no_sensor)
    report = Report(NAME)
    parallel_load(report, arguments, service_count=1)
    parallel_load(report, arguments, service_count=0)
    default_delays(report, arguments)
    report.finish()


if __name__ == "__main__":
    main()
