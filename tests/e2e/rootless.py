#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A Dovecot without root: counted as any other when its auth socket is named; asked about when it is not."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import json
import subprocess

from harness.clients import SUCCESS, Imap
from harness.lab import MAIL_USER, Lab
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor

NAME = "rootless"
MESSAGES = 5
WITHOUT_ROOT = """\
default_internal_user = mail
default_login_user = mail
default_internal_group = mail
service imap-login {
  chroot =
}
service pop3-login {
  chroot =
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
service auth {
  user = mail
}
"""


def told(sensor):
    return [alert for alert in sensor.alerts() if alert["detector"] in ("foreign_reader", "second_account")]


def without_root_and_unnamed(report):
    report.say("a Dovecot without root that nobody has named")
    with rootless_lab() as lab, Sensor(lab) as sensor:
        asked = lambda: [problem for problem in json.loads(sensor.run_cli("--json", "doctor").stdout)["problems"]
                         if f"{lab.folder}/run/login/login" in problem and "[auth] socket" in problem]
        report.check(until(asked, 20), "doctor asks whether it is the mail server's")


def rootless_lab():
    tools = ("setpriv", f"--reuid={MAIL_USER}", f"--regid={MAIL_USER}", "--clear-groups")
    lab = Lab(accounts=2, more=WITHOUT_ROOT, tools=tools, broken_passdb=False)
    os.mkdir(f"{lab.folder}/run", 0o755)
    subprocess.run(["chown", "-R", f"{MAIL_USER}:{MAIL_USER}", lab.folder], check=True)
    # root's and below an etc, as in an image: what the server is allowed to say of itself
    os.mkdir(f"{lab.folder}/etc")
    os.rename(lab.config_file, f"{lab.folder}/etc/dovecot.conf")
    lab.config_file = f"{lab.folder}/etc/dovecot.conf"
    for path in (lab.folder, f"{lab.folder}/etc", lab.config_file):
        os.chown(path, 0, 0)
        os.chmod(path, 0o755)
    open(lab.log_file, "a").close()
    os.chown(lab.log_file, lab.uid, lab.gid)
    return lab


def without_root(report, how, settings_of):
    report.say(f"a Dovecot without root, {how}")
    with rootless_lab() as lab:
        with Sensor(lab, settings_of(lab)) as sensor:
            account = lab.accounts[0]
            lab.fill(account, MESSAGES)
            with Imap(lab, lab.source(1), "tls") as client:
                report.check(client.login(account.name, account.password) == SUCCESS, "a person logs in")
                client.select()
                client.fetch(f"1:{MESSAGES}", "BODY.PEEK[]", messages=MESSAGES)
                client.logout()
            counted = lambda: (sensor.account(account.name) or {}).get("by_source", [])
            wanted = lambda: [(row["source"], row["messages"], row["bytes_sent"]) for row in counted()] \
                == [(lab.source(1), MESSAGES, client.received)]
            report.check(until(wanted, 15), f"its {MESSAGES} messages and its bytes count", str(counted()))
            successes = lambda: (sensor.account(account.name) or {}).get("successes")
            until(lambda: successes() == 1, 10)
            report.check(successes() == 1, "its login counts", str(sensor.account(account.name)))
            report.check(not told(sensor), "its imap is no stranger", str(told(sensor)))


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    without_root(report, "whose auth socket is named", lambda lab: {
        "auth": {"socket": [f"{lab.folder}/run/login/login", f"{lab.folder}/run/login"]}})
    without_root(report, "found by discovery", lambda lab: {"daemon": {"discover": "yes"}})
    without_root_and_unnamed(report)
    report.finish()


if __name__ == "__main__":
    main()
