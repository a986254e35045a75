# SPDX-License-Identifier: GPL-2.0-or-later
"""Logins in parallel: a plan is what one connection does, one after the other."""
import collections
import concurrent.futures
import random

from harness.clients import CLIENTS, FAILURE, SUCCESS, TEMPORARY, UNANSWERED

# account, password, method as in Client.login; expected: what an honest server answers
Try = collections.namedtuple("Try", "account password method expected")
Plan = collections.namedtuple("Plan", "service transport source tries fetch")
METHODS = ("login", "plain", "plain-ir", "sasl-login")
TRANSPORTS = ("cleartext", "cleartext", "tls", "starttls")


def right(account, method="login"):
    return Try(account.name, account.password, method, SUCCESS)


def wrong(account, method="login"):
    return Try(account.name, "not " + account.password, method, FAILURE)


def random_try(lab, choice, method):
    """One attempt that does not log in."""
    account = choice.choice(lab.accounts)
    kind = choice.random()
    if kind < 0.55:
        return wrong(account, method)
    if kind < 0.85:
        name = f"ghost{choice.randrange(20)}.{lab.tag}@{account.tenant}"
        return Try(name, "whatever", method, FAILURE)
    if kind < 0.90:
        return Try(f"user.{lab.tag}@broken.example", "whatever", method, TEMPORARY)
    if kind < 0.95:
        return Try(account.name, "", "malformed", FAILURE)
    return Try(account.name, "", "abort", UNANSWERED)


def random_plans(lab, attempts, seed, sources=8):
    """Plans with at least so many attempts in all: several accounts on one connection, then half
    of the connections log in."""
    choice = random.Random(seed)
    plans, planned = [], 0
    while planned < attempts:
        tries = [random_try(lab, choice, choice.choice(METHODS))
                 for _ in range(choice.choice((0, 0, 1, 2, 4)))]
        if choice.random() < 0.7 or not tries:
            tries.append(right(choice.choice(lab.accounts), choice.choice(METHODS)))
        planned += len(tries)
        plans.append(Plan(choice.choice(("imap", "pop3")), choice.choice(TRANSPORTS),
                          lab.source(choice.randrange(sources)), tries, None))
    return plans


def carry_out(lab, truth, plan):
    """Returns what went otherwise than expected."""
    surprises = []
    with CLIENTS[plan.service](lab, plan.source, plan.transport) as client:
        for one in plan.tries:
            outcome = client.login(one.account, one.password, one.method)
            truth.attempt(client, one.account, outcome,
                          named=one.method not in ("malformed", "abort"))
            if outcome != one.expected:
                surprises.append(f"{plan.service} {one.method} {one.account}: {outcome}")
        if client.account:
            if plan.fetch:
                plan.fetch(client)
            client.logout()
            truth.session(client)
    return surprises


def run(lab, truth, plans, parallel=50):
    surprises = []
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        for found in pool.map(lambda plan: carry_out(lab, truth, plan), plans):
            surprises.extend(found)
    return surprises
