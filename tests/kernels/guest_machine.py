# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots a guest from its image, with a time limit, and reads what it said."""
import collections
import glob
import os
import subprocess
import time

from harness import tidy

CONSOLE_LINES = 40
Parts = collections.namedtuple("Parts", "emulator image payload")  # folders of the first two; a file
Machine = collections.namedtuple("Machine", "program console options")
# By Debian's name of the architecture. Without cmpxchg16b, as qemu 7.2 got it wrong now and then, and as
# what needs it in the kernel (kmalloc_nolock) must not be needed here; la57 and svm only cost time.
MACHINES = {
    "amd64": Machine("qemu-system-x86_64", "ttyS0", ["-cpu", "max,-cx16,-la57,-svm"]),
    "arm64": Machine("qemu-system-aarch64", "ttyAMA0", ["-machine", "virt", "-cpu", "cortex-a72"]),
}
# Two processors that really run at the same time; or one whose clock counts its instructions.
PARALLEL = ["-accel", "tcg,thread=multi", "-smp", "2"]
COUNTED = ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off", "-smp", "1"]


class Outcome:
    """results: {name: (verdict, detail)}; facts: {name: value}; programs: {name: (instructions,
    milliseconds)}; costs: {mode: {call: instructions}}; said: {name of result: [line after it]}; text:
    everything that was said."""

    def __init__(self, text, seconds, problem):
        self.text, self.seconds, self.problem = text, seconds, problem
        self.results, self.facts, self.programs, self.costs = {}, {}, {}, {}
        self.said, last = {}, None
        for line in text.splitlines():
            word, _, rest = line.partition(" ")
            fields = rest.split(" ", 2)
            if word == "RESULT" and len(fields) > 1:
                self.results[fields[0]] = (fields[1], fields[2] if len(fields) > 2 else "")
                last = self.said.setdefault(fields[0], [])
            elif line.startswith("  ") and last is not None:
                last.append(line.strip())
            elif word == "FACT":
                name, _, value = rest.partition(" ")
                self.facts[name] = value
            elif word == "PROGRAM":
                self.programs[fields[0]] = tuple(map(int, fields[1:]))
            elif word == "COST":
                mode, call, instructions = fields
                self.costs.setdefault(mode, {})[call] = int(instructions)

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


def kernel_options(row, only):
    """Mitigations cost an emulated processor a third of its time and guard nothing here; but where
    instructions are counted, they are what every host has."""
    return " ".join([
        "root=/dev/vda", "rw", f"console={MACHINES[row.arch].console}", "quiet", "oops=panic", "panic=-1",
        "systemd.show_status=0", f"waxseal.expect={row.expect}", f"waxseal.only={only}",
        *([] if row.expect == "cheap" else ["mitigations=off"]),
        *(row.options.split(",") if row.options != "-" else [])])


def emulator(row, root):
    """qemu, with the libraries that lie beside it."""
    loader = glob.glob(f"{root}/usr/lib/*-linux-gnu/ld-linux*")[0]
    libraries = os.path.dirname(loader)
    return ["env", f"QEMU_MODULE_DIR={libraries}/qemu", loader, "--library-path", libraries,
            f"{root}/usr/bin/{MACHINES[row.arch].program}",
            "-L", f"{root}/usr/share/qemu", "-L", f"{root}/usr/share/seabios"]


def command_line(row, parts, console, results, only):
    machine, image = MACHINES[row.arch], parts.image
    # Emulated in all cases: machines that test are often virtual ones that cannot nest.
    return ["nice", "-n", "10", *emulator(row, f"{parts.emulator}/root"), *machine.options,
            *(COUNTED if row.expect == "cheap" else PARALLEL), "-m", "1024", "-nodefaults",
            "-no-reboot", "-display", "none", "-nic", "none", "-kernel", f"{image}/vmlinuz",
            "-initrd", f"{image}/initrd", "-append", kernel_options(row, only),
            "-device", "virtio-rng-pci",
            "-drive", f"file={image}/root.img,format=raw,if=virtio,snapshot=on",
            "-drive", f"file={parts.payload},format=raw,if=virtio,readonly=on",
            "-serial", f"file:{console}", "-device", "virtio-serial-pci",
            "-chardev", f"file,id=results,path={results}",
            "-device", "virtserialport,chardev=results"]


def last_words(console):
    lines = [line for line in read(console).splitlines() if line.strip()]
    return "the console's last lines:\n" + "\n".join(lines[-CONSOLE_LINES:])


def boot(row, parts, folder, arguments):
    os.makedirs(folder)
    console, results = f"{folder}/console", f"{folder}/results"
    command = command_line(row, parts, console, results, arguments.only)
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
        problem = ("the guest's kernel panicked" if "Kernel panic" in read(console) else
                   "the guest ended before its tests did")
    if problem:
        text += last_words(console)
    return Outcome(text, time.monotonic() - started, problem)
