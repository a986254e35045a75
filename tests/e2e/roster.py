#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Who has an account: from mail directories, Dovecot's last logins, doveadm, lists and a roster.

A honey account that is tried and a cancelled one that is opened are told, names without a mail
directory count as names that never existed, and neither a restart nor a lost state forgets it.
"""
import os
import signal
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import time

from harness.clients import Imap
from harness.lab import Lab
from harness.report import Report, require_root_and_programs, until
from harness.sensor import DAEMON, Sensor

NAME = "roster"
DAY = 86400
STATE_MAGIC = 0x7761786a75646731
PLUGIN = """
protocol imap {{
  mail_plugins = last_login
}}
plugin {{
  last_login_dict = file:{folder}/logins/last-login
  last_login_key = last-login/%u/%s/%r
}}
"""


def prepare(lab):
    """Everybody has mail; the second and third have not looked at it for 200 days."""
    for account in lab.accounts:
        lab.fill(account, 2)
    for account in lab.accounts[1:3]:
        then = time.time() - 200 * DAY
        os.utime(f"{lab.home(account)}/Maildir/cur", (then, then))
    os.mkdir(f"{lab.folder}/logins")
    os.chown(f"{lab.folder}/logins", lab.uid, lab.gid)
    with open(lab.config_file, "a") as config:
        config.write(PLUGIN.format(folder=lab.folder))


def log_in(lab, account, source, password=None):
    client = Imap(lab, lab.source(source))
    outcome = client.login(account.name, password or account.password)
    if outcome == "success":
        client.logout()
    client.close()
    return outcome


def places(sensor):
    return {place["name"]: place for place in sensor.api("/v1/status")["inventory"]["places"]}


def is_settled(sensor):
    return all(place["state"] in ("read", "off", "problem") for place in places(sensor).values())


def alerts_about(sensor, detector, name):
    return [alert for alert in sensor.alerts()
            if alert["detector"] == detector and alert["subject"]["name"] == name]


def start(sensor):
    sensor.start()
    until(lambda: is_settled(sensor))


def make_older(sensor, days):
    """As if the daemon had run for so long: what is strange to a tenant is not known at once.

    The state begins with magic and version; of the first section, engine, the first member is when it all
    began. A section is the length of its name, the name, the length of its bytes, and these.
    """
    path = f"{sensor.state_dir}/detection.state"
    head = struct.Struct("<QQI6sQq")
    with open(path, "r+b") as state:
        *known, since = head.unpack(state.read(head.size))
        if known[0] != STATE_MAGIC or known[3] != b"engine":
            raise RuntimeError("detection.state does not begin as it should")
        state.seek(0)
        state.write(head.pack(*known, since - days * DAY * 1000000))


def warm_start(report, lab, sensor):
    roster = sensor.api("/v1/status")["inventory"]
    found = places(sensor)
    report.check(found["mail_directories"]["accounts"] == len(lab.accounts),
                 f"{len(lab.accounts)} accounts are found by their mail directories", str(found))
    report.check(roster["complete"] and roster["accounts"] == len(lab.accounts) and
                 roster["capacity"] == 100000, "and are all there are", str(roster))
    report.check("mail_directories" in sensor.cli("status") and
                 "a name beyond them does not exist" in sensor.cli("status"),
                 "`waxseal status` says so", sensor.cli("status"))


def guess(lab, names, source):
    client = Imap(lab, lab.source(source), "tls")
    for name in names:
        client.login(name, "Summer2026!")
    client.close()


def evidence(sensor, source):
    alerts = until(lambda: alerts_about(sensor, "source_guessing", source))
    return " ".join(str(one) for one in alerts[0]["evidence"]["contributions"]) if alerts else ""


def names_exist_or_not(report, lab, sensor):
    guess(lab, [f"info{i}.{lab.tag}@{lab.tenants[0]}" for i in range(10)], 100)
    guess(lab, [account.name for account in lab.accounts[4:14]], 101)
    unknown, known = evidence(sensor, lab.source(100)), evidence(sensor, lab.source(101))
    report.check("never existed" in unknown and "wrong password" not in unknown,
                 "names without a mail directory never existed", unknown)
    report.check("wrong password" in known and "never existed" not in known,
                 "names with one do", known)


def honey(report, lab, sensor, what, source):
    before = sum(alert["count"] for alert in alerts_about(sensor, "honey_account",
                                                          lab.accounts[3].name))
    log_in(lab, lab.accounts[3], source, "wrong")
    asked = time.time()
    told = until(lambda: [alert for alert in alerts_about(sensor, "honey_account",
                                                          lab.accounts[3].name)
                          if alert["count"] > before], 90)
    report.check(told and told[0]["severity"] == "critical",
                 f"{what}: an attempt on the honey account is told ({time.time() - asked:.1f} s)",
                 str(sensor.alerts()))


def unused(report, lab, sensor):
    for account, what, source in ((lab.accounts[2], "cancelled", 20), (lab.accounts[1], "unused", 21)):
        outcome = log_in(lab, account, source)
        told = until(lambda: alerts_about(sensor, "dormant_hits", account.name))
        report.check(outcome == "success" and told and
                     told[0]["evidence"]["source"] == lab.source(source),
                     f"a login on a mailbox that is {what} is told", str(sensor.alerts()))
    outcome = log_in(lab, lab.accounts[0], 22)
    time.sleep(2.5)
    report.check(outcome == "success" and not alerts_about(sensor, "dormant_hits",
                                                           lab.accounts[0].name),
                 "one on a mailbox in use is not", str(sensor.alerts()))


def looking_again(report, lab, sensor):
    os.makedirs(f"{os.path.dirname(lab.home(lab.accounts[0]))}/newcomer/Maildir/cur")
    before = sensor.api("/v1/status")["inventory"]["accounts"]
    os.kill(sensor.pid, signal.SIGHUP)
    grown = until(lambda: sensor.api("/v1/status")["inventory"]["accounts"] == before + 1)
    report.check(grown, "after SIGHUP a new mail directory is an account",
                 str(sensor.api("/v1/status")["inventory"]))
    logins = places(sensor)["last_logins"]
    report.check(logins["accounts"] >= 3 and logins["state"] == "read",
                 "those who logged in are found where Dovecot keeps last logins", str(logins))


def without_state(report, lab, sensor):
    sensor.halt()
    os.unlink(f"{sensor.state_dir}/detection.state")
    start(sensor)
    found = places(sensor)
    report.check(found["ledger"]["accounts"] >= 3,
                 "a lost memory is made good from the ledger", str(found))
    report.check(sensor.api("/v1/status")["inventory"]["complete"], "and from the mail directories",
                 str(found))


def from_directories(report, lab):
    settings = {"detect": {"learn_days": 0, "honey": lab.accounts[3].name,
                           "cancelled": lab.accounts[2].name,
                           "last_login": f"{lab.folder}/logins/last-login"}}
    with Sensor(lab, settings) as sensor:
        until(lambda: is_settled(sensor))
        warm_start(report, lab, sensor)
        names_exist_or_not(report, lab, sensor)
        honey(report, lab, sensor, "at first", 30)
        sensor.halt()
        make_older(sensor, 10)
        start(sensor)
        roster = sensor.api("/v1/status")["inventory"]
        report.check(roster["complete"] and roster["accounts"] >= len(lab.accounts),
                     "a restart keeps all", str(roster))
        unused(report, lab, sensor)
        looking_again(report, lab, sensor)
        without_state(report, lab, sensor)
        honey(report, lab, sensor, "with nothing but the configuration left", 31)


def write_roster(path, lab, *rows):
    with open(path, "w") as roster:
        for account in lab.accounts[4:]:
            roster.write(f"{account.name}\tactive\t{int(time.time()) - DAY}\n")
        roster.writelines(row + "\n" for row in rows)


def from_roster(report, lab):
    path, bait = f"{lab.folder}/roster", lab.accounts[3].name
    write_roster(path, lab)
    with Sensor(lab, {"detect": {"roster": path, "warm_start": "no"}}) as sensor:
        until(lambda: is_settled(sensor))
        roster = sensor.api("/v1/status")["inventory"]
        report.check(roster["complete"] and roster["accounts"] == len(lab.accounts) - 4,
                     "a roster alone says who exists", str(roster))
        write_roster(path, lab, f"{bait}\thoney\t-")
        changed = until(lambda: places(sensor)["roster"]["accounts"] == len(lab.accounts) - 3)
        report.check(changed, "when it changes it is read again", str(places(sensor)))
        honey(report, lab, sensor, "of the new roster", 40)
        write_roster(path, lab, f"{bait}\thonny\t-")
        os.kill(sensor.pid, signal.SIGHUP)
        line = f"roster: {path}:{len(lab.accounts) - 3}: STATE; allowed: active, cancelled, honey"
        report.check(until(lambda: line in sensor.log()), "a bad row is one line in the journal",
                     sensor.log()[-300:])
        report.check(line in sensor.api("/v1/doctor")["problems"], "and a problem for doctor",
                     str(sensor.api("/v1/doctor")["problems"]))
        honey(report, lab, sensor, "the earlier roster stands", 41)
        check = subprocess.run([DAEMON, "--check-config", "--config", sensor.config_file],
                               capture_output=True, text=True)
        report.check(check.returncode == 2 and check.stderr.strip() == line.removeprefix("roster: "),
                     "--check-config says the same and exits with 2", check.stderr)


def keep_homes_with_passwords(lab):
    """A userdb that doveadm can go through; the one of other labs says the same of everybody."""
    with open(lab.config_file) as config:
        text = config.read()
    start = text.index("userdb {")
    end = text.index("}\n", start) + 2
    fields = f"uid={lab.uid} gid={lab.gid} home={lab.folder}/mail/%d/%n"
    with open(lab.config_file, "w") as config:
        config.write(f"{text[:start]}userdb {{\n  driver = passwd-file\n  args = {lab.passwd_file}\n"
                     f"  override_fields = {fields}\n}}\n{text[end:]}")


def from_doveadm(report, lab):
    settings = {"daemon": {"discover": "yes"}, "detect": {"learn_days": 0, "list_users": "yes"}}
    with Sensor(lab, settings) as sensor:
        until(lambda: is_settled(sensor))
        found = places(sensor)
        report.check(found["doveadm"]["accounts"] >= len(lab.accounts),
                     "doveadm lists accounts that have no mail directory", str(found))
        guess(lab, [account.name for account in lab.accounts], 110)
        seen = evidence(sensor, lab.source(110))
        report.check("wrong password" in seen and "never existed" not in seen,
                     "and they exist", seen)


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    lab = Lab(accounts=16, own_tenants=True)
    prepare(lab)
    with lab:
        from_directories(report, lab)
        from_roster(report, lab)
    lab = Lab(accounts=10)
    keep_homes_with_passwords(lab)
    with lab:
        from_doveadm(report, lab)
    report.finish()


if __name__ == "__main__":
    main()
