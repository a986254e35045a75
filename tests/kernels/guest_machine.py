# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots a guest from its image, with a time limit, and reads what it said."""
import os
import platform
import subprocess
import time

from harness import tidy

CONSOLE_LINES = 25
# program, what the kernel calls the machine, console, options. qemu 7.2 gets cmpxchg16b wrong now and
# then, which ends 6.12 in its allocator; la57 and svm only cost time.
MACHINES = {
    "amd64": ("qemu-system-x86_64", "x86_64", "ttyS0", ["-cpu", "max,-cx16,-la57,-svm"]),
    "arm64": ("qemu-system-aarch64", "aarch64", "ttyAMA0", ["-machine", "virt", "-cpu", "max"]),
}


class Outcome:
    """results: {name: (verdict, detail)}; facts: {name: value}; programs: {name: (instructions,
    milliseconds)}; text: everything that was said."""

    def __init__(self, text, seconds, problem):
        self.text, self.seconds, self.problem = text, seconds, problem
        self.results, self.facts, self.programs = {}, {}, {}
        for line in text.splitlines():
            word, _, rest = line.partition(" ")
            fields = rest.split(" ", 2)
            if word == "RESULT" and len(fields) > 1:
                self.results[fields[0]] = (fields[1], fields[2] if len(fields) > 2 else "")
            elif word == "FACT":
                name, _, value = rest.partition(" ")
                self.facts[name] = value
            elif word == "PROGRAM":
                self.programs[fields[0]] = tuple(map(int, fields[1:]))

    def count(self, verdict):
        return sum(one == verdict for one, _detail in self.results.values())

    def failed(self):
        return bool(self.problem or self.count("failed") or not self.count("passed"))

    def summary(self):
        return self.problem or f"{self.count('passed')} passed, {self.count('failed')} failed"


def read(path):
    try:
        with open(path, errors="replace") as text:
            return text.read().replace("\r", "")
    except FileNotFoundError:
        return ""


def command_line(row, image, payload, console, results, only):
    program, machine, port, more = MACHINES[row.arch]
    options = ["root=/dev/vda", "rw", f"console={port}", "quiet", "panic=-1",
               "systemd.show_status=0", f"waxseal.expect={row.expect}",
               f"waxseal.only={only}"]
    options += row.options.split(",") if row.options != "-" else []
    if platform.machine() != machine:
        return None
    # Emulated in all cases: machines that test are often virtual ones that cannot nest.
    return ["nice", "-n", "10", program, *more, "-accel", "tcg,thread=multi", "-smp", "2", "-m",
            "1024", "-nodefaults", "-no-reboot", "-display", "none", "-nic", "none", "-kernel", f"{image}/vmlinuz", "-initrd", f"{image}/initrd", "-append",
            " ".join(options), "-device", "virtio-rng-pci", "-drive",
            f"file={image}/root.img,format=raw,if=virtio,snapshot=on", "-drive",
            f"file={payload},format=raw,if=virtio,readonly=on", "-serial", f"file:{console}",
            "-serial", f"file:{results}"]


def last_words(console):
    lines = [line for line in read(console).splitlines() if line.strip()]
    return "the console's last lines:\n" + "\n".join(lines[-CONSOLE_LINES:])


def boot(row, image, payload, folder, arguments):
    os.makedirs(folder)
    console, results = f"{folder}/console", f"{folder}/results"
    command = command_line(row, image, payload, console, results, arguments.only)
    if not command:
        return Outcome("", 0, f"this machine has no programs for {row.arch}")
    started = time.monotonic()
    with open(f"{folder}/qemu", "w") as said:
        machine = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said,
                                   stderr=subprocess.STDOUT, preexec_fn=tidy.die_with_parent)
    tidy.on_exit(machine.kill)
    problem = ""
    try:
        if machine.wait(arguments.seconds) != 0:
            problem = "qemu failed: " + read(f"{folder}/qemu").strip()
    except subprocess.TimeoutExpired:
        machine.kill()
        machine.wait()
        problem = f"not done after {arguments.seconds} s"
    tidy.forget(machine.kill)
    text = read(results)
    if not problem and "\nEND\n" not in text:
        problem = "the guest ended before its tests did"
    if problem:
        text += last_words(console)
    return Outcome(text, time.monotonic() - started, problem)
