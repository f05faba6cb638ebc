"""What a page that watches `roofscape serve` hears of a run while it is made.

serve_live_test.py ROOFSCAPE SCHEMA
"""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from serve_kit import ROOFSCAPE, Contract, Server

SCHEMA = sys.argv[2]


class Watching(unittest.TestCase):
    """A golden server, and `serve` on a store that is not there yet."""

    FLAGS = ()

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        script = os.path.join(self.folder.name, "golden.toml")
        with open(script, "w", encoding="utf-8") as file:
            file.write("ttft_ms = 20\ngap_ms = 5\n")
        self.golden = subprocess.Popen([ROOFSCAPE, "twin", "--script", script, "--port", "0"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.url = self.golden.stderr.readline().split()[-1]
        self.database = os.path.join(self.folder.name, "live.db")
        self.server = Server(self.database, *self.FLAGS)

    def tearDown(self):
        self.server.stop()
        self.golden.terminate()
        self.golden.communicate(timeout=20)
        self.folder.cleanup()

    def events(self, until):
        """(name, body) of each event, until `until` says that it was the last."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=60) as client:
            client.sendall(b"GET /api/v1/live/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stream = client.makefile("rb")
            name, heard = "", []
            for line in stream:
                if line.startswith(b"event: "):
                    name = line[7:].strip().decode()
                elif line.startswith(b"data: "):
                    heard.append((name, json.loads(line[6:])))
                    if until(*heard[-1]):
                        return heard
        raise AssertionError(f"the stream ended: {heard}")


class LiveTest(Watching):
    """What a page that watches hears of a real run, from before its store is there to its end."""

    def test_a_run_begins_goes_on_and_ends(self):
        heard = []

        def over(name, body):
            return name == "live" and not body["runs"] and body["recent"]

        watcher = threading.Thread(target=lambda: heard.extend(self.events(over)))
        watcher.start()
        subprocess.run([ROOFSCAPE, "bench", self.url, "--db", self.database, "--concurrency", "2,4",
                        "--duration", "3", "--input-tokens", "16", "--output-tokens", "20"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        watcher.join(timeout=60)
        contract = Contract(SCHEMA)
        lives = [body for name, body in heard if name == "live"]
        for body in lives:
            contract.validate("/api/v1/live", 200, body)
        running = [body["runs"][0] for body in lives if body["runs"]]
        self.assertTrue(running, heard)
        self.assertFalse(any(run["stale"] for run in running))
        # While it ran a second point was begun.
        self.assertEqual(max(len(run["points"]) for run in running), 2, running)
        run = running[0]["run"]["id"]
        self.assertEqual({other["run"]["id"] for other in running}, {run})
        self.assertEqual(lives[-1]["recent"][0]["id"], run)
        generations = [body["generation"] for name, body in heard if name == "store"]
        self.assertEqual(generations, sorted(generations))
        self.assertGreater(lives[-1]["generation"], lives[0]["generation"])
        status, _, body = self.server.get(f"/api/v1/runs/{run}")
        self.assertEqual(status, 200)
        self.assertEqual(len(json.loads(body)["points"]), 2)


class QueueTest(Watching):
    """Runs that are started over HTTP."""

    FLAGS = ("--allow-runs",)

    def setUp(self):
        super().setUp()
        self.contract = Contract(SCHEMA)
        token = re.search(r"token to start runs with, shown only now: (\w+)",
                          "".join(self.server.lines)).group(1)
        self.headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}

    def ask(self, path, method="GET", value=None, **headers):
        data = None if value is None else json.dumps(value).encode()
        status, _, body = self.server.get(path, {**self.headers, **headers}, method, data)
        return status, json.loads(body)

    def bench(self, **more):
        return {"url": self.url, "concurrency": [2, 4], "input_tokens": 16, "output_tokens": 20,
                "requests_per_slot": 40, **more}

    def await_state(self, entry, state):
        path = f"/api/v1/queue/{entry}"
        for _ in range(600):
            status, body = self.ask(path)
            self.assertEqual(status, 200)
            self.contract.validate(path, 200, body)
            if body["state"] == state:
                return body
            time.sleep(0.1)
        return self.fail(f"{body} is not {state} after a minute")

    def test_a_run_is_started_watched_and_kept(self):
        heard = []

        def over(name, body):
            return name == "live" and [e["state"] for e in body["queue"]] == ["done", "cancelled"]

        watcher = threading.Thread(target=lambda: heard.extend(self.events(over)))
        watcher.start()
        status, first = self.ask("/api/v1/queue", "POST", self.bench())
        self.assertEqual(status, 202, first)
        second = self.ask("/api/v1/queue", "POST", self.bench(requests_per_slot=10_000))[1]
        for entry in (first, second):
            self.contract.validate("/api/v1/queue/x", 200, entry)
        done = self.await_state(first["id"], "done")
        self.await_state(second["id"], "running")
        for _ in range(600):  # It asks the server what it is before it begins a run.
            if self.ask(f"/api/v1/queue/{second['id']}")[1]["run"]:
                break
            time.sleep(0.1)
        self.assertEqual(self.ask(f"/api/v1/queue/{second['id']}", "DELETE")[0], 200)
        cut = self.await_state(second["id"], "cancelled")
        watcher.join(timeout=60)
        lives = [body for name, body in heard if name == "live"]
        for body in lives:
            self.contract.validate("/api/v1/live", 200, body)
        # Never two at once, and the one that ran is told point by point.
        self.assertTrue(any(body["runs"] for body in lives), lives)
        self.assertLessEqual(max(len(body["runs"]) for body in lives), 1)
        # What was measured before the end was asked for is kept.
        self.assertTrue(cut["run"])
        run = self.ask(f"/api/v1/runs/{done['run']}")[1]
        self.assertEqual(len(run["points"]), 2)
        queue = self.ask("/api/v1/queue")[1]
        self.contract.validate("/api/v1/queue", 200, queue)
        self.assertTrue(queue["allowed"])
        self.assertTrue(self.ask("/api/v1/meta")[1]["capabilities"]["runs"])

    def test_a_server_that_is_not_there_fails_with_its_reason(self):
        entry = self.ask("/api/v1/queue", "POST", self.bench(url="http://127.0.0.1:9"))[1]
        failed = self.await_state(entry["id"], "failed")
        self.assertIn("127.0.0.1:9", failed["message"])

    def test_who_may_not(self):
        good = self.bench()
        for status, value, headers in (
                (401, good, {"Authorization": ""}),
                (401, good, {"Authorization": "Bearer " + "0" * 64}),
                (403, good, {"Origin": "http://evil.example"}),
                (403, good, {"Sec-Fetch-Site": "cross-site"}),
                (403, good, {"Host": "evil.example"}),
                (415, good, {"Content-Type": "text/plain"}),
                (400, {**good, "url": "http://example.org"}, {}),
                (400, {**good, "extra_body": "{}"}, {}),
                (400, {**good, "concurrency": ["1 --db=x"]}, {})):
            got, body = self.ask("/api/v1/queue", "POST", value, **headers)
            self.assertEqual(got, status, body)
        self.assertEqual(self.ask("/api/v1/queue")[1]["entries"], [])


class NoRunsTest(unittest.TestCase):
    """Without the flag."""

    def test_runs_are_refused_and_the_flag_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(os.path.join(folder, "none.db"))
            self.assertNotIn("token", "".join(server.lines))
            status, _, body = server.get("/api/v1/queue", {"Content-Type": "application/json"},
                                         "POST", b"{}")
            self.assertEqual(status, 403)
            self.assertIn("--allow-runs", json.loads(body)["error"]["message"])
            self.assertFalse(json.loads(server.get("/api/v1/queue")[2])["allowed"])
            server.stop()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
