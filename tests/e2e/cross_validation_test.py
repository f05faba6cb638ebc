#!/usr/bin/env python3
"""The performance model's cross-validated errors, held against those that were accepted.

usage: cross_validation_test.py ROOFSCAPE ROOT

Rows: serving_rows_open.csv in $ROOFSCAPE_SHARED_DATA or in ../shared/data beside ROOT; skipped
without them. Fails when an error grows by more than 5 % of itself, or an interval holds 5 points
less. UPDATE_GOLDEN=1 writes what is found to tests/golden/cross_validation.json.
"""

import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

KINDS = ["curves", "models", "chips"]
FIGURES = ["median", "p75", "coverage80"]
SKIPPED = 77


def rows_file(root):
    folders = [os.environ.get("ROOFSCAPE_SHARED_DATA"), root.parent / "shared" / "data"]
    for folder in filter(None, folders):
        path = pathlib.Path(folder) / "serving_rows_open.csv"
        if path.is_file():
            return path
    return None


def errors(program, rows, kind):
    """{"aggregated": {"tpot": {"median": ...}}} of one way to hold out."""
    done = subprocess.run(
        [program, "validate", str(rows), "--hold-out", kind, "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = {}
    for group in json.loads(done.stdout)["groups"]:
        if group["by"] != "mode":
            continue
        found[group["name"]] = {
            figure: {name: round(group[figure][name], 4) for name in FIGURES}
            for figure in ("tpot", "ttft")
        }
    return found


def worse(accepted, found):
    """One line for each figure that is worse than accepted."""
    lines = []
    for kind, modes in accepted.items():
        for mode, figures in modes.items():
            for figure, names in figures.items():
                for name, was in names.items():
                    now = found[kind].get(mode, {}).get(figure, {}).get(name)
                    if now is None:
                        lines.append(f"{kind}, {mode}, {figure}: not judged any more")
                    elif name == "coverage80" and now < was - 0.05:
                        lines.append(f"{kind}, {mode}, {figure}: {now} in the interval, was {was}")
                    elif name != "coverage80" and now > was * 1.05 + 0.001:
                        lines.append(f"{kind}, {mode}, {figure}: {name} {now}, was {was}")
    return lines


def main(program, root):
    rows = rows_file(root)
    if rows is None:
        print("cross_validation: skipped, no rows; set ROOFSCAPE_SHARED_DATA to their folder")
        return SKIPPED
    golden = root / "tests" / "golden" / "cross_validation.json"
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = dict(zip(KINDS, pool.map(lambda kind: errors(program, rows, kind), KINDS)))
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(json.dumps(found, indent=1) + "\n")
        return 0
    lines = worse(json.loads(golden.read_text()), found)
    print("\n".join(lines) or "cross_validation: no figure is worse than accepted")
    return 1 if lines else 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1], pathlib.Path(sys.argv[2]).resolve()))
