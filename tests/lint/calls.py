# SPDX-License-Identifier: GPL-2.0-or-later
"""Which file defines a function, and which files call each other's."""
import re

import source

NOT_NAMED_HERE = ("main",)


def _program_files(root):
    return [path for path in source.c_files(root) if path.startswith(("user/", "bpf/"))]


def _definitions(root, paths):
    """{name: {path: line}}; a macro that names its program for us is none."""
    found = {}
    for path in paths:
        for line, name, _length in source.functions(source.read(root, path)):
            if not name.isupper() and name not in NOT_NAMED_HERE:
                found.setdefault(name, {}).setdefault(path, line)
    return found


def unique_functions(root):
    """A name in a backtrace leads to one place. Variants of one function share their file."""
    for name, places in _definitions(root, _program_files(root)).items():
        for path in sorted(places)[1:]:
            first = sorted(places)[0]
            yield path, places[path], f"{name}() is defined in {first}, too; name it after its file"


def _circles(graph):
    """The strongly connected components of more than one node (Tarjan)."""
    order, low, stack, found = {}, {}, [], []

    def visit(node):
        order[node] = low[node] = len(order)
        stack.append(node)
        for other in sorted(graph.get(node, ())):
            if other not in order:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], order[other])
        if low[node] == order[node]:
            circle = stack[stack.index(node):]
            del stack[stack.index(node):]
            if len(circle) > 1:
                found.append(sorted(circle))

    for node in sorted(graph):
        if node not in order:
            visit(node)
    return found


def _header_graph(root, paths):
    graph = {path: set() for path in paths if path.endswith(".h")}
    for path in graph:
        for _line, name, quoted in source.includes(source.read(root, path)):
            graph[path].update({f"{top}/{name}" for top in ("user", "bpf")
                                if quoted and f"{top}/{name}" in graph})
    return graph


def _call_graph(root, paths):
    """Who names which other .c file's function that a header declares."""
    code = {path: source.without_comments(source.read(root, path)) for path in paths}
    declared = set()
    for path in paths:
        if path.endswith(".h"):
            declared.update(re.findall(r"\b([a-z_]\w*)\(", code[path]))
    defined = {}
    for name, places in _definitions(root, paths).items():
        public = [path for path in places if path.endswith(".c")
                  and not re.search(rf"^static[^;={{(]*\b{name}\(", code[path], re.MULTILINE)]
        if name in declared and len(public) == 1:
            defined[name] = public[0]
    graph = {}
    for path in paths:
        if path.endswith(".c"):
            named = set(re.findall(r"\b([a-z_]\w*)\b(?=\s*[(,;)}])", code[path])) & set(defined)
            graph[path] = {defined[name] for name in named} - {path}
    return graph


def circles(root):
    paths = _program_files(root)
    for graph, what in ((_header_graph(root, paths), "include"), (_call_graph(root, paths), "call")):
        for circle in _circles(graph):
            arrows = "; ".join(f"{path} -> {', '.join(sorted(graph[path] & set(circle)))}"
                               for path in circle)
            yield circle[0], 0, f"files that {what} each other in a circle: {arrows}"
