#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who reads, told by unit, script, user and place: what is the operator's is known, and what only looks
like it is a stranger.

Attacks: a user's unit or a container's with the name of a listed one, groups nested below another
service, a script's name among the arguments of somebody else's interpreter, a program of that name that
is not root's, 1,100 copies of a program. Not attacks: a package upgrade that replaces a listed program
while it runs, or right before it starts.
"""
import os
import pwd
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from accept import PYTHON, Place, active, alerts_about, readers_of, run, settle, wait_alert
from harness import story, tidy
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor

NAME = "adversary_readers"
COPIES = 1100
GROUPS = next((path for path in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup")
               if os.path.exists(f"{path}/cgroup.procs")), None)
NOBODY = pwd.getpwnam("nobody")


def as_user(user):
    """Keywords of subprocess for another user without groups."""
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}


# ---- By unit ----

class Group:
    """A control group below the root of the unified hierarchy, with those above it."""

    def __init__(self, path):
        self.made, at = [], GROUPS
        for name in path.split("/"):
            at = f"{at}/{name}"
            if not os.path.exists(at):
                os.mkdir(at)
                self.made.append(at)
        self.path = at

    def run(self, *words, user=None):
        code = ("import os, sys\nopen(sys.argv[1] + '/cgroup.procs', 'w').write('0')\n"
                "uid = int(sys.argv[2])\nif uid: os.setgroups([]); os.setgid(uid); os.setuid(uid)\n"
                "os.execv(sys.argv[3], sys.argv[3:])\n")
        subprocess.run([PYTHON, "-c", code, self.path, str(NOBODY.pw_uid if user else 0), *words], check=True,
                       stdout=subprocess.DEVNULL)

    def remove(self):
        for path in reversed(self.made):
            try:
                os.rmdir(path)
            except OSError:
                pass  # another test's groups lie below


def by_unit(report, sensor, place, unit):
    if not GROUPS:
        report.say("no unified hierarchy of control groups: units are not tried")
        return
    own, strange = place.program("in-unit"), []
    group = Group(f"system.slice/{unit}")
    try:
        group.run(own, place.message(), place.passwd_file, user="nobody")
    finally:
        group.remove()
    until(lambda: readers_of(sensor, own))
    settle(sensor)
    report.check(readers_of(sensor, own) == {("helper", NOBODY.pw_uid)} and not alerts_about(sensor, own),
                 "a program of a listed unit is a helper and may read the store",
                 (readers_of(sensor, own), alerts_about(sensor, own)))
    for number, path in enumerate((f"user.slice/user-4711.slice/user@4711.service/app.slice/{unit}",
                                   f"user.slice/user-4711.slice/user@4711.service/{unit}",
                                   f"system.slice/wsb-other.service/{unit}",
                                   f"system.slice/wsb-other.service/system.slice/{unit}",
                                   f"docker-0a1b.scope/system.slice/{unit}",
                                   f"wsb-docker/0a1b/system.slice/{unit}",
                                   f"user.slice/user-4711.slice/session-1.scope/{unit}",
                                   f"system.slice/{unit}x", f"system.slice/x{unit}")):
        program = place.program(f"strange{number}")
        group = Group(path)
        try:
            group.run(program, place.message(), place.passwd_file, user="nobody")
        finally:
            group.remove()
        strange.append((program, path))
    for program, path in strange:
        report.check(wait_alert(sensor, program, "foreign_reader") and wait_alert(sensor, program, "credential_reader"),
                     f"{path} is not {unit}")


# ---- By script and by user ----

READ = "import sys\nfor path in sys.argv[1:]: open(path).read()\n"


def write_script(path, first_line=f"#!{PYTHON}"):
    with open(path, "w") as out:
        out.write(f"{first_line}\n{READ}")
    os.chmod(path, 0o755)
    return path


def script_alerts(sensor):
    """Of this test's interpreters, which others on the host may use as well."""
    return [alert for alert in sensor.alerts() if story.is_named(alert["subject"]["name"], os.path.realpath(PYTHON))
            and alert["detector"] in ("foreign_reader", "credential_reader")]


def strangers(sensor):
    """Messages of one account that interpreters opened as strangers."""
    account = sensor.account("user2@isp1.example") or {}
    return sum(reader["messages"] for reader in account.get("readers", [])
               if reader["class"] == "other" and story.is_named(reader["actor"], os.path.realpath(PYTHON)))


def by_script(report, sensor, place, script):
    env = write_script(f"{place.folder}/other.py")
    before = {alert["id"] for alert in script_alerts(sensor)}
    for words in ([script], [PYTHON, script], [PYTHON, "-u", "-B", script], ["/bin/sh", "-c", f"exec {script} $0 $1"]):
        subprocess.run([*words, place.message(1), place.passwd_file], check=True)
    settle(sensor)
    new = [alert for alert in script_alerts(sensor) if alert["id"] not in before]
    report.check(not new, "root's script is known, run by #! or by its interpreter", new)
    until(lambda: ("helper", 0) in readers_of(sensor, os.path.realpath(PYTHON), 1))
    report.check(readers_of(sensor, os.path.realpath(PYTHON), 1) == {("helper", 0)}, "  as a helper",
                 readers_of(sensor, os.path.realpath(PYTHON), 1))
    forged = (([PYTHON, env, place.message(2)], None, "another script of root"),
              ([PYTHON, env, place.message(2), script], None, "another script with that one as its argument"),
              ([PYTHON, "-c", READ, script, place.message(2)], None, "code of the command line"),
              ([script, place.message(2)], "nobody", "the script, by another user"),
              ([PYTHON, script, place.message(2)], "nobody", "its interpreter, by another user"))
    for words, user, what in forged:
        known = strangers(sensor)
        subprocess.run(words, check=True, **as_user(user))
        until(lambda: strangers(sensor) > known, 10)
        report.check(strangers(sensor) == known + 1, f"{what} is a stranger", (known, strangers(sensor)))
    settle(sensor)
    scripts = {alert["evidence"]["script"] for alert in script_alerts(sensor)}
    report.check(env in scripts and None in scripts, "alerts name the script of root alone", scripts)


