# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules. Each takes the root of a tree and yields (path, line, what is wrong).

A new rule is one function, one row in RULES, and one failing example in examples/.
"""
import os
import re
import subprocess

import calls
import documents
import source

# What bpf/ does without, and why: docs/kernel-traps.md.
TRAPS = (
    (re.compile(r"BPF_MAP_TYPE_\w*PERCPU\w*"),
     "a per-CPU map is overwritten where programs may be interrupted"),
    (re.compile(r"BPF_MAP_TYPE_\w*LRU\w*"), "an LRU map gives up live entries before it is full"),
    (re.compile(r"bpf_probe_read_(kernel|user)_str"), "may write one byte before its buffer up to 6.1"),
    (re.compile(r'SEC\("\??([ku](ret)?probe|ksyscall|raw_tp|raw_tracepoint|tp/|tracepoint|perf_event|lsm)'),
     "hooks are tp_btf, fentry, fexit, iterators and what user space calls"),
)

# Which rooms of user/ a room may include from, itself aside; all but base may use include/. A room is a
# folder; one inside another is a room of its own where it is named here.
LAYERS = {
    "base": (),
    "model": ("base",),
    "config": ("base", "model", "detect", "alert"),
    "discover": ("base", "model", "config"),
    "accounts": ("base", "model", "config", "discover", "ledger", "detect/state"),
    "ledger": ("base", "model"),
    "sensor": ("base", "model"),
    "detect/stats": ("base", "model"),
    "detect/state": ("base", "model", "detect/stats"),
    "detect": ("base", "model", "detect/stats", "detect/state"),
    "detect/text": ("base", "model", "detect/stats", "detect/state", "detect"),
    "detect/rules": ("base", "model", "detect/stats", "detect/state", "detect", "detect/text"),
    "alert": ("base", "model"),
    "serve": ("base", "model", "ledger"),
    "cli": ("base", "model", "config", "detect", "detect/stats", "detect/state", "alert"),
    "daemon": ("base", "model", "config", "discover", "accounts", "ledger", "sensor", "detect",
               "detect/state", "alert", "serve"),
}
# Which rooms of bpf/ a room may include from, itself aside.
BPF_LAYERS = {
    "lib": (),
    "sensors": ("lib",),
    "hooks": ("lib", "sensors"),
}
GENERATED = {
    "build_info.h": ("serve", "daemon", "cli"),
    "waxseal.skel.h": ("sensor",),
}
LIBBPF = re.compile(r"(bpf|libbpf)/|linux/bpf\.h$|linux/btf\.h$|gelf\.h$|libelf\.h$")

SPDX = "/* SPDX-License-Identifier: GPL-2.0-or-later */"
VAGUE = ("util", "helper", "manager", "common", "misc")
PRODUCTS = ("alertmanager",)  # called so by others
FILE_LINES = 500
FUNCTION_LINES = 80
HELP_COLUMNS = 80


def _room(path, layers):
    """The room that a path below the folder of its layers lies in, or None."""
    parts = os.path.dirname(path).split("/")
    for length in range(len(parts), 0, -1):
        if "/".join(parts[:length]) in layers:
            return "/".join(parts[:length])
    return None


def _user_layer(root, room, name, quoted):
    """What is wrong with an #include in user/<room>, or None."""
    if not quoted:
        if LIBBPF.match(name) and room != "sensor":
            return f"<{name}>: only sensor/ knows libbpf"
        return None
    if ".." in name.split("/"):
        return f'"{name}": includes are written from user/ or include/'
    if name in GENERATED:
        allowed = GENERATED[name]
        return None if room in allowed else f'"{name}" belongs to {", ".join(allowed)}'
    target = _room(name, LAYERS)
    if target:
        allowed = (*LAYERS[room], room)
        if target in allowed:
            return None
        return f'{room}/ must not include {target}/ ("{name}"); allowed: {", ".join(allowed)}'
    if room == "base":
        return f'base/ must not include "{name}"; allowed: base'
    if "/" not in name and not os.path.exists(os.path.join(root, "include", name)):
        return f'"{name}": includes are written from user/ or include/'
    return None


def _foreign_to_kernel(root, path, name):
    """include/ and bpf/ reach each other and vmlinux.h, never user/."""
    if _room(name, LAYERS) or name == "build_info.h":
        return True
    if path.startswith("bpf/"):
        return False
    places = ("include", os.path.dirname(path))
    found = any(os.path.exists(os.path.join(root, place, name)) for place in places)
    return not found and name != "vmlinux.h"


