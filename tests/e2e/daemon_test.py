#!/usr/bin/env python3
"""`roofscape daemon`: days of a made-up calendar on golden servers. A daily plan whose engine gets
10 % slower on the third day, with its version: told once, with what changed, and nothing else; what
was missed; what fails; what is begun and cut off.

    daemon_test.py ROOFSCAPE DAY_CLOCK SOURCE_FOLDER

DAY_CLOCK is tests/e2e/day_clock.cc: the program with a calendar that a file shifts.
"""

import datetime
import http.server
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import tomllib
import unittest
import xml.etree.ElementTree as ElementTree

import side_by_side

DAY = 86400
SLOW = 12  # ms; a tenth of it is well above what a busy machine adds.

# 12 requests a user are too few for a steady state: every figure is of the whole window.
PLAN = """schema_version = 1
name = "daily"
repeats = 2
[[deployment]]
name = "a"
engine = "golden"
chip = "cpu"
[[deployment.roles]]
name = "serve"
[deployment.launch]
command = "{roofscape} twin --script golden.toml --port {port}"
version_command = "cat version"
start_timeout_s = 60
[[workload]]
name = "chat"
input = {tokens = 8}
output = {tokens = 8}
[[load]]
concurrency = [1, 2]
requests_per_slot = 12
warmup = 1
"""

CONFIG = """schema_version = 1
time_zone = "Europe/Berlin"
[[entry]]
name = "nightly"
plan = "plan.toml"
schedule = "30 2 * * *"
[entry.judge]
record_at = [1]
[entry.tell]
webhook = "http://127.0.0.1:PORT/hook/secret"
email = "cat >> mail"
junit = "junit.xml"
"""


