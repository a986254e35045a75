#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""No secret is kept: neither passwords nor hashes nor message text, in no form, in no place.

Marker passwords (right and wrong), marker hashes, message bodies and subjects are planted and
pass the host: through login, the authentication socket, the credential store and the mailboxes.
Then every place that the sensor has is searched for them raw, in hex and in base64 at each of
its three alignments: kernel maps, ring buffers, daemon memory, state, logs, alerts, API,
metrics, command line.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import base64
import hashlib
import json
import secrets
import subprocess
import threading
import time

from harness import load
from harness.clients import Imap
from harness.lab import AUTH_PROGRAM, Lab, password_hash
from harness.report import Report, require_root_and_programs, until
from harness.sensor import Sensor
from harness.tidy import descendants
from harness.truth import Truth

NAME = "no_secrets"
BPFTOOL = "/usr/sbin/bpftool"
API = ("status", "accounts", "sources", "tenants", "stores", "alerts", "affected", "doctor")


def marker(kind):
    return f"{kind}{secrets.token_hex(10)}"


def forms(raw):
    """A byte string as it may have been written down."""
    found = {raw, raw.hex().encode(), raw.hex().upper().encode()}
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        # The first characters mix with what stands before, the last with what follows.
        found.add(text[(shift * 8 + 5) // 6:len(text) - 4])
    return found


class Secrets:
    def __init__(self):
        self.by_form = {}

    def add(self, name, raw):
        for form in forms(raw):
            self.by_form[form] = name

    def inside(self, content):
        return sorted({name for form, name in self.by_form.items() if form in content})


def memory_of(pid):
    """All memory of a process that can be read, region by region."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, permissions = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if "r" not in permissions or "[vvar" in line or "[vsyscall" in line:
                continue
            try:
                memory.seek(start)
                yield memory.read(end - start)
            except (OSError, ValueError, OverflowError):
                continue


def bpftool(*arguments):
    shown = subprocess.run([BPFTOOL, "--json", *arguments], capture_output=True, text=True).stdout
    try:
        return json.loads(shown)
    except ValueError:
        return None


def map_ids_of(sensor):
    ids = set(sensor.map_ids())
    for program in sensor.program_ids():
        ids.update((bpftool("prog", "show", "id", str(program)) or {}).get("map_ids", []))
    return ids


def raw_bytes(value):
    return bytes(int(byte, 16) for byte in value) if isinstance(value, list) and value and \
        isinstance(value[0], str) else b""


def map_content(map_id):
    """(type, bytes of all keys and values, ids of inner maps); ring buffers have no entries to ask
    for, they are in the daemon's memory."""
    kind = (bpftool("map", "show", "id", str(map_id)) or {}).get("type", "?")
    entries, content, inner = bpftool("map", "dump", "id", str(map_id)), b"", set()
    for entry in entries if isinstance(entries, list) else []:
        content += raw_bytes(entry.get("key")) + raw_bytes(entry.get("value"))
        inner_id = entry.get("inner_map_id")
        if inner_id is not None:
            inner.add(int(inner_id[0] if isinstance(inner_id, list) else inner_id, 0)
                      if not isinstance(inner_id, int) else inner_id)
        for value in entry.get("values", []):
            content += raw_bytes(value.get("value"))
    return kind, content, inner


def kernel_maps(sensor):
    """{name of place: content}"""
    places, waiting, seen = {}, map_ids_of(sensor), set()
    while waiting:
        map_id = waiting.pop()
        if map_id in seen:
            continue
        seen.add(map_id)
        kind, content, inner = map_content(map_id)
        places[f"map {map_id} ({kind})"] = content
        waiting |= inner
    return places


def files_below(folder):
    places = {}
    for parent, _folders, names in os.walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.isfile(path) and not os.path.islink(path):
                with open(path, "rb") as content:
                    places[f"file {os.path.relpath(path, folder)}"] = content.read()
    return places


def answers(sensor, lab):
    paths = [f"/v1/{name}" for name in API]
    paths += [f"/v1/accounts/{account.name}" for account in lab.accounts]
    paths += [f"/v1/sources/{lab.source(i)}" for i in range(4)] + ["/metrics", "/v1/nothing"]
    places = {f"answer {path}": sensor.request(path)[1] for path in paths}
    places["metrics over TCP"] = sensor.metrics().encode()
    for command in API:
        result = sensor.run_cli(command)
        places[f"waxseal {command}"] = (result.stdout + result.stderr).encode()
    return places


def search(report, sensor, lab, planted, when):
    maps = kernel_maps(sensor)
    places = {**maps, **files_below(sensor.folder), **answers(sensor, lab),
              "daemon memory": b"\xff".join(memory_of(sensor.pid))}
    found = [f"{place}: {', '.join(names)}" for place, content in sorted(places.items())
             if (names := planted.inside(content))]
    size = sum(map(len, places.values())) / 1e6
    report.check(not found, f"{when}: {len(planted.by_form)} forms of secrets, none in "
                 f"{len(places)} places ({len(maps)} maps), {size:.0f} MB", found)
    return places, maps


def plant(lab, planted):
    """Hashes stand in the store next to a password in clear, the mistake of many operators."""
    for account in lab.accounts:
        planted.add("right password", account.password.encode())
        digest = hashlib.sha256(account.password.encode()).digest()
        planted.add("digest", digest)
        planted.by_form[password_hash(account.password)[8:].encode()] = "hash"
        body, subject = marker("Body"), marker("Subject")
        planted.add("message text", body.encode())
        planted.add("subject", subject.encode())
        for _ in range(5):
            lab.deliver(account, f"{body}\n" * 50, subject=subject)
    clear = marker("Clear")
    planted.add("password in the store", clear.encode())
    with open(lab.passwd_file, "a") as passwd:
        passwd.write(f"clear.{lab.tag}@isp1.example:{{PLAIN}}{clear}::::::\n")


def plan_traffic(lab, planted):
    plans = []
    for i, account in enumerate(lab.accounts):
        wrong = marker("Wrong")
        planted.add("wrong password", wrong.encode())
        for j, method in enumerate(load.METHODS):
            tries = [load.Try(account.name, wrong, method, "failure"),
                     load.Try(f"ghost.{lab.tag}@isp1.example", wrong, method, "failure"),
                     load.Try(account.name, account.password, method, "success")]
            plans.append(load.Plan(("imap", "pop3")[(i + j) % 2], load.TRANSPORTS[j], lab.source(j),
                                   tries, read_all))
    return plans * 3


def read_all(client):
    if client.service == "imap":
        client.select()
        client.fetch("1:*", "BODY[] ENVELOPE", messages=5)
    else:
        for number in range(1, 6):
            client.retrieve(number)


def strangers(lab):
    """Other programs read the store and a mailbox, so that those alerts are written too."""
    subprocess.run(["cat", lab.passwd_file], stdout=subprocess.DEVNULL, check=True)
    subprocess.run(["tar", "-cf", f"{lab.folder}/copy.tar", lab.home(lab.accounts[0])],
                   capture_output=True, check=True)


def search_meanwhile(report, sensor, planted, carry_on):
    """Maps and memory while the traffic runs: a secret must not even pass through."""
    found, rounds, over = set(), 0, threading.Event()

    def look():
        nonlocal rounds
        while not over.is_set():
            places = {**kernel_maps(sensor), "daemon memory": b"\xff".join(memory_of(sensor.pid))}
            rounds += 1
            found.update(f"{place}: {name}" for place, content in places.items()
                         for name in planted.inside(content))
    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    surprises = carry_on()
    over.set()
    looking.join()
    report.check(not surprises, "the mail server answered every attempt as planned", surprises)
    report.check(rounds and not found,
                 f"during the traffic: none in maps and memory, looked {rounds} times",
                 sorted(found))


def control(report, sensor, lab, planted, places, maps):
    """The search is worth something only if it finds what is there."""
    name = lab.accounts[0].name.encode()
    sample = base64.b64encode(b"\0some@one\0" + lab.accounts[0].password.encode())
    report.check(planted.inside(sample),
                 "control: a password inside a PLAIN response is recognised")
    auth = [pid for pid in descendants(lab.process.pid)
            if os.readlink(f"/proc/{pid}/exe") == AUTH_PROGRAM]
    held = set()
    for pid in auth:
        held.update(planted.inside(b"\xff".join(memory_of(pid))))
    report.check("hash" in held, "control: the same search finds a hash in Dovecot's own memory",
                 f"{len(auth)} auth processes: {held}")
    databases = [place for place, content in places.items()
                 if place.startswith("file state/") and name in content]
    report.check(databases, "control: an account's name is found in the state folder")
    report.check(name in places["daemon memory"], "control: ... and in the daemon's memory")
    report.check(any(name in content for content in maps.values()),
                 "control: ... and in a kernel map, of an open session")


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    planted = Secrets()
    with Lab(accounts=6, passwords={i: marker("Right") for i in range(6)}) as lab:
        plant(lab, planted)
        plans = plan_traffic(lab, planted)
        with Sensor(lab) as sensor:
            search_meanwhile(report, sensor, planted,
                             lambda: load.run(lab, Truth(), plans, parallel=12))
            strangers(lab)
            held = Imap(lab, lab.source(0), "tls")
            held.login(lab.accounts[0].name, lab.accounts[0].password)
            held.select()
            held.fetch(1)
            until(lambda: {"credential_reader", "foreign_reader"} <=
                  {alert["detector"] for alert in sensor.alerts()})
            time.sleep(2.5)
            places, maps = search(report, sensor, lab, planted, "after the traffic")
            control(report, sensor, lab, planted, places, maps)
            held.logout()
            time.sleep(2.5)
            search(report, sensor, lab, planted, "after the last logout")
            sensor.halt()
            found = [f"{place}: {names}" for place, content in files_below(sensor.folder).items()
                     if (names := planted.inside(content))]
            report.check(not found, "after the daemon ended: nothing in its files", found)
    report.finish()


if __name__ == "__main__":
    main()
