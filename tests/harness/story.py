# SPDX-License-Identifier: GPL-2.0-or-later
"""An ordinary hour and a breach, as the tests and the demonstration play them; and a watcher that
notes when each alert came.
"""
import os
import shutil
import subprocess
import threading
import time

from harness import load
from harness.clients import Imap

LOUD = ("warning", "critical")


def program(name):
    """The path of a program, as it is called here."""
    return os.path.realpath(shutil.which(name))


def is_named(name, path):
    """Is this the sensor's name for a program? The kernel's path has no links in it, and when the
    tests run in a chroot, it begins outside."""
    return name.endswith(path)


def is_about(alert, subjects):
    subject = alert["subject"]
    if subject["kind"] == "actor":
        return any(is_named(subject["name"], path) for path in subjects)
    return subject["name"] in subjects


def concerns(lab, alert):
    """Another mail server may run on the host: is this alert about the lab's?"""
    return lab.is_own(f"{alert['subject']['name']} {alert['message']}")


class Watcher:
    """Notes the wall-clock time at which each alert about the lab could first be read."""

    def __init__(self, sensor, lab, on_alert=None):
        self._sensor = sensor
        self._lab = lab
        self._on_alert = on_alert
        self._seen = {}
        self._changed = threading.Condition()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self):
        self._over.set()
        self._thread.join(5)

    def _watch(self):
        while not self._over.wait(0.1):
            try:
                alerts = self._sensor.alerts()
            except (OSError, RuntimeError):
                continue
            for alert in sorted(alerts, key=lambda one: one["id"]):
                if alert["id"] not in self._seen and concerns(self._lab, alert):
                    with self._changed:
                        self._seen[alert["id"]] = (alert, time.time())
                        self._changed.notify_all()
                    if self._on_alert:
                        self._on_alert(alert, time.time())

    def alerts(self):
        with self._changed:
            return list(self._seen.values())

    def loud(self):
        """What would wake somebody."""
        return [f"{alert['detector']}: {alert['message']}" for alert, _came in self.alerts()
                if alert["severity"] in LOUD]

    def wait(self, detector, subjects, seconds):
        """The first alert of a detector about one of the subjects, and when it came; or None."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                for alert, came in self._seen.values():
                    if alert["detector"] == detector and is_about(alert, subjects):
                        return alert, came
                left = deadline - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)


def ordinary_plan(lab, number):
    """One account's device: it logs in and reads a little; a few people mistype first."""
    account = lab.accounts[number]
    tries = [load.wrong(account)] if number % 7 == 3 else []

    def read(client):
        if client.service == "imap":
            client.select()
            client.fetch("1:3", messages=3)
        else:
            client.retrieve(1)
    return load.Plan(("imap", "imap", "pop3")[number % 3], ("tls", "starttls")[number % 2],
                     lab.source(10 + number), tries + [load.right(account)], read)


class Breach:
    """An attacker at one address. A step returns when its deciding event was."""

    def __init__(self, lab, victim, copied):
        self.lab, self.victim, self.copied = lab, victim, copied
        self.source = lab.source(200)
        self.client = None
        self.tar, self.cat = program("tar"), program("cat")

    def bring_tools(self):
        """Programs of its own, which nobody else on the host runs: an alert about a program is one
        alert, whoever runs it next."""
        self.tar, self.cat = (shutil.copy(tool, self.lab.folder) for tool in (self.tar, self.cat))

    def guess(self, names, truth=None, on_guess=None):
        """One wrong password for each name, over one TLS connection that stays open."""
        self.client = Imap(self.lab, self.source, "tls")
        for name in names:
            asked = time.time()
            outcome = self.client.login(name, "Summer2026!")
            if truth:
                truth.attempt(self.client, name, outcome)
            if on_guess:
                on_guess(name, outcome, time.time() - asked)

    def log_in(self):
        asked = time.time()
        outcome = self.client.login(self.victim.name, self.victim.password)
        if outcome != "success":
            raise RuntimeError(f"the attacker could not log in: {outcome}")
        return asked

    def empty_mailbox(self):
        self.client.select()
        started = time.time()
        self.client.fetch("1:*", "BODY.PEEK[]")
        return started

    def copy_mailbox(self):
        started = time.time()
        with open(os.devnull, "wb") as nowhere:
            packing = subprocess.Popen([self.tar, "-cf", "-", "-C", self.lab.home(self.copied),
                                        "."], stdout=subprocess.PIPE)
            shutil.copyfileobj(packing.stdout, nowhere)
            packing.wait()
        return started

    def read_store(self):
        started = time.time()
        subprocess.run([self.cat, self.lab.passwd_file], stdout=subprocess.DEVNULL, check=True)
        return started

    def leave(self):
        if self.client:
            self.client.close()