def _kernel_layer(root, path, name):
    """What is wrong with an #include in include/ or bpf/, or None."""
    if _foreign_to_kernel(root, path, name):
        return f'{path.split("/")[0]}/ must not include "{name}"'
    room = _room(path.removeprefix("bpf/"), BPF_LAYERS) if path.startswith("bpf/") else None
    target = _room(name, BPF_LAYERS)
    if room and target and target not in (*BPF_LAYERS[room], room):
        return f'bpf/{room}/ must not include bpf/{target}/ ("{name}")'
    return None


def layers(root):
    for path in source.c_files(root):
        parts = path.split(os.sep)
        room = _room(path.removeprefix("user/"), LAYERS) if parts[0] == "user" else None
        for line, name, quoted in source.includes(source.read(root, path)):
            wrong = None
            if room:
                wrong = _user_layer(root, room, name, quoted)
            elif parts[0] == "user":
                wrong = f"{os.path.dirname(path)}/ is no room"
            elif parts[0] in ("include", "bpf") and quoted:
                wrong = _kernel_layer(root, path, name)
            if wrong:
                yield path, line, wrong


def names(root):
    for path in source.files(root):
        name = os.path.basename(path).lower()
        for product in PRODUCTS:
            name = name.replace(product, "")
        for word in VAGUE:
            if word in name:
                yield path, 0, f"a file called '{word}' says nothing; name what it is about"


def comments(root):
    for path in source.c_files(root):
        for line in source.line_comments(source.read(root, path)):
            yield path, line, "// comment; write /* */"


def licence(root):
    for path in source.c_files(root):
        if not source.read(root, path).startswith(SPDX + "\n"):
            yield path, 1, f"first line is not {SPDX}"


def traps(root):
    for path in source.c_files(root):
        if not path.startswith("bpf" + os.sep):
            continue
        text = source.read(root, path)
        for pattern, why in TRAPS:
            for match in pattern.finditer(text):
                yield path, source.line_of(text, match.start()), f"{match[0]}: {why}"


def file_length(root):
    for path in source.c_files(root):
        lines = source.read(root, path).count("\n")
        if lines > FILE_LINES:
            yield path, lines, f"{lines} lines; allowed: {FILE_LINES}"


def function_length(root):
    for path in source.c_files(root):
        for line, name, length in source.functions(source.read(root, path)):
            if length > FUNCTION_LINES:
                yield path, line, f"{name}() has {length} lines; allowed: {FUNCTION_LINES}"


def programs(root):
    """Built programs of the tree; an example keeps its own in programs/."""
    for folder in ("build", "programs"):
        for name in ("waxseald", "waxseal"):
            path = os.path.join(folder, name)
            if os.access(os.path.join(root, path), os.X_OK):
                yield path


def _call(root, path, option):
    return subprocess.run(
        [os.path.join(root, path), option],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )


def help_text(root):
    for path in programs(root):
        done = _call(root, path, "--help")
        if done.returncode != 0:
            yield path, 0, f"--help exits with {done.returncode}; allowed: 0"
        if done.stderr or not done.stdout:
            yield path, 0, "--help belongs on standard output, all of it"
        for number, line in enumerate(done.stdout.splitlines(), 1):
            if len(line.expandtabs()) > HELP_COLUMNS:
                yield path, number, f"--help is wider than {HELP_COLUMNS} columns: {line}"


def refusal(root):
    for path in programs(root):
        done = _call(root, path, "--no-such-option")
        if done.returncode != 2:
            yield path, 0, f"an unknown option exits with {done.returncode}; allowed: 2"
        if done.stdout or done.stderr.count("\n") != 1:
            yield path, 0, "an unknown option gives one line on standard error, no more or less"


def rooms(root):
    return documents.rooms(root, LAYERS, BPF_LAYERS)


RULES = {
    "layers": layers,
    "rooms": rooms,
    "documents": documents.documents,
    "names": names,
    "comments": comments,
    "licence": licence,
    "traps": traps,
    "file-length": file_length,
    "function-length": function_length,
    "unique-functions": calls.unique_functions,
    "circles": calls.circles,
    "help": help_text,
    "refusal": refusal,
}
