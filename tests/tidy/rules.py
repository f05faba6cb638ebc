"""The house rules that look at one line or one file. STYLE.md says why each of them stands."""

import re

import cpp_text

COLUMNS = 100
FUNCTION_LINES = 70
FILE_LINES = 500


class Ban:
    """A pattern that may not stand in the code, where, and what to use in its place."""

    def __init__(self, pattern, instead, only=(), exempt=(), in_tests=True):
        self.pattern = re.compile(pattern)
        self.instead = instead
        self.only = only  # Prefixes of paths; empty: everywhere under src/, fuzz/, bench/, tests/.
        self.exempt = exempt  # Prefixes of paths.
        self.in_tests = in_tests

    def applies(self, path):
        if path.startswith(self.exempt) or (self.only and not path.startswith(self.only)):
            return False
        return self.in_tests or not (path.endswith("_test.cc") or path.startswith("tests/"))


BELOW_CLI = ("src/base/", "src/domain/", "src/measure/", "src/model/", "src/results/")
PURE = ("src/domain/", "src/model/")
BANS = [
    Ban(
        r"(?:steady|system|high_resolution)_clock::now|\bgettimeofday\s*\("
        r"|\bclock_gettime\s*\((?!CLOCK_(?:THREAD|PROCESS)_CPUTIME_ID)"
        r"|\b(?:std::)?time\s*\(\s*(?:nullptr|NULL|0)\s*\)",
        "take a Clock& (base/core/clock.h)",
        exempt=("src/base/core/clock.cc",),
    ),
    Ban(
        r"\bstd::random_device\b|\bstd::mt19937|\bs?rand\s*\(|#include <random>",
        "take an Rng or a seed (base/core/rng.h)",
    ),
    Ban(
        r"\bstd::(?:cout|cerr|clog)\b|\bfmt::print\s*\(|\b(?:v?f?printf|f?puts|putchar|perror)\s*\(",
        "return the text or a Result; only cli/ prints",
        only=BELOW_CLI,
        exempt=("src/base/core/check.cc",),
        in_tests=False,
    ),
    Ban(r"#include <iostream>", "use fmt::print in cli/, and <ostream> where a type is needed"),
    Ban(
        r"\bsleep_(?:for|until)\s*\(|\b(?:u|nano)?sleep\s*\(",
        "wait on the reactor, a condition variable or a Clock",
        only=("src/",),
        in_tests=False,
    ),
    Ban(
        r"\b(?:std::)?(?:_?exit|quick_exit|abort|terminate)\s*\(",
        "return a Result, or RS_CHECK for a bug (base/core/check.h)",
        only=BELOW_CLI,
        exempt=("src/base/core/check.cc",),
        in_tests=False,
    ),
    Ban(
        r"\bthrow\b",
        "return an Error (base/core/result.h)",
        only=("src/",),
        in_tests=False,
    ),
    Ban(
        r"#include <(?:fstream|filesystem|thread|unistd\.h|fcntl\.h|netdb\.h|sys/|netinet/|arpa/)"
        r"|\bgetenv\s*\(|\bstd::ifstream\b|\bstd::ofstream\b|\bfopen\s*\(",
        "domain/ and model/ are pure: take what is needed as an argument",
        only=PURE,
        in_tests=False,
    ),
]
USING_NAMESPACE = re.compile(r"^\s*using namespace\b")
MACHINE_PATH = re.compile(r"""(?:^|[\s"'`(=:,])(/(?:work|root|home/[a-z]\w*|tmp/[a-z]\w*)/)""")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?\)")


def check_code(path, text):
    """Rules for one .h or .cc file: yields (line, message)."""
    code = cpp_text.blank(text).splitlines()
    bans = [ban for ban in BANS if ban.applies(path)]
    for number, line in enumerate(code, 1):
        for ban in bans:
            match = ban.pattern.search(line)
            if match:
                yield number, f"'{match[0].strip()}' is banned: {ban.instead}"
        if path.endswith(".h") and USING_NAMESPACE.match(line):
            yield number, "'using namespace' in a header: write the names out"
    if path.endswith(".h"):
        yield from check_pragma(code)


def check_pragma(code):
    for number, line in enumerate(code, 1):
        if line.strip():
            if line.strip() != "#pragma once":
                yield number, "a header begins with its comment and then '#pragma once'"
            return
    yield 1, "an empty header: delete it"


def check_text(path, text):
    """Rules for every text file: yields (line, message)."""
    code = path.endswith((".h", ".cc", ".py", ".cmake", "CMakeLists.txt", ".sh"))
    for number, line in enumerate(text.splitlines(), 1):
        if code and len(line) > COLUMNS:
            yield number, f"line is {len(line)} columns, the limit is {COLUMNS}"
        match = MACHINE_PATH.search(line)
        if match:
            yield number, f"'{match[1]}' is a path of one machine: take it as an argument"
        match = UNFINISHED.search(line)
        if match:
            yield number, f"'{match[0]}': do it now, or open an issue and delete the note"
        if line != line.rstrip() and not path.endswith(".md"):
            yield number, "blanks at the end of the line"


def sizes(path, text):
    """What the ratchet watches: yields (key, size, limit, line, message)."""
    if text.startswith("// Made by "):
        return  # By a script: as long as what it was made from.
    lines = text.count("\n") + (not text.endswith("\n"))
    if path.endswith((".h", ".cc", ".py", ".ts", ".tsx")) or path.startswith("tools/"):
        yield path, lines, FILE_LINES, 1, f"file is {lines} lines, the limit is {FILE_LINES}"
    if path.endswith((".h", ".cc")):
        for name, line, length in cpp_text.functions(text):
            message = f"{name} is {length} lines, the limit is {FUNCTION_LINES}"
            yield f"{path}:{name}", length, FUNCTION_LINES, line, message
