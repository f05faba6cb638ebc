#!/usr/bin/env python3
"""Power beside the points of a sweep: from counters as the kernel shows them, from an exporter's
page and from a library that pretends to be NVML, all made up here, so that the joules a token that
must come out are known. By the same library chips are counted and an environment changes.

    sweep_telemetry_test.py ROOFSCAPE PRETENDED_NVML
"""

import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import side_by_side
from sweep_kit import GOLDEN, Sweeps, plan

WATTS = 50


class Counters(threading.Thread):
    """A package that draws WATTS, in a folder like /sys/class/powercap."""

    def __init__(self, folder):
        super().__init__(daemon=True)
        self.zone = pathlib.Path(folder, "intel-rapl:0")
        self.zone.mkdir(parents=True)
        (self.zone / "name").write_text("package-0\n")
        (self.zone / "max_energy_range_uj").write_text("262143328850\n")
        self.over = threading.Event()
        self.count()

    def count(self):
        beside = self.zone / "new"
        beside.write_text(f"{int(time.monotonic() * WATTS * 1e6) % 262143328850}\n")
        beside.rename(self.zone / "energy_uj")

    def run(self):
        while not self.over.wait(0.002):
            self.count()


class Exporter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = ("# TYPE DCGM_FI_DEV_POWER_USAGE gauge\n"
                'DCGM_FI_DEV_POWER_USAGE{gpu="0",UUID="GPU-0"} 400\n'
                'DCGM_FI_DEV_GPU_TEMP{gpu="0",UUID="GPU-0"} 61\n'
                "ipmi_dcmi_power_consumption_watts 900\n").encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


class Telemetry(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.sweeps = Sweeps(ROOFSCAPE, self.temporary.name)
        self.addCleanup(self.sweeps.stop)
        self.sweeps.write("golden.toml", GOLDEN)

    def measure(self, telemetry):
        """The point of a sweep with that [telemetry], as `show --json` has it."""
        path = self.sweeps.write("plan.toml", plan(
            "power", {"a": "{roofscape} twin --script golden.toml --port {port}"}, [4], 1,
            requests=200, more=f"[telemetry]\ninterval_s = 0.05\n{telemetry}"))
        self.sweeps.run(path)
        shown = subprocess.run([ROOFSCAPE, "show", "last", "--json", "--db", self.sweeps.db],
                               capture_output=True, text=True, check=True, timeout=30)
        (point,) = json.loads(shown.stdout)["points"]
        return point

    def check(self, point, watts, tolerance):
        self.assertEqual(self.power_reasons(point), [])
        self.assertAlmostEqual(point["device_power_w"], watts, delta=watts * tolerance)
        # Of a constant power: the energy of a second over the tokens of a second.
        for kind in ("input", "output", "total"):
            expected = watts / point[f"{kind}_tps"]
            self.assertAlmostEqual(point[f"joules_per_{kind}_token_device"], expected,
                                   delta=expected * tolerance)

    def power_reasons(self, point):
        return [r for r in point["verdict_detail"]["server_reasons"] if "power not valid" in r]

    def series(self):
        return {(metric, device) for metric, device in
                self.sweeps.rows("SELECT metric, device FROM series")}

    def test_counters_of_processors(self):
        counters = Counters(os.path.join(self.temporary.name, "powercap"))
        counters.start()
        self.addCleanup(counters.over.set)
        point = self.measure(f'powercap = "{counters.zone.parent}"\npackages_are_chips = true\n')
        # The counter moves every 2 ms of a point of half a second, on a busy machine later.
        self.check(point, WATTS, 0.1)
        self.assertEqual(self.series(), {("package_power_w", "package-0"),
                                         ("device_power_w", "package-0")})

    def test_an_exporter(self):
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Exporter) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            point = self.measure(f'exporter = "http://127.0.0.1:{server.server_port}/metrics"\n')
            server.shutdown()
        self.check(point, 400, 1e-6)
        self.assertEqual(self.series(), {("device_power_w", "0"), ("device_temperature_c", "0"),
                                         ("host_power_w", "0")})

    def nvml_plan(self, concurrency, more="", chips=1):
        return self.sweeps.write("plan.toml", plan(
            "nvml", {"a": "{roofscape} twin --script golden.toml --port {port}"}, concurrency, 1,
            requests=200,
            more=f"[telemetry]\ninterval_s = 0.05\nnvml = [{json.dumps(NVML)}]\n{more}"
        ).replace('name = "serve"\n', f'name = "serve"\nchips_per_worker = {chips}\n'))

    def test_nvml(self):
        point = self.measure(f"nvml = [{json.dumps(NVML)}]\n")
        self.check(point, 400, 1e-6)
        self.assertEqual({metric for metric, _ in self.series()}, {
            "device_power_w", "device_sm_clock_mhz", "device_memory_clock_mhz",
            "device_temperature_c", "device_throttle_bits"})

    def test_an_environment_that_changes_is_told_and_refused(self):
        self.sweeps.environment["ROOFSCAPE_FAKE_CUDA"] = ""
        self.sweeps.run(self.nvml_plan([1]))
        self.sweeps.environment["ROOFSCAPE_FAKE_CUDA"] = "capped"
        told = self.sweeps.run(self.nvml_plan([1, 2])).stderr
        self.assertIn("first job: power_limit_w: 1 x 700 -> 1 x 500", told)
        path = self.nvml_plan([1, 2, 3], '[environment]\ndrift = "refuse"\n')
        self.sweeps.run(path, status=1)
        state = self.sweeps.state(path)
        self.assertEqual((state["done"], state["failed"]), (2, 1))
        (failure,) = (p["failure"] for p in state["points"] if "failure" in p)
        self.assertEqual(failure["class"], "environment")
        self.assertIn("power_limit_w: 1 x 700 -> 1 x 500", failure["reason"])
        caps = [e["facts"]["power_limit_w"] for e in state["layouts"][0]["environments"]]
        self.assertEqual(sorted(caps), ["1 x 500", "1 x 500", "1 x 700"])

    def test_more_chips_than_there_are(self):
        path = self.nvml_plan([1], chips=4)
        self.sweeps.run(path, status=1)
        (failure,) = (p["failure"] for p in self.sweeps.state(path)["points"])
        self.assertEqual(failure["class"], "environment")
        self.assertIn("takes 4 chips, and this job sees 1", failure["reason"])
        (log,) = pathlib.Path(self.temporary.name, "jobs").glob("*/journal.jsonl")
        self.assertNotIn('"ready"', log.read_text())

    def test_power_that_was_asked_for_and_is_not_there_is_told(self):
        point = self.measure('exporter = "http://127.0.0.1:1/metrics"\n')
        self.assertIsNone(point["device_power_w"])
        self.assertEqual(len(self.power_reasons(point)), 1, point["verdict_detail"])
        self.assertEqual(self.series(), set())


if __name__ == "__main__":
    ROOFSCAPE, NVML = (os.path.abspath(a) for a in sys.argv[1:3])
    del sys.argv[1:3]
    side_by_side.main()
