#!/usr/bin/env python3
"""Proof that each house rule can fail: a clean tree passes, and each small sin is found.

usage: tidy_selftest.py
"""

import pathlib
import sys
import tempfile

import cpp_text
import layers
import tidy

TABLE = """
```
wing    | rooms                         | may also include
base    | core < net                    |
domain  | spec < metrics, work < views  | base/core
measure | host < load; gguf             | base, domain
service | twin (model), api (*)         | base, domain
cli     | *                             | *
```
"""
CLEAN = {
    "ARCHITECTURE.md": TABLE,
    "src/base/core/CMakeLists.txt": "roofscape_module(base/core\n  HEADERS a.h SOURCES a.cc)\n",
    "src/base/core/a.h": "// A.\n\n#pragma once\n\nnamespace roofscape {\nint A();\n}\n",
    "src/base/core/a.cc": '#include "base/core/a.h"\n\nint A() { return 1; }\n',
    "src/base/net/CMakeLists.txt": (
        "roofscape_module(base/net\n  HEADERS n.h SOURCES n.cc TESTS n_test.cc DEPS base/core)\n"
    ),
    "src/base/net/n.h": '// N.\n\n#pragma once\n\n#include "base/core/a.h"\n',
    "src/base/net/n.cc": '#include "base/net/n.h"\n',
    "src/base/net/n_test.cc": '#include "base/net/n.h"\n',
    "src/domain/spec/CMakeLists.txt": (
        "roofscape_module(domain/spec\n  HEADERS s.h SOURCES s.cc DEPS base/core)\n"
    ),
    "src/domain/spec/s.h": "// S.\n\n#pragma once\n",
    "src/domain/spec/s.cc": '#include "domain/spec/s.h"\n',
    "src/cli/CMakeLists.txt": "add_executable(roofscape main.cc)\n",
    "src/cli/main.cc": '#include "base/net/n.h"\n#include "domain/spec/s.h"\nint main() {}\n',
    "docs/page.md": "[home](../ARCHITECTURE.md)\n",
}
LONG_BODY = "int F() {\n" + "  A();\n" * 69 + "}\n"
NET = "src/base/net/n.cc"
SPEC = "src/domain/spec/s.cc"
NET_INCLUDE = '#include "base/net/n.h"\n'
SPEC_INCLUDE = '#include "domain/spec/s.h"\n'

