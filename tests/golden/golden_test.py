#!/usr/bin/env python3
"""The program's text, seen from outside. Each file in tests/golden/cases is a small session: a line
"$ roofscape ..." and below it what it prints (stdout, then stderr) and "[exit N]".

    golden_test.py ROOFSCAPE REPORT_FIXTURE

$DB is a database of two make-believe runs (tests/e2e/report_fixture.cc), $EMPTY a path where none is,
$ROWS tests/golden/data/inferencex.json, invented rows in that benchmark's shape, $EVALS evals in it,
$ARCHIVE and $EVALDB databases for them, $TRACE tests/golden/data/trace.jsonl, six invented requests,
$MEASURED tests/golden/data/rows.csv, four invented serving rows,
$SERVING_A and $SERVING_B two ways to serve one model, $SPACE and $UNSTATED spaces of co-design,
$WHAT_IF a scenario.
UPDATE_GOLDEN=1 rewrites the files; read the difference before you commit it.
"""

import difflib
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

CASES = pathlib.Path(__file__).parent / "cases"


def play(command, roofscape, paths):
    words = [paths.get(word, word) for word in shlex.split(command)]
    assert words[0] == "roofscape", command
    environment = {k: v for k, v in os.environ.items()
                   if k not in ("OPENAI_API_KEY", "ROOFSCAPE_DB", "XDG_DATA_HOME")}
    environment.update(HOME="/nonexistent", NO_COLOR="1", COLUMNS="80")
    result = subprocess.run([roofscape, *words[1:]], capture_output=True, text=True, timeout=60,
                            env=environment, stdin=subprocess.DEVNULL)
    text = result.stdout + result.stderr
    for name, path in paths.items():
        text = text.replace(path, name)
    text = re.sub(r"\b\d+ (s|min|h|d)(?= +\w)", "AGE", text) if " runs" in command else text
    return f"$ {command}\n{text}{'' if text.endswith(chr(10)) or not text else chr(10)}" \
           f"[exit {result.returncode}]\n"


def main():
    roofscape, fixture = (os.path.abspath(path) for path in sys.argv[1:3])
    failures = 0
    with tempfile.TemporaryDirectory() as folder:
        paths = {"$DB": os.path.join(folder, "golden.db"),
                 "$EMPTY": os.path.join(folder, "none", "empty.db"),
                 "$ARCHIVE": os.path.join(folder, "archive.db"),
                 "$EVALDB": os.path.join(folder, "evals.db"),
                 "$TRACE": str(CASES.parent.resolve() / "data" / "trace.jsonl"),
                 "$MEASURED": str(CASES.parent.resolve() / "data" / "rows.csv"),
                 "$EVALS": str(CASES.parent.resolve() / "data" / "evals.json"),
                 "$SPACE": str(CASES.parent.resolve() / "data" / "space.toml"),
                 "$UNSTATED": str(CASES.parent.resolve() / "data" / "space_unstated.toml"),
                 "$WHAT_IF": str(CASES.parent.resolve() / "data" / "what_if.toml"),
                 "$SERVING_A": str(CASES.parent.resolve() / "data" / "serving_a.toml"),
                 "$SERVING_B": str(CASES.parent.resolve() / "data" / "serving_b.toml"),
                 "$ROWS": str(CASES.parent.resolve() / "data" / "inferencex.json")}
        subprocess.run([fixture, paths["$DB"]], check=True, timeout=60)
        cases = sorted(CASES.glob("*.txt"))
        assert cases, "no golden cases"
        for case in cases:
            want = case.read_text(encoding="utf-8")
            commands = re.findall(r"^\$ (.*)$", want, re.M)
            got = "\n".join(play(command, roofscape, paths) for command in commands)
            if os.environ.get("UPDATE_GOLDEN"):
                case.write_text(got, encoding="utf-8")
            elif got != want:
                failures += 1
                sys.stdout.writelines(difflib.unified_diff(
                    want.splitlines(True), got.splitlines(True), f"{case.name} (expected)",
                    f"{case.name} (got)"))
    print(f"{len(cases) - failures} passed, {failures} failed")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
