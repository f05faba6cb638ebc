"""What a page that watches `roofscape serve` hears of a run while it is made.

serve_live_test.py ROOFSCAPE SCHEMA
"""

import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from serve_kit import ROOFSCAPE, Contract, Server

SCHEMA = sys.argv[2]


class LiveTest(unittest.TestCase):
    """What a page that watches hears of a real run, from before its store is there to its end."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        script = os.path.join(self.folder.name, "golden.toml")
        with open(script, "w", encoding="utf-8") as file:
            file.write("ttft_ms = 20\ngap_ms = 5\n")
        self.golden = subprocess.Popen([ROOFSCAPE, "twin", "--script", script, "--port", "0"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.url = self.golden.stderr.readline().split()[-1]
        self.database = os.path.join(self.folder.name, "live.db")
        self.server = Server(self.database)

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


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
