#!/usr/bin/env python3
"""`roofscape sweep` with real engines, started by what the catalog knows of them: swept, stopped,
and their own words for what is wrong with a start understood.

    sweep_engines_test.py ROOFSCAPE SOURCE_FOLDER

llama.cpp as `tools/engine/fetch` gets it. With ROOFSCAPE_TEST_VLLM=1 also vLLM, which
`tools/engine/vllm-fetch` installs (0.8 GB) and which takes minutes. Exit 77 (skipped) if there is
no engine to be had.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

from sweep_kit import Sweeps, marked_processes

ROOFSCAPE = SOURCE = ENGINE = ""


def broken(text, name, **changes):
    """The example with one start of a server and one point, and something wrong in it."""
    text = re.sub(r'(?m)^name = ".*"$', f'name = "{name}"', text, count=1)
    text = text.replace("sequences = [2, 4]", "sequences = [2]")
    text = text.replace("concurrency = [1, 2]", "concurrency = [1]")
    for old, new in changes.values():
        assert old in text, old
        text = text.replace(old, new)
    return text


class EngineSweep:
    """What holds for every engine. `example`, `model` and `path` are given by the class."""

    start_s = 120

    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.make_model(self.temporary.name)
        self.example = pathlib.Path(SOURCE, "examples", self.plan).read_text(encoding="utf-8")
        environment = {**os.environ, "PATH": f"{self.path}:{os.environ['PATH']}"}
        self.sweeps = Sweeps(ROOFSCAPE, self.temporary.name, environment)
        self.addCleanup(self.sweeps.stop)

    def test_the_example_is_started_swept_and_stopped(self):
        name = re.search(r'(?m)^name = "(.*)"$', self.example).group(1)
        path = self.sweeps.write("plan.toml", self.example)
        self.sweeps.run(path, timeout=2 * self.start_s + 120)
        self.sweeps.check_exactly_once(self, 4, name)
        state = self.sweeps.state(path)
        self.assertEqual([layout["jobs"] for layout in state["layouts"]], [1, 1])
        self.assertEqual(marked_processes(self.temporary.name), [])
        logs = list(pathlib.Path(self.temporary.name).glob("jobs/*/server.log"))
        self.assertEqual(len(logs), 2)

        shown = json.loads(subprocess.run(
            [ROOFSCAPE, "show", "last", "--json", "--db", self.sweeps.db], check=True,
            capture_output=True, text=True, timeout=60).stdout)
        deployment = shown["plan"]["deployment"]
        self.assertEqual(deployment["engine"], self.engine)
        self.assertRegex(deployment["engine_version"], r"\d+\.\d+|\d{3}")
        for point in shown["points"]:
            self.assertEqual(point["failures"], 0)
            self.assertGreater(point["output_tps"], 1)

    def check_failure(self, name, kind, reason, **changes):
        path = self.sweeps.write(f"{name}.toml", broken(self.example, name, **changes))
        told = self.sweeps.run(path, status=1, timeout=2 * self.start_s)
        failures = [point["failure"] for point in self.sweeps.state(path)["points"]]
        self.assertEqual([failure["class"] for failure in failures], [kind],
                         told.stderr + self.server_logs())
        self.assertRegex(failures[0]["reason"], reason)
        self.assertEqual(marked_processes(self.temporary.name), [])

    def server_logs(self):
        return "".join(path.read_text(errors="replace")[-2000:] for path in
                       sorted(pathlib.Path(self.temporary.name).glob("jobs/*/server.log")))


class LlamaCpp(EngineSweep, unittest.TestCase):
    plan = "sweep-llama-cpp.toml"
    engine = "llama.cpp"

    def setUp(self):
        self.path = os.path.dirname(ENGINE)
        super().setUp()

    def make_model(self, folder):
        subprocess.run([ROOFSCAPE, "make-model", "-o", os.path.join(folder, "tiny.gguf")],
                       check=True, capture_output=True, timeout=60)

    def test_its_failures_are_understood(self):
        self.check_failure("absent", "model", "failed to load model",
                           model=('"tiny.gguf"', '"absent.gguf"'))
        self.check_failure("flag", "flag", "--no-such-flag",
                           flag=("--offline", "--offline --no-such-flag"))


class Vllm(EngineSweep, unittest.TestCase):
    plan = "sweep-vllm.toml"
    engine = "vllm"
    start_s = 400

    def setUp(self):
        if os.environ.get("ROOFSCAPE_TEST_VLLM") != "1":
            self.skipTest("only with ROOFSCAPE_TEST_VLLM=1: it takes minutes")
        self.path = os.path.join(SOURCE, "tools", "engine")
        super().setUp()

    def make_model(self, folder):
        subprocess.run([os.path.join(SOURCE, "tools/engine/vllm-model"), "-o",
                        os.path.join(folder, "vllm-tiny")],
                       check=True, capture_output=True, timeout=60)

    def test_its_failures_are_understood(self):
        self.check_failure("absent", "model", "absent", model=('"vllm-tiny"', '"absent"'))
        self.check_failure("flag", "flag", "--no-such-flag",
                           flag=("--enforce-eager", "--enforce-eager --no-such-flag"))


def main():
    global ROOFSCAPE, SOURCE, ENGINE
    ROOFSCAPE, SOURCE = (os.path.abspath(argument) for argument in sys.argv[1:3])
    del sys.argv[1:3]
    fetched = subprocess.run([os.path.join(SOURCE, "tools/engine/fetch")], capture_output=True,
                             text=True, timeout=900)
    if fetched.returncode != 0:
        print(fetched.stderr, file=sys.stderr)
        sys.exit(77)
    ENGINE = fetched.stdout.strip()
    unittest.main()


if __name__ == "__main__":
    main()
