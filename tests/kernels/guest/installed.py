# SPDX-License-Identifier: GPL-2.0-or-later
"""The installed programs, the unit, and what they say."""
import json
import os
import shutil
import subprocess
import time
import urllib.parse

from harness.sensor import UnixConnection

PATIENCE = 120  # seconds for what comes with a tick or a start, on a busy machine that emulates another
DAEMON = "/usr/sbin/waxseald"
UNIT = "waxseald"
SETTINGS = "/etc/waxseal/waxseal.conf.d/mechanism.conf"
STATE = "/var/lib/waxseal"
SOCKET = "/run/waxseal/waxseal.sock"


def run(*command, seconds=600):
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds)


def until(ask, seconds=PATIENCE):
    """Asks until the answer is true or time is over; returns the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return answer


class Installed:
    """What harness.truth asks of a sensor. Counts come from the interface, which is much faster than
    a process for each on an emulated machine; one account is asked both ways."""

    def api(self, path):
        connection = UnixConnection(SOCKET)
        try:
            connection.request("GET", path)
            reply = connection.getresponse()
            body = reply.read()
            return json.loads(body) if reply.status == 200 else None
        finally:
            connection.close()

    def account(self, name):
        return self.api("/v1/accounts/" + urllib.parse.quote(name, safe=""))

    def source(self, address):
        return self.api("/v1/sources/" + urllib.parse.quote(address, safe=""))

    def alerts(self):
        return self.api("/v1/alerts")["alerts"]

    def lost(self):
        """What the sensor says it lost: {stage: events}."""
        return {stage: n for stage, n in (self.api("/v1/status") or {}).get("lost", {}).items() if n}

    def command_line(self, *arguments):
        done = run("waxseal", "--json", *arguments)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return None


def configure(mechanism):
    """Everything else is found by discovery; counts begin at nothing."""
    shutil.rmtree(STATE, ignore_errors=True)
    os.makedirs(os.path.dirname(SETTINGS), exist_ok=True)
    with open(SETTINGS, "w") as settings:
        settings.write(f"[daemon]\nmechanism = {mechanism}\n")


def unit_property(name):
    return run("systemctl", "show", UNIT, "-p", name, "--value").stdout.strip()


def journal():
    return run("journalctl", "-u", UNIT, "-o", "cat", "--no-pager").stdout


def seconds_to_readiness():
    """From the start of the unit's process."""
    return (int(unit_property("ActiveEnterTimestampMonotonic")) -
            int(unit_property("ExecMainStartTimestampMonotonic"))) / 1e6


def list_programs():
    """{"id name"} of every BPF program in the kernel."""
    return set(run("/payload/programs").stdout.splitlines())


def programs_left(before):
    """The kernel frees programs a moment after their last holder went."""
    def left():
        return [name for name in sorted(list_programs() - before) if "wax" in name]
    until(lambda: not left(), seconds=10)
    return left()
