#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Counts are exact while the daemon is killed, restarted and replaced under load.

Clients log in, fail and fetch without a pause. Meanwhile the daemon is killed at random moments,
stays away for a while, comes back as another copy of the program, hands over on SIGUSR2. Nothing
may be lost, nothing counted twice, and an orderly stop leaves nothing in the kernel.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import random
import shutil
import signal
import threading
import time

from harness import load
from harness.lab import Lab
from harness.report import Report, require_root_and_programs
from harness.sensor import DAEMON, Sensor, all_program_ids
from harness.truth import Truth, compare_when_settled

NAME = "continuity"
ATTEMPTS, ROUNDS, MESSAGES = 1500, 14, 4


def fetch(client):
    if client.service == "imap":
        client.select()
        client.fetch(f"1:{MESSAGES}", "BODY.PEEK[]", messages=MESSAGES)


def plans(lab):
    """Answered attempts only: an abandoned one is counted 20 s later. Each mailbox is read by one
    session at a time, so that one fetch is one open."""
    made = [plan._replace(tries=tries, fetch=None)
            for plan in load.random_plans(lab, ATTEMPTS, seed=7)
            if (tries := [one for one in plan.tries if one.method != "abort"])]
    for account in lab.accounts[:6]:
        lab.fill(account, MESSAGES, 3000)
        made.append(load.Plan("imap", "tls", lab.source(1), [load.right(account)], fetch))
    random.Random(1).shuffle(made)
    return made


def end(sensor, how):
    sensor.process.send_signal(how)
    sensor.process.wait()
    sensor.halt()


def disturb(sensor, copy, choice, is_loading):
    """Returns how often the daemon was ended, and all programs it ever held."""
    rounds, programs = 0, set(sensor.program_ids())
    while rounds < ROUNDS or is_loading():
        time.sleep(choice.uniform(0.1, 1.6))
        end(sensor, choice.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGUSR2)))
        time.sleep(choice.uniform(0, 1.2))
        sensor.start(copy if rounds % 2 else DAEMON)
        programs.update(sensor.program_ids())
        rounds += 1
    return rounds, programs


def still_there(programs):
    """The kernel frees programs some time after their last holder is gone."""
    deadline = time.monotonic() + 5
    while (left := programs & all_program_ids()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    choice = random.Random(20260701)
    with Lab(accounts=12) as lab, Sensor(lab) as sensor:
        copy = f"{sensor.folder}/waxseald-next"
        shutil.copy(DAEMON, copy)
        truth, surprises = Truth(), []
        work = plans(lab)
        loader = threading.Thread(
            target=lambda: surprises.extend(load.run(lab, truth, work, parallel=20)))
        loader.start()
        rounds, programs = disturb(sensor, copy, choice, loader.is_alive)
        loader.join()
        report.check(not surprises, "the mail server answered every attempt as planned", surprises)
        comparison = compare_when_settled(truth, sensor, reads=True)
        report.check(not comparison.differences,
                     f"{truth.count()} attempts and the bytes and messages of their sessions over "
                     f"{rounds} ends of the daemon: {comparison.compared} counts, "
                     f"{len(comparison.differences)} differences", comparison.differences)
        adopted = sensor.log().count("are taken over")
        report.check(adopted == rounds, f"each of {rounds} starts went on with the maps",
                     f"{adopted}; {sensor.log()[-600:]}")
        sensor.halt()
        left = still_there(programs)
        report.check(not left, f"an orderly stop leaves none of {len(programs)} programs", str(left))
    report.finish()


if __name__ == "__main__":
    main()
