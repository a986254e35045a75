# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs weeks by name and prints a row for each.

From the environment: SEEDS of each week (2), SEED_LIST (open, held), SEED for just one,
ACCOUNTS instead of each week's own, VARIANT (part of a label), QUICK=1 (the first variant of each
week), ROSTER (with, without, both),
RIVALS=0 to leave the other programs out, LARGE=1 for hosts of 200,000 accounts and more, JOBS (1).
"""
import collections
import concurrent.futures
import os
import sys

from week_list import SEED_LISTS, WEEKS
from week_trial import RIVALS, WeekTrial

# Of takeovers: so many of those told of may reset a password for nothing.
ERROR_SHARE = .1
COLUMNS = ("week", "variant", "roster", "seeds", "critical, warning, notice", "attempts", "limit",
           "minutes", "alerts", "hours until over", "in error", *RIVALS, "", "why")


def seeds():
    if "SEED" in os.environ:
        return (int(os.environ["SEED"]),)
    return SEED_LISTS[os.environ.get("SEED_LIST", "open")][:int(os.environ.get("SEEDS", "2"))]


def key(words, name, default):
    """The last value of a key."""
    values = [word.partition("=")[2] for word in words.split() if word.startswith(name + "=")]
    return values[-1] if values else default


def judge_ordinary(week, trial):
    found = trial.by()
    wrong = sum(found.values()) > week.people
    return [f"{sum(found.values())} alerts: " +
            ", ".join(f"{name} {count}" for name, count in found.most_common())] if wrong else []


def judge_attack(week, trial, within):
    told = trial.told(week.notice, week.from_day)
    attempts = trial.attempts_until(told, week.from_day)
    everything = len(trial.incident(("critical", "warning", "notice")))
    besides = collections.Counter(a["detector"] for a in trial.besides())
    wrong = {
        "not told": told is None,
        f"told after {attempts} of {within}": told is not None and attempts > within,
        f"{trial.incident_alerts()} alerts": trial.incident_alerts() > week.alerts,
        f"{everything} alerts with notices": week.any_alerts and everything > week.any_alerts,
        f"over after {trial.hours_over():.1f} h": trial.hours_over() > week.over,
        "still active": trial.is_active(),
        f"{trial.joined():.0%} joined": week.joined and trial.joined() < week.joined,
        f"{trial.wronged()} in error":
            trial.wronged() > week.wronged + ERROR_SHARE * len(trial.opened),
        "besides: " + ", ".join(f"{name} {count}" for name, count in besides.items()):
            bool(besides),
    }
    return [text for text, is_wrong in wrong.items() if is_wrong]


def run_one(week, words, roster, seed):
    trial = WeekTrial(f"{words} seed={seed}", week.config, roster,
                      os.environ.get("RIVALS") != "0", week.personal)
    row = {"counts": trial.counts(), "people": sum(trial.counts()[:2]),
           "days": float(key(words, "days", 14)) * float(key(words, "accounts", 20000)) / 1e6}
    if not week.hostile:
        row["wrong"] = judge_ordinary(week, trial)
        row.update({name: trial.rival_false(name) for name in RIVALS})
        return row
    within = int(key(words, "within", week.within))
    told = trial.told(week.notice, week.from_day)
    row.update(wrong=judge_attack(week, trial, within), within=within,
               attempts=trial.attempts_until(told, week.from_day),
               minutes=trial.minutes_until(told, week.from_day),
               alerts=trial.incident_alerts(), over=trial.hours_over(), error=trial.wronged())
    row.update({name: trial.rival_attempts(name) for name in RIVALS})
    return row


def show(values, form="{}"):
    return ", ".join("-" if value is None else form.format(value) for value in values)


def line(week, label, roster, rows):
    hostile = week.hostile

    def of(name, form="{}"):
        return show([row[name] for row in rows], form) if hostile else ""
    wrong = [text for row in rows for text in row["wrong"][:2]]
    bans = [show([row[name] for row in rows]) for name in RIVALS]
    return (week.name, label, "yes" if roster else "no", str(len(rows)),
            "; ".join("{} {} {}".format(*row["counts"]) for row in rows), of("attempts"),
            str(rows[0]["within"]) if hostile else "", of("minutes", "{:.1f}"), of("alerts"),
            of("over", "{:.1f}"), of("error"), *bans, "FAILED" if wrong else "ok",
            "; ".join(wrong))


def chosen(names):
    unknown = set(names) - {week.name for week in WEEKS}
    if unknown:
        sys.exit(f"no week {sorted(unknown)[0]}; there are: "
                 f"{', '.join(week.name for week in WEEKS)}")
    rosters = {"with": (True,), "without": (False,)}.get(os.environ.get("ROSTER"), (True, False))
    for week in WEEKS:
        if names and week.name not in names:
            continue
        quick = 1 if os.environ.get("QUICK") == "1" else None
        for label, more in list(week.variants.items())[:quick]:
            words = f"{week.words} {more}"
            if "ACCOUNTS" in os.environ:
                words += f" accounts={os.environ['ACCOUNTS']}"
            is_large = float(key(words, "accounts", 20000)) >= 200000
            if os.environ.get("VARIANT", "") not in label or \
                    (is_large and os.environ.get("LARGE") != "1"):
                continue
            for roster in week.rosters:
                if roster in rosters:
                    yield week, label, words, roster


def run_weeks(names):
    """Returns what to say of the rows that failed."""
    failed, total, people, days = 0, 0, 0, 0.0
    print("| " + " | ".join(COLUMNS) + " |\n|" + "---|" * len(COLUMNS))
    with concurrent.futures.ThreadPoolExecutor(int(os.environ.get("JOBS", "1"))) as pool:
        tasks = [(week, label, roster, [pool.submit(run_one, week, words, roster, seed)
                                        for seed in seeds()])
                 for week, label, words, roster in chosen(names)]
        for week, label, roster, rows in tasks:
            rows = [row.result() for row in rows]
            if not week.hostile:
                people += sum(row["people"] for row in rows)
                days += sum(row["days"] for row in rows)
            cells = line(week, label, roster, rows)
            print("| " + " | ".join(cells) + " |", flush=True)
            total += 1
            failed += cells[-2] == "FAILED"
    print(f"\n{total - failed} of {total} ok")
    if days:
        print(f"ordinary weeks: {people} warnings and criticals, {people / days:.2f} a day and "
              "million accounts (wanted: 0.1)")
    return [f"{failed} of {total} weeks"] if failed else []
