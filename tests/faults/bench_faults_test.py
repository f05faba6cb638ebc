#!/usr/bin/env python3
"""What `roofscape bench` does when the server, the machine or the user goes wrong: a message that
says what happened, where and what to do; the exit status of the CLI contract; and everything
measured until then in the store.

    bench_faults_test.py ROOFSCAPE
"""

import json
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

from fake_server import Behaviour, FakeServer, chunk_of

ROOFSCAPE = ""
TIMEOUT_S = 60
PROBES = 7  # Requests that ask what the server takes, before anything is measured.


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class FaultTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.db = os.path.join(self.folder.name, "faults.db")

    def tearDown(self):
        self.folder.cleanup()

    def command(self, url, *flags):
        return [ROOFSCAPE, "bench", url, "--db", self.db, "--api", "completions",
                "--input-tokens", "8", "--output-tokens", "8", "--requests-per-slot", "5",
                "--json", *flags]

    def bench(self, url, *flags, preexec=None):
        environment = {k: v for k, v in os.environ.items() if k != "OPENAI_API_KEY"}
        return subprocess.run(self.command(url, *flags), capture_output=True, text=True,
                              timeout=TIMEOUT_S, preexec_fn=preexec, env=environment)

    def bench_with(self, behaviour, *flags, preexec=None):
        with FakeServer(behaviour) as server:
            return self.bench(server.url, *flags, preexec=preexec)

    def stored(self):
        shown = subprocess.run([ROOFSCAPE, "show", "last", "--db", self.db, "--json"],
                               capture_output=True, text=True, timeout=TIMEOUT_S)
        self.assertEqual(shown.returncode, 0, shown.stderr)
        return json.loads(shown.stdout)

    def says(self, result, status, *parts):
        self.assertEqual(result.returncode, status, result.stderr + result.stdout[-500:])
        for part in parts:
            self.assertIn(part, result.stderr)


