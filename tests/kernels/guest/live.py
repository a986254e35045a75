# SPDX-License-Identifier: GPL-2.0-or-later
"""The installed daemon beside the suite's Dovecot: counts against the clients' truth, the two alerts
about readers, a restart, a stop that leaves nothing behind. Once for each mechanism.
"""
import glob
import json
import time

import continuity
import exactness
from harness import load
from harness.clients import SUCCESS, Imap
from harness.truth import Truth
from installed import (PATIENCE, Installed, configure, journal, list_programs, programs_left, run,
                       seconds_to_readiness, unit_property, until)
from logins import plans
from mail_server import PASSWD_FILE, MailServer
from results import fact, result, say, within

READER = "/usr/bin/cat"


def start_unit():
    done = run("systemctl", "start", "waxseald")
    state = unit_property("ActiveState")
    if not result("unit_starts", done.returncode == 0 and state == "active", f"it is {state}"):
        say(journal())
        return False
    fact("load_seconds", f"{seconds_to_readiness():.1f}")
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


def count_logins(server, sensor, mechanism):
    truth = Truth()
    surprises = load.run(server, truth, plans(server), parallel=4)
    result("mail_server_answers", not surprises, surprises)
    messages, sent = truth.reads()
    exactness.counts("counts", sensor, truth,
                     f"{truth.count()} attempts, {messages} messages and {sent} bytes")
    name = server.accounts[0].name
    result("command_line_says_the_same", sensor.command_line("account", name) == sensor.account(name))
    exactness.nothing_lost(sensor, mechanism)
    say("left out by the kernel:\n" + run("/payload/programs", "--skipped").stdout)
    return truth


def session_readers(server, sensor):
    """{master: messages} of the account that is read."""
    readers = (sensor.account(server.accounts[0].name) or {}).get("readers", [])
    return {row["master"]: row["messages"] for row in readers if row["class"] == "session"}


def read_as_master(server, sensor):
    """The verdict names the account both times; who logged in as it is a row of its own."""
    account, master = server.accounts[0], server.master
    before = session_readers(server, sensor)
    with Imap(server, server.source(1)) as client:
        outcome = client.login(f"{account.name}*{master.name}", master.password)
        if not result("master_logs_in", outcome == SUCCESS, outcome):
            return
        client.select()
        client.fetch("1:2", messages=2)
        client.logout()
    expected = {**before, master.name: before.get(master.name, 0) + 2}
    until(lambda: session_readers(server, sensor) == expected)
    now = session_readers(server, sensor)
    result("master_is_a_row_of_its_own", now == expected, [str(now), f"expected {expected}"])


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
                                                                "credential_reader")
              and not exactness.login_may_be_missed(sensor, one)]
    if not result("no_false_alert", not before, before):
        say(json.dumps(sensor.alerts(), indent=1))
    now = glob.glob(f"{message}*")[0]  # its flags are in its name
    for detector, path in (("foreign_reader", now), ("credential_reader", PASSWD_FILE)):
        if run(READER, path).returncode != 0:
            say(f"{path} cannot be read")
        alert = wait_for_alert(sensor, detector, READER)
        result(detector, alert, alert["message"] if alert else
               ["no alert"] + [str(one["message"]) for one in sensor.alerts()])


def nothing_left(programs_before):
    left = programs_left(programs_before)
    result("nothing_left_attached", not left, left)


def stop_unit(programs_before):
    done = run("systemctl", "stop", "waxseald")
    state = unit_property("Result")
    result("unit_stops", done.returncode == 0 and state == "success", state)
    nothing_left(programs_before)
    continuity.nothing_to_detach()
    say(journal())


def server_and_mail():
    server = MailServer()
    messages = [server.fill(account, 6) for account in server.accounts]
    problem = server.start()
    if not result("dovecot_starts", not problem, problem):
        say(run("journalctl", "-u", "dovecot", "-o", "cat", "--no-pager").stdout)
        return None, None
    return server, messages[0][0]


def watch(server, message, mechanism, configured):
    sensor = Installed()
    before = list_programs()
    server.forget_caches()
    configure(configured)
    with within(mechanism):
        if not start_unit():
            return
        look_at_status(sensor, mechanism)
        truth = count_logins(server, sensor, mechanism)
        continuity.keeps_counts(server, sensor, truth)
        read_as_master(server, sensor)
        read_beside(sensor, message)
        continuity.is_refused_while_running()
        stop_unit(before)
