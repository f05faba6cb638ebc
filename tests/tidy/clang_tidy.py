#!/usr/bin/env python3
"""clang-tidy on the sources that changed, within a bound of files and of time.

usage: clang_tidy.py ROOT BUILD_DIR [--all] [--jobs N]

Changed is what differs from the commit $BASE (default: the one before HEAD), committed or not; a
changed header stands for the .cc beside it. At most 20 files and 90 s; what is left over is named
and is what `make check-all` (--all: every file, no bound) is for. So is the path-sensitive
analyzer, which doubles the time of a file.
"""

import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

MAX_FILES = 20
MAX_SECONDS = 90.0
SKIPPED = 77  # ctest knows it as "skipped".


def git(root, *arguments):
    done = subprocess.run(
        ["git", "-C", str(root), *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.splitlines() if done.returncode == 0 else None


def changed(root):
    """Paths that differ from the base, or None where there is no history to ask."""
    base = os.environ.get("BASE") or "HEAD~1"
    ancestor = git(root, "merge-base", base, "HEAD")
    if not ancestor:
        return None
    tracked = git(root, "diff", "--name-only", "--diff-filter=d", ancestor[0]) or []
    return tracked + (git(root, "ls-files", "--others", "--exclude-standard") or [])


def sources_of(paths):
    """The .cc files that stand for the changed paths, each once, in order."""
    stems = [str(pathlib.PurePath(p).with_suffix(".cc")) for p in paths if p.endswith((".cc", ".h"))]
    return list(dict.fromkeys(stems))


def compiled(root, build):
    """Sources that the build compiles, relative to the root."""
    commands = json.loads((build / "compile_commands.json").read_text())
    found = []
    for command in commands:
        path = pathlib.Path(command["directory"], command["file"]).resolve()
        if path.is_relative_to(root) and not path.is_relative_to(build):
            found.append(path.relative_to(root).as_posix())
    return list(dict.fromkeys(found))


def check_one(command, root, source, deadline):
    if time.monotonic() > deadline:
        return source, None, ""
    done = subprocess.run(
        [*command, str(root / source)], capture_output=True, text=True, check=False
    )
    return source, done.returncode, done.stdout


def choose(root, build, everything):
    """(the sources to check, why there is nothing to do or "")"""
    known = compiled(root, build)
    if everything:
        return known, ""
    paths = changed(root)
    if paths is None:
        return [], "no git history to tell what changed"
    chosen = [source for source in sources_of(paths) if source in known]
    return chosen, "" if chosen else "no source changed"


def main(arguments):
    everything = "--all" in arguments
    jobs = int(arguments[arguments.index("--jobs") + 1]) if "--jobs" in arguments else 2
    root, build = (pathlib.Path(a).resolve() for a in arguments[:2])
    program = os.environ.get("CLANG_TIDY") or "clang-tidy-19"
    if shutil.which(program) is None:
        print(f"clang_tidy: '{program}' is not on PATH. Run: tools/setup --test")
        return 1
    chosen, nothing = choose(root, build, everything)
    if nothing:
        print(f"clang_tidy: skipped, {nothing}")
        return SKIPPED
    later = [] if everything else chosen[MAX_FILES:]
    chosen = chosen if everything else chosen[:MAX_FILES]
    command = [
        program, "-p", str(build), "--quiet", "--warnings-as-errors=*",
        "--extra-arg=-Wno-unknown-warning-option",
    ]  # fmt: skip
    if not everything:
        command.append("--checks=-clang-analyzer-*")
    deadline = time.monotonic() + (1e9 if everything else MAX_SECONDS)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        runs = [pool.submit(check_one, command, root, s, deadline) for s in chosen]
        for run in concurrent.futures.as_completed(runs):
            source, status, text = run.result()
            if status is None:
                later.append(source)
            elif status != 0:
                failed += 1
                print(f"--- {source}\n{text.strip()}", flush=True)
    if later:
        print(f"clang_tidy: left for `make check-all`: {' '.join(later)}")
    print(f"clang_tidy: {len(chosen)} files, {failed} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1:]))
