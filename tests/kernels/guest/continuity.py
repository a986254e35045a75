# SPDX-License-Identifier: GPL-2.0-or-later
"""The unit's daemon is killed, and replaced by another copy of its program, while clients log in and
fetch without a pause. Maps and links lie in systemd's descriptor store meanwhile: nothing may be
lost, nothing counted twice. And what a daemon left can be taken away.
"""
import os
import shutil
import signal
import subprocess
import threading
import time

import exactness
from harness import load
from installed import (DAEMON, Installed, journal, list_programs, programs_left, run,
                       unit_property, until)
from logins import plans_of_round
from results import fact, result, say

LEAST_STORED = 20  # maps and links; all of them are more
TAKEN_OVER = "are taken over"


class Load:
    """Logins and fetches until it is told to end."""

    def __init__(self, server, truth):
        self.rounds, self.surprises = 0, []
        self._server, self._truth, self._over = server, truth, threading.Event()
        self._thread = threading.Thread(target=self._work)
        self._thread.start()

    def _work(self):
        while not self._over.is_set():
            plans = plans_of_round(self._server, self.rounds)
            self.surprises += load.run(self._server, self._truth, plans, parallel=2)
            self.rounds += 1

    def end(self):
        self._over.set()
        self._thread.join()


def kill():
    """Returns how many descriptors systemd held while no daemon was there."""
    pid = unit_property("MainPID")
    os.kill(int(pid), signal.SIGKILL)
    until(lambda: unit_property("ActiveState") != "active")
    stored = int(unit_property("NFileDescriptorStore") or 0)
    until(lambda: unit_property("ActiveState") == "active" and unit_property("MainPID") != pid)
    return stored


def upgrade():
    """What a package does: the program is another file, then `systemctl restart`."""
    shutil.copy(DAEMON, f"{DAEMON}.next")
    os.rename(f"{DAEMON}.next", DAEMON)
    run("systemctl", "restart", "waxseald")


def keeps_counts(server, sensor, truth):
    """truth: of what was counted before."""
    taken_over, work = journal().count(TAKEN_OVER), Load(server, truth)
    stored = kill()
    time.sleep(1.5)
    upgrade()
    time.sleep(0.7)
    stored = min(stored, kill())
    work.end()
    result("unit_survives", unit_property("ActiveState") == "active", unit_property("ActiveState"))
    result("systemd_keeps_maps_and_links", stored >= LEAST_STORED, f"{stored} descriptors")
    taken_over = journal().count(TAKEN_OVER) - taken_over
    result("each_start_goes_on", taken_over == 3, f"{taken_over} of 3 starts took the maps over")
    result("mail_server_answers_meanwhile", not work.surprises, work.surprises)
    exactness.counts("counts_over_kill_and_upgrade", sensor, truth, f"{truth.count()} attempts")
    fact("rounds", work.rounds)


def is_refused_while_running():
    done = run("waxseald", "--detach")
    result("detach_is_refused_while_it_runs",
           done.returncode == 1 and len(done.stderr.splitlines()) == 1, done.stderr)


def nothing_to_detach():
    done = run("waxseald", "--detach")
    result("nothing_to_detach_after_stop",
           done.returncode == 0 and done.stdout.startswith("nothing to detach"), done.stdout)


def answers():
    """Only then is everything kept that a daemon keeps."""
    try:
        return Installed().api("/v1/status")
    except OSError:
        return None


def killed_for_good():
    """Outside systemd maps and links are pinned, and a daemon that was killed leaves them."""
    before = list_programs()
    daemon = subprocess.Popen([DAEMON], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    ready = until(lambda: daemon.poll() is not None or answers())
    daemon.kill()
    said = daemon.communicate()[1]
    if not result("runs_without_systemd", ready and daemon.returncode == -signal.SIGKILL, said):
        return
    left = programs_left(before)
    result("killed_daemon_leaves_its_programs", left, f"{len(left)} programs")
    done = run("waxseald", "--detach")
    say(done.stdout + done.stderr)
    left = programs_left(before)
    result("detach_leaves_nothing", done.returncode == 0 and not left, left or "nothing left")
