"""What the tests of `roofscape sweep` share: plans of golden servers, coordinators that are
killed, and what a campaign must look like in the end."""

import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import time

GOLDEN = "ttft_ms = 4\ngap_ms = 1\n"


def plan(name, deployments, concurrency, repeats, executor="", more="", requests=20):
    text = f'schema_version = 1\nname = "{name}"\nrepeats = {repeats}\n'
    for deployment, command in deployments.items():
        text += (f'[[deployment]]\nname = "{deployment}"\nengine = "golden"\nchip = "cpu"\n'
                 f'[[deployment.roles]]\nname = "serve"\n[deployment.launch]\n'
                 f'command = {command!r}\n'
                 'start_timeout_s = 20\n')
    text += '[[workload]]\nname = "w"\ninput = {tokens = 8}\noutput = {tokens = 8}\n'
    text += f"[[load]]\nconcurrency = {concurrency}\nrequests = {requests}\nwarmup = 1\n"
    return text + executor + more


class Sweeps:
    """`roofscape sweep` in a folder of its own."""

    def __init__(self, roofscape, folder, environment=None):
        self.roofscape = roofscape
        self.folder = folder
        self.db = os.path.join(folder, "store.db")
        self.environment = environment or dict(os.environ)
        self.running = []

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        pathlib.Path(path).write_text(text, encoding="utf-8")
        return path

    def command(self, path, *words):
        return [self.roofscape, "sweep", path, "--db", self.db, "--poll", "0.1", "--lease", "5",
                *words]

    def run(self, path, *words, status=0, timeout=80):
        done = subprocess.run(self.command(path, *words), env=self.environment, text=True,
                              capture_output=True, timeout=timeout)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return done

    def start(self, path, *words):
        log = open(os.path.join(self.folder, f"coordinator-{len(self.running)}.log"), "wb")
        with log:
            process = subprocess.Popen(self.command(path, *words), env=self.environment,
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.running.append(process)
        return process

    def kill(self, process):
        process.send_signal(signal.SIGKILL)
        process.wait()

    def state(self, path):
        done = subprocess.run(self.command(path, "--status", "--json"), env=self.environment,
                              capture_output=True, text=True, timeout=30)
        assert done.returncode in (0, 1) and done.stdout, done.stderr
        return json.loads(done.stdout)

    def await_state(self, path, what, holds, seconds=60):
        end = time.monotonic() + seconds
        while True:
            try:
                state = self.state(path)
                if holds(state):
                    return state
            except AssertionError:
                state = None  # The database is not there yet.
            assert time.monotonic() < end, f"{what}: not within {seconds} s: {state}\n{self.logs()}"
            time.sleep(0.1)

    def logs(self):
        return "".join(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}\n"
                       for path in sorted(pathlib.Path(self.folder).glob("coordinator-*.log")))

    def rows(self, sql, *parameters):
        with sqlite3.connect(f"file:{self.db}?mode=ro", uri=True) as db:
            return db.execute(sql, parameters).fetchall()

    def check_exactly_once(self, test, points, campaign):
        """All points are done, each once, by one run that counts; no run stands twice."""
        done = self.rows("SELECT subject, event_json FROM sweep_event WHERE kind = 'done'")
        test.assertEqual(len(done), points, self.logs())
        test.assertEqual(len({subject for subject, _ in done}), points)
        counting = {json.loads(event)["run"] for _, event in done}
        test.assertEqual(len(counting), points)
        kept = {json.loads(event)["run"] for event, in
                self.rows("SELECT event_json FROM sweep_event WHERE kind = 'kept'")}
        stored = {run for run, in self.rows(
            "SELECT r.run_id FROM campaign_run AS r JOIN campaign AS c ON c.id = r.campaign_id "
            "WHERE c.name = ?", campaign)}
        test.assertEqual(stored, counting | kept)
        test.assertEqual({run for run, in self.rows("SELECT id FROM run")}, stored)
        complete = {run for run, in self.rows("SELECT run_id FROM point_end WHERE complete = 1")}
        test.assertEqual(complete, stored)
        checked = subprocess.run([self.roofscape, "db", "check", "--db", self.db],
                                 capture_output=True, text=True, timeout=60)
        test.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def stop(self):
        for process in self.running:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def marked_processes(folder):
    """Processes that jobs in this folder have started and that are still there."""
    names = {path.name for path in pathlib.Path(folder).glob("jobs/*")}
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
        try:
            environment = path.read_bytes().split(b"\0")
        except OSError:
            continue
        for variable in environment:
            if variable.startswith(b"ROOFSCAPE_JOB=") and variable[14:].decode() in names:
                found.append(int(path.parent.name))
    return found
