#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A reader that an operator accepts is known at once: this program, by this user, in this service, and
nobody else. Only root and the members of [http] admin_group may, and never by TCP. A reader that nobody
answered is the same alert again, and sinks hear of it once.
"""
import http.client
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import types

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from harness import story, tidy
from harness.report import Report, require_root_and_programs, until
from harness.sensor import DAEMON, Sensor, UnixConnection

NAME = "accept"
PERL = "/usr/bin/perl"  # listed, and run by nobody here
PYTHON = "/usr/bin/python3"  # of the host: everybody may run it
ACCOUNTS = 3
QUIET_SECONDS = 60


class Place:
    """Mailboxes and a store that no server knows; everybody may read both."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="wsa", dir="/tmp")
        tidy.on_exit(self.remove)
        os.chmod(self.folder, 0o755)
        self.root_template = f"{self.folder}/mail/%d/%n"
        self.passwd_file = f"{self.folder}/passwd"
        for number in range(ACCOUNTS):
            os.makedirs(f"{self.folder}/mail/isp1.example/user{number}/cur")
            with open(self.message(number), "w") as out:
                out.write("Subject: hello\n\nhello\n")
        with open(self.passwd_file, "w") as out:
            out.write("user0@isp1.example:{PLAIN}none\n")

    def message(self, number=0):
        return f"{self.folder}/mail/isp1.example/user{number}/cur/1.m.eml:2,S"

    def program(self, name):
        """A program of its own, so that nobody else's readers are in its alerts."""
        path = f"{self.folder}/{name}"
        return path if os.path.exists(path) else shutil.copy(story.program("cat"), path)

    def remove(self):
        tidy.forget(self.remove)
        shutil.rmtree(self.folder, ignore_errors=True)


def run(program, *paths, user=None):
    subprocess.run([program, *paths], stdout=subprocess.DEVNULL, check=True, user=user,
                   extra_groups=[] if user else None, group=user and pwd.getpwnam(user).pw_gid)


def alerts_about(sensor, program, detector=None):
    return [alert for alert in sensor.alerts() if story.is_named(alert["subject"]["name"], program)
            and detector in (None, alert["detector"])]


def active(sensor, program, detector=None):
    return [alert for alert in alerts_about(sensor, program, detector) if alert["state"] == "active"]


def wait_alert(sensor, program, detector=None):
    until(lambda: active(sensor, program, detector))
    found = active(sensor, program, detector)
    return found[0] if found else None


def settle(sensor, ticks=3):
    """So that what was read is judged."""
    before = sensor.api("/v1/status")["tick"]["count"]
    until(lambda: sensor.api("/v1/status")["tick"]["count"] >= before + ticks)


def accepted(sensor):
    return sensor.cli("--json", "accepted")["accepted"]


def named_as_affected(sensor, alert):
    return [row for row in sensor.api("/v1/affected")["accounts"] if alert in row["alerts"]]


def readers_of(sensor, program, number=0):
    account = sensor.account(f"user{number}@isp1.example") or {}
    return {(reader["class"], reader["uid"]) for reader in account.get("readers", [])
            if story.is_named(reader["actor"], program)}


def post(sensor, document, user=None, groups=()):
    """(status, document) of a POST by that user."""
    body = document if isinstance(document, str) else json.dumps(document)
    code = ("import http.client, socket, sys\n"
            "class C(http.client.HTTPConnection):\n"
            "    def connect(self):\n"
            "        self.sock = socket.socket(socket.AF_UNIX); self.sock.connect(sys.argv[1])\n"
            "c = C('localhost'); c.request('POST', '/v1/accept', sys.argv[2].encode()); r = c.getresponse()\n"
            "print(r.status); print(r.read().decode())\n")
    result = subprocess.run([PYTHON, "-c", code, sensor.socket_path, body], capture_output=True, text=True,
                            user=user, group=user and pwd.getpwnam(user).pw_gid,
                            extra_groups=list(groups) if user else None, check=True)
    status, _, text = result.stdout.partition("\n")
    return int(status), json.loads(text)