class Hook(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted; answers 500 as often as it was told to."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server = self.server
        if server.failures > 0:
            server.failures -= 1
            self.send_response(500)
        else:
            server.got.append((self.path, self.headers["Content-Type"], json.loads(body)))
            self.send_response(200)
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class Daemon(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        self.hook.got, self.hook.failures = [], 0
        thread = threading.Thread(target=self.hook.serve_forever, daemon=True)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(self.hook.server_close)
        self.addCleanup(self.hook.shutdown)
        self.processes = []
        self.addCleanup(self.stop)
        self.environment = dict(os.environ, ROOFSCAPE_DB=str(self.folder / "store.db"),
                                ROOFSCAPE_TEST_SHIFT=str(self.folder / "shift"))
        self.write("shift", "0")
        self.write("version", "1.0\n")
        self.serve(4)
        self.write("plan.toml", PLAN)
        self.configure(CONFIG)

    def write(self, name, text):
        path = self.folder / name
        new = path.with_name(name + ".new")
        new.write_text(text, encoding="utf-8")
        new.rename(path)
        return str(path)

    def configure(self, text):
        return self.write("daemon.toml",
                          text.replace("PORT", str(self.hook.server_address[1])))

    def serve(self, gap_ms):
        """What the golden server does from its next start on; both times by one factor."""
        self.write("golden.toml", f"ttft_ms = {2 * gap_ms:g}\ngap_ms = {gap_ms:g}\n")

    def go_to(self, day, clock="02:30:01"):
        """Moves the calendar to so many days after the first, at that time in Berlin's winter."""
        hour, minute, second = map(int, clock.split(":"))
        begin = datetime.datetime(2027, 1, 11, tzinfo=datetime.timezone.utc).timestamp()
        at = begin + day * DAY + (hour - 1) * 3600 + minute * 60 + second
        self.write("shift", str(int(at - time.time())))

    def command(self, *words):
        return [DAY_CLOCK, "daemon", str(self.folder / "daemon.toml"), *words]

    def run_once(self, *words, status=0):
        done = subprocess.run(self.command("--once", "--json", *words), env=self.environment,
                              capture_output=True, text=True, timeout=120, cwd=self.folder)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr + self.logs())
        return [json.loads(line) for line in done.stdout.splitlines()]

    def start(self, *words):
        log = open(self.folder / f"daemon-{len(self.processes)}.log", "wb")
        with log:
            process = subprocess.Popen(self.command("--poll", "0.1", *words), stdout=log,
                                       stderr=log, env=self.environment, cwd=self.folder,
                                       stdin=subprocess.DEVNULL)
        self.processes.append(process)
        return process

    def stop(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
                process.wait(60)

    def logs(self):
        found = list(self.folder.glob("*.log")) + list(self.folder.glob("daemon/*.log"))
        return "".join(f"\n--- {path.name}\n{path.read_text(errors='replace')[-3000:]}"
                       for path in found)

    def events(self, kind):
        if not (self.folder / "store.db").exists():
            return []
        with sqlite3.connect(f"file:{self.folder}/store.db?mode=ro", uri=True) as db:
            try:
                return [json.loads(text) for text, in db.execute(
                    "SELECT event_json FROM daemon_event WHERE kind = ? ORDER BY event_index",
                    (kind,))]
            except sqlite3.OperationalError:
                return []  # It is being made.

    def await_events(self, kind, count, seconds=90):
        end = time.monotonic() + seconds
        while len(self.events(kind)) < count:
            self.assertLess(time.monotonic(), end, f"{kind}: {len(self.events(kind))} of {count}"
                            + self.logs())
            time.sleep(0.1)
        return self.events(kind)

    def junit(self, since=0):
        """What was written after `since`: it comes after the event that the run has ended."""
        path = self.folder / "junit.xml"
        end = time.monotonic() + 30
        while not path.exists() or path.stat().st_mtime < since:
            self.assertLess(time.monotonic(), end, self.logs())
            time.sleep(0.1)
        suite = ElementTree.parse(path).getroot().find("testsuite")
        return suite.attrib, [(case.attrib["name"], [child.tag for child in case])
                              for case in suite.findall("testcase")]

    def test_a_regression_is_told_once_with_what_changed_and_nothing_else_is(self):
        self.serve(SLOW)
        self.go_to(0, "02:00:00")
        process = self.start()
        self.await_events("seen", 1)
        self.assertEqual(self.events("begun"), [])  # Its time has not come.
        for day in range(4):
            if day == 2:
                self.serve(SLOW / 0.9)
                self.write("version", "1.1\n")
            begun = time.time()
            self.go_to(day)
            report = self.await_events("ended", day + 1)[day]
            self.assertEqual(report["points_done"], 4, report)
            self.assertEqual(report["missed"], 0)
            self.assertEqual(report["failures"], [])
            self.assertEqual(len(report["changes"]), 1 if day == 2 else 0, report["text"])
            self.assertEqual([level["record"] for level in report["levels"]], [False])
            attributes, cases = self.junit(begun)
            self.assertEqual(attributes["tests"], "1")
            expected = {0: ["skipped"], 2: ["failure"]}.get(day, [])
            self.assertEqual(cases, [("a, chat", expected)])
        change = self.events("ended")[2]["changes"][0]
        self.assertEqual(change["verdict"], "worse")
        self.assertEqual(change["changed_with_it"],
                         [{"name": "engine version", "was": "1.0", "now": "1.1"}])
        rate = next(s for s in change["shifts"] if s["metric"] == "total_tps_per_chip")
        self.assertAlmostEqual(rate["change"], -0.1, delta=0.03)
        # One message, by each channel.
        self.await_events("told", 2)
        self.assertEqual(len(self.hook.got), 1, self.hook.got)
        path, kind, body = self.hook.got[0]
        self.assertEqual((path, kind), ("/hook/secret", "application/json"))
        self.assertEqual(set(body), {"text"})
        self.assertTrue(body["text"].startswith("nightly: 1 regression\n"), body)
        self.assertIn("engine version 1.0, now 1.1", body["text"])
        mail = (self.folder / "mail").read_text()
        self.assertEqual(mail.count("Subject: "), 1)
        self.assertIn("Subject: nightly: 1 regression\n", mail)
        begun = [event["due_us"] for event in self.events("begun")]
        self.assertEqual([b - a for a, b in zip(begun, begun[1:])], [DAY * 1_000_000] * 3)
        process.terminate()
        self.assertEqual(process.wait(30), 0, self.logs())
        checked = subprocess.run([ROOFSCAPE, "db", "check", "--db",
                                  self.environment["ROOFSCAPE_DB"]], capture_output=True, text=True,
                                 timeout=60)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)

    def test_once_ends_with_4_on_a_regression_and_makes_up_for_missed_times(self):
        self.serve(SLOW)
        self.go_to(0, "12:00:00")
        first, = self.run_once()
        self.assertEqual((first["cause"], first["missed"]), ("first", 0))
        self.assertEqual(self.run_once(), [])  # Nothing is due.
        self.go_to(3, "12:00:00")
        self.serve(1.5 * SLOW)
        self.hook.failures = 1  # The webhook's server has a bad moment.
        report, = self.run_once(status=4)
        self.assertEqual((report["cause"], report["missed"]), ("schedule", 2))
        self.assertIn("2 earlier times of the schedule passed", report["text"])
        self.assertEqual(report["changes"][0]["changed_with_it"], [])
        self.assertIn("nothing that is known of", report["text"])
        self.assertEqual(len(self.hook.got), 1)

    def test_a_failing_run_is_told_with_class_and_cure(self):
        self.write("plan.toml", PLAN.replace(
            'command = "{roofscape} twin', 'command = "no-such-engine # twin'))
        self.go_to(0)
        report, = self.run_once(status=1)
        self.assertEqual([(f["class"], f["points"]) for f in report["failures"]], [("program", 4)])
        self.assertIn("no-such-engine", self.hook.got[0][2]["text"])
        self.assertIn("Cure: ", self.hook.got[0][2]["text"])
        self.write("plan.toml", "nonsense = 1\n")
        self.go_to(1)
        report, = self.run_once(status=1)
        self.assertEqual(report["broken"]["class"], "plan")
        self.assertIn("schema_version: is missing", report["broken"]["reason"])
        _, cases = self.junit()
        self.assertEqual(cases, [("run", ["error"])])

    def test_a_new_release_runs_the_plan_and_it_is_published(self):
        self.configure(CONFIG.replace('schedule = "30 2 * * *"\n', "").replace(
            "[entry.judge]", '[entry.publish]\nfolder = "site"\n[entry.release]\n'
            'command = "cat digest"\nevery_s = 1\n[entry.judge]'))
        self.write("plan.toml", PLAN.replace('"cat version"', '"echo $ROOFSCAPE_RELEASE"'))
        self.write("digest", "sha256:1\n")
        process = self.start()
        self.await_events("release", 1)
        self.assertEqual(self.events("begun"), [])
        self.write("digest", "sha256:2\n")
        report = self.await_events("ended", 1)[0]
        self.assertEqual((report["cause"], report["release"]), ("release", "sha256:2"))
        self.assertEqual(report["published"], "site", report)
        manifest = json.loads((self.folder / "site" / "data" / "manifest.json").read_text())
        self.assertGreater(len(manifest["files"]), 5)
        with sqlite3.connect(f"file:{self.folder}/store.db?mode=ro", uri=True) as db:
            versions = db.execute("SELECT DISTINCT engine_version FROM run").fetchall()
        self.assertEqual(versions, [("sha256:2",)])
        # Read again without a restart.
        self.write("daemon.toml", "nonsense")
        process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        self.assertIn("the old one holds", self.logs())
        self.assertIsNone(process.poll())

    def test_what_is_cut_off_is_gone_on_with_and_two_daemons_run_it_once(self):
        self.go_to(0, "02:00:00")
        first, second = self.start(), self.start()
        self.await_events("seen", 1)
        self.go_to(0)
        self.await_events("begun", 1)
        self.assertEqual(len(self.events("begun")), 1)
        end = time.monotonic() + 60
        while True:  # A point is measured.
            with sqlite3.connect(f"file:{self.folder}/store.db?mode=ro", uri=True) as db:
                if db.execute("SELECT 1 FROM sweep_event WHERE kind = 'done'").fetchone():
                    break
            self.assertLess(time.monotonic(), end, self.logs())
            time.sleep(0.1)
        owner = self.events("begun")[0]["owner"]["pid"]
        victim = first if first.pid == owner else second
        victim.kill()
        victim.wait()
        report = self.await_events("ended", 1)[0]
        self.assertTrue(report["taken_over"], report)
        self.assertEqual(report["points_done"], 4)
        self.assertEqual(len(self.events("begun")), 1)
        with sqlite3.connect(f"file:{self.folder}/store.db?mode=ro", uri=True) as db:
            done = db.execute("SELECT COUNT(*), COUNT(DISTINCT subject) FROM sweep_event "
                              "WHERE kind = 'done'").fetchone()
        self.assertEqual(done, (4, 4))

    def test_sigterm_ends_in_good_order(self):
        self.go_to(0, "02:00:00")
        process = self.start()
        self.await_events("seen", 1)
        self.go_to(0)
        self.await_events("begun", 1)
        process.terminate()
        self.assertEqual(process.wait(100), 0, self.logs())
        self.assertEqual(self.events("ended"), [])
        marks = [path for path in pathlib.Path("/proc").glob("[0-9]*/environ")
                 if str(self.folder).encode() in self.read(path)]
        self.assertEqual(marks, [])
        report, = self.run_once()
        self.assertEqual((report["points_done"], report["taken_over"]), (4, True))

    @staticmethod
    def read(path):
        try:
            return path.read_bytes()
        except OSError:
            return b""

    def test_dry_run_tells_times_and_starts_nothing(self):
        self.go_to(75)  # 27 March 2027, the day before clocks go forward.
        done = subprocess.run(self.command("--dry-run", "--times", "3"), env=self.environment,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("    2027-03-28 03:00:00 +02:00\n    2027-03-29 02:30:00 +02:00\n",
                      done.stdout)
        self.assertIn("would run: 4 points, 1 starts of a server", done.stdout)
        self.assertFalse((self.folder / "store.db").exists())
        told = json.loads(subprocess.run(self.command("--dry-run", "--json"), check=True,
                                         env=self.environment, capture_output=True, text=True,
                                         timeout=60).stdout)
        self.assertEqual(len(told["entries"][0]["times"]), 5)

    def test_schema_and_example_and_unit_fit(self):
        example = os.path.join(SOURCE, "examples", "daemon.toml")
        done = subprocess.run([ROOFSCAPE, "daemon", example, "--dry-run"], env=self.environment,
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        try:
            import jsonschema
        except ImportError:
            self.skipTest("python3-jsonschema is not installed")
        with open(os.path.join(SOURCE, "schema", "daemon.schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        jsonschema.Draft202012Validator.check_schema(schema)
        for text in (pathlib.Path(example).read_text(), CONFIG):
            jsonschema.validate(tomllib.loads(text), schema)
        if shutil.which("systemd-analyze"):
            unit = self.folder / "roofscape-daemon.service"
            text = pathlib.Path(SOURCE, "examples", "roofscape-daemon.service").read_text()
            unit.write_text(text.replace("/usr/bin/roofscape", ROOFSCAPE))
            verified = subprocess.run(["systemd-analyze", "verify", str(unit)], text=True,
                                      capture_output=True, timeout=60)
            ours = [line for line in verified.stderr.splitlines() if "roofscape" in line]
            self.assertEqual(ours, [], verified.stderr)


if __name__ == "__main__":
    ROOFSCAPE, DAY_CLOCK, SOURCE = (os.path.abspath(a) for a in sys.argv[1:4])
    del sys.argv[1:4]
    side_by_side.main()
