#!/usr/bin/env python3
"""`roofscape bench` against a real llama-server that was started by hand: what we counted is what
the server counted.

    bench_engine_test.py ROOFSCAPE REPOSITORY

Exits with 77 (skipped) when the engine cannot be had.
"""

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

ROOFSCAPE = REPOSITORY = ENGINE = ""
WORKLOAD = ["--concurrency", "1,4", "--input-tokens", "64", "--output-tokens", "32",
            "--length-spread", "0.5", "--chip", "cpu", "--chips", "1"]


def run(*arguments, status=(0,)):
    result = subprocess.run([str(a) for a in arguments], capture_output=True, text=True,
                            timeout=240)
    if result.returncode not in status:
        raise AssertionError(f"{arguments}: {result.returncode}\n{result.stderr}")
    return result.stdout


class BenchOnARealEngine(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.model = os.path.join(cls.folder.name, "tiny.gguf")
        cls.db = os.path.join(cls.folder.name, "e2e.db")
        run(ROOFSCAPE, "make-model", "-o", cls.model, "--seed", "7")
        answer = run(os.path.join(REPOSITORY, "tools/engine/serve"), "--engine", ENGINE, "--model",
                     cls.model, "--slots", "8", "--slot-tokens", "768", "--log",
                     os.path.join(cls.folder.name, "server.log"))
        cls.url, pid = answer.split()
        cls.pid = int(pid)

    @classmethod
    def tearDownClass(cls):
        os.kill(cls.pid, signal.SIGTERM)
        cls.folder.cleanup()

    def counter(self, name):
        with urllib.request.urlopen(self.url + "/metrics", timeout=10) as answer:
            text = answer.read().decode()
        return int(float(re.search(rf"^llamacpp:{name} (\S+)", text, re.M)[1]))

    def bench(self, *flags):
        before = self.counter("tokens_predicted_total")
        # 3: a busy machine may make the instrument INVALID; the counts must be right all the same.
        out = run(ROOFSCAPE, "bench", self.url, "--db", self.db, "--json", *WORKLOAD, *flags,
                  status=(0, 3))
        after = self.counter("tokens_predicted_total")
        result = json.loads(out)
        log = run(ROOFSCAPE, "show", result["run"], "--db", self.db, "--requests")
        return result, list(csv.DictReader(io.StringIO(log))), after - before

    def check_counts(self, result, requests, counted, overhead):
        self.assertEqual(result["status"], "complete")
        self.assertEqual(len(requests), (1 + 4) * 21)  # 20 measured and one warm-up for each user
        for request in requests:
            self.assertEqual(request["outcome"], "ok", request)
            self.assertEqual(request["token_source"], "final_usage", request)
            # Asked, seen as events, and told by the server's usage: the same number.
            self.assertEqual(request["output_tokens"], request["output_tokens_asked"], request)
            self.assertEqual(request["event_tokens"], request["output_tokens"], request)
            self.assertEqual(request["cached_tokens"], "0", request)
            asked, told = int(request["input_tokens_asked"]), int(request["input_tokens"])
            self.assertLessEqual(abs(told - asked), overhead, request)
        ours = sum(int(request["output_tokens"]) for request in requests)
        self.assertEqual(ours + int(result["engine"]["probe_output_tokens"]), counted)

    def check_little(self, result):
        for point in result["points"]:
            for name in ("steady", "whole"):
                window = point["windows"][name]
                if window is None:
                    continue
                ratio = window["littles_law_in_flight"] / window["in_flight_mean"]
                self.assertAlmostEqual(ratio, 1, delta=0.03, msg=(point["concurrency"], name))

    def test_completions_with_token_ids(self):
        result, requests, counted = self.bench("--api", "completions")
        self.check_counts(result, requests, counted, overhead=0)  # lengths are exact
        self.check_little(result)

    def test_completions_with_text(self):
        result, requests, counted = self.bench("--api", "completions", "--prompt-form", "text")
        self.check_counts(result, requests, counted, overhead=8)  # calibrated: within a word
        self.check_little(result)

    def test_chat(self):
        result, requests, counted = self.bench("--api", "chat")
        self.check_counts(result, requests, counted, overhead=20)

    def test_prompts_share_no_prefix_even_where_caches_are_allowed(self):
        result, requests, _ = self.bench("--api", "completions", "--prompt-cache")
        cached = [int(request["cached_tokens"]) for request in requests]
        self.assertLessEqual(max(cached), 2, "prompts begin alike")
        self.assertEqual(result["plan"]["workload"]["prompt_cache"], True)

    def test_prompt_that_is_too_long_says_so(self):
        result = subprocess.run(
            [ROOFSCAPE, "bench", self.url, "--db", self.db, "--api", "completions",
             "--input-tokens", "5000", "--output-tokens", "8", "--requests", "4"],
            capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 1)
        self.assertIn("400", result.stdout + result.stderr)
        self.assertIn("context", result.stdout + result.stderr)

    def test_result_fits_the_schema(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        result, _, _ = self.bench("--api", "completions", "--requests", "5", "--label", "a=b")
        with open(os.path.join(REPOSITORY, "schema/run.schema.json"), encoding="utf-8") as file:
            jsonschema.validate(result, json.load(file))
        with open(os.path.join(REPOSITORY, "schema/plan.schema.json"), encoding="utf-8") as file:
            jsonschema.validate(result["plan"], json.load(file))


if __name__ == "__main__":
    ROOFSCAPE, REPOSITORY = (os.path.abspath(a) for a in sys.argv[1:3])
    del sys.argv[1:3]
    fetched = subprocess.run([os.path.join(REPOSITORY, "tools/engine/fetch")], text=True,
                             stdout=subprocess.PIPE)
    if fetched.returncode != 0:
        print("skipped: the engine cannot be had")
        sys.exit(77)
    ENGINE = fetched.stdout.split()[-1]
    unittest.main()