def accept_a_mail_reader(report, sensor, place):
    program = place.program("copier")
    run(program, place.message())
    alert = wait_alert(sensor, program, "foreign_reader")
    report.check(alert, "an unknown program that opens mail is told of")
    if not alert:
        return
    report.check(named_as_affected(sensor, alert["id"]), "and its account is on the list for resets")
    answer = sensor.cli("--json", "accept", alert["id"], "--note", "the nightly copy", "--for", "90d")
    report.check(answer["alert"] == alert["id"] and story.is_named(answer["actor"], program) and
                 answer["uid"] == 0, "it is accepted by its program and user", str(answer))
    report.check(not active(sensor, program), "its alert is over at once")
    rows = [row for row in accepted(sensor) if row["id"] == answer["id"]]
    report.check(rows and rows[0]["note"] == "the nightly copy" and rows[0]["by_uid"] == 0 and
                 rows[0]["by"] == "root" and rows[0]["until"], "accepted lists it, and who accepted it",
                 str(rows))
    report.check("copier" in sensor.cli("accepted"), "as a table, too")
    again = sensor.run_cli("accept", alert["id"], "--note", "once more")
    report.check(again.returncode == 1 and f"already accepted as {answer['id']} until " in again.stderr,
                 "a second time is refused: it is to be revoked first", again)
    report.check(post(sensor, {"alert": alert["id"]})[0] == 409, "  with 409")
    report.check(not named_as_affected(sensor, alert["id"]), "its accounts need no new password")
    run(program, place.message(1))
    until(lambda: readers_of(sensor, program, 1))
    report.check(readers_of(sensor, program, 1) == {("helper", 0)}, "from then on it is a helper",
                 readers_of(sensor, program, 1))
    report.check(not active(sensor, program), "  and raises no alert")
    run(program, place.message(2), user="nobody")
    other = wait_alert(sensor, program, "foreign_reader")
    report.check(other and other["id"] != alert["id"] and other["evidence"]["uid"] == pwd.getpwnam("nobody").pw_uid,
                 "another user who runs the same program is told of", str(other))
    replay(report, sensor, place, answer["actor"])
    sensor.halt()
    sensor.start()
    run(program, place.message(1))
    settle(sensor)
    report.check(not [one for one in active(sensor, program) if one["evidence"]["uid"] == 0],
                 "a restart changes nothing")
    report.check(sensor.run_cli("accept", "--revoke", str(answer["id"])).returncode == 0, "it is taken back")
    report.check(named_as_affected(sensor, alert["id"]), "  and its account is on the list again")
    report.check(not accepted(sensor), "  and is listed no more", str(accepted(sensor)))
    run(program, place.message(1))
    until(lambda: [one for one in active(sensor, program) if one["evidence"]["uid"] == 0])
    again = [one for one in active(sensor, program) if one["evidence"]["uid"] == 0]
    report.check(again and again[0]["id"] != alert["id"], "  and is told of, as a new alert")
    first = sensor.cli("--json", "accept", again[0]["id"])
    report.check(first["replaces"] is None, "  which is accepted anew, and replaces nothing", first)
    answer = sensor.cli("accept", alert["id"])
    report.check(f"This replaces acceptance {first['id']} of {first['time']} by root." in answer,
                 "accepting an older alert of the same reader says what it replaces", answer)
    report.check(len(accepted(sensor)) == 1, "  and one is in force", accepted(sensor))
    sensor.cli("accept", "--revoke", str(accepted(sensor)[0]["id"]))


def replayed(sensor, trace, *options):
    """Subjects of the alerts about readers."""
    lines = sensor.cli("replay", trace, *options).splitlines()
    return [alert["subject"]["name"] for alert in map(json.loads, lines) if alert["detector"] == "foreign_reader"]


def replay(report, sensor, place, actor):
    """ACTOR is all that a trace need say of who reads."""
    trace, listed = f"{place.folder}/trace", f"{place.folder}/listed.conf"
    with open(trace, "w") as out:
        out.write("#waxseal-trace 1\n")
        for number in range(ACCOUNTS):
            out.write(f"178286400{number}\tread\t-\t-\tuser{number}@isp1.example\t-\t1\t-\t{actor}\n")
    with open(listed, "w") as out:
        out.write(f"[daemon]\nruntime_dir = {place.folder}\n[mail]\nhelper = {actor}\n")
    accepted_file = f"{place.folder}/accepted.json"
    with open(accepted_file, "w") as out:
        out.write(sensor.cli("--json", "accepted") and json.dumps({"accepted": accepted(sensor)}))
    report.check(replayed(sensor, trace) == [actor], "a replay tells of an unknown reader")
    report.check(not replayed(sensor, trace, "--config", sensor.config_file), "  not of one that is accepted")
    report.check(not replayed(sensor, trace, "--accepted", accepted_file), "  also as a list says")
    report.check(not replayed(sensor, trace, "--config", listed), "  nor of one that is listed")


