# SPDX-License-Identifier: GPL-2.0-or-later
"""What the clients do in a guest: logins of all kinds, and a few messages by those that succeed.

An address of its own for each connection: Dovecot slows down addresses that fail.
"""
from harness import load

SERVICES = ("imap", "pop3")


def fetch_some(client):
    if client.service == "imap":
        client.select()
        client.fetch("1:5", messages=5)
    else:
        client.retrieve(1)
        client.retrieve(2)


def plans(server):
    made = []
    for i, account in enumerate(server.accounts * 6):
        unknown = load.Try(f"nobody{i}@{account.tenant}", "whatever", "login", load.FAILURE)
        method = load.METHODS[i % len(load.METHODS)]
        tries = ([load.right(account, method)], [load.wrong(account, method)], [unknown],
                 [load.wrong(account), load.right(account)])[i % 4 if i < 32 else 0]
        made.append(load.Plan(SERVICES[i // 2 % 2], load.TRANSPORTS[i // 3 % 4],
                              server.source(i), tries, fetch_some))
    return made


def plans_of_round(server, number):
    """A few plans, for a load that goes on for as long as it is wanted."""
    made = []
    for i, account in enumerate(server.accounts):
        tries = [load.wrong(account), load.right(account)] if i % 2 else [load.right(account)]
        made.append(load.Plan(SERVICES[(i + number) % 2], load.TRANSPORTS[(i + number) % 2],
                              server.source(1000 + number * len(server.accounts) + i), tries,
                              fetch_some))
    return made
