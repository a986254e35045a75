# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts are exact; or, on a kernel that interrupts programs and leaves out other runs meanwhile, what
is missing is little and is reported (bpf/hooks/replica.bpf.h).
"""
from harness.truth import compare_when_settled
from installed import until
from results import fact, result

SETTLED = 60  # seconds after which counts that are missing do not come any more
LEFT_OUT = "runs_skipped"
FOLLOWS = "verdict_unmatched"  # of a request that was left out
COUNTS_PER_EVENT = 10  # an attempt shows in so many
MOST = 1 / 20


def may_differ(sensor, compared):
    """How many counts what was left out explains."""
    return min(COUNTS_PER_EVENT * sensor.lost().get(LEFT_OUT, 0), MOST * compared)


def login_may_be_missed(sensor, alert):
    """Where the kernel left out events, a session without its login is a warning that says so."""
    return (alert["severity"] == "warning" and "may have missed the login" in alert["message"]
            and sensor.lost().get(LEFT_OUT, 0) > 0)


def counts(name, sensor, truth, what):
    comparison = compare_when_settled(truth, sensor, reads=True, seconds=SETTLED)
    differences = comparison.differences
    result(name, comparison.compared and len(differences) <= may_differ(sensor, comparison.compared),
           [f"{comparison.compared} counts of {what}, {len(differences)} differences, lost: "
            f"{sensor.lost() or 'nothing'}"] + differences)


def says_at_most(sensor):
    """Of system calls only an upper bound is known, and the sensors' state says so."""
    sensors = (sensor.api("/v1/status") or {}).get("sensors", [])
    return any(f"at most {LEFT_OUT}" in (one["reason"] or "") for one in sensors)


def nothing_lost(sensor, mechanism):
    lost = sensor.lost()
    skipped = lost.pop(LEFT_OUT, 0)
    if skipped:
        lost.pop(FOLLOWS, 0)
        fact("left_out_at_most" if mechanism == "syscall" else "left_out", skipped)
    if skipped and mechanism == "syscall":
        result("says_at_most", until(lambda: says_at_most(sensor)))
    result("nothing_else_lost", not lost, str(lost or ""))
