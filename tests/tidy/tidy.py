#!/usr/bin/env python3
"""The house rules as a test: layering, listed and dead files, sizes, banned calls, links.

usage: tidy.py ROOT      prints 'file:line: error: what; cure' and fails if there is any
"""

import pathlib
import re
import sys

import layers
import rules

CODE_DIRS = ("src", "fuzz", "bench", "tests")
TEXT_DIRS = CODE_DIRS + ("cmake", "tools", "docs", "schema", "examples", "catalog", ".ci", "web")
TEXT_SUFFIXES = (
    ".h", ".cc", ".in", ".py", ".sh", ".cmake", ".txt", ".md", ".json", ".toml", ".sql",
    ".html", ".css", ".js", ".mjs", ".ts", ".tsx", "",
)  # fmt: skip
# Data, not prose: bytes of peers and expected texts say what they say. The rules' own cases too.
DATA = re.compile(r"^fuzz/corpus/|^fuzz/.*/corpus/|/testdata/|^tests/golden/|^tests/tidy/")
# What tools make or fetch inside the checkout.
SKIPPED = re.compile(r"__pycache__|node_modules|^web/dist/")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')
DEPS = re.compile(r"roofscape_module\(\s*([a-z_/]+)([^)]*)\)")
ROUTINE = ("HEADERS", "SOURCES", "TESTS", "DEPS", "LIBS")


class Tree:
    """The files of a checkout, read once."""

    def __init__(self, root):
        self.root = root
        self.texts = {}
        for path in sorted(self.paths(root)):
            try:
                self.texts[path] = (root / path).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                pass  # Not a text.

    @staticmethod
    def paths(root):
        for path in root.iterdir():
            if path.is_file() and path.suffix in TEXT_SUFFIXES:
                yield path.name
        for top in TEXT_DIRS:
            for path in (root / top).rglob("*"):
                name = path.relative_to(root).as_posix()
                if SKIPPED.search(name) or not path.is_file():
                    continue
                if path.suffix in TEXT_SUFFIXES:
                    yield name

    def code(self):
        for path, text in self.texts.items():
            if path.endswith((".h", ".cc")) and path.startswith(tuple(d + "/" for d in CODE_DIRS)):
                yield path, text


def includes(text):
    """(line, included path) of every include in quotes."""
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match[1]


def check_layers(tree):
    try:
        allowed = layers.parse(tree.texts.get("ARCHITECTURE.md", ""))
    except layers.TableError as error:
        yield str(error)
        return
    for path, text in tree.code():
        if not path.startswith("src/"):
            continue
        room = layers.room_of(path)
        if room not in allowed:
            yield f"{path}:1: error: '{room}' is not in the table of ARCHITECTURE.md; add it there"
            continue
        for number, other in includes(text):
            target = layers.room_of(other)
            if f"src/{other}" not in tree.texts and not other.endswith("version.h"):
                yield f"{path}:{number}: error: '{other}' is no file; write it relative to src/"
            elif not layers.may_include(allowed, room, target):
                yield (
                    f"{path}:{number}: error: '{room}' may not include '{target}'; a new arrow "
                    "needs a record in docs/adr/ and a line in ARCHITECTURE.md"
                )
    yield from check_deps(tree, allowed)


def check_deps(tree, allowed):
    """The DEPS of CMake say the same as the includes."""
    for path, text in tree.texts.items():
        if not (path.startswith("src/") and path.endswith("CMakeLists.txt")):
            continue
        for match in DEPS.finditer(text):
            room = match[1]
            deps = set(words_after(match[2], "DEPS"))
            for dep in sorted(deps):
                if not layers.may_include(allowed, room, dep):
                    yield f"{path}:1: error: '{room}' may not depend on '{dep}' (ARCHITECTURE.md)"
            yield from check_named(tree, allowed, path, room, deps)


