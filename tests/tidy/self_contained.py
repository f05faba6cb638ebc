#!/usr/bin/env python3
"""Every header compiles alone: whoever includes it need not know what else it wants.

usage: self_contained.py ROOT BUILD_DIR [--jobs N]

A header with a .cc beside it is the first that this one includes, so that the build without
precompiled headers (the preset release) is its check. The others are compiled here, by the commands
that CMake makes for the headers of a library.
"""

import concurrent.futures
import json
import pathlib
import re
import shlex
import subprocess
import sys

FOLDER = "_verify_interface_header_sets/"
FIRST_INCLUDE = re.compile(r'^\s*#\s*include\s+["<]([^">]+)[">]', re.MULTILINE)


def commands(build):
    """{header below src/: (the command that compiles it alone, its folder)}"""
    found = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if FOLDER in entry["file"]:
            header = entry["file"].split(FOLDER)[-1].removesuffix(".cxx")
            found[header] = (shlex.split(entry["command"]), entry["directory"])
    return found


def check(root, header, command, folder):
    """What is wrong with the header, or nothing."""
    source = (root / "src" / header).with_suffix(".cc")
    if source.exists():
        first = FIRST_INCLUDE.search(source.read_text(encoding="utf-8"))
        if first and first.group(1) == header:
            return ""
        return f'{source.relative_to(root)} includes something before it; include "{header}" first'
    cut = command.index("-o")  # The object is nobody's.
    words = [*command[:cut], *command[cut + 2 :], "-fsyntax-only"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return ""
    why = "\n".join(done.stderr.strip().splitlines()[:5])
    return f"does not compile alone; include what it uses\n{why}"


def main(arguments):
    jobs = int(arguments[arguments.index("--jobs") + 1]) if "--jobs" in arguments else 2
    root, build = (pathlib.Path(a).resolve() for a in arguments[:2])
    known = commands(build)
    if not known:
        print(f"self_contained: {build} does not say how: configure it with the preset release")
        return 1
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        found = pool.map(lambda header: (header, check(root, header, *known[header])), sorted(known))
        wrong = [(header, what) for header, what in found if what]
    for header, what in wrong:
        print(f"src/{header}: error: {what}")
    print(f"self_contained: {len(known)} headers, {len(wrong)} with findings")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
