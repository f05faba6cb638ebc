#!/usr/bin/env python3
"""kill -9 in the middle of an import leaves either all of the file or nothing of it: in a file, and
on a PostgreSQL server where one is installed.

    import_kill_test.py ROOFSCAPE SEED_ROWS
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

import pg_server

COPIES = {"SQLite": 2000, "PostgreSQL": 500}
KILLS = 12


def rows_in(roofscape, database):
    result = subprocess.run([roofscape, "export", "jsonl", "--imported", "--db", database],
                            capture_output=True, text=True, timeout=120)
    assert result.returncode in (0, 1), result.stderr
    return result.stdout.count("\n")


def many_rows(seed_rows, copies):
    """The same rows from many runs, so that each is a point of its own."""
    rows = []
    for copy in range(copies):
        for row in seed_rows:
            rows.append({**row, "run_url": f"https://example.org/runs/{copy}-{row['date']}"})
    return rows


def kill_imports(roofscape, seed_path, folder, kind, trial, database):
    """`trial` and `database` hold nothing yet."""
    with open(seed_path, encoding="utf-8") as file:
        seed_rows = [row for row in json.load(file) if row["hardware"] != "tr1000"]
    seed = int(os.environ.get("SEED", "1"))
    chance = random.Random(seed)
    path = os.path.join(folder, "rows.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(many_rows(seed_rows, COPIES[kind]), file)
    command = [roofscape, "import", "inferencex", path, "--db", database]
    whole = COPIES[kind] * len(seed_rows)

    began = time.monotonic()
    subprocess.run([*command[:-1], trial], check=True, timeout=300, stdout=subprocess.DEVNULL)
    takes = time.monotonic() - began
    assert rows_in(roofscape, trial) == whole
    # One small import first: what was there before must stay.
    subprocess.run([roofscape, "import", "inferencex", seed_path, "--db", database], check=True,
                   timeout=60, stdout=subprocess.DEVNULL)
    before = rows_in(roofscape, database)
    killed = 0
    found = before
    while killed < KILLS and found == before:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        # First early, for beside other work the trial may have taken thrice as long; then while it
        # reads and writes, then about when it commits.
        low, high = (0.05, 0.3) if killed < 2 else (0.05, 0.7) if killed < 5 else (0.7, 1.1)
        time.sleep(takes * chance.uniform(low, high))
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        found = rows_in(roofscape, database)
        killed += 1
        assert found in (before, before + whole), \
            f"{kind}, seed {seed}, kill {killed}: {found} rows, not {before} or {before + whole}"
    # Once it is in, there is nothing left to kill.
    in_time = killed if found == before else killed - 1
    assert in_time >= 2, f"{kind}, seed {seed}: {in_time} kills in time show nothing"
    subprocess.run(command, check=True, timeout=300, stdout=subprocess.DEVNULL)
    assert rows_in(roofscape, database) == before + whole
    subprocess.run([roofscape, "db", "check", "--db", database], check=True, timeout=120,
                   stdout=subprocess.DEVNULL)
    print(f"{kind}: {killed} kills of an import of {whole} rows that takes {takes:.1f} s, "
          f"{in_time} before its end")


def main():
    roofscape, seed_path = (os.path.abspath(path) for path in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        kill_imports(roofscape, seed_path, folder, "SQLite", os.path.join(folder, "trial.db"),
                     os.path.join(folder, "roofscape.db"))
    if not pg_server.binaries():
        print("PostgreSQL: left out, no server of version 13 or newer: tools/setup --test")
        return
    with tempfile.TemporaryDirectory() as folder, \
            tempfile.TemporaryDirectory() as place, pg_server.Server(place) as server:
        kill_imports(roofscape, seed_path, folder, "PostgreSQL", server.new_database("trial"),
                     server.new_database("archive"))


if __name__ == "__main__":
    main()
