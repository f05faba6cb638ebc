#!/usr/bin/env python3
"""kill -9 of a sweep at a random moment, twenty times, on one database: it opens, and every point
that was completed is there, whole. A sweep goes point by point, so each point before the last one
that was begun had been completed.

    bench_kill_test.py ROOFSCAPE
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import unittest

from fake_server import Behaviour, FakeServer

ROOFSCAPE = ""
KILLS = 20
REQUESTS = 6


class KillTest(unittest.TestCase):
    def test_killed_sweeps_keep_their_points(self):
        seed = int(os.environ.get("SEED", "20261123"))
        rng = random.Random(seed)
        completed = 0
        with tempfile.TemporaryDirectory() as folder, FakeServer(Behaviour()) as server:
            db = os.path.join(folder, "killed.db")
            for kill in range(KILLS):
                sweep = subprocess.Popen(
                    [ROOFSCAPE, "bench", server.url, "--db", db, "--api", "completions",
                     "--concurrency", ",".join(["1", "2"] * 200), "--requests", str(REQUESTS),
                     "--warmup", "0", "--input-tokens", "8", "--output-tokens", "2"],
                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(rng.uniform(0.05, 1.2))
                sweep.kill()
                sweep.wait()
                with self.subTest(seed=seed, kill=kill):
                    completed += self.check(db)
        self.assertGreater(completed, KILLS, "the kills came before anything was measured")

    def check(self, db):
        """Checks the last run and returns how many points it completed."""
        listed = subprocess.run([ROOFSCAPE, "runs", "--db", db, "--json"], capture_output=True,
                                text=True, timeout=60)
        if not os.path.exists(db):
            return 0
        self.assertEqual(listed.returncode, 0, listed.stderr)
        if not json.loads(listed.stdout):
            return 0
        shown = subprocess.run([ROOFSCAPE, "show", "last", "--db", db, "--json"],
                               capture_output=True, text=True, timeout=60)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        run = json.loads(shown.stdout)
        self.assertEqual(run["status"], "incomplete")
        done = run["points"][:-1]
        for point in done:
            self.assertTrue(point["complete"], point["index"])
            self.assertEqual(point["windows"]["whole"]["successes"], REQUESTS)
        return len(done)


if __name__ == "__main__":
    ROOFSCAPE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