def by_user(report, sensor, place, program):
    run(program, place.message(), user="nobody")
    until(lambda: readers_of(sensor, program))
    report.check(readers_of(sensor, program) == {("helper", NOBODY.pw_uid)} and not active(sensor, program),
                 "user:NAME:PATH is that user's program", (readers_of(sensor, program), active(sensor, program)))
    run(program, place.message(), user="daemon")
    report.check(wait_alert(sensor, program, "foreign_reader"), "  and nobody else's")


# ---- By place ----

class Server:
    """A listed program that runs on and opens what it is told: a shell under another name."""

    def __init__(self, program):
        self._process = subprocess.Popen([program, "-c", "while read f; do read line < $f; echo ok; done"],
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                         preexec_fn=tidy.die_with_parent)

    def open(self, *paths):
        for path in paths:
            self._process.stdin.write(f"{path}\n")
            self._process.stdin.flush()
            self._process.stdout.readline()

    def stop(self):
        self._process.stdin.close()
        self._process.wait(10)


def replace(program, owner=0):
    """As a package upgrade does."""
    shutil.copy2(program, f"{program}.new")
    os.chown(f"{program}.new", owner, 0)
    os.rename(f"{program}.new", program)


def by_place(report, sensor, place, program, what):
    def quiet(sentence):
        settle(sensor)
        report.check(not alerts_about(sensor, program), f"{what}: {sentence}",
                     [alert["message"] for alert in alerts_about(sensor, program)])
    both = (place.message(1), place.passwd_file)
    old = Server(program)
    replace(program)
    new = Server(program)
    new.open(*both)
    old.open(*both)
    quiet("both inodes are the program right after the rename")
    time.sleep(12)
    old.open(*both)
    new.open(*both)
    quiet("  and 12 seconds later")
    for _ in range(3):
        replace(program)
        server = Server(program)
        server.open(*both)
        server.stop()
    quiet("  also when it is replaced three times in a second")
    shutil.copy2(program, f"{program}.kept")
    os.unlink(program)
    old.open(*both)
    time.sleep(12)
    os.rename(f"{program}.kept", program)
    server = Server(program)
    server.open(*both)
    server.stop()
    old.open(*both)
    quiet("  and when it was gone for a while")
    sensor.halt()
    sensor.start()
    old.open(*both)
    quiet("  and for a daemon that starts after all of that")
    old.stop()
    new.stop()


def what_is_not_roots(report, sensor, place, program):
    replace(program, NOBODY.pw_uid)
    server = Server(program)
    server.open(place.message(1), place.passwd_file)
    server.stop()
    report.check(wait_alert(sensor, program, "foreign_reader") and wait_alert(sensor, program, "credential_reader"),
                 "a file of another user in its place is not the program")


# ---- Copies ----

def copies(report, sensor, place, helper):
    folder = f"{place.folder}/copies"
    os.mkdir(folder)
    os.chown(folder, NOBODY.pw_uid, NOBODY.pw_gid)
    code = ("import os, shutil, subprocess, sys\nfolder, cat, message = sys.argv[1:]\n"
            f"for i in range({COPIES}):\n"
            "    path = shutil.copy(cat, f'{folder}/x{i}')\n"
            "    subprocess.run([path, message], stdout=subprocess.DEVNULL)\n    os.unlink(path)\n")
    subprocess.run([PYTHON, "-c", code, folder, story.program("true") and place.program("tiny"), place.message(2)],
                   check=True, **as_user("nobody"))
    settle(sensor, 2)
    lost = sensor.api("/v1/status")["lost"]
    report.say(f"lost of {COPIES} names: {lost.get('programs_full', 0)}")
    late = place.program("late")
    run(late, place.message())
    run(helper, place.message(2))
    report.check(wait_alert(sensor, late, "foreign_reader"), f"after {COPIES} copies a program is named by its path",
                 [alert["subject"]["name"] for alert in sensor.alerts()][-3:])
    until(lambda: readers_of(sensor, helper, 2))
    report.check(readers_of(sensor, helper, 2) == {("helper", 0)}, "  and a listed one is listed")


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    place = Place()
    unit = f"wsb-{os.path.basename(place.folder)}.service"
    script = write_script(f"{place.folder}/report.py")
    users, helper = place.program("users"), place.program("backup")
    server = shutil.copy(os.path.realpath("/bin/dash"), f"{place.folder}/auth")
    theirs = shutil.copy(os.path.realpath("/bin/dash"), f"{place.folder}/theirs")
    readers = [f"unit:{unit}", f"script:{script}", f"user:nobody:{users}", helper, server, theirs]
    settings = {"detect": {"learn_days": 0}, "mail": {"root": place.root_template, "helper": readers},
                "credentials": {"store": place.passwd_file, "allow": readers}}
    with Sensor(place, settings) as sensor:
        by_unit(report, sensor, place, unit)
        by_script(report, sensor, place, script)
        by_user(report, sensor, place, users)
        by_place(report, sensor, place, server, "a listed program")
        what_is_not_roots(report, sensor, place, theirs)
        copies(report, sensor, place, helper)
    place.remove()
    report.finish()


if __name__ == "__main__":
    main()