class BeforeTheRun(FaultTest):
    def test_healthy_server_is_measured(self):
        result = self.bench_with(Behaviour(), "--concurrency", "1,2")
        self.assertIn(result.returncode, (0, 3), result.stderr)
        run = json.loads(result.stdout)
        self.assertEqual([p["requests"] for p in run["points"]][0] > 0, True)
        self.assertEqual(run["status"], "complete")
        for point in run["points"]:
            self.assertEqual(point["failures"], 0)
            self.assertEqual(point["output_length_p50_tokens"], 8)
            self.assertEqual(point["input_length_p50_tokens"], 8)

    def test_refused_connection(self):
        url = f"http://127.0.0.1:{free_port()}"
        self.says(self.bench(url), 1, url, "refused", "server")

    def test_status_codes(self):
        for status, cure in ((401, "--api-key"), (403, "--api-key"), (404, "path"),
                             (429, "lift its limit"), (500, "log"), (503, "log")):
            with self.subTest(status=status):
                class Broken(Behaviour):
                    def get(self, handler):
                        handler.plain(status, '{"error":{"message":"because of reasons"}}')
                self.says(self.bench_with(Broken()), 1, f"answered {status}", "because of reasons",
                          cure, "/v1/models")

    def test_status_codes_of_the_endpoint(self):
        for status, cure in ((401, "--api-key"), (404, "--api"), (429, "lift its limit"),
                             (500, "log")):
            with self.subTest(status=status):
                class Broken(Behaviour):
                    def post(self, handler, body, number):
                        handler.plain(status, '{"error":{"message":"because of reasons"}}')
                self.says(self.bench_with(Broken()), 1, f"answered {status}", cure,
                          "/v1/completions")

    def test_a_key_is_sent_and_never_kept(self):
        seen = []

        class Keyed(Behaviour):
            def get(self, handler):
                seen.append(handler.headers.get("Authorization"))
                super().get(handler)
        result = self.bench_with(Keyed(), "--api-key", "sk-secret-1", "--header", "X-Pass: hush-2")
        self.assertIn(result.returncode, (0, 3), result.stderr)
        self.assertEqual(seen[0], "Bearer sk-secret-1")
        with open(self.db, "rb") as file:
            content = file.read()
        for secret in ("sk-secret-1", "hush-2"):
            self.assertNotIn(secret, result.stdout + result.stderr)
            self.assertNotIn(secret.encode(), content)

    def test_no_prompt_is_sent_twice(self):
        prompts = []

        class Listening(Behaviour):
            token_s = 0

            def post(self, handler, body, number):
                prompts.append(json.dumps(body["prompt"]))
                super().post(handler, body, number)
        with FakeServer(Listening()) as server:
            for _ in range(2):
                result = self.bench(server.url, "--concurrency", "1,2", "--repeat", "2")
                self.assertIn(result.returncode, (0, 3), result.stderr)
        measured = [p for p in prompts if p.count(" ") == 7]
        self.assertGreater(len(measured), 50)
        self.assertEqual(len(set(measured)), len(measured))

    def test_a_server_that_takes_only_its_own_fields(self):
        known = {"model", "prompt", "stream", "max_completion_tokens"}

        class Strict(Behaviour):
            def post(self, handler, body, number):
                extra = sorted(set(body) - known)
                if "max_tokens" in extra and len(extra) == 1:
                    return handler.plain(400, '{"error":{"message":"use max_completion_tokens"}}')
                if extra:
                    return handler.plain(422, '{"detail":"extra_forbidden: ' + extra[0] + '"}')
                super().post(handler, dict(body, max_tokens=body["max_completion_tokens"]), number)
        result = self.bench_with(Strict())
        self.assertIn(result.returncode, (0, 3), result.stderr)
        notes = " ".join(json.loads(result.stdout)["notes"])
        for field in ("ignore_eos", "temperature", "stream_options"):
            self.assertIn(field, notes)

    def test_a_url_that_ends_in_v1_is_the_same_server(self):
        asked = []

        class Paths(Behaviour):
            def get(self, handler):
                asked.append(handler.path)
                super().get(handler)
        with FakeServer(Paths()) as server:
            result = self.bench(server.url + "/v1")
        self.assertIn(result.returncode, (0, 3), result.stderr)
        self.assertIn("/v1/models", asked)
        self.assertFalse([path for path in asked if path.startswith("/v1/v1")], asked)

    def test_no_list_of_models_but_a_name(self):
        class Hidden(Behaviour):
            def get(self, handler):
                handler.plain(403, "{}")
        result = self.bench_with(Hidden(), "--model", "tiny")
        self.assertIn(result.returncode, (0, 3), result.stderr)

    def test_secrets_in_a_url_are_not_shown(self):
        for url in ("http://user:hunter2@127.0.0.1:1", "https://user:hunter2@h/"):
            self.assertNotIn("hunter2", self.bench(url).stderr)
        self.says(self.bench("http://127.0.0.1:1/?api-key=hunter2"), 2, "--header")

    def test_a_given_authorization_replaces_the_key(self):
        seen = []

        class Keyed(Behaviour):
            def get(self, handler):
                seen.append(handler.headers.get_all("Authorization"))
                super().get(handler)
        self.bench_with(Keyed(), "--api-key", "theirs", "--header", "Authorization: Bearer mine")
        self.assertEqual(seen[0], ["Bearer mine"])

    def test_ctrl_c_while_the_server_is_silent(self):
        class Silent(Behaviour):
            def post(self, handler, body, number):
                time.sleep(5)
                handler.close_connection = True
        with FakeServer(Silent()) as server:
            process = subprocess.Popen(self.command(server.url), stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, text=True)
            time.sleep(0.7)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=3)
        self.assertEqual(process.returncode, 1, err)
        self.assertIn("stopped", err)

    def test_output_that_cannot_be_written(self):
        with FakeServer(Behaviour()) as server, open("/dev/full", "w") as full:
            result = subprocess.run(self.command(server.url), stdout=full, stderr=subprocess.PIPE,
                                    text=True, timeout=TIMEOUT_S)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn("cannot write", result.stderr)
        self.assertEqual(self.stored()["status"], "complete")

    def test_unknown_model(self):
        result = self.bench_with(Behaviour(), "--model", "tinny")
        self.says(result, 2, "no model 'tinny'", "Did you mean 'tiny'?")

    def test_html_instead_of_json(self):
        class Website(Behaviour):
            def get(self, handler):
                handler.plain(200, "<!DOCTYPE html><html><body>Welcome</body></html>", "text/html")
        self.says(self.bench_with(Website()), 1, "HTML page", "Check host, port and path")

    def test_html_from_the_endpoint(self):
        class Website(Behaviour):
            def post(self, handler, body, number):
                handler.plain(200, "<html><body>Login</body></html>", "text/html")
        self.says(self.bench_with(Website()), 1, "HTML page")

    def test_nonsense_flags(self):
        url = "http://127.0.0.1:1"
        for flags, part in ((["--concurrency", "0"], "1 or more"),
                            (["--concurrency", "two"], "'two'"),
                            (["--concurrency", "1,,2"], "''"),
                            (["--input-tokens", "-5"], "input_tokens"),
                            (["--length-spread", "7"], "between 0 and 1"),
                            (["--api", "grpc"], "Use one of: completions, chat"),
                            (["--requests", "5", "--duration", "5"], "one of them"),
                            (["--duration", "-1"], "more than 0"),
                            (["--duration", "inf"], "at most a year"),
                            (["--extra-body", "{nope"], "not valid JSON"),
                            (["--extra-body", "[1]"], "JSON object"),
                            (["--header", "no colon"], "Name: value"),
                            (["--header", "Bad Name: x"], "header"),
                            (["--label", "novalue"], "novalue"),
                            (["--deployment", "/nonexistent.toml"], "/nonexistent.toml"),
                            (["--chips", "0"], "chips"),
                            (["--seed", "-1"], "seed"),
                            (["--concurency", "1"], "Did you mean '--concurrency'?")):
            with self.subTest(flags=flags):
                self.says(self.bench(url, *flags), 2, part)

    def test_nonsense_urls(self):
        for url in ("ftp://x", "http://", "http://h:99999", "http://a b/"):
            with self.subTest(url=url):
                result = self.bench(url)
                self.assertEqual(result.returncode, 2, result.stderr)

    def test_too_few_descriptors(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))
        result = self.bench_with(Behaviour(), "--concurrency", "64", preexec=limit)
        self.says(result, 1, "too few file descriptors", "ulimit -n")


