#!/usr/bin/env python3
"""`roofscape sweep` by Kubernetes, with a stand-in for kubectl whose containers are processes of
this machine (kubectl_standin.py). A Job is deleted from outside, a Pod is evicted, the cluster does
not answer for a while and the coordinator gets kill -9 twice: all points end done, each exactly
once.
The manifests are held against the published schema of the API where it is at hand. Where there is
a kubectl it is the one that is called, with a small API in front of the same objects
(kubernetes_api.py); only its exec is the stand-in's.

    sweep_kubernetes_test.py ROOFSCAPE
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import kubernetes_schema
import side_by_side
from sweep_kit import GOLDEN, Sweeps, marked_processes, plan

HERE = os.path.dirname(os.path.abspath(__file__))
POINTS = 16


class SweepOnKubernetes(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.cluster = pathlib.Path(self.temporary.name, "cluster")
        self.cluster.mkdir()
        self.configure({"n1": {}, "n2": {}, "n3": {}})
        self.sweeps = Sweeps(ROOFSCAPE, self.temporary.name,
                             dict(os.environ, KUBECTL_STANDIN=str(self.cluster)))
        self.addCleanup(self.end_pods)
        self.addCleanup(self.sweeps.stop)
        self.golden = self.sweeps.write("golden.toml", GOLDEN)

    def configure(self, nodes):
        (self.cluster / "cluster.json").write_text(json.dumps(
            {"nodes": nodes, "images": ["roofscape:1", "engine:1"]}))

    def end_pods(self):
        for path in (self.cluster / "job").glob("*.json"):
            path.unlink()
        end = time.monotonic() + 20
        while list((self.cluster / "pod").glob("*.json")) and time.monotonic() < end:
            time.sleep(0.1)

    def kubectl(self):
        """The command: the system's kubectl before an API of ours, or the stand-in."""
        standin = os.path.join(HERE, "kubectl_standin.py")
        real = shutil.which("kubectl")
        if real is None:
            return [sys.executable, standin]
        api = subprocess.Popen([sys.executable, os.path.join(HERE, "kubernetes_api.py")],
                               env=self.sweeps.environment, stdout=subprocess.PIPE, text=True)
        self.addCleanup(api.stdout.close)
        self.addCleanup(api.wait)
        self.addCleanup(api.kill)
        port = int(api.stdout.readline())
        path = self.sweeps.write("kubectl.sh", (
            f'#!/bin/sh\ncase "$*" in *" exec "*) exec {sys.executable} {standin} "$@" ;; esac\n'
            f"exec {real} --kubeconfig=/dev/null --cache-dir={self.temporary.name}/cache "
            f'--server=http://127.0.0.1:{port} "$@"\n'))
        os.chmod(path, 0o755)
        return [path]

    def executor(self, more="", kubectl=None):
        kubectl = json.dumps(kubectl or self.kubectl())
        return ('[executor]\nkind = "kubernetes"\nparallel = 2\nimage = "roofscape:1"\n'
                f"kubectl = {kubectl}\nroofscape = {json.dumps(ROOFSCAPE)}\n"
                f'namespace = "bench"\n{more}')

    def twin(self, more=""):
        return f"{ROOFSCAPE} twin --script {self.golden} --port {{port}}{more}"

    def in_pod(self, text, image="engine:1"):
        """With an image of the engine's own."""
        return text.replace("start_timeout_s = 20\n",
                            f'start_timeout_s = 20\nruntime = "pod"\nimage = "{image}"\n')

    def jobs(self):
        return {path.stem: json.loads(path.read_text())
                for path in (self.cluster / "job").glob("*.json")}

    def pod_of(self, job):
        return next(path.stem for path in (self.cluster / "pod").glob(f"{job}-*.json"))

    def test_campaign_survives_everything(self):
        path = self.sweeps.write("plan.toml", self.in_pod(plan(
            "kube", {"a": self.twin(), "b": self.twin(" --threads 1")}, [1, 2, 3, 4], 2,
            requests=100, executor=self.executor())))
        first = self.sweeps.start(path)
        self.sweeps.await_state(path, "points are done", lambda s: s["done"] >= 2)
        self.sweeps.kill(first)
        second = self.sweeps.start(path)
        state = self.sweeps.await_state(
            path, "both run", lambda s: all("job" in x and x["job"]["host"] for x in s["layouts"]))
        self.assertEqual(len(self.jobs()), 2)
        deleted, evicted = (layout["job"] for layout in state["layouts"])
        (self.cluster / "evict").mkdir()
        (self.cluster / "evict" / self.pod_of(evicted["name"])).touch()
        (self.cluster / "job" / f"{deleted['name']}.json").unlink()
        self.sweeps.await_state(path, "both go on in further jobs", lambda s: all(
            x["jobs"] == 2 and x.get("job", {}).get("id") for x in s["layouts"]))
        (self.cluster / "down").touch()
        time.sleep(1)
        (self.cluster / "down").unlink()
        self.sweeps.kill(second)
        self.assertEqual(self.sweeps.start(path).wait(100), 0, self.sweeps.logs())
        self.sweeps.check_exactly_once(self, POINTS, "kube")
        told = self.sweeps.logs()
        self.assertIn("cancelled: the Job is not there any more", told)
        self.assertIn("node: Kubernetes says Evicted: The node was low on resource", told)
        self.assertEqual({x["jobs"] for x in self.sweeps.state(path)["layouts"]}, {2})
        self.await_over()
        self.assertEqual(marked_processes(self.temporary.name), [])

    def await_over(self):
        """Every Job that is left has completed: workers were told that all was fetched."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            kinds = {job["status"].get("conditions", [{}])[0].get("type")
                     for job in self.jobs().values()}
            if kinds <= {"Complete", "Failed"}:
                return
            time.sleep(0.1)
        self.fail(f"a Pod runs on: {kinds}\n{self.sweeps.logs()}")

    def test_one_image_for_both(self):
        path = self.sweeps.write("plan.toml", plan("single", {"a": self.twin()}, [1, 2], 2,
                                                   executor=self.executor()))
        self.sweeps.run(path)
        self.sweeps.check_exactly_once(self, 4, "single")
        (job,) = self.jobs().values()
        self.assertEqual(len(job["spec"]["template"]["spec"]["containers"]), 1)
        self.await_over()

    def test_one_question_a_poll_for_all_jobs(self):
        path = self.sweeps.write("plan.toml", self.in_pod(plan(
            "polls", {"a": self.twin(), "b": self.twin(" --threads 1")}, [1], 2,
            executor=self.executor(
                kubectl=[sys.executable, os.path.join(HERE, "kubectl_standin.py")]))))
        self.sweeps.run(path)
        seen = (self.cluster / "gets").read_text().split()
        self.assertIn("4", seen)  # Two Jobs and two Pods in one answer.

    def failure(self, path):
        state = self.sweeps.state(path)
        return next(p["failure"] for p in state["points"] if "failure" in p)

    def test_failures_have_a_class_and_a_cure(self):
        retries = "[retries]\nimage = 0\nsubmit = 0\n"
        absent = self.sweeps.write("absent.toml", self.in_pod(
            plan("absent", {"a": self.twin()}, [1], 1, executor=self.executor(), more=retries),
            image="engine:9"))
        self.sweeps.run(absent, status=1)
        self.assertEqual(self.failure(absent)["class"], "image")
        self.assertIn("ImagePullBackOff", self.failure(absent)["reason"])
        self.assertEqual(self.jobs(), {})  # A Job that cannot begin is not left behind.

        crowded = self.sweeps.write("crowded.toml", plan(
            "crowded", {"a": self.twin()}, [1], 1, more=retries, executor=self.executor(
                'chip_resource = "nvidia.com/gpu"\nschedule_timeout_s = 1\n')))
        self.sweeps.run(crowded, status=1)
        self.assertEqual(self.failure(crowded)["class"], "submit")
        self.assertIn("nvidia.com/gpu", self.failure(crowded)["reason"])

        large = self.sweeps.write("large.toml", self.in_pod(plan("large", {
            "a": "echo 'torch.OutOfMemoryError: CUDA out of memory.'; exit 1 # {port}"}, [1], 1,
            executor=self.executor())))
        self.sweeps.run(large, status=1)
        self.assertEqual(self.failure(large)["class"], "memory")

    def test_plans_that_do_not_fit_are_refused(self):
        text = plan("p", {"a": self.twin()}, [1], 1, executor=self.executor())
        for changed, message in (
                (self.in_pod(text).replace('kind = "kubernetes"', 'kind = "local"'),
                 "a pod is made"),
                (text.replace('image = "roofscape:1"\n', ""), "executor.image: is missing")):
            path = self.sweeps.write("bad.toml", changed)
            told = subprocess.run(self.sweeps.command(path, "--dry-run"), capture_output=True,
                                  text=True, timeout=30)
            self.assertEqual(told.returncode, 2, told.stderr)
            self.assertIn(message, told.stderr)

    def test_manifests_fit_the_published_schema(self):
        more = ('chip_resource = "nvidia.com/gpu"\nresources = {memory = "64Gi", cpu = "16"}\n'
                'service_account = "sweeper"\nnode_selector = {pool = "h200"}\n'
                'tolerations = [{key = "nvidia.com/gpu", operator = "Exists"}]\n'
                "[executor.manifest.spec.template.spec]\nhostIPC = true\n"
                'priorityClassName = "bench"\n')
        text = plan("m", {"a": self.twin(), "b": self.twin(" --threads 1")}, [1], 1,
                    executor=self.executor(more))
        for one in (text, self.in_pod(text)):
            path = self.sweeps.write("m.toml", one)
            told = self.sweeps.run(path, "--dry-run", "--manifests")
            listed = json.loads(told.stdout)
            self.assertEqual((listed["kind"], len(listed["items"])), ("List", 2))
            for item in listed["items"]:
                self.assertEqual(kubernetes_schema.errors(item), [])
                # And the check is one: a wrong field does not pass.
                item["spec"]["template"]["spec"]["containers"][0]["imagee"] = "x"
                self.assertNotEqual(kubernetes_schema.errors(item), [])
        print(f"manifests held against: {kubernetes_schema.source()}", file=sys.stderr)


if __name__ == "__main__":
    ROOFSCAPE = os.path.abspath(sys.argv.pop(1))
    side_by_side.main()