# (what is written over or beside the clean tree, a piece of the one message expected)
SINS = [
    ({"ARCHITECTURE.md": "no table\n"}, "no table 'wing"),
    ({SPEC: SPEC_INCLUDE + NET_INCLUDE}, "'domain/spec' may not include 'base/net'"),
    ({"src/base/core/a.cc": '#include "base/core/a.h"\n' + NET_INCLUDE}, "may not include"),
    ({NET: NET_INCLUDE + '#include "cli/x.h"\n', "src/cli/x.h": "// X.\n#pragma once\n",
      "src/cli/CMakeLists.txt": "add(main.cc x.cc)\n"}, "'base/net' may not include 'cli'"),
    ({NET: NET_INCLUDE + '#include "gone.h"\n'}, "'gone.h' is no file"),
    ({"src/odd/room/CMakeLists.txt": "x.cc\n", "src/odd/room/x.cc": "\n"}, "is not in the table"),
    ({"src/base/core/CMakeLists.txt":
      "roofscape_module(base/core HEADERS a.h SOURCES a.cc DEPS base/net)"}, "may not depend on"),
    ({"src/base/net/CMakeLists.txt":
      "roofscape_module(base/net HEADERS n.h SOURCES n.cc TESTS n_test.cc)"}, "not in the DEPS"),
    ({"src/base/net/lost.cc": NET_INCLUDE}, "no CMakeLists.txt names this file"),
    ({"src/cli/main.cc": NET_INCLUDE}, "nobody but its own .cc and test includes this"),
    ({NET: NET_INCLUDE + "int " + "x" * 97 + ";\n"}, "line is 102 columns"),
    ({NET: NET_INCLUDE + "int y; \n"}, "blanks at the end"),
    ({NET: NET_INCLUDE + LONG_BODY}, "F is 71 lines"),
    ({NET: NET_INCLUDE + "\n" * 500}, "file is 501 lines"),
    ({"tests/tidy/ratchet.txt": "600 src/gone.cc\n"}, "exists no more"),
    ({"tests/tidy/ratchet.txt": "90 src/base/net/n.cc:F\n",
      NET: NET_INCLUDE + LONG_BODY}, "is 71 now: write 71"),
    ({"tests/tidy/ratchet.txt": f"600 {NET}\n"}, "is 1 now: delete the line"),
    ({NET: NET_INCLUDE + "auto t = std::chrono::steady_clock::now();\n"}, "take a Clock&"),
    ({NET: NET_INCLUDE + "auto t = time(nullptr);\n"}, "take a Clock&"),
    ({NET: NET_INCLUDE + "int i = clock_gettime(CLOCK_MONOTONIC, &t);\n"}, "take a Clock&"),
    ({NET: NET_INCLUDE + "std::random_device r;\n"}, "take an Rng"),
    ({NET: NET_INCLUDE + "int r = rand();\n"}, "take an Rng"),
    ({NET: NET_INCLUDE + 'void F() { fmt::print("x"); }\n'}, "only cli/ prints"),
    ({NET: NET_INCLUDE + "void F() { std::cout << 1; }\n"}, "only cli/ prints"),
    ({NET: NET_INCLUDE + 'void F() { fprintf(stderr, "x"); }\n'}, "only cli/ prints"),
    ({"src/cli/main.cc": CLEAN["src/cli/main.cc"] + "#include <iostream>\n"}, "is banned: use fmt"),
    ({NET: NET_INCLUDE + "void F() { std::this_thread::sleep_for(1s); }\n"}, "wait on the reactor"),
    ({NET: NET_INCLUDE + "void F() { std::exit(1); }\n"}, "return a Result"),
    ({NET: NET_INCLUDE + "void F() { throw 1; }\n"}, "return an Error"),
    ({SPEC: SPEC_INCLUDE + "#include <fstream>\n"}, "domain/ and model/ are pure"),
    ({SPEC: SPEC_INCLUDE + 'auto e = std::getenv("E");\n'}, "domain/ and model/ are pure"),
    ({"src/base/net/n.h": CLEAN["src/base/net/n.h"] + "using namespace std;\n"}, "using namespace"),
    ({"src/base/net/n.h": '// N.\n#include "base/core/a.h"\n'}, "#pragma once"),
    ({"docs/page.md": "see `/root/x/y`\n"}, "is a path of one machine"),
    ({NET: NET_INCLUDE + "// TODO: later\n"}, "'TODO': do it now"),
    ({"docs/page.md": "[lost](gone.md)\n"}, "leads nowhere"),
]
# What looks like a sin and is none.
INNOCENT = [
    {NET: NET_INCLUDE + '// steady_clock::now, rand() and sleep_for() in a comment\n'},
    {NET: NET_INCLUDE + 'const char* k = "throw std::cout rand()";\n'},
    {NET: NET_INCLUDE + 'const char* k = R"(using namespace x; { { {)";\nint F() { return 1; }\n'},
    {NET: NET_INCLUDE + "const int kBig = 1'000'000;  // ' { \nint F() { return 1; }\n".replace(
        " \n", "\n")},
    {NET: NET_INCLUDE + "int F() {\n" + "  A();\n" * 68 + "}\n"},
    {NET: NET_INCLUDE + "int i = clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);\n"},
    {"src/base/net/n_test.cc": NET_INCLUDE + 'void F() { printf("x"); }\n'},
    {"src/base/core/clock.cc": '#include "base/core/a.h"\nauto t = steady_clock::now();\n',
     "src/base/core/CMakeLists.txt":
     "roofscape_module(base/core\n  HEADERS a.h SOURCES a.cc clock.cc)\n"},
    {"tests/tidy/ratchet.txt": "71 src/base/net/n.cc:F\n", NET: NET_INCLUDE + LONG_BODY},
]
# (who, whom, may it?) under TABLE
ARROWS = [
    ("base/net", "base/core", True),
    ("base/core", "base/net", False),
    ("domain/spec", "base/core", True),
    ("domain/spec", "base/net", False),
    ("domain/metrics", "domain/spec", True),
    ("domain/metrics", "domain/work", False),
    ("domain/views", "domain/work", True),
    ("measure/load", "measure/host", True),
    ("measure/load", "measure/gguf", False),
    ("measure/gguf", "domain/views", True),
    ("service/twin", "model/sim", True),
    ("service/twin", "measure/load", False),
    ("service/api", "service/twin", True),
    ("service/api", "cli", False),
    ("cli", "service/api", True),
]
FUNCTIONS = """
namespace a {
class B : public C {
 public:
  B() : x_(1) {
  }
  int Get() const { return x_; }
};
extern "C" int Run(const char* s) {
  if (s) {
    auto f = [](int i) { return i; };
  }
  return 0;
}
const int kTable[] = {
  1,
};
TEST(Case, Name) {
}
}
"""


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def errors_with(changes):
    with tempfile.TemporaryDirectory() as folder:
        write(pathlib.Path(folder), {**CLEAN, **changes})
        return tidy.check(folder)


def main():
    failures = []

    def expect(holds, text):
        if not holds:
            failures.append(text)

    clean = errors_with({})
    expect(not clean, f"the clean tree has violations: {clean}")
    for changes, message in SINS:
        errors = errors_with(changes)
        expect(any(message in e for e in errors), f"{message!r} not found in {errors}")
        others = [e for e in errors if message not in e]
        expect(not others, f"besides {message!r} also {others}")
    for changes in INNOCENT:
        errors = errors_with(changes)
        expect(not errors, f"innocent {changes} gave {errors}")
    allowed = layers.parse(TABLE)
    for who, whom, want in ARROWS:
        expect(layers.may_include(allowed, who, whom) == want, f"{who} -> {whom}: want {want}")
    got = cpp_text.functions(FUNCTIONS)
    want = [("B", 5, 2), ("Get", 7, 1), ("Run", 9, 6), ("TEST(Case, Name)", 18, 2)]
    expect(got == want, f"functions: {got}, want {want}")

    for failure in failures:
        print(f"FAILED: {failure}")
    total = 1 + len(SINS) + len(INNOCENT) + len(ARROWS) + 1
    print(f"tidy_selftest: {total} cases, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