class DuringTheRun(FaultTest):
    def failures_of(self, behaviour, *flags):
        result = self.bench_with(behaviour, *flags)
        self.assertTrue(result.stdout.strip(), result.stderr)
        point = json.loads(result.stdout)["points"][0]
        return point, result

    def test_stream_without_done_or_finish(self):
        class Cut(Behaviour):
            def post(self, handler, body, number):
                if number <= PROBES or number % 3 != 0:
                    return super().post(handler, body, number)
                handler.start_stream()
                self.tokens(handler, 3)
                handler.end_stream()
        point, result = self.failures_of(Cut(), "--concurrency", "2")
        self.assertGreater(point["failures_by_kind"]["truncated"], 0)
        self.assertIn("truncated", " ".join(point["reasons"]))

    def test_connection_cut_in_the_stream(self):
        class Cut(Behaviour):
            def post(self, handler, body, number):
                if number <= PROBES or number % 3 != 0:
                    return super().post(handler, body, number)
                handler.start_stream()
                self.tokens(handler, 3)
                handler.close_connection = True
        point, _ = self.failures_of(Cut(), "--concurrency", "2")
        self.assertGreater(sum(point["failures_by_kind"].values()), 0)

    def test_missing_done_after_a_finish_is_no_failure(self):
        class NoDone(Behaviour):
            def post(self, handler, body, number):
                handler.start_stream()
                self.tokens(handler, body["max_tokens"])
                handler.event(chunk_of("", "length"))
                handler.end_stream()
        point, _ = self.failures_of(NoDone())
        self.assertEqual(point["failures"], 0)

    def test_error_event_in_the_middle(self):
        class Error(Behaviour):
            def post(self, handler, body, number):
                if number <= PROBES or number % 3 != 0:
                    return super().post(handler, body, number)
                handler.start_stream()
                self.tokens(handler, 2)
                handler.event({"error": {"message": "out of memory", "code": 500}})
                handler.event("[DONE]")
                handler.end_stream()
        point, _ = self.failures_of(Error(), "--concurrency", "2")
        self.assertGreater(point["failures_by_kind"]["server_error"], 0)
        self.assertIn("out of memory", " ".join(point["reasons"]))

    def test_rate_limit_in_the_middle(self):
        class Limited(Behaviour):
            def post(self, handler, body, number):
                if number > PROBES and number % 4 == 0:
                    return handler.plain(429, '{"error":{"message":"slow down"}}')
                super().post(handler, body, number)
        point, _ = self.failures_of(Limited(), "--concurrency", "2")
        self.assertGreater(point["failures_by_kind"]["http_error"], 0)
        self.assertIn("429", " ".join(point["reasons"]))

    def test_answer_that_never_ends(self):
        class Endless(Behaviour):
            token_s = 0.0005

            def post(self, handler, body, number):
                if number <= PROBES:
                    return super().post(handler, body, number)
                handler.start_stream()
                try:
                    self.tokens(handler, 100_000)
                except OSError:
                    handler.close_connection = True
        point, result = self.failures_of(Endless())
        self.assertGreater(point["failures_by_kind"]["protocol"], 0)
        self.assertIn("max_tokens", " ".join(point["reasons"]) + result.stderr)

    def test_silent_server_times_out(self):
        class Silent(Behaviour):
            def post(self, handler, body, number):
                if number <= PROBES:
                    return super().post(handler, body, number)
                time.sleep(3)
                handler.close_connection = True
        point, result = self.failures_of(Silent(), "--first-byte-timeout", "0.2")
        self.assertEqual(result.returncode, 1)
        self.assertGreater(point["failures_by_kind"]["timeout"], 0)

    def test_server_dies_at_half_time(self):
        with FakeServer(Behaviour()) as server:
            process = subprocess.Popen(
                self.command(server.url, "--concurrency", "1,2", "--requests", "100"),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(1.2)
            server.http.shutdown()
            server.http.server_close()

            class Dead(Behaviour):
                def post(self, handler, body, number):
                    handler.close_connection = True
            server.http.behaviour = Dead()
            out, err = process.communicate(timeout=TIMEOUT_S)
        self.assertEqual(process.returncode, 1, err)
        self.assertIn("in a row failed", err)
        self.assertIn("kept as run", err)
        run = self.stored()
        self.assertEqual(run["status"], "incomplete")
        self.assertGreater(run["points"][0]["windows"]["whole"]["successes"], 0)

    def test_ctrl_c_keeps_what_was_measured(self):
        with FakeServer(Behaviour()) as server:
            process = subprocess.Popen(
                self.command(server.url, "--concurrency", "2,4", "--requests", "100000"),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            time.sleep(1.5)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=TIMEOUT_S)
        self.assertEqual(process.returncode, 1, err)
        self.assertIn("kept as run", err)
        run = self.stored()
        self.assertEqual(run["status"], "incomplete")
        self.assertEqual(len(run["points"]), 1)
        self.assertFalse(run["points"][0]["complete"])
        self.assertGreater(run["points"][0]["windows"]["whole"]["successes"], 5)
        # It was not late: it never meant to send the rest.
        self.assertNotIn("scheduled", " ".join(run["points"][0]["reasons"]))

    def test_two_processes_share_a_database(self):
        with FakeServer(Behaviour()) as server:
            both = [subprocess.Popen(self.command(server.url, "--concurrency", "2"),
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                    for _ in range(2)]
            results = [process.communicate(timeout=TIMEOUT_S) for process in both]
        for process, (_, err) in zip(both, results):
            self.assertIn(process.returncode, (0, 3), err)
        runs = subprocess.run([ROOFSCAPE, "runs", "--db", self.db, "--json"], capture_output=True,
                              text=True, timeout=TIMEOUT_S)
        self.assertEqual(len(json.loads(runs.stdout)), 2)


class Storage(FaultTest):
    def test_full_disk(self):
        self.assertIn(self.bench_with(Behaviour()).returncode, (0, 3))
        size = os.path.getsize(self.db)

        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (size + 40_000, size + 40_000))
        result = self.bench_with(Behaviour(), "--concurrency", "1,2,4,8,16", preexec=limit)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, "disk|full|space|I/O")
        self.assertEqual(self.stored()["points"][0]["failures"], 0)

    def test_not_a_database(self):
        with open(self.db, "w") as file:
            file.write("this is a letter to my aunt, and no database at all" * 50)
        self.says(self.bench("http://127.0.0.1:1"), 1, self.db, "--db")

    def test_newer_database(self):
        self.assertIn(self.bench_with(Behaviour()).returncode, (0, 3))
        with sqlite3.connect(self.db) as database:
            database.execute("PRAGMA user_version = 900")
        self.says(self.bench("http://127.0.0.1:1"), 1, "newer", "--db")

    def test_folder_that_cannot_be_made(self):
        self.db = "/proc/roofscape/x.db"
        self.says(self.bench("http://127.0.0.1:1"), 1, "/proc/roofscape")


if __name__ == "__main__":
    ROOFSCAPE = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=1)
