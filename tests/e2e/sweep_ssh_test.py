#!/usr/bin/env python3
"""One plan by the local and by the ssh executor, with an sshd of our own on loopback: the same
points with the same recipes, and a coordinator that is killed loses and doubles nothing over ssh
either.

    sweep_ssh_test.py ROOFSCAPE

Skipped, with the reason, where there is no sshd.
"""

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

from sweep_kit import GOLDEN, Sweeps, marked_processes, plan

PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


class SweepOverSsh(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.sweeps = Sweeps(ROOFSCAPE, self.temporary.name)
        self.addCleanup(self.sweeps.stop)
        self.golden = self.sweeps.write("golden.toml", GOLDEN)
        self.start_sshd()

    def file(self, name):
        return os.path.join(self.temporary.name, name)

    def start_sshd(self):
        for key in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.file(key)],
                           check=True)
        shutil.copy(self.file("user_key.pub"), self.file("authorized"))
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            self.port = one.getsockname()[1]
        with open(self.file("sshd_config"), "w", encoding="utf-8") as file:
            file.write(f"Port {self.port}\nListenAddress 127.0.0.1\n"
                       f"HostKey {self.file('host_key')}\n"
                       f"AuthorizedKeysFile {self.file('authorized')}\n"
                       "StrictModes no\nPasswordAuthentication no\nUsePAM no\n"
                       "PermitRootLogin prohibit-password\nPidFile none\n")
        if os.geteuid() == 0:
            os.makedirs("/run/sshd", exist_ok=True)
        with open(self.file("sshd.log"), "wb") as log:
            sshd = subprocess.Popen([shutil.which("sshd", path=PATH), "-D", "-e", "-f",
                                     self.file("sshd_config")],
                                    stdin=subprocess.DEVNULL, stderr=log)
        self.addCleanup(sshd.wait)
        self.addCleanup(sshd.terminate)
        end = time.monotonic() + 10
        while time.monotonic() < end:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.fail("sshd does not listen")

    def executor(self):
        words = ["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o",
                 f"UserKnownHostsFile={self.file('known')}", "-i", self.file("user_key"), "-p",
                 str(self.port), "-l", getpass.getuser()]
        return ('[executor]\nkind = "ssh"\nhosts = ["127.0.0.1"]\n'
                f"ssh = {json.dumps(words)}\nroofscape = {json.dumps(ROOFSCAPE)}\n"
                f"remote_folder = {json.dumps(self.file('jobs'))}\n")

    def facts(self, campaign):
        """What a run says of its point, but for time, host and figures."""
        rows = self.sweeps.rows(
            "SELECT plan_json FROM run AS r JOIN campaign_run AS m ON m.run_id = r.id "
            "JOIN campaign AS c ON c.id = m.campaign_id WHERE c.name = ?", campaign)
        facts = set()
        for text, in rows:
            run = json.loads(text)
            facts.add((run["labels"]["recipe"], run["labels"]["repeat"],
                       json.dumps(run["deployment"], sort_keys=True),
                       json.dumps(run["workload"], sort_keys=True),
                       json.dumps(run["load"], sort_keys=True)))
        return facts

    def test_same_points_as_on_this_machine(self):
        command = f"{{roofscape}} twin --script {self.golden} --port {{port}}"
        local = self.sweeps.write("local.toml", plan("local", {"a": command}, [1, 2], 2))
        self.sweeps.run(local)
        over = self.sweeps.write("ssh.toml", plan("over", {"a": command}, [1, 2], 2,
                                                  executor=self.executor()))
        # The jobs' folders here are not those there.
        first = self.sweeps.start(over, "--folder", self.file("fetched"))
        self.sweeps.await_state(over, "a point is done", lambda s: s["done"] >= 1)
        self.sweeps.kill(first)
        self.sweeps.run(over, "--folder", self.file("fetched"))
        self.assertEqual(self.facts("local"), self.facts("over"))
        self.assertEqual(len(self.facts("over")), 4)
        state = self.sweeps.state(over)
        self.assertEqual((state["done"], state["layouts"][0]["jobs"]), (4, 1), state)
        self.assertEqual(marked_processes(self.temporary.name), [])

    def test_a_host_that_cannot_be_reached_is_told(self):
        text = plan("lost", {"a": "x --port {port}"}, [1], 1, executor=self.executor())
        path = self.sweeps.write("lost.toml", text.replace(f'"{self.port}"', '"1"'))
        process = self.sweeps.start(path)
        end = time.monotonic() + 20
        while "check that ssh gets there" not in self.sweeps.logs() and time.monotonic() < end:
            time.sleep(0.1)
        process.terminate()
        process.wait(30)
        self.assertIn("check that ssh gets there without a password", self.sweeps.logs())


if __name__ == "__main__":
    ROOFSCAPE = os.path.abspath(sys.argv.pop(1))
    ABSENT = [name for name in ("sshd", "ssh", "ssh-keygen") if not shutil.which(name, path=PATH)]
    if ABSENT:
        print(f"skipped: no {', '.join(ABSENT)}: install Debian's openssh-server")
        sys.exit(77)
    unittest.main()
