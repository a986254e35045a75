# SPDX-License-Identifier: GPL-2.0-or-later
"""The budget of verified instructions, per program and kernel: budget.txt.

A program near a verifier's limit fails on the next kernel; growth should be seen when it is made.
"""
import os

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "budget.txt")
HEAD = """\
# Verified instructions that a program may take on a kernel: measured + 25 %, at least + 32.
# Written by tests/kernels/run --write-budget, when the growth is meant.
#
# KERNEL    PROGRAM           INSTRUCTIONS
"""


def read():
    """{(kernel, program): instructions}"""
    if not os.path.exists(PATH):
        return {}
    with open(PATH) as lines:
        rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return {(kernel, program): int(allowed) for kernel, program, allowed in rows}


def write(done):
    """Replaces the rows of the kernels that ran."""
    ran = {row.name for row, _outcome in done}
    allowed = {key: n for key, n in read().items() if key[0] not in ran}
    for row, outcome in done:
        for program, (instructions, _milliseconds) in outcome.programs.items():
            allowed[row.name, program] = max(instructions * 5 // 4, instructions + 32)
    with open(PATH, "w") as out:
        out.write(HEAD)
        for (kernel, program), n in sorted(allowed.items()):
            out.write(f"{kernel:11} {program:17} {n}\n")


def exceeded(done):
    """Sentences; a program without a budget exceeds it."""
    allowed, sentences = read(), []
    for row, outcome in done:
        for program, (instructions, _milliseconds) in outcome.programs.items():
            most = allowed.get((row.name, program), 0)
            if instructions > most:
                sentences.append(f"{row.name}: {program}: {instructions} verified instructions, "
                                 f"budget {most or 'not set (run --write-budget)'}")
    return sentences
