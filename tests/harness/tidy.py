# SPDX-License-Identifier: GPL-2.0-or-later
"""Leaving nothing behind: what a test starts is registered here and undone in reverse order.

It runs at a normal end, after an exception and after SIGINT, SIGTERM or SIGHUP. A child that a test
starts also gets SIGTERM from the kernel when the test itself is killed outright.
"""
import atexit
import ctypes
import os
import signal
import subprocess
import sys
import time

_undo = []
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def on_exit(action):
    _undo.append(action)


def forget(action):
    if action in _undo:
        _undo.remove(action)


def run_all():
    while _undo:
        action = _undo.pop()
        try:
            action()
        except Exception as error:  # the rest still has to be undone
            print(f"cleaning up: {error}", file=sys.stderr)


def die_with_parent():
    """For preexec_fn: the kernel ends the child when this process ends."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _on_signal(number, _frame):
    raise SystemExit(128 + number)


def descendants(pid):
    found = []
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{task}/children") as children:
                for child in children.read().split():
                    found.append(int(child))
                    found.extend(descendants(int(child)))
    except OSError:
        pass
    return found


def wait_gone(pids, seconds):
    deadline = time.monotonic() + seconds
    left = list(pids)
    while left and time.monotonic() < deadline:
        left = [pid for pid in left if os.path.exists(f"/proc/{pid}")]
        if left:
            time.sleep(0.05)
    return left


def signal_if_there(pid, number):
    try:
        os.kill(pid, number)
    except OSError:
        pass


def stop_tree(process, seconds=10):
    """Ends a child by its own pid with SIGTERM, then whatever it leaves behind."""
    family = descendants(process.pid)
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except Exception:
            process.kill()
            process.wait()
    for number in (signal.SIGTERM, signal.SIGKILL):
        for pid in family:
            signal_if_there(pid, number)
        family = wait_gone(family, 3)


def stop_at_once(process):
    """Asks all of the child's family at the same time: Dovecot's master takes seconds to pass it on,
    strace does not."""
    for pid in descendants(process.pid):
        signal_if_there(pid, signal.SIGTERM)
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        pass
    stop_tree(process)


atexit.register(run_all)
for _number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(_number, _on_signal)
