# SPDX-License-Identifier: GPL-2.0-or-later
"""One week of the second generator, judged by Waxseal and by models of other programs."""
import collections
import ipaddress
import json
import os
import subprocess
import tempfile

from trial import DAY, HUMAN, OUT, seconds

START = 1774224000
RIVALS = ("fail2ban", "crowdsec", "wforce")


class WeekTrial:
    """words: of `week`. The trace goes from one program to the next and is stored nowhere."""

    def __init__(self, words, config="", roster=True, rivals=True, personal=False):
        self.words = [word for word in words.split() if not word.startswith(("within=", "learn="))]
        self.personal = personal  # an alert about a tenant says nothing of this attack
        with tempfile.TemporaryDirectory(prefix="week-", dir=OUT) as folder:
            self.folder = folder
            self._config(words, config)
            self._run(roster, rivals)
            self._read(rivals)

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _config(self, words, config):
        if "learn=0" in words.split():
            config += "[detect]\nlearn_days = 0\n"
        with open(self._path("conf"), "w") as file:
            file.write(config)

    def _generate(self, *more, **streams):
        return subprocess.Popen([f"{OUT}/week", self._path("roster"), self._path("truth"),
                                 *self.words, *more], **streams)

    def _run(self, roster, rivals):
        # The roster must be there before the trace begins.
        if self._generate("days=0", stdout=subprocess.DEVNULL).wait():
            raise RuntimeError(f"week {' '.join(self.words)}")
        options = ["--roster", self._path("members")] if roster else []
        os.rename(self._path("roster"), self._path("members"))
        with open(self._path("alerts"), "w") as alerts, open(self._path("rivals"), "w") as bans:
            source = self._generate(stdout=subprocess.PIPE)
            stages = [source]
            trace = source.stdout
            if rivals:
                os.mkfifo(self._path("copy"))
                tee = subprocess.Popen(["tee", self._path("copy")], stdin=trace,
                                       stdout=subprocess.PIPE)
                with open(self._path("copy"), "rb") as copy:
                    stages += [tee, subprocess.Popen([f"{OUT}/rivals"], stdin=copy, stdout=bans)]
                trace.close()
                trace = tee.stdout
            stages.append(subprocess.Popen(
                [os.environ.get("WAXSEAL", "build/waxseal"), "replay", "--config", self._path("conf"), *options, "-"],
                stdin=trace, stdout=alerts))
            trace.close()
            if any([stage.wait() for stage in stages]):
                raise RuntimeError(f"week {' '.join(self.words)}")

    def _read(self, rivals):
        with open(self._path("alerts")) as lines:
            self.alerts = [json.loads(line) for line in lines]
        for alert in self.alerts:
            alert["at"], alert["until"] = seconds(alert["time"]), seconds(alert["last_seen"])
        with open(self._path("truth")) as lines:
            rows = [line.rstrip("\n").split("\t") for line in lines]
        self.bots = {row[1] for row in rows if row[3] == "bot"}
        rows = [(float(row[0]), *row[1:4], int(row[4])) for row in rows if row[3] != "bot"]
        covers = {row[1:3] for row in rows if row[3] == "cover"}
        self.cover_sources = {source for source, _ in covers}
        self.cover_accounts = {account for _, account in covers}
        rows = [row for row in rows if row[3] != "cover"]
        self.attempts = [row for row in rows if row[3] != "read"] or rows
        self.opened = {row[2] for row in rows if row[3] == "success"}
        self.read = collections.Counter()
        for row in rows:
            if row[3] == "read":
                self.read[row[2]] += row[4]
        self.sources = {row[1] for row in rows} - {"-"}
        self.accounts = {row[2] for row in rows}
        self.tenants = {account.rpartition("@")[2] for account in self.accounts}
        with open(self._path("rivals")) as lines:
            self.bans = [line.rstrip("\n").split("\t") for line in lines]

    def counts(self, alerts=None):
        """Criticals, warnings, notices."""
        found = collections.Counter(a["severity"] for a in
                                    (self.alerts if alerts is None else alerts))
        return tuple(found[severity] for severity in ("critical", "warning", "notice"))

    def human(self):
        return [a for a in self.alerts if a["severity"] in HUMAN]

    def by(self):
        """Detectors of warnings and criticals, with numbers."""
        return collections.Counter(a["detector"] for a in self.human())

    def _is_about(self, alert):
        """Does it name a network, an account, a tenant or a program of the attack?"""
        kind, name = alert["subject"]["kind"], alert["subject"]["name"]
        if not self.attempts or alert["at"] < self.attempts[0][0]:
            return False
        if not self.sources:
            return kind == "actor"
        if kind == "source":
            return self._is_hostile(name)
        if self.personal:
            return kind == "account" and name in (self.opened or self.accounts)
        if kind == "account":
            return name in self.accounts or bool(self.sources & self._named(alert))
        if kind == "tenant":
            return name in self.tenants or "." not in name or "(" in name
        return False

    def _is_hostile(self, name):
        if name in self.sources:
            return True
        if "/" not in name:
            return False
        network = ipaddress.ip_network(name, strict=False)
        return any(ipaddress.ip_address(source) in network for source in self.sources)

    @staticmethod
    def _named(alert):
        evidence = alert["evidence"]
        return set(evidence.get("sources", [])) | {evidence.get("source")}

    def incident(self, severities=HUMAN):
        return [a for a in self.alerts if a["severity"] in severities and self._is_about(a)]

    def besides(self):
        """Warnings and criticals that have nothing to do with the attack or its preparation;
        takeovers amid it are counted as told of in error instead."""
        about = {a["id"] for a in self.incident()}
        return [a for a in self.human() if a["id"] not in about and
                a["subject"]["name"] not in self.cover_accounts | self.cover_sources and
                not self.cover_sources & self._named(a) and
                not (a["detector"] == "takeover" and a["at"] >= self.attempts[0][0])]

    def told(self, notice, from_day=0):
        alerts = self.incident(("notice",) + HUMAN if notice else HUMAN)
        begin = START + from_day * DAY
        # What was told before the count begins and goes on is told.
        return min((max(a["at"], begin) for a in alerts if a["at"] >= begin or a["until"] >= begin),
                   default=None)

    def attempts_until(self, time, from_day=0):
        begin = START + from_day * DAY
        return None if time is None else sum(1 for row in self.attempts if begin <= row[0] <= time)

    def minutes_until(self, time, from_day=0):
        begin = max(self.attempts[0][0], START + from_day * DAY)
        return None if time is None else max(0, time - begin) / 60

    def _is_about_a_mailbox(self, alert):
        """By right one for each that was opened; takeovers of others are counted in wronged()."""
        return alert["detector"] == "takeover" or (
            alert["detector"] == "dormant_hits" and alert["subject"]["name"] in self.opened)

    def incident_alerts(self):
        """Warnings and criticals about the incident as a whole."""
        return sum(1 for a in self.incident() if not self._is_about_a_mailbox(a))

    def wronged(self):
        """Takeovers of accounts that the attack never opened, since it began."""
        return len({a["subject"]["name"] for a in self.human() if a["detector"] == "takeover" and
                    a["at"] >= self.attempts[0][0]} - self.opened)

    def hours_over(self):
        """From the last attempt to the last evidence or the last new alert."""
        end = self.attempts[-1][0]
        return max((max(a["at"], a["until"]) - end for a in self.incident()), default=0) / 3600

    def is_active(self):
        return any(a["state"] == "active" for a in self.incident())

    def joined(self):
        """Of the mailboxes that were opened and read since the first word, how many are named."""
        told = self.told(False)
        if told is None:
            return 0.0
        named = {a["subject"]["name"] for a in self.alerts if a["detector"] == "takeover"}
        late = {row[2] for row in self.attempts if row[3] == "success" and row[0] >= told
                and self.read[row[2]] >= 32}
        return len(late & named) / len(late) if late else 1.0

    def rival_false(self, policy):
        return sum(1 for _, name, source in self.bans if name == policy and
                   source not in self.bots and source not in self.sources)

    def rival_attempts(self, policy):
        told = [float(time) for time, name, source in self.bans
                if name == policy and source in self.sources and float(time) >= self.attempts[0][0]]
        return self.attempts_until(min(told)) if told else None
