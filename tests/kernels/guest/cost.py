# SPDX-License-Identifier: GPL-2.0-or-later
"""What system calls that have nothing to do with mail cost, in instructions.

This guest's clock counts them (qemu -icount): a nanosecond is an instruction, so what is compared does not
depend on how busy the machine is. Without any program, with an empty one on the same hook, and with
the daemon by each of its mechanisms.
"""
import contextlib
import os
import shutil
import subprocess

from installed import configure, run, unit_property
from live import start_unit
from results import cost, result, within

PAYLOAD = "/payload"
OWN_PLACE = "/opt/of/no/mail/calls"  # on the file system of the mail
# function: what is not hooked costs nothing (an instruction or two is chance), what is hooked little;
# syscall: the hook is on everything, and what it does beside being there is to be little.
# (call, mode, compared with, at most)
WANTED = (
    ("getppid", "function", "none", 1.01),
    ("read", "function", "none", 1.01),  # of a device
    ("open", "function", "empty_open", 1.2),
    ("getppid", "syscall", "empty_exit", 1.1),
    *((call, "syscall", "empty_exit", 1.3)
      for call in ("read", "pread", "open", "mmap", "pipe", "socket")),
)


@contextlib.contextmanager
def nothing():
    yield True


@contextlib.contextmanager
def empty(name):
    held = subprocess.Popen([f"{PAYLOAD}/hold", f"{PAYLOAD}/{name}.bpf.o"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, text=True)
    try:
        yield bool(held.stdout.readline().split())
    finally:
        held.stdin.close()
        held.wait(60)


@contextlib.contextmanager
def daemon(mechanism):
    configure(mechanism)
    with within(mechanism):
        started = start_unit()
    try:
        yield started and unit_property("ActiveState") == "active"
    finally:
        run("systemctl", "stop", "waxseald")


MODES = {
    "none": nothing,
    "empty_open": lambda: empty("empty_open"),
    "function": lambda: daemon("function"),
    "empty_exit": lambda: empty("empty"),
    "syscall": lambda: daemon("syscall"),
}


def measure(mode):
    """{call: instructions}"""
    with MODES[mode]() as works:
        if not result(f"measures_{mode}", works):
            return None
        printed = run(OWN_PLACE, seconds=1200).stdout
    counted = {call: float(n) for call, n in map(str.split, printed.splitlines())}
    for call, instructions in counted.items():
        cost(mode, call, instructions)
    return counted


def costs():
    os.makedirs(os.path.dirname(OWN_PLACE), exist_ok=True)
    shutil.copy(f"{PAYLOAD}/calls", OWN_PLACE)
    counted = {mode: measure(mode) for mode in MODES}
    if not all(counted.values()):
        return
    for call, mode, base, most in WANTED:
        ratio = counted[mode][call] / counted[base][call]
        result(f"cost_of_unrelated_{call}_by_{mode}", ratio <= most,
               f"{mode} / {base}: {ratio:.3f}, at most {most}")