def accept_a_store_reader(report, sensor, place):
    program = place.program("checker")
    run(program, place.passwd_file)
    alert = wait_alert(sensor, program, "credential_reader")
    report.check(alert, "an unlisted program that opens a store is told of")
    if not alert:
        return
    settle(sensor)
    sensor.cli("accept", alert["id"])
    run(program, place.passwd_file)

    def rows():
        stores = sensor.api("/v1/stores")["stores"]
        return {reader["allowed"]: reader["opens"] for store in stores for reader in store["readers"]
                if story.is_named(reader["actor"], program)}
    until(lambda: True in rows())
    report.check(rows() == {False: 1, True: 1}, "an accepted one is an allowed reader", rows())
    settle(sensor)
    report.check(not active(sensor, program), "  and raises no alert", active(sensor, program))
    run(program, place.message())
    report.check(wait_alert(sensor, program, "foreign_reader"), "  but it is no helper: mail is told of")


def refuse(report, sensor, place):
    program = place.program("refused")
    run(program, place.message())
    alert = wait_alert(sensor, program)
    nobody = pwd.getpwnam("nobody")
    os.chmod(sensor.folder, 0o755)
    os.chmod(sensor.socket_path, 0o666)
    for groups, status in (([], 403), ([os.stat(sensor.socket_path).st_gid], 403),
                           ([grp_of("daemon")], 200)):
        got, text = post(sensor, {"alert": alert["id"]}, "nobody", groups)
        report.check(got == status, f"nobody with groups {groups}: {status}", (got, text))
    rows = [row for row in accepted(sensor) if row["alert"] == alert["id"]]
    report.check(rows and rows[0]["by_uid"] == nobody.pw_uid and rows[0]["by"] == "nobody",
                 "who did it is kept", str(rows))
    for body, status in (({"alert": "0"}, 404), ({"alert": ""}, 400), ({"alert": 7}, 400), ("", 400), ("{", 400),
                         ("[]", 400), ({"alert": alert["id"], "more": 1}, 400), ({"revoke": 99999}, 404),
                         ({"revoke": 1, "alert": alert["id"]}, 400), ({"alert": alert["id"], "for": -1}, 400),
                         ({"alert": alert["id"], "for": "1s"}, 400), ({"alert": alert["id"], "note": "a\nb"}, 400),
                         ('{"revoke": 1, "revoke": 2}', 400), ('{"alert": "' + "x" * 5000 + '"}', 413)):
        got, text = post(sensor, body)
        report.check(got == status and text["error"], f"{str(body)[:60]}: {status}", (got, text))
    for words, status in ((["accept", "no-such-alert"], 1), (["accept"], 2), (["accept", "--revoke", "x"], 2),
                          (["accept", "--revoke", "424242"], 1), (["accept", alert["id"], "--for", "1"], 2),
                          (["accept", alert["id"], "--revoke", "1"], 2)):
        result = sensor.run_cli(*words)
        report.check(result.returncode == status and result.stderr.count("\n") == 1 and not result.stdout,
                     f"waxseal {' '.join(words)}: exit {status} and one line", result)
    report.check(sensor.request("/v1/accept")[0] == 405, "a GET of /v1/accept: 405")
    for method in ("POST", "GET"):
        connection = http.client.HTTPConnection("127.0.0.1", sensor.port, timeout=30)
        connection.request(method, "/v1/accept", json.dumps({"alert": alert["id"]}) if method == "POST" else None)
        status = connection.getresponse().status
        connection.close()
        report.check(status in (404, 405), f"{method} by TCP: {status}")


def grp_of(name):
    import grp
    return grp.getgrnam(name).gr_gid


def refuse_what_cannot_be_told_apart(report, sensor, place):
    """An interpreter without script or service; a program that others can replace."""
    python = os.path.realpath(PYTHON)
    subprocess.run([python, "-c", f"open({place.message()!r}).read()"], check=True, user="nobody",
                   group=pwd.getpwnam("nobody").pw_gid, extra_groups=[])
    alert = wait_alert(sensor, python, "foreign_reader")
    result = sensor.run_cli("accept", alert["id"])
    report.check(result.returncode == 1 and "interpreter" in result.stderr, "a bare interpreter is refused", result)
    shared = f"{place.folder}/shared"
    os.mkdir(shared)
    os.chmod(shared, 0o777)
    program = shutil.copy(story.program("cat"), f"{shared}/tool")
    run(program, place.message())
    alert = wait_alert(sensor, program)
    result = sensor.run_cli("accept", alert["id"])
    report.check(result.returncode == 1 and "replace" in result.stderr,
                 "a program that others can replace is refused", result)


