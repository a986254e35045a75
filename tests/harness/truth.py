# SPDX-License-Identifier: GPL-2.0-or-later
"""What the clients know they did, and how it differs from what a sensor says."""
import collections
import re
import threading
import time

from harness.clients import FAILURE, SUCCESS, TEMPORARY, UNANSWERED

OUTCOMES = (SUCCESS, FAILURE, TEMPORARY, UNANSWERED)
Attempt = collections.namedtuple("Attempt", "account source service mechanism transport outcome")


class Truth:
    def __init__(self):
        self._lock = threading.Lock()
        self.attempts = collections.Counter()
        self.messages = collections.Counter()  # (account, source)
        self.bytes_sent = collections.Counter()  # (account, source)

    def attempt(self, client, account, outcome, named=True):
        """named: the server's verdict names the account. Otherwise the source alone is known."""
        key = Attempt(account if named else "", client.source, client.service, "password",
                      client.transport, outcome)
        with self._lock:
            self.attempts[key] += 1

    def session(self, client):
        """After the logout: what the session read and received."""
        with self._lock:
            self.messages[client.account, client.source] += client.messages
            self.bytes_sent[client.account, client.source] += client.received

    def accounts(self):
        named = {key.account for key in self.attempts} | {key[0] for key in self.messages}
        return sorted(named - {""})

    def sources(self):
        return sorted({key.source for key in self.attempts} | {key[1] for key in self.messages})

    def count(self, **fields):
        return sum(n for key, n in self.attempts.items()
                   if all(getattr(key, field) == value for field, value in fields.items()))

    def reads(self, account=None, source=None):
        """(messages, bytes sent)"""
        def total(counter):
            return sum(n for key, n in counter.items()
                       if account in (None, key[0]) and source in (None, key[1]))
        return total(self.messages), total(self.bytes_sent)


def rows_by(document, list_name, *fields):
    return {tuple(row.get(field) for field in fields): row
            for row in (document or {}).get(list_name, [])}


class Comparison:
    """Counts compared one by one; a number that a sensor does not give counts as 0."""

    def __init__(self):
        self.compared = 0
        self.differences = []

    def number(self, what, expected, document, field):
        seen = (document or {}).get(field) or 0
        self.compared += 1
        if seen != expected:
            self.differences.append(f"{what} {field}: clients {expected}, sensor {seen}")

    def account(self, truth, sensor, name, reads):
        document = sensor.account(name)
        count = lambda **fields: truth.count(account=name, **fields)
        self.number(name, count(outcome=SUCCESS), document, "successes")
        self.number(name, count(outcome=FAILURE), document, "failures")
        self.number(name, count(outcome=TEMPORARY), document, "temporary")
        by_service = rows_by(document, "by_service", "service", "mechanism", "transport")
        keys = {(a.service, a.mechanism, a.transport) for a in truth.attempts if a.account == name}
        for key in sorted(keys | set(by_service)):
            fields = dict(zip(("service", "mechanism", "transport"), key))
            what = f"{name} {'/'.join(map(str, key))}"
            self.number(what, count(outcome=SUCCESS, **fields), by_service.get(key), "successes")
            self.number(what, count(outcome=FAILURE, **fields), by_service.get(key), "failures")
        by_source = rows_by(document, "by_source", "source")
        keys = {(a.source,) for a in truth.attempts if a.account == name}
        for key in sorted(keys | set(by_source)):
            row, what = by_source.get(key), f"{name} from {key[0]}"
            self.number(what, count(outcome=SUCCESS, source=key[0]), row, "successes")
            self.number(what, count(outcome=FAILURE, source=key[0]), row, "failures")
            if reads:
                messages, bytes_sent = truth.reads(name, key[0])
                self.number(what, messages, row, "messages")
                self.number(what, bytes_sent, row, "bytes_sent")
        if reads:
            messages, bytes_sent = truth.reads(name)
            self.number(name, messages, document, "messages")
            self.number(name, bytes_sent, document, "bytes_sent")

    def source(self, truth, sensor, address):
        document = sensor.source(address)
        count = lambda **fields: truth.count(source=address, **fields)
        self.number(address, count(), document, "attempts")
        self.number(address, count(outcome=SUCCESS), document, "successes")
        self.number(address, count(outcome=FAILURE), document, "failures")
        self.number(address, count(outcome=UNANSWERED), document, "unanswered")
        by_account = rows_by(document, "by_account", "account")
        keys = {(a.account,) for a in truth.attempts if a.source == address and a.account}
        self.number(address, len(keys), document, "accounts")
        named = {key for key in by_account if key[0] not in ("", None)}
        for key in sorted(keys | named):
            row, what = by_account.get(key), f"{address} at {key[0]}"
            self.number(what, count(outcome=SUCCESS, account=key[0]), row, "successes")
            self.number(what, count(outcome=FAILURE, account=key[0]), row, "failures")


def compare(truth, sensor, reads=False):
    comparison = Comparison()
    for name in truth.accounts():
        comparison.account(truth, sensor, name, reads)
    for address in truth.sources():
        comparison.source(truth, sensor, address)
    return comparison


def compare_when_settled(truth, sensor, reads=False, seconds=30):
    """Counts arrive with the next tick: asks again until nothing differs or time is over."""
    deadline = time.monotonic() + seconds
    while True:
        time.sleep(1.2)
        comparison = compare(truth, sensor, reads)
        if not comparison.differences or time.monotonic() > deadline:
            return comparison


def metric_samples(page, name):
    """[(labels, value)] of one metric of a Prometheus page."""
    samples = []
    for line in page.splitlines():
        if line.startswith(name + "{"):
            labels, _, value = line[len(name) + 1:].rpartition("} ")
            samples.append((dict(re.findall(r'(\w+)="([^"]*)"', labels)), float(value)))
    return samples


def compare_metrics(truth, sensor, tenants):
    """The counter of attempts per tenant, service, transport and outcome. The tenants are to be
    the lab's own: another mail server of the host may serve tenants of the same name."""
    comparison = Comparison()
    fields = ("tenant", "service", "transport", "outcome")
    made, seen = collections.Counter(), collections.Counter()
    for attempt, n in truth.attempts.items():
        tenant = attempt.account.rpartition("@")[2]
        if tenant in tenants:
            made[tenant, attempt.service, attempt.transport, attempt.outcome] += n
    for labels, value in metric_samples(sensor.metrics(), "waxseal_auth_attempts_total"):
        if labels.get("tenant") in tenants:
            seen[tuple(labels.get(field) for field in fields)] += int(value)
    for key in sorted(made.keys() | seen.keys()):
        comparison.number("metric " + "/".join(key), made[key], {"attempts": seen[key]}, "attempts")
    return comparison


def table(truth, sensor):
    """Totals per service, transport and outcome of the truth's accounts, clients' and sensor's."""
    seen = collections.Counter()
    for name in truth.accounts():
        for row in (sensor.account(name) or {}).get("by_service", []):
            for outcome, field in ((SUCCESS, "successes"), (FAILURE, "failures")):
                seen[row["service"], row["transport"], outcome] += row[field]
    lines = [f"{'service':8} {'transport':10} {'outcome':10} {'clients':>8} {'sensor':>8}"]
    for service in ("imap", "pop3"):
        for transport in ("cleartext", "tls"):
            for outcome in (SUCCESS, FAILURE):
                made = sum(n for a, n in truth.attempts.items() if a.account and
                           (a.service, a.transport, a.outcome) == (service, transport, outcome))
                lines.append(f"{service:8} {transport:10} {outcome:10} {made:8} "
                             f"{seen[service, transport, outcome]:8}")
    return "\n".join(lines)
