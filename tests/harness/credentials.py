# SPDX-License-Identifier: GPL-2.0-or-later
"""Logins that make a server look into its credential store, and what the sensor counted there."""
from harness import load, story
from harness.truth import Truth


def log_in(report, lab, times):
    plans = [load.Plan("imap", "cleartext", lab.source(i), [load.right(lab.accounts[i % 4])], None)
             for i in range(times)]
    surprises = load.run(lab, Truth(), plans, parallel=4)
    report.check(not surprises, f"{times} logins", surprises + [lab.log()[-1500:]] * bool(surprises))


def counted(sensor, store, program=""):
    """(opens, bytes) at a store, of a program or of all."""
    readers = [reader for row in sensor.api("/v1/stores")["stores"] if row["path"] == store
               for reader in row["readers"] if story.is_named(reader["actor"], program)]
    return sum(row["opens"] for row in readers), sum(row["bytes"] for row in readers)
