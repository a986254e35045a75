# SPDX-License-Identifier: GPL-2.0-or-later
"""The installed daemon beside the suite's Dovecot: counts against the clients' truth, the two alerts
about readers, a restart, a stop that leaves nothing behind. Once for each mechanism.
"""
import json
import os
import shutil
import subprocess
import time
import urllib.parse

from harness import load
from harness.sensor import UnixConnection
from harness.truth import Truth, compare_when_settled
from mail_server import PASSWD_FILE, MailServer
from results import fact, result, say, within

PATIENCE = 40  # seconds for what comes with a tick, on a machine without hardware acceleration
READER = "/usr/bin/cat"
SETTINGS = "/etc/waxseal/waxseal.conf.d/mechanism.conf"
STATE = "/var/lib/waxseal"
SOCKET = "/run/waxseal/waxseal.sock"


def run(*command, seconds=120):
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds)


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

    def command_line(self, *arguments):
        done = run("waxseal", "--json", *arguments)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return None


def unit_times():
    """Seconds from the start of the unit's process to its readiness."""
    shown = run("systemctl", "show", "waxseald", "-p", "ExecMainStartTimestampMonotonic",
                "-p", "ActiveEnterTimestampMonotonic").stdout
    times = dict(line.split("=", 1) for line in shown.split())
    return (int(times["ActiveEnterTimestampMonotonic"]) -
            int(times["ExecMainStartTimestampMonotonic"])) / 1e6


def configure(mechanism):
    """Everything else is found by discovery; counts begin at nothing."""
    shutil.rmtree(STATE, ignore_errors=True)
    os.makedirs(os.path.dirname(SETTINGS), exist_ok=True)
    with open(SETTINGS, "w") as settings:
        settings.write(f"[daemon]\nmechanism = {mechanism}\n")


def start_unit():
    done = run("systemctl", "start", "waxseald")
    state = run("systemctl", "is-active", "waxseald").stdout.strip()
    if not result("unit_starts", done.returncode == 0 and state == "active", f"it is {state}"):
        say(run("journalctl", "-u", "waxseald", "-o", "cat", "--no-pager").stdout)
        return False
    fact("load_seconds", f"{unit_times():.1f}")
    return True


def look_at_status(sensor, mechanism):
    status = sensor.api("/v1/status") or {}
    sensors = {one["name"]: one for one in status.get("sensors", [])}
    for name in ("auth", "session", "mailbox", "credentials"):
        one = sensors.get(name, {"state": "missing", "reason": None})
        by = status.get("mechanism", {}).get(name)
        result(f"sensor_{name}", one["state"] == "active" and by == mechanism,
               f"{one['state']} by {by} {one['reason'] or ''}")
    active = sum(one["state"] == "active" for one in sensors.values())
    fact("sensors", f"{active}/{len(sensors)}")


def fetch_some(client):
    if client.service == "imap":
        client.select()
        client.fetch("1:5", messages=5)
    else:
        client.retrieve(1)
        client.retrieve(2)


def plans(server):
    """An address of its own for each connection: Dovecot slows down addresses that fail."""
    made = []
    for i, account in enumerate(server.accounts * 6):
        unknown = load.Try(f"nobody{i}@{account.tenant}", "whatever", "login", load.FAILURE)
        method = load.METHODS[i % len(load.METHODS)]
        tries = ([load.right(account, method)], [load.wrong(account, method)], [unknown],
                 [load.wrong(account), load.right(account)])[i % 4 if i < 32 else 0]
        made.append(load.Plan(("imap", "pop3")[i // 2 % 2], load.TRANSPORTS[i // 3 % 4],
                              server.source(i), tries, fetch_some))
    return made


def count_logins(server, sensor):
    truth = Truth()
    surprises = load.run(server, truth, plans(server), parallel=4)
    result("mail_server_answers", not surprises, surprises)
    comparison = compare_when_settled(truth, sensor, reads=True, seconds=PATIENCE)
    messages, sent = truth.reads()
    result("counts", comparison.compared and not comparison.differences,
           [f"{comparison.compared} counts of {truth.count()} attempts, {messages} messages and "
            f"{sent} bytes, {len(comparison.differences)} differences"] + comparison.differences)
    name = server.accounts[0].name
    result("command_line_says_the_same", sensor.command_line("account", name) == sensor.account(name))
    lost = {stage: n for stage, n in (sensor.api("/v1/status") or {}).get("lost", {}).items() if n}
    result("nothing_lost", not lost, str(lost or ""))
    return truth


def wait_for_alert(sensor, detector, subject):
    deadline = time.monotonic() + PATIENCE
    while True:
        for alert in sensor.alerts():
            if (alert["detector"], alert["subject"]["name"]) == (detector, subject):
                return alert
        if time.monotonic() > deadline:
            return None
        time.sleep(0.5)


def read_beside(sensor, message):
    before = [f"{one['detector']} {one['subject']['name']}: {one['message']}"
              for one in sensor.alerts() if one["detector"] in ("foreign_reader", "second_account",
                                                                "credential_reader")]
    if not result("no_false_alert", not before, before):
        say(json.dumps(sensor.alerts(), indent=1))
    for detector, path in (("foreign_reader", message), ("credential_reader", PASSWD_FILE)):
        if run(READER, path).returncode != 0:
            say(f"{path} cannot be read")
        alert = wait_for_alert(sensor, detector, READER)
        result(detector, alert, alert["message"] if alert else
               ["no alert"] + [str(one["message"]) for one in sensor.alerts()])


def restart(sensor, truth):
    name = truth.accounts()[0]
    done = run("systemctl", "restart", "waxseald")
    comparison = compare_when_settled(truth, sensor, seconds=PATIENCE)
    result("restart_keeps_counts", done.returncode == 0 and not comparison.differences,
           comparison.differences or name)


def nothing_left(programs_before, list_programs):
    """The kernel frees programs a moment after their last holder went."""
    time.sleep(1)
    left = [name for name in sorted(list_programs() - programs_before) if "wax" in name]
    result("nothing_left_attached", not left, left)


def stop_unit(programs_before, list_programs):
    done = run("systemctl", "stop", "waxseald")
    state = run("systemctl", "show", "waxseald", "-p", "Result", "--value").stdout.strip()
    result("unit_stops", done.returncode == 0 and state == "success", state)
    nothing_left(programs_before, list_programs)
    say(run("journalctl", "-u", "waxseald", "-o", "cat", "--no-pager").stdout)


def server_and_mail():
    server = MailServer()
    messages = [server.fill(account, 6) for account in server.accounts]
    problem = server.start()
    if not result("dovecot_starts", not problem, problem):
        say(run("journalctl", "-u", "dovecot", "-o", "cat", "--no-pager").stdout)
        return None, None
    return server, messages[0][0]


def watch(server, message, mechanism, list_programs):
    sensor = Installed()
    before = list_programs()
    server.forget_caches()
    configure(mechanism)
    with within(mechanism):
        if not start_unit():
            return
        look_at_status(sensor, mechanism)
        truth = count_logins(server, sensor)
        read_beside(sensor, message)
        restart(sensor, truth)
        stop_unit(before, list_programs)
