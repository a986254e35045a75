# SPDX-License-Identifier: GPL-2.0-or-later
"""What a guest says, one line each, for the machine that started it:

    RESULT name passed|failed|skipped detail
    FACT name value
    PROGRAM name verified-instructions milliseconds-to-load
    COST mode call instructions

Every other line is for people, who see it when something failed.
"""
import contextlib

_part = ""


@contextlib.contextmanager
def within(part):
    """Names of results and facts inside begin with it."""
    global _part
    _part = f"{part}_"
    try:
        yield
    finally:
        _part = ""


def say(text):
    for line in text.rstrip().splitlines():
        print(f"  {line}", flush=True)


def result(name, holds, detail=""):
    """Returns whether it holds. A detail may be a list: its first entry counts most."""
    details = [detail] if isinstance(detail, str) else [str(one) for one in detail]
    first = " ".join(details[0].split()) if details else ""
    print(f"RESULT {_part}{name} {'passed' if holds else 'failed'} {first}", flush=True)
    if not holds:
        say("\n".join(details[1:60]))
    return bool(holds)


def skipped(name, why):
    print(f"RESULT {_part}{name} skipped {why}", flush=True)


def fact(name, value):
    print(f"FACT {_part}{name} {value}", flush=True)


def program(name, instructions, milliseconds):
    print(f"PROGRAM {name} {instructions} {milliseconds}", flush=True)


def cost(mode, call, instructions):
    print(f"COST {mode} {call} {instructions:.0f}", flush=True)
