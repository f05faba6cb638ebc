#!/usr/bin/env python3
"""kill -9 in the middle of an import leaves either all of the file or nothing of it.

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

COPIES = 2000
KILLS = 8


def rows_in(roofscape, database):
    result = subprocess.run([roofscape, "export", "jsonl", "--imported", "--db", database],
                            capture_output=True, text=True, timeout=120)
    assert result.returncode in (0, 1), result.stderr
    return result.stdout.count("\n")


def many_rows(seed_rows):
    """The same rows from many runs, so that each is a point of its own."""
    rows = []
    for copy in range(COPIES):
        for row in seed_rows:
            rows.append({**row, "run_url": f"https://example.org/runs/{copy}-{row['date']}"})
    return rows


def main():
    roofscape, seed_path = (os.path.abspath(path) for path in sys.argv[1:3])
    with open(seed_path, encoding="utf-8") as file:
        seed_rows = [row for row in json.load(file) if row["hardware"] != "tr1000"]
    seed = int(os.environ.get("SEED", "1"))
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.json")
        database = os.path.join(folder, "roofscape.db")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(many_rows(seed_rows), file)
        command = [roofscape, "import", "inferencex", path, "--db", database]
        whole = COPIES * len(seed_rows)

        began = time.monotonic()
        trial = os.path.join(folder, "trial.db")
        subprocess.run([*command[:-1], trial], check=True, timeout=300, stdout=subprocess.DEVNULL)
        takes = time.monotonic() - began
        assert rows_in(roofscape, trial) == whole
        # One small import first: what was there before must stay.
        subprocess.run([roofscape, "import", "inferencex", seed_path, "--db", database], check=True,
                       timeout=60, stdout=subprocess.DEVNULL)
        before = rows_in(roofscape, database)
        seen = set()
        for kill in range(KILLS):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            time.sleep(takes * chance.uniform(0.05, 1.1))
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=60)
            found = rows_in(roofscape, database)
            seen.add(found)
            assert found in (before, before + whole), \
                f"seed {seed}, kill {kill}: {found} rows, not {before} or {before + whole}"
        subprocess.run(command, check=True, timeout=300, stdout=subprocess.DEVNULL)
        assert rows_in(roofscape, database) == before + whole
        print(f"{KILLS} kills of an import of {whole} rows, {takes:.1f} s: {sorted(seen)} left")


if __name__ == "__main__":
    main()
