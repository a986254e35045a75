# SPDX-License-Identifier: GPL-2.0-or-later
"""What a test script says: one line per check, a summary, an exit status (77: skipped)."""
import os
import sys
import time

SKIPPED = 77


class Report:
    def __init__(self, name):
        self.name = name
        self.passed = self.failed = 0
        self._started = time.monotonic()

    def say(self, text):
        print(f"  {text}", flush=True)

    def check(self, holds, sentence, details=()):
        """details: shown when it does not hold; the first dozen of them."""
        self.passed += bool(holds)
        self.failed += not holds
        print(f"  {'ok  ' if holds else 'FAIL'} {sentence}", flush=True)
        if not holds:
            details = [details] if isinstance(details, str) else list(details)
            for detail in details[:12]:
                print(f"       {detail}", flush=True)
            if len(details) > 12:
                print(f"       ... and {len(details) - 12} more", flush=True)
        return bool(holds)

    def finish(self):
        seconds = time.monotonic() - self._started
        print(f"{self.name}: {self.passed} passed, {self.failed} failed, {seconds:.0f} s",
              flush=True)
        sys.exit(1 if self.failed or not self.passed else 0)


def until(ask, seconds=30):
    """Asks until the answer is true or time is over; returns the last answer. Ticks, and the ledger
    with them, are late on a busy machine."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return answer


def skip(name, reason):
    print(f"{name}: skipped: {reason}", flush=True)
    sys.exit(SKIPPED)


def require_root_and_programs(name, programs=True):
    from harness import sensor
    if os.geteuid() != 0:
        skip(name, "needs root")
    if not os.access("/usr/sbin/dovecot", os.X_OK):
        skip(name, "Dovecot is not installed (make deps)")
    if programs and not sensor.is_built():
        skip(name, "build/waxseald and build/waxseal are not built (make)")
