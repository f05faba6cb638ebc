#!/usr/bin/env python3
"""A campaign of 24 points over two layouts through a real Slurm cluster, on this machine. One job
is cancelled from outside, one node is drained, the controller is restarted, and the coordinator
gets kill -9 twice: all points end done, each exactly once.

    sweep_slurm_test.py ROOFSCAPE

Skipped, with the reason, where there is no Slurm.
"""

import os
import shutil
import sys
import tempfile
import unittest

import slurm_cluster
from sweep_kit import GOLDEN, Sweeps, marked_processes, plan

POINTS = 24


class SweepOnSlurm(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        folder = os.path.join(self.temporary.name, "cluster")
        os.makedirs(folder)
        self.cluster = slurm_cluster.Cluster(folder, nodes=4)
        self.addCleanup(self.cluster.__exit__)
        self.cluster.__enter__()
        self.sweeps = Sweeps(ROOFSCAPE, self.temporary.name, self.cluster.environment)
        self.addCleanup(self.sweeps.stop)
        self.sweeps.write("golden.toml", GOLDEN)

    def wrap(self, name, script):
        """A program of that name before the system's on the coordinator's PATH."""
        folder = os.path.join(self.temporary.name, "bin")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + script)
        os.chmod(path, 0o755)
        if not self.sweeps.environment["PATH"].startswith(folder):
            self.sweeps.environment["PATH"] = folder + ":" + self.sweeps.environment["PATH"]

    def test_accounting_is_read_back_and_a_poll_asks_once(self):
        # There is no slurmdbd here: what sacct would print for these flags, in Slurm's own form.
        self.wrap("sacct", 'echo "$@" >> "$(dirname "$0")/sacct.log"\n'
                           'case "$*" in\n'
                           "*--format=State,ExitCode,ElapsedRaw,NodeList*) "
                           "echo 'COMPLETED|0:0|1234|n1' ;;\n*) exit 1 ;;\nesac\n")
        squeue = shutil.which("squeue", path=self.cluster.environment["PATH"])
        self.wrap("squeue", f'echo "$@" >> "$(dirname "$0")/squeue.log"\nexec {squeue} "$@"\n')
        twin = "{roofscape} twin --script golden.toml --port {port}"
        path = self.sweeps.write("plan.toml", plan(
            "accounted", {"a": twin, "b": twin + " --threads 1"}, [1], 2, requests=60,
            executor='[executor]\nkind = "slurm"\nparallel = 2\n'
                     'options = ["--partition=bench", "--cpus-per-task=2"]\n'))
        self.sweeps.run(path)
        state = self.sweeps.state(path)
        self.assertEqual([layout["accounting"][0] for layout in state["layouts"]], [
            {"job": layout["accounting"][0]["job"], "state": "COMPLETED", "exit": "0:0",
             "node": "n1", "elapsed_s": 1234} for layout in state["layouts"]])
        self.assertEqual(state["device_s"], 2 * 1234)
        for layout in state["layouts"]:
            self.assertIn("kernel", layout["environments"][0]["facts"])
        with open(os.path.join(self.temporary.name, "bin", "squeue.log"), encoding="utf-8") as file:
            asked = [line for line in file if "--jobs=" in line]
        self.assertTrue(any("," in line.split("--jobs=")[1] for line in asked), asked)

    def jobs(self):
        """{name: (id, state, node)} of all jobs that the cluster has seen."""
        told = self.cluster.run("squeue", "-h", "--states=all", "-o", "%j|%i|%T|%N").stdout
        rows = [line.split("|") for line in told.split()]
        return {row[0]: row[1:] for row in rows}

    def test_campaign_survives_everything(self):
        twin = "{roofscape} twin --script golden.toml --port {port}"
        path = self.sweeps.write("plan.toml", plan(
            "slurm", {"a": twin, "b": twin + " --threads 1"}, [1, 2, 3, 4], 3, requests=60,
            executor='[executor]\nkind = "slurm"\nparallel = 2\n'
                     'options = ["--partition=bench", "--cpus-per-task=2"]\n'))
        first = self.sweeps.start(path)
        self.sweeps.await_state(path, "points are done", lambda s: s["done"] >= 2)
        self.sweeps.kill(first)

        second = self.sweeps.start(path)
        before = self.jobs()
        self.assertEqual(len(before), 2, before)
        state = self.sweeps.await_state(
            path, "both run", lambda s: all("job" in x and x["job"]["host"] for x in s["layouts"]))
        victim, other = (layout["job"] for layout in state["layouts"])
        self.cluster.run("scancel", victim["id"])
        drained = other["host"]
        self.cluster.run("scontrol", "update", f"nodename={drained}", "state=drain", "reason=test")
        self.sweeps.await_state(path, "the cancelled one goes on", lambda s: any(
            x["jobs"] == 2 and x.get("job", {}).get("id") for x in s["layouts"]))

        self.cluster.stop_controller()
        self.cluster.start_controller()
        self.sweeps.await_state(path, "more is done", lambda s: s["done"] >= state["done"] + 4)
        self.sweeps.kill(second)
        self.assertEqual(self.sweeps.start(path).wait(60), 0, self.sweeps.logs())

        self.sweeps.check_exactly_once(self, POINTS, "slurm")
        after = self.jobs()
        # A job for each layout, and one for the rest of the cancelled one: nothing was begun twice.
        self.assertEqual(len(after), 3, after)
        self.assertEqual(after[victim["name"]][1], "CANCELLED")
        later = [row for name, row in after.items() if name not in before]
        self.assertNotIn(drained, [row[2] for row in later])
        self.assertEqual(marked_processes(self.temporary.name), [])


if __name__ == "__main__":
    ROOFSCAPE = os.path.abspath(sys.argv.pop(1))
    REASON = slurm_cluster.why_not()
    if REASON:
        print(f"skipped: {REASON}")
        sys.exit(77)
    unittest.main()
