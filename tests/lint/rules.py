# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules. Each takes the root of a tree and yields (path, line, what is wrong).

A new rule is one function, one row in RULES, and one failing example in examples/.
"""
import os
import re
import subprocess

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

# Which folders of user/ a folder may include from; all but base may use include/.
LAYERS = {
    "base": ("base",),
    "model": ("base", "model"),
    "ledger": ("base", "model", "ledger"),
    "sensor": ("base", "model", "sensor"),
    "detect": ("base", "model", "detect"),
    "alert": ("base", "model", "alert"),
    "serve": ("base", "model", "ledger", "serve"),
    "cli": ("base", "model", "detect", "alert", "cli"),
    "daemon": ("base", "model", "ledger", "sensor", "detect", "alert", "serve", "daemon"),
}
GENERATED = {
    "build_info.h": ("serve", "daemon", "cli"),
    "waxseal.skel.h": ("sensor",),
}
LIBBPF = re.compile(r"(bpf|libbpf)/|linux/bpf\.h$|linux/btf\.h$|gelf\.h$|libelf\.h$")

SPDX = "/* SPDX-License-Identifier: GPL-2.0-or-later */"
VAGUE = ("util", "helper", "manager", "common", "misc")
FILE_LINES = 500
FUNCTION_LINES = 80
HELP_COLUMNS = 80


def _user_layer(folder, name, quoted):
    """What is wrong with an #include in user/<folder>, or None."""
    if not quoted:
        if LIBBPF.match(name) and folder != "sensor":
            return f"<{name}>: only sensor/ knows libbpf"
        return None
    if name in GENERATED:
        allowed = GENERATED[name]
        return None if folder in allowed else f'"{name}" belongs to {", ".join(allowed)}'
    target = name.split("/")[0]
    if target in LAYERS:
        allowed = LAYERS[folder]
        if target in allowed:
            return None
        return f'{folder}/ must not include {target}/ ("{name}"); allowed: {", ".join(allowed)}'
    if folder == "base":
        return f'base/ must not include "{name}"; allowed: base'
    if "/" not in name and name not in ("abi.h", "types.h", "limits.h", "knobs.h"):
        return f'"{name}": includes are written from user/ or include/'
    return None


def _foreign_to_kernel(root, path, name):
    """include/ and bpf/ reach each other and vmlinux.h, never user/."""
    if name.split("/")[0] in LAYERS or name == "build_info.h":
        return True
    if path.startswith("bpf/"):
        return False
    places = ("include", os.path.dirname(path))
    found = any(os.path.exists(os.path.join(root, place, name)) for place in places)
    return not found and name != "vmlinux.h"


def layers(root):
    for path in source.c_files(root):
        parts = path.split(os.sep)
        for line, name, quoted in source.includes(source.read(root, path)):
            wrong = None
            if parts[0] == "user" and parts[1] in LAYERS:
                wrong = _user_layer(parts[1], name, quoted)
            elif parts[0] == "user" and len(parts) > 2:
                wrong = f"user/{parts[1]}/ is no layer"
            elif parts[0] in ("include", "bpf") and quoted:
                if _foreign_to_kernel(root, path, name):
                    wrong = f'{parts[0]}/ must not include "{name}"'
            if wrong:
                yield path, line, wrong


def names(root):
    for path in source.files(root):
        for word in VAGUE:
            if word in os.path.basename(path).lower():
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


RULES = {
    "layers": layers,
    "names": names,
    "comments": comments,
    "licence": licence,
    "traps": traps,
    "file-length": file_length,
    "function-length": function_length,
    "help": help_text,
    "refusal": refusal,
}
