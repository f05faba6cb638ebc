#!/usr/bin/env python3
"""`roofscape sweep` on this machine, with golden servers as engines: what it forecasts, what it
runs, what it tells of servers that fail, and that nothing is lost or measured twice whatever is
killed.

    sweep_test.py ROOFSCAPE SOURCE_FOLDER
"""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import unittest

import side_by_side
from sweep_kit import GOLDEN, Sweeps, marked_processes, plan

TWIN = "{roofscape} twin --script golden.toml --port {port}"


class Sweep(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.sweeps = Sweeps(ROOFSCAPE, self.temporary.name)
        self.addCleanup(self.sweeps.stop)
        self.sweeps.write("golden.toml", GOLDEN)

    def check_nothing_left(self):
        self.assertEqual(marked_processes(self.temporary.name), [])

    def test_forecast_starts_nothing_and_tells_all(self):
        path = self.sweeps.write("plan.toml", plan(
            "f", {"a": TWIN, "b": TWIN + " "}, [1, 2], 3,
            more="[budget]\nusd_per_device_hour = 3.6\n"))
        told = self.sweeps.run(path, "--dry-run", "--json")
        forecast = json.loads(told.stdout)
        self.assertEqual(forecast["points_to_measure"], 12)
        self.assertEqual(len(forecast["layouts"]), 2)
        # A start takes 120 s and a point 60 s where nothing is known.
        self.assertEqual(forecast["device_s"], 2 * (120 + 6 * 60))
        self.assertAlmostEqual(forecast["usd"], 0.96)
        self.assertEqual(len({p["recipe"] for p in forecast["points"]}), 4)
        again = json.loads(self.sweeps.run(path, "--dry-run", "--json").stdout)
        self.assertEqual(again, forecast)
        self.assertFalse(os.path.exists(self.sweeps.db))
        self.assertIn("12 of 12 points to measure, 2 starts of a server",
                      self.sweeps.run(path, "--dry-run").stdout)

    def test_runs_once_and_then_only_what_changed(self):
        text = plan("once", {"a": TWIN, "b": TWIN.replace("golden", "slow")}, [1, 2], 2)
        self.sweeps.write("slow.toml", "ttft_ms = 8\ngap_ms = 2\n")
        path = self.sweeps.write("plan.toml", text)
        self.sweeps.run(path)
        self.sweeps.check_exactly_once(self, 8, "once")
        state = self.sweeps.state(path)
        self.assertEqual({layout["jobs"] for layout in state["layouts"]}, {1})  # One start each.
        labels = self.sweeps.rows("SELECT DISTINCT name FROM run_label")
        self.assertEqual({name for name, in labels}, {"recipe", "campaign", "layout", "repeat"})
        seeds = self.sweeps.rows("SELECT DISTINCT seed FROM run")
        self.assertEqual(len(seeds), len(self.sweeps.rows("SELECT id FROM run")))
        self.check_nothing_left()

        told = self.sweeps.run(path, "--dry-run").stdout
        self.assertIn("0 of 8 points to measure", told)
        self.assertIn("8 are measured already", told)
        self.sweeps.run(path)
        self.sweeps.check_exactly_once(self, 8, "once")

        more = self.sweeps.write("plan.toml", text.replace("[1, 2]", "[1, 2, 3]"))
        self.assertIn("4 of 12 points to measure", self.sweeps.run(more, "--dry-run").stdout)
        self.sweeps.run(more)
        self.sweeps.check_exactly_once(self, 12, "once")
        # With --again each is measured in a further round.
        self.assertIn("12 of 12 points", self.sweeps.run(more, "--dry-run", "--again").stdout)

    def test_failures_have_a_class_and_a_cure_and_stop_nobody_else(self):
        path = self.sweeps.write("plan.toml", plan("bad", {
            "good": TWIN,
            "large": "echo 'torch.OutOfMemoryError: CUDA out of memory.'; exit 1 # {port}",
            "absent": "no-such-engine --port {port}",
            "mute": "exec sleep 100 # {port}"}, [1], 1).replace(
                "command = 'exec sleep 100 # {port}'\nstart_timeout_s = 20",
                "command = 'exec sleep 100 # {port}'\nstart_timeout_s = 1"))
        told = self.sweeps.run(path, status=1)
        points = {p["failure"]["class"]: p["failure"] for p in self.sweeps.state(path)["points"]
                  if "failure" in p}
        self.assertEqual(set(points), {"memory", "program", "timeout"}, told.stderr)
        self.assertIn("CUDA out of memory", points["memory"]["reason"])
        self.assertIn("more chips", points["memory"]["cure"])
        self.assertIn("no-such-engine", points["program"]["reason"])
        self.sweeps.check_exactly_once(self, 1, "bad")
        self.check_nothing_left()
        # Failed points stay so until somebody has mended what is wrong.
        self.sweeps.run(path, status=1)
        mended = self.sweeps.write("plan.toml", pathlib.Path(path).read_text().replace(
            "start_timeout_s = 1\n", "start_timeout_s = 2\n"))
        told = self.sweeps.run(mended, "--dry-run", "--retry-failed").stdout
        self.assertIn("3 of 4 points", told)

    def test_a_server_that_falls_is_started_again(self):
        # The first start ends after two seconds, the second one stays.
        falls = f"if [ -e fell ]; then exec {TWIN}; fi; touch fell; exec timeout 2 {TWIN}"
        path = self.sweeps.write("plan.toml", plan("falls", {"a": falls}, [1, 2], 2, requests=80))
        self.sweeps.run(path)
        self.sweeps.check_exactly_once(self, 4, "falls")
        self.check_nothing_left()

    def test_kills_lose_and_double_nothing(self):
        path = self.sweeps.write("plan.toml", plan("kills", {"a": TWIN}, [1, 2], 3, requests=60))
        first = self.sweeps.start(path)
        self.sweeps.await_state(path, "a point is done", lambda s: s["done"] >= 1)
        self.sweeps.kill(first)
        second = self.sweeps.start(path)
        state = self.sweeps.await_state(path, "more are done", lambda s: s["done"] >= 2)
        # The worker itself, as the system's memory killer would.
        job = next(layout["job"] for layout in state["layouts"])
        os.kill(int(job["id"].split(":")[0]), signal.SIGKILL)
        self.assertEqual(second.wait(60), 0, self.sweeps.logs())
        self.sweeps.check_exactly_once(self, 6, "kills")
        self.assertEqual(self.sweeps.state(path)["layouts"][0]["jobs"], 2)
        self.check_nothing_left()

    def test_interrupt_ends_jobs_in_good_order(self):
        path = self.sweeps.write("plan.toml", plan("int", {"a": TWIN}, [1, 2], 3, requests=60))
        process = self.sweeps.start(path)
        self.sweeps.await_state(path, "a point is done", lambda s: s["done"] >= 1)
        begun = time.monotonic()
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 1, self.sweeps.logs())
        self.assertLess(time.monotonic() - begun, 20)
        self.check_nothing_left()
        state = self.sweeps.state(path)
        self.assertEqual(state["failed"] + state["running"], 0)
        self.assertGreater(state["pending"], 0)
        self.sweeps.run(path)
        self.sweeps.check_exactly_once(self, 6, "int")

    def test_two_coordinators_at_once(self):
        path = self.sweeps.write("plan.toml", plan("two", {"a": TWIN, "b": TWIN + " "}, [1, 2], 2))
        both = [self.sweeps.start(path), self.sweeps.start(path)]
        self.assertEqual([one.wait(80) for one in both], [0, 0], self.sweeps.logs())
        self.sweeps.check_exactly_once(self, 8, "two")

    def test_budget_ends_cleanly(self):
        path = self.sweeps.write("plan.toml", plan(
            "budget", {"a": TWIN, "b": TWIN + " "}, [1], 2,
            more="[budget]\ndevice_hours = 0.0003\n").replace(
                "repeats = 2", "repeats = 2\npoint_estimate_s = 1"))
        self.sweeps.run(path, status=1)
        state = self.sweeps.state(path)
        self.assertGreaterEqual(state["skipped"], 1)
        self.assertEqual(state["failed"] + state["pending"] + state["running"], 0)
        self.assertIn("budget", json.dumps(state))

    def test_recipe_is_self_contained_and_reproduces_its_run(self):
        self.sweeps.write("golden.toml", "ttft_ms = 40\ngap_ms = 8\n")
        command = TWIN.replace("golden.toml", "{script}.toml")
        text = plan("taken", {"a": command}, [2], 2).replace(
            "start_timeout_s = 20", 'start_timeout_s = 20\nfiles = ["{script}.toml"]\n'
            '[deployment.axes]\nscript = ["golden"]')
        path = self.sweeps.write("plan.toml", text)
        self.sweeps.run(path)
        with tempfile.TemporaryDirectory() as elsewhere:
            recipe = os.path.join(elsewhere, "recipe.sh")
            subprocess.run([ROOFSCAPE, "recipe", "last", "--db", self.sweeps.db, "-o", recipe],
                           check=True, timeout=30)
            verified = subprocess.run(
                [ROOFSCAPE, "verify", recipe, "last", "--db", self.sweeps.db, "--json", "--keep",
                 os.path.join(elsewhere, "kept")], capture_output=True, text=True, timeout=80)
            self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
            self.assertEqual(json.loads(verified.stdout)["finding"], "reproduced within noise")
            # A server that is a fifth slower is not the same.
            script = pathlib.Path(recipe).read_text().replace("gap_ms = 8", "gap_ms = 10")
            pathlib.Path(recipe).write_text(script)
            verified = subprocess.run(
                [ROOFSCAPE, "verify", recipe, "last", "--db", self.sweeps.db],
                capture_output=True, text=True, timeout=80)
            # Its recipe is another one, so nothing of the asked one was measured.
            self.assertEqual(verified.returncode, 1, verified.stdout + verified.stderr)
            self.assertIn("no run whose instrument was fit", verified.stderr)

    def test_examples_fit_the_schema_and_expand(self):
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        with open(os.path.join(SOURCE, "schema", "sweep.schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        for name, points in (("sweep", 8), ("sweep-llama-cpp", 4), ("sweep-vllm", 4)):
            with self.subTest(name):
                example = os.path.join(SOURCE, "examples", name + ".toml")
                with open(example, "rb") as file:
                    jsonschema.validate(tomllib.load(file), schema)
                forecast = json.loads(self.sweeps.run(example, "--dry-run", "--json").stdout)
                self.assertEqual(forecast["points_to_measure"], points)


if __name__ == "__main__":
    ROOFSCAPE, SOURCE = (os.path.abspath(a) for a in sys.argv[1:3])
    del sys.argv[1:3]
    side_by_side.main()
