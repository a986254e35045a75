#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The generator of weeks keeps its promises: usage: check_weeks.py GENERATOR WAXSEAL

Small weeks only: what Waxseal makes of them is the business of `tests/evaluate/run weeks`.
"""
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
from week_list import SEED_LISTS, WEEKS  # noqa: E402

PROGRAMS = []


def made(words, folder):
    """Trace, roster and truth, as bytes."""
    paths = [os.path.join(folder, name) for name in ("roster", "truth")]
    trace = subprocess.run([PROGRAMS[0], *paths, *words], stdout=subprocess.PIPE, check=True).stdout
    texts = []
    for path in paths:
        with open(path, "rb") as file:
            texts.append(file.read())
    return trace, *texts


def small(week, more):
    """The week with few accounts; its first days, with whatever happens on the day that counts."""
    words = [word for word in f"{week.words} {more}".split()
             if not word.startswith(("within=", "learn=", "days="))]
    return [*words, "accounts=600", "tenants=40", "days=2", "reserved=60", "bots=60", "people=20",
            *(["day=1"] if week.name != "learning" else []), "seed=5"]


class Weeks(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def test_same_words_make_the_same_bytes(self):
        words = ["list", "hire", "reserved=20", "accounts=900", "days=2", "day=1"]
        once = made([*words, "seed=3"], self.folder.name)
        self.assertEqual(once, made([*words, "seed=3"], self.folder.name))
        self.assertNotEqual(once[0], made([*words, "seed=4"], self.folder.name)[0])

    def test_each_week_is_a_trace_with_a_truth(self):
        for week in WEEKS:
            label, more = next(iter(week.variants.items()))
            with self.subTest(week.name, variant=label):
                trace, roster, truth = made(small(week, more), self.folder.name)
                self.assertGreater(trace.count(b"\n"), 1000)
                self.assertEqual(roster.count(b"\n"), 600)
                self._is_accepted(trace)
                hostile = [row.split(b"\t") for row in truth.splitlines()
                           if b"\tbot\t" not in row and b"\tcover\t" not in row]
                self.assertEqual(bool(hostile), week.hostile)
                records = set()
                for record in trace.splitlines()[1:] if hostile else ():
                    time, kind, _, source, account, outcome = record.split(b"\t")[:6]
                    records.add((time, source, account, outcome if kind == b"auth" else b"read"))
                for row in hostile:
                    self.assertIn(tuple(row[:4]), records)

    def _is_accepted(self, trace):
        """By the reader of traces, which refuses what is not exactly one."""
        subprocess.run([PROGRAMS[1], "replay", "--roster",
                        os.path.join(self.folder.name, "roster"), "-"], input=trace,
                       stdout=subprocess.DEVNULL, check=True)

    def test_an_attack_changes_nobody_elses_week(self):
        words = ["accounts=900", "days=2", "day=1", "rate=600", "seed=3"]
        quiet = made(words, self.folder.name)[0].splitlines()
        trace, _, truth = made(["list", *words], self.folder.name)
        attempts = sum(row.split(b"\t")[3] != b"bot" for row in truth.splitlines())
        self.assertGreater(attempts, 100)
        self.assertEqual(len(trace.splitlines()), len(quiet) + attempts)
        self.assertLessEqual(set(quiet), set(trace.splitlines()))

    def test_unknown_words_are_refused(self):
        for word in ("acounts=3", "acounts", "seed=", "seed=x"):
            done = subprocess.run([PROGRAMS[0], "/dev/null", "/dev/null", word],
                                  stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 2)
            self.assertIn(word.encode(), done.stderr)

    def test_each_week_stands_in_the_document(self):
        with open("docs/evaluation.md") as file:
            text = file.read()
        for week in WEEKS:
            self.assertIn(f"| `{week.name}` |", text)

    def test_lists_of_seeds_have_nothing_in_common(self):
        self.assertFalse(set(SEED_LISTS["open"]) & set(SEED_LISTS["held"]))


if __name__ == "__main__":
    PROGRAMS = [os.path.abspath(path) for path in sys.argv[1:3]]
    unittest.main(argv=sys.argv[:1])
