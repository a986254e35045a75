# SPDX-License-Identifier: GPL-2.0-or-later
"""The tree as the rules see it: its C files, their comments and functions.

Functions are found by the style itself: their braces stand alone in the first column.
"""
import os
import re

FOLDERS = ("include", "vmlinux", "bpf", "user", "tests", "docs")
SKIPPED = (os.path.join("tests", "lint", "examples"),)
TOKEN = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL
)


def files(root):
    """Paths relative to root of all files in the folders of the project."""
    for folder in FOLDERS:
        for place, folders, names in os.walk(os.path.join(root, folder)):
            at = os.path.relpath(place, root)
            folders[:] = sorted(
                f
                for f in folders
                if os.path.join(at, f) not in SKIPPED and f != "__pycache__"
            )
            for name in sorted(names):
                yield os.path.join(at, name)


def c_files(root):
    return (path for path in files(root) if path.endswith((".c", ".h")))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def line_comments(text):
    """Lines with a // comment (not one inside a string or a block comment)."""
    return [
        line_of(text, match.start())
        for match in TOKEN.finditer(text)
        if match.group().startswith("//")
    ]


def without_comments(text):
    """The text with comments and strings blanked, each line where it was."""
    return TOKEN.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def includes(text):
    """(line, name, quoted) of each #include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r"\s*#\s*include\s+(?:\"([^\"]+)\"|<([^>]+)>)", line)
        if match:
            yield number, match.group(1) or match.group(2), bool(match.group(1))


def function_name(lines, start):
    """The word before the first parenthesis of the declaration that ends above `start`."""
    head = ""
    for line in reversed(lines[max(0, start - 8) : start]):
        if not line.strip() or line.startswith(("}", "#", "/*", " *")) or line.endswith(";"):
            break
        head = line + " " + head
    match = re.search(r"(\w+)\s*\(", head)
    return match.group(1) if match else None


def functions(text):
    """(line, name, lines of the body with its braces) of each function."""
    lines = text.splitlines()
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line.startswith("}") and start is not None:
            name = function_name(lines, start)
            if name and line == "}":
                yield start + 1, name, i - start + 1
            start = None
