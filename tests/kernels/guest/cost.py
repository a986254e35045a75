# SPDX-License-Identifier: GPL-2.0-or-later
"""What system calls that have nothing to do with mail cost, in instructions.

This guest's clock counts them (qemu -icount): a nanosecond is an instruction, so what is compared does not
depend on how busy the machine is. Without any program, with an empty one on the same hook, and with
the daemon by each of its mechanisms.
"""
import contextlib
import subprocess

from installed import configure, run, unit_property
from live import start_unit
from results import cost, result, within

PAYLOAD = "/payload"
CALLS = ("getppid", "read", "open")
# function: what is not hooked costs nothing (an instruction or two is chance), what is hooked little
UNRELATED_MOST, OPEN_MOST = 1.01, 1.2
# syscall: the hook is on everything; the work at it is to be little
SYSCALL_MOST = 1.3


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
        printed = run(f"{PAYLOAD}/tests/kernels/guest/syscalls", seconds=600).stdout
    counted = {call: float(n) for call, n in map(str.split, printed.splitlines())}
    for call in CALLS:
        cost(mode, call, counted[call])
    return counted


def compare(counted, name, call, mode, base, most):
    ratio = counted[mode][call] / counted[base][call]
    result(f"cost_{name}", ratio <= most,
           f"{call}, {mode} / {base}: {ratio:.3f}, at most {most}")


def costs():
    counted = {mode: measure(mode) for mode in MODES}
    if not all(counted.values()):
        return
    for call in ("getppid", "read"):
        compare(counted, f"of_unrelated_{call}_by_function", call, "function", "none", UNRELATED_MOST)
    compare(counted, "of_unrelated_open_by_function", "open", "function", "empty_open", OPEN_MOST)
    for call in CALLS:
        compare(counted, f"of_unrelated_{call}_by_syscall", call, "syscall", "empty_exit",
                SYSCALL_MOST)