def name_listed_interpreters(report, sensor):
    problems = sensor.api("/v1/doctor")["problems"]
    report.check(any(line.startswith(f"[credentials] allow = {PERL} lists an interpreter") for line in problems),
                 "doctor of a running daemon names a listed interpreter", problems)


def lines_about(sensor, program):
    with open(sensor.jsonl_file) as lines:
        return [alert for line in lines if story.is_named((alert := json.loads(line))["subject"]["name"], program)]


def tell_once(report, sensor, place):
    program = place.program("nightly")
    run(program, place.message())
    first = wait_alert(sensor, program)
    until(lambda: not active(sensor, program), QUIET_SECONDS + 30)
    report.check(not active(sensor, program), "an alert is over when nothing more is found")
    told = len(lines_about(sensor, program))
    run(program, place.message())
    again = wait_alert(sensor, program)
    report.check(again and again["id"] == first["id"] and again["count"] == 2 and
                 len(alerts_about(sensor, program)) == 1, "the same reader again is the same alert, again active",
                 str(again))
    report.check(len(lines_about(sensor, program)) == told == 1, "  and sinks do not hear of it a second time",
                 lines_about(sensor, program))
    report.check(sensor.cli("--json", "alerts", "--since", "-10s")["alerts"], "  but it is listed as of now")


DEAD_DATABASE = """
#include <unistd.h>
static int never(void) { for (;;) pause(); return 0; }
int getgrnam_r() { return never(); }
int getpwnam_r() { return never(); }
int getpwuid_r() { return never(); }
"""


def beside_a_dead_user_database(report, place, settings):
    """As with LDAP or sssd that does not answer: whoever asks for a name in the daemon waits for ever."""
    library = f"{place.folder}/dead.so"
    subprocess.run(["gcc", "-shared", "-fPIC", "-w", "-x", "c", "-o", library, "-"], input=DEAD_DATABASE.encode(),
                   check=True)
    os.environ["LD_PRELOAD"] = library
    try:
        sensor = Sensor(place, settings)
        sensor.start()
    finally:
        del os.environ["LD_PRELOAD"]
    try:
        report.check("user database" in sensor.log(), "the start goes on, and says so", sensor.log())
        program = place.program("dead")
        run(program, place.message())
        alert = wait_alert(sensor, program)
        os.chmod(sensor.folder, 0o755)
        os.chmod(sensor.socket_path, 0o666)
        got, text = post(sensor, {"alert": alert["id"]}, "nobody", [grp_of("daemon")])
        report.check(got == 403 and "not answered yet" in text["error"], "a member of the group is refused, with the reason",
                     (got, text))
        settle(sensor)
        report.check(True, "ticks and answers go on")
        answer = sensor.cli("--json", "accept", alert["id"])
        report.check(answer["by"] == "root", "root accepts, by his name in /etc/passwd", answer)
    finally:
        sensor.stop()


def check_groups(report, place):
    for group, status in (("daemon", 0), ("no-such-group", 2)):
        path = f"{place.folder}/check.conf"
        with open(path, "w") as out:
            out.write(f"[http]\nadmin_group = {group}\n")
        done = subprocess.run([DAEMON, "--config", path, "--check-config"], capture_output=True, text=True)
        report.check(done.returncode == status and (status == 0 or ":2: [http] admin_group: 'no-such-group': there is no such group" in done.stderr),
                     f"--check-config with admin_group = {group}: exit {status}", done)


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    place = Place()
    settings = {"detect": {"learn_days": 0}, "credentials": {"allow": PERL}, "alert": {"quiet": f"{QUIET_SECONDS}s"},
                "http": {"admin_group": "daemon"}}
    with Sensor(place, settings) as sensor:
        name_listed_interpreters(report, sensor)
        accept_a_mail_reader(report, sensor, place)
        accept_a_store_reader(report, sensor, place)
        refuse(report, sensor, place)
        refuse_what_cannot_be_told_apart(report, sensor, place)
        tell_once(report, sensor, place)
    check_groups(report, place)
    beside_a_dead_user_database(report, place, settings)
    place.remove()
    report.finish()


if __name__ == "__main__":
    main()
