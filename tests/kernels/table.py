# SPDX-License-Identifier: GPL-2.0-or-later
"""What was found, as tables for people."""

MECHANISMS = ("function", "syscall")
SHOWN = 12  # lines of what a failed test said
LAST_LINES = 60


def print_table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    for row in [head, *rows]:
        print("  " + "  ".join(f"{str(cell):{width}}" for cell, width in zip(row, widths)).rstrip())


def verdicts(outcome, mechanism):
    """passed/all of one mechanism, or of what belongs to none."""
    own = [verdict for name, (verdict, _detail) in outcome.results.items()
           if (name.startswith(f"{mechanism}_") if mechanism else
               not name.startswith(tuple(f"{one}_" for one in MECHANISMS)))]
    return f"{own.count('passed')}/{len(own)}" if own else "-"


def kernel_row(row, outcome):
    facts = outcome.facts
    cells = [row.name, facts.get("release", "-"), facts.get("dovecot", "-"), verdicts(outcome, None)]
    for mechanism in MECHANISMS:
        cells += [verdicts(outcome, mechanism), facts.get(f"{mechanism}_sensors", "-"),
                  facts.get(f"{mechanism}_load_seconds", "-")]
    return cells + ["FAILED" if outcome.failed() else "passed"]


def program_rows(done, allowed):
    names = sorted({name for _row, outcome in done for name in outcome.programs})
    for name in names:
        cells = [name]
        for row, outcome in done:
            if name in outcome.programs:
                instructions, milliseconds = outcome.programs[name]
                most = allowed.get((row.name, name), "-")
                cells.append(f"{instructions}/{most} {milliseconds} ms")
            else:
                cells.append("-")
        yield cells


def print_costs(row, costs):
    calls = list(next(iter(costs.values())))
    print(f"\n{row.name}: instructions of a system call that has nothing to do with mail\n")
    print_table([""] + calls, [[mode] + [counted.get(call, "-") for call in calls]
                               for mode, counted in costs.items()])


def print_tables(done, allowed):
    print("\nTests passed; sensors active and seconds to readiness for each mechanism\n")
    head = ["kernel", "release", "Dovecot", "tests"]
    for mechanism in MECHANISMS:
        head += [mechanism, "sensors", "s"]
    print_table(head + [""], [kernel_row(row, outcome) for row, outcome in done])
    programs = list(program_rows(done, allowed))
    if programs:
        print("\nVerified instructions/budget, milliseconds to load\n")
        print_table(["program"] + [row.name for row, outcome in done], programs)
    for row, outcome in done:
        if outcome.costs:
            print_costs(row, outcome.costs)
    print()


def print_last_lines(row, outcome):
    print(f"{row.name}: {outcome.problem}")
    print("\n".join(f"    {line}" for line in outcome.text.splitlines()[-LAST_LINES:]))


def print_failures(done, over):
    for row, outcome in done:
        for name, (verdict, detail) in outcome.results.items():
            if verdict == "failed":
                print(f"{row.name}: {name}: {detail}")
                print("".join(f"    {line}\n" for line in outcome.said[name][:SHOWN]), end="")
        if outcome.problem:
            print_last_lines(row, outcome)
    for sentence in over:
        print(sentence)