def check_named(tree, allowed, path, room, deps):
    for name, text in tree.texts.items():
        if not name.startswith(f"src/{room}/"):
            continue
        for number, other in includes(text):
            target = layers.room_of(other)
            if f"src/{other}" not in tree.texts or not layers.may_include(allowed, room, target):
                continue  # Told already.
            if target not in deps | {room}:
                yield f"{name}:{number}: error: '{target}' is not in the DEPS of {path}; add it"


def words_after(arguments, keyword):
    taking = False
    for word in arguments.split():
        if word in ROUTINE:
            taking = word == keyword
        elif taking:
            yield word


def check_listed(tree):
    """Every source file stands in the CMakeLists.txt of its folder or of one above."""
    for path, _ in tree.code():
        folder = pathlib.PurePosixPath(path).parent
        listed = False
        for above in [folder, *folder.parents]:
            lists = tree.texts.get(f"{above}/CMakeLists.txt")
            if lists is not None:
                relative = pathlib.PurePosixPath(path).relative_to(above).as_posix()
                plain = re.split(r"[\s()\"]+", lists)
                listed = relative in plain or stem_is_listed(path, relative, plain)
                break
        if not listed:
            yield f"{path}:1: error: no CMakeLists.txt names this file; list it or delete it"


def stem_is_listed(path, relative, words):
    """Outside the modules a header goes with its .cc, and a program may be declared by its stem."""
    stem, suffix = relative.rsplit(".", 1)
    if path.startswith("src/cli/") or not path.startswith("src/"):
        if suffix == "h":
            return f"{stem}.cc" in words
        return stem in words
    return False


def check_dead_headers(tree):
    """A header that only its own .cc and test include is used by nobody."""
    users = {}
    for path, text in tree.code():
        for _, other in includes(text):
            stem = re.sub(r"(_test)?\.(cc|h)$", "", path)
            if stem != f"src/{other}".removesuffix(".h"):
                users.setdefault(f"src/{other}", set()).add(path)
    for path, _ in tree.code():
        if path.startswith("src/") and path.endswith(".h") and path not in users:
            yield f"{path}:1: error: nobody but its own .cc and test includes this; delete it"


def check_lines(tree):
    for path, text in tree.texts.items():
        if DATA.search(path):
            continue
        for number, message in rules.check_text(path, text):
            yield f"{path}:{number}: error: {message}"
    for path, text in tree.code():
        for number, message in rules.check_code(path, text):
            yield f"{path}:{number}: error: {message}"


def check_sizes(tree):
    """Limits of size. tests/tidy/ratchet.txt names what may be larger, and it can only shrink."""
    ratchet = {}
    for line in tree.texts.get("tests/tidy/ratchet.txt", "").splitlines():
        if line.strip() and not line.startswith("#"):
            size, key = line.split(maxsplit=1)
            ratchet[key] = int(size)
    for path, text in tree.texts.items():
        for key, size, limit, line, message in rules.sizes(path, text):
            granted = ratchet.pop(key, None)
            if size > max(limit, granted or 0):
                yield f"{path}:{line}: error: {message}; split it by topic"
            elif granted is not None and size < granted:
                better = f"write {size}" if size > limit else "delete the line"
                yield f"tests/tidy/ratchet.txt:1: error: {key} is {size} now: {better}"
    for key in ratchet:
        yield f"tests/tidy/ratchet.txt:1: error: '{key}' exists no more: delete the line"


def check_links(tree):
    """Links between our own pages lead somewhere."""
    for path, text in tree.texts.items():
        if not path.endswith(".md"):
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for target in rules.LINK.findall(line):
                if re.match(r"[a-z]+:", target):
                    continue
                if not (tree.root / path).parent.joinpath(target).exists():
                    yield f"{path}:{number}: error: the link to '{target}' leads nowhere"


CHECKS = [check_layers, check_listed, check_dead_headers, check_lines, check_sizes, check_links]


def check(root):
    """All violations in a checkout, as lines of text."""
    tree = Tree(pathlib.Path(root))
    return [error for rule in CHECKS for error in rule(tree)]


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    errors = check(arguments[0])
    for error in errors:
        print(error)
    print(f"tidy: {len(errors)} violations")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
