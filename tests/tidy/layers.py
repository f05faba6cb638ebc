"""Who may include whom: reads the table in ARCHITECTURE.md and judges one include at a time.

The table is the fenced block that starts with the line `wing | rooms | may also include`:

    domain  | spec < catalog, workload < analysis | base/core, base/stats
    measure | host < load; gguf                   | base, domain
    service | twin (model), api (*)               | base, domain

`a < b`: b may include a. `a, b`: neither may include the other. `;` starts a new chain. Brackets
behind a room: what it alone may include besides. `*`: everything but cli.
"""

import re

HEADER = re.compile(r"^wing\s*\|\s*rooms\s*\|\s*may also include\s*$")
TOP = "cli"


class TableError(Exception):
    """The table cannot be read; the message says why."""


def parse(text):
    """The rows of the table in a document: {wing or wing/room: set of wings and wing/rooms}."""
    rows = []
    inside = False
    for line in text.splitlines():
        if HEADER.match(line.strip()):
            inside = True
        elif inside and line.startswith("```"):
            break
        elif inside and line.strip():
            rows.append([cell.strip() for cell in line.split("|")])
    if not rows:
        raise TableError("ARCHITECTURE.md: no table 'wing | rooms | may also include'")
    allowed = {}
    for row in rows:
        if len(row) != 3:
            raise TableError(f"ARCHITECTURE.md: not three columns: {' | '.join(row)}")
        add_row(allowed, *row)
    return allowed


def add_row(allowed, wing, rooms, shared):
    shared = names(shared)
    if rooms == "*":
        allowed[wing] = shared
        return
    for chain in split_outside_brackets(rooms, ";"):
        left = set()
        for level in split_outside_brackets(chain, "<"):
            here = set()
            for entry in split_outside_brackets(level, ","):
                match = re.fullmatch(r"([a-z_]+)\s*(?:\(([^)]*)\))?", entry.strip())
                if not match:
                    raise TableError(f"ARCHITECTURE.md: cannot read the room '{entry.strip()}'")
                room = f"{wing}/{match[1]}"
                allowed[room] = shared | names(match[2] or "") | left
                here.add(room)
            left |= here


def names(cell):
    return {name.strip() for name in cell.split(",") if name.strip()}


def split_outside_brackets(text, separator):
    parts = [""]
    depth = 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def room_of(path):
    """'src/base/core/x.h' -> 'base/core'; 'src/cli/x.h' -> 'cli'; also without 'src/'."""
    parts = path.removeprefix("src/").split("/")
    return TOP if parts[0] == TOP else "/".join(parts[:2])


def may_include(allowed, room, other):
    """True if a file of `room` may include a header of `other`."""
    if room == other:
        return True
    granted = allowed.get(room, set())
    if other == TOP:
        return False
    return "*" in granted or other in granted or other.split("/")[0] in granted
