# SPDX-License-Identifier: GPL-2.0-or-later
"""What the documents say of the tree: files, functions and rooms that they name exist.

Read are README, CONTRIBUTING, the newest section of CHANGELOG, and all pages below docs/.
"""
import fnmatch
import os
import re

import source

TOP = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
ENDINGS = (".md", ".1", ".5", ".8")
# A path from the top, and the bare name of a source file, with or without some of its folders.
PATH = re.compile(r"(?<![\w./-])(?:user|bpf|include|tests|docs|vmlinux)/[\w./*-]*[\w/*]")
SOURCE = re.compile(r"(?<![\w./*-])(?:[\w-]+/)*[\w-]+(?:\.bpf)?\.[ch]\b(?!/)")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
FUNCTION = re.compile(r"(?<![\w./-])([a-z_]\w*)\(\)")
DRAWING = "docs/architecture.md"
# Sources of the kernel and of others that documents may name.
FOREIGN = re.compile(r"^(?:kernel|include/linux|tools)/")
# Programs in Python whose names do not show it.
PYTHON = ("tests/lint/run", "tests/lint/frames", "tests/lint/stats", "tests/kernels/run",
          "tests/bench/run", "tests/demo/run")
PLACEHOLDER = re.compile(r"\b[A-Z]{3,}\b")


def _documents(root):
    for name in TOP:
        if os.path.exists(os.path.join(root, name)):
            yield name
    for path in source.files(root):
        if path.startswith("docs" + os.sep) and path.endswith(ENDINGS):
            yield path


def _text(root, path):
    """The text with its lines as they are; of the changelog only the newest section is left."""
    text = source.read(root, path).replace("\\-", "-")
    if path == "CHANGELOG.md":
        sections = [match.start() for match in re.finditer(r"^## ", text, re.MULTILINE)]
        text = text[: sections[1]] if len(sections) > 1 else text
    return text


def _functions(root):
    """Names that stand before a parenthesis, or first inside one, in what is no comment."""
    names = set()
    for path in source.files(root):
        if path.endswith((".c", ".h")):
            code = source.without_comments(source.read(root, path))
            names.update(re.findall(r"\b([a-z_]\w*)\s*\(", code))
            names.update(re.findall(r"\b[A-Z]\w+\(\s*([a-z_]\w*)", code))
        elif path.endswith(".py") or path in PYTHON:
            names.update(re.findall(r"^\s*def (\w+)", source.read(root, path), re.MULTILINE))
    return names


def _exists(root, paths, named):
    if "*" in named:
        return any(fnmatch.fnmatch(path, named) for path in paths)
    # a program that is built may be named like its source
    return os.path.exists(os.path.join(root, named)) or f"{named}.c" in paths


def _is_source(_root, paths, named):
    return any(path == named or path.endswith("/" + named) for path in paths)


def _links(root, path, text):
    for match in LINK.finditer(text):
        target = os.path.join(root, os.path.dirname(path), match[1])
        if not os.path.exists(target):
            yield match, f"link to {match[1]}, which does not exist"


def _names(root, paths, functions, text):
    for pattern, exists in ((PATH, _exists), (SOURCE, _is_source)):
        for match in pattern.finditer(text):
            named = match[0]
            if FOREIGN.match(named) or PLACEHOLDER.search(named):
                continue
            if not exists(root, paths, named):
                yield match, f"{named}: there is no such file"
    for match in FUNCTION.finditer(text):
        if match[1] not in functions:
            yield match, f"{match[0]}: there is no such function"


def documents(root):
    paths = set(source.files(root))
    functions = _functions(root)
    for path in _documents(root):
        text = _text(root, path)
        found = {}
        for match, wrong in (*_links(root, path, text), *_names(root, paths, functions, text)):
            found.setdefault((source.line_of(text, match.start()), wrong))
        for line, wrong in sorted(found):
            yield path, line, wrong


def _tables(text):
    """{room: (line, what it may include)} of rows that begin with a room and end with a list."""
    rows = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\| `((?:user|bpf)/[\w/]+)` \|(?:.*\|)?([^|]*)\|$", line)
        if match:
            rows[match[1]] = number, set(re.findall(r"`([\w/]+)`", match[2]))
    return rows


def _drawing(text):
    """The first block of indented lines."""
    match = re.search(r"^ {4}.*\n(?:(?: {4}.*)?\n)*", text, re.MULTILINE)
    return match[0] if match else ""


def rooms(root, user_layers, bpf_layers):
    """Tables and drawing of the rooms say what `layers` checks."""
    expected = {f"user/{room}": allowed for room, allowed in user_layers.items()}
    expected.update({f"bpf/{room}": allowed for room, allowed in bpf_layers.items()})
    for path in (DRAWING, "CONTRIBUTING.md"):
        if not os.path.exists(os.path.join(root, path)):
            continue
        text = source.read(root, path)
        rows = _tables(text)
        for room in sorted(set(rows) - set(expected)):
            yield path, rows[room][0], f"{room} is no room of tests/lint/rules.py"
        for room, allowed in expected.items():
            if room not in rows:
                yield path, 0, f"the table of rooms lacks {room}"
            elif rows[room][1] != set(allowed):
                yield path, rows[room][0], f"{room} may include: {', '.join(allowed) or 'nothing'}"
            if path == DRAWING and room.split("/", 1)[1] not in _drawing(text):
                yield path, 0, f"the drawing of rooms lacks {room}"
