# SPDX-License-Identifier: GPL-2.0-or-later
"""One invented trace, judged by Waxseal and by models of other programs."""
import collections
import datetime
import json
import os
import resource
import subprocess

OUT = os.environ.get("OUT", "build/evaluate")
HUMAN = ("warning", "critical")
START = 1782000000
DAY = 86400


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Trial:
    """keys as `generate` knows them."""

    def __init__(self, rivals=False, config=None, **keys):
        self.keys = keys
        name = os.path.join(OUT, f"trial-{os.getpid()}")
        self.files = {end: f"{name}.{end}" for end in ("trace", "roster", "truth")}
        try:
            self._generate()
            self._replay(config)
            self.rivals = self._rivals() if rivals else []
            self._read_truth()
        finally:
            for path in self.files.values():
                if os.path.exists(path):
                    os.unlink(path)

    def _generate(self):
        with open(self.files["trace"], "wb") as out:
            subprocess.run([f"{OUT}/generate", self.files["roster"], self.files["truth"],
                            *(f"{key}={value}" for key, value in self.keys.items())],
                           stdout=out, check=True)

    def _replay(self, config):
        options = ["--config", config] if config else []
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(["build/waxseal", "replay", "--roster", self.files["roster"],
                               *options, self.files["trace"]],
                              stdout=subprocess.PIPE, text=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        self.alerts = [json.loads(line) for line in done.stdout.splitlines()]
        for alert in self.alerts:
            alert["at"] = seconds(alert["time"])

    def _rivals(self):
        with open(self.files["trace"], "rb") as lines:
            done = subprocess.run([f"{OUT}/rivals"], stdin=lines, stdout=subprocess.PIPE,
                                  text=True, check=True)
        return [line.split("\t") for line in done.stdout.splitlines()]

    def _read_truth(self):
        with open(self.files["truth"]) as lines:
            rows = [line.rstrip("\n").split("\t") for line in lines]
        self.hostile = {row[1] for row in rows}
        rows = [(float(row[0]), *row[1:4], int(row[4])) for row in rows if row[3] != "ambient"]
        self.attempts = [row for row in rows if row[3] in ("success", "failure")]
        self.readings = [row for row in rows if row[3] == "read"]
        self.rows = [row for row in rows if row[3] == "dump"]
        with open(self.files["trace"], "rb") as lines:
            self.records = sum(block.count(b"\n") for block in iter(lambda: lines.read(1 << 20),
                                                                     b""))

    def human(self, since):
        return collections.Counter(a["detector"] for a in self.alerts
                                   if a["severity"] in HUMAN and a["at"] >= since)

    def first_alert(self):
        """Time of the first word about the attack; a block-list row of one of its sources is one."""
        events = self.attempts or self.rows
        sources = {row[1] for row in events}
        told = [a["at"] for a in self.alerts if a["at"] >= events[0][0] and
                (a["severity"] in HUMAN or (a["detector"] == "source_guessing"
                                            and a["subject"]["name"] in sources))]
        return min(told) if told else None

    def attempts_until(self, time):
        if time is None:
            return None
        return sum(1 for row in self.attempts or self.rows if row[0] <= time)

    def named(self):
        """Share of the hostile addresses that some alert names."""
        sources, named = {row[1] for row in self.attempts}, set()
        for alert in self.alerts:
            named |= set(alert["evidence"].get("sources", []))
            named.add(alert["subject"]["name"])
        return len(named & sources) / len(sources) if sources else None

    def takeovers(self, messages, since=0):
        """How many mailboxes that a hostile login opened after `since` were read so far, and how
        many of them were told of in the tick of that reading or before."""
        told, read, begun = {}, collections.Counter(), {}
        joined = total = 0
        for alert in self.alerts:
            if alert["detector"] == "takeover":
                told.setdefault(alert["subject"]["name"], alert["at"])
        for time, source, account, _, count in self.readings:
            before = read[source, account]
            read[source, account] += count
            if begun.setdefault((source, account), time) < since:
                continue
            if before < messages <= before + count:
                total += 1
                joined += told.get(account, 1e12) <= int(time) + 1
        return joined, total

    def wronged(self):
        """Accounts told of as taken over since the attack began that the attack never opened."""
        opened = {row[2] for row in self.attempts if row[3] == "success"}
        return len({alert["subject"]["name"] for alert in self.alerts
                    if alert["detector"] == "takeover" and alert["at"] >= self.attempts[0][0]}
                   - opened)

    def rival_attempts(self, policy):
        sources, begin = {row[1] for row in self.attempts}, self.attempts[0][0]
        told = [float(row[0]) for row in self.rivals
                if row[1] == policy and row[2] in sources and float(row[0]) >= begin]
        return self.attempts_until(min(told)) if told else None
