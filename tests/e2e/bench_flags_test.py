#!/usr/bin/env python3
"""What `bench` makes of its flags, against a golden server on loopback: nothing that was given goes
unheard, and what is told is what was done.

    bench_flags_test.py ROOFSCAPE
"""

import csv
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

ROOFSCAPE = ""
SCRIPT = "ttft_ms = 4\ngap_ms = 1\n"


class BenchFlags(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        script = os.path.join(cls.folder.name, "golden.toml")
        with open(script, "w", encoding="utf-8") as file:
            file.write(SCRIPT)
        cls.server = subprocess.Popen([ROOFSCAPE, "twin", "--script", script, "--port", "0"],
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        cls.url = cls.server.stderr.readline().split()[-1]

    @classmethod
    def tearDownClass(cls):
        cls.server.send_signal(signal.SIGTERM)
        cls.server.communicate(timeout=30)
        cls.folder.cleanup()

    def setUp(self):
        self.db = os.path.join(self.folder.name, self.id() + ".db")

    def program(self, *arguments, status=0, under=()):
        # 3: a busy machine may make the instrument INVALID; what is told of it is not the matter.
        wanted = (0, 3) if status == 0 else (status,)
        result = subprocess.run([*under, ROOFSCAPE, *map(str, arguments), "--db", self.db],
                                capture_output=True, text=True, timeout=60)
        self.assertIn(result.returncode, wanted, result.stderr + result.stdout)
        return result

    def bench(self, *flags, status=0):
        return self.program("bench", self.url, "--input-tokens", 16, "--output-tokens", 4,
                            "--requests", 4, *flags, status=status)

    def test_a_chip_without_a_number_has_no_rates_per_chip(self):
        result = self.bench("--chip", "h20O")
        self.assertIn("h20O, number not given", result.stdout)
        self.assertNotIn("/chip", result.stdout)
        self.assertIn("no chip 'h20O' in the catalog", result.stderr)
        run = json.loads(self.program("show", "last", "--json").stdout)
        self.assertEqual(run["plan"]["deployment"].get("roles", []), [])

    def test_a_number_without_a_chip_is_told_as_such(self):
        result = self.bench("--chips", 2)
        self.assertIn("2 of a chip that was not named", result.stdout)
        self.assertIn("/chip", result.stdout)

    def test_a_chip_that_is_known_gets_no_note(self):
        for chip in ("h200", "cpu"):
            result = self.bench("--chip", chip, "--chips", 1)
            self.assertNotIn("catalog", result.stderr)

    def test_a_frontier_of_rows_without_chips_is_of_the_deployment(self):
        self.bench("--concurrency", "1,2")
        rows = list(csv.DictReader(io.StringIO(
            self.program("frontier", "--own", "--all", "--csv").stdout)))
        self.assertEqual(len(rows), 2)
        for row in rows:
            self.assertGreater(float(row["total_tps"]), 0)
        self.bench("--chip", "h200", "--chips", 2)
        result = self.program("frontier", "--own", "--all", "--csv")
        self.assertIn("total_tps_per_chip", result.stdout)
        self.assertIn("of 2 points the number of chips is not known", result.stderr)

    def test_what_this_machine_cannot_do_is_told_before_a_run_is_begun(self):
        pinned = self.bench("--cpu-affinity", 4095, status=2)
        self.assertIn("--cpu-affinity: CPU 4095 cannot be used", pinned.stderr)
        many = self.program("bench", self.url, "--concurrency", 400, status=1,
                            under=("prlimit", "--nofile=256:256"))
        self.assertIn("too few file descriptors", many.stderr)
        wire = self.program("bench", self.url.replace("http:", "https:"), "--wire", status=2)
        self.assertIn("cannot see events inside TLS", wire.stderr)
        self.assertEqual(json.loads(self.program("runs", "--json").stdout), [])

    def test_the_header_tells_the_load_that_was_sent(self):
        result = self.program("bench", self.url, "--input-tokens", 16, "--output-tokens", 4,
                              "--concurrency", 2, "--protocol", "inferencex")
        self.assertIn("10 requests a user; by the rules of inferencex", result.stdout)

    def test_kept_text_is_read_back(self):
        self.bench("--keep-text", "--warmup", 0)
        rows = list(csv.DictReader(io.StringIO(self.program("show", "last", "--text").stdout)))
        self.assertEqual(len(rows), 4)
        self.assertTrue(all(row["text"] for row in rows), rows)
        self.bench()
        self.assertIn("kept no texts", self.program("show", "last", "--text", status=1).stderr)

    def test_the_header_says_whose_facts_they_are(self):
        result = self.bench("--extra-body", '{"stream": true, "mine": 1}')
        self.assertNotIn("probe_output_tokens", result.stdout)
        self.assertIn("output tokens, before the first point", result.stdout)
        told = " ".join(result.stdout.split())
        self.assertIn("the extra body replaces what bench itself sets: stream", told)

    def test_a_frontier_says_which_window(self):
        self.program("bench", self.url, "--input-tokens", 16, "--output-tokens", 4,
                     "--concurrency", 2, "--protocol", "inferencex")
        told = " ".join(self.program("frontier", "--all").stdout.split())
        self.assertIn("steady window (of the protocol inferencex: the whole)", told)


if __name__ == "__main__":
    ROOFSCAPE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
