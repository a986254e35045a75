# SPDX-License-Identifier: GPL-2.0-or-later
"""Seeds that other tests and the installed files already hold: no second copy is kept."""
import os
import re

ESCAPE = re.compile(rb"\\x([0-9a-fA-F]{2})|\\(.)|(.)\{([0-9]+)\}", re.DOTALL)
LETTERS = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}


def unescape(text):
    """The bytes of a case's line; see tests/cases/case.h."""

    def meaning(match):
        if match.group(1):
            return bytes([int(match.group(1), 16)])
        if match.group(2):
            return LETTERS.get(match.group(2), match.group(2))
        return match.group(3) * int(match.group(4))

    return ESCAPE.sub(meaning, text)


def cases(path):
    """Yields (name, speaker, bytes) of each case of a file."""
    name = speaker = None
    written = b""
    with open(path, "rb") as file:
        for line in file.read().split(b"\n"):
            if line.startswith(b"case "):
                if name:
                    yield name, speaker, written
                name, speaker, written = line[5:].decode(), None, b""
            elif line.startswith(b"> "):
                written += unescape(line[2:])
            elif speaker is None and re.match(rb"(server|client|anvil|cyrus)", line):
                speaker = line.decode()
    if name:
        yield name, speaker, written


# The first byte of an input that is one direction of an authentication connection.
KINDS = {"client handshake": b"0", "server handshake": b"1", "client": b"2", "server": b"3"}


def case_file(target, root):
    """Of a fuzzer that has a case file of its name."""
    path = os.path.join(root, f"tests/cases/{target}.cases")
    for name, speaker, written in cases(path) if os.path.exists(path) else ():
        yield name, KINDS.get(speaker, b"") + written


def config(root):
    """The installed file, all keys set, section by section."""
    with open(os.path.join(root, "user/install/waxseal.conf"), encoding="utf-8") as file:
        text = re.sub(r"^#(\w+ = )", r"\1", file.read(), flags=re.M)
    for section in re.split(r"^(?=\[)", text, flags=re.M)[1:]:
        lines = [line for line in section.splitlines() if line and not line.startswith("#")]
        yield lines[0].strip("[]"), "\n".join(lines + [""]).encode()


SOURCES = {"config": config}


def write(target, folder, root):
    for name in os.listdir(folder):
        os.unlink(os.path.join(folder, name))
    seeds = SOURCES[target](root) if target in SOURCES else case_file(target, root)
    for name, text in seeds:
        name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
        with open(os.path.join(folder, name), "wb") as file:
            file.write(text)
