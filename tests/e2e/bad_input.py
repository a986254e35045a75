#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A daemon that cannot start says why in one line, exits 2 (configuration) or 1 (the host), and
leaves nothing attached.
"""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import shutil
import socket
import subprocess
import tempfile

from harness import tidy
from harness.report import Report, require_root_and_programs
from harness.sensor import CLI, DAEMON, ROOT, Sensor, all_program_ids, leftover_programs

NAME = "bad_input"
USAGE, RUNTIME = 2, 1


def run_daemon(arguments, prefix=()):
    """Returns (exit status or None when it kept running, lines on standard error)."""
    process = subprocess.Popen([*prefix, DAEMON, *arguments], stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, preexec_fn=tidy.die_with_parent,
                               env={k: v for k, v in os.environ.items() if k != "NOTIFY_SOCKET"})
    try:
        _out, errors = process.communicate(timeout=40)
        return process.returncode, errors.splitlines()
    except subprocess.TimeoutExpired:
        tidy.stop_tree(process)
        return None, process.communicate()[1].splitlines()


def refused(report, what, status, word, arguments, prefix=()):
    """word: what the line has to name for an operator to find the mistake."""
    before = all_program_ids()
    seen, lines = run_daemon(arguments, prefix)
    report.check(seen == status, f"{what}: exit {status}", f"exit {seen}: {lines[-3:]}")
    report.check(len(lines) == 1 and word in lines[0], f"{what}: one line that names {word}", lines)
    left = leftover_programs(before)
    report.check(not left, f"{what}: nothing stays attached", f"programs {left}")


def with_settings(report, what, status, word, settings, prefix=(), prepare=None):
    sensor = Sensor(settings=settings)
    if prepare:
        prepare(sensor)
    refused(report, what, status, word, ["--config", sensor.config_file], prefix)
    sensor.stop()


def bad_configurations(report):
    for what, word, settings in (
            ("unknown key", "colour", {"daemon": {"colour": "blue"}}),
            ("unknown section", "weather", {"weather": {"rain": "yes"}}),
            ("a number out of range", "false_alarms_per_day",
             {"detect": {"false_alarms_per_day": "-1"}}),
            ("a word for a number", "tick", {"daemon": {"tick": "soon"}}),
            ("unknown mechanism", "mechanism", {"daemon": {"mechanism": "magic"}}),
            ("template without account", "root", {"mail": {"root": "/var/vmail/%d"}}),
            ("template that goes up", "root", {"mail": {"root": "/var/vmail/%d/../%n"}}),
            ("an address without a host", "url",
             {"alert webhook": {"enabled": "yes", "url": "http:///alerts"}}),
            ("a part of an account", "accounts", {"detector takeover": {"accounts": "2.5"}}),
            ("unknown sink", "alertmanager", {"alert email": {"enabled": "yes"}}),
            ("relative template", "root", {"mail": {"root": "vmail/%d/%n"}}),
            ("unknown detector", "clairvoyance", {"detector clairvoyance": {"enabled": "yes"}})):
        with_settings(report, what, USAGE, word, settings)
    refused(report, "configuration file that is not there", USAGE, "/nonexistent/waxseal.conf",
            ["--config", "/nonexistent/waxseal.conf"])
    status, lines = run_daemon(["--frobnicate"])
    report.check(status == USAGE and lines, "unknown option: exit 2", f"exit {status}: {lines}")


def check_config_option(report):
    sensor = Sensor()
    status, lines = run_daemon(["--config", sensor.config_file, "--check-config"])
    report.check(status == 0, "--check-config accepts a good file", f"exit {status}: {lines}")
    sensor.stop()
    sensor = Sensor(settings={"daemon": {"colour": "blue"}})
    status, lines = run_daemon(["--config", sensor.config_file, "--check-config"])
    report.check(status == USAGE and len(lines) == 1 and "waxseal.conf:" in lines[0],
                 "--check-config refuses a bad one, naming file and line",
                 f"exit {status}: {lines}")
    sensor.stop()


def bad_hosts(report):
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with_settings(report, "busy port", RUNTIME, str(port),
                      {"http": {"listen": f"127.0.0.1:{port}"}})
    blocked = tempfile.mkdtemp(prefix="wb", dir="/tmp")
    tidy.on_exit(lambda: shutil.rmtree(blocked, ignore_errors=True))
    with open(f"{blocked}/file", "w"):
        pass
    # Root may write into any folder; one that cannot even be made stands for the unwritable.
    with_settings(report, "state folder that cannot be used", RUNTIME, f"{blocked}/file",
                  {"daemon": {"state_dir": f"{blocked}/file/state"}})
    with_settings(report, "runtime folder that cannot be used", RUNTIME, f"{blocked}/file",
                  {"daemon": {"runtime_dir": f"{blocked}/file/run"}})

    def readable_by_all(sensor):
        for path in (sensor.folder, sensor.config_file, sensor.state_dir, sensor.runtime_dir):
            os.chmod(path, 0o755)
    with_settings(report, "not root", RUNTIME, "root", {}, prepare=readable_by_all,
                  prefix=("setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups"))
    other_hosts(report)


def other_hosts(report):
    container = ("unshare", "--user", "--map-root-user")
    made = subprocess.run([*container, "true"], capture_output=True, text=True)
    if made.returncode == 0:
        with_settings(report, "an unprivileged container", RUNTIME, "BPF maps", {},
                      prefix=container)
    else:  # in a chroot, for one
        report.say(f"left out, no user namespace can be made here: {made.stderr.strip()}")
    with_settings(report, "a kernel without BPF", RUNTIME, "BPF maps", {},
                  prefix=(sys.executable, f"{ROOT}/tests/harness/without_bpf.py"))
    # Only /sys is made private: the root of a chroot is no mount point and cannot be.
    with_settings(report, "a kernel without BTF", RUNTIME, "BTF", {},
                  prefix=("unshare", "--mount", "--propagation", "unchanged", "sh", "-c",
                          "mount --make-rprivate /sys && "
                          'mount -t tmpfs none /sys/kernel/btf && exec "$@"', "sh"))


def command_line(report):
    def run(*arguments):
        return subprocess.run([CLI, *arguments], capture_output=True, text=True, timeout=20)
    for what, status, arguments in (
            ("no daemon", RUNTIME, ("--socket", "/nonexistent/waxseal.sock", "status")),
            ("unknown command", USAGE, ("frobnicate",)),
            ("no command", USAGE, ()),
            ("unknown order", USAGE, ("--socket", "/nonexistent/s", "accounts", "--by", "colour")),
            ("help of no command", USAGE, ("help", "frobnicate")),
            ("an account without name", USAGE, ("--socket", "/nonexistent/s", "account"))):
        result = run(*arguments)
        report.check(result.returncode == status and result.stderr.strip(),
                     f"waxseal, {what}: exit {status} and a word about it",
                     f"exit {result.returncode}: {result.stderr!r}")


def main():
    require_root_and_programs(NAME)
    report = Report(NAME)
    bad_configurations(report)
    check_config_option(report)
    bad_hosts(report)
    command_line(report)
    report.finish()


if __name__ == "__main__":
    main()
