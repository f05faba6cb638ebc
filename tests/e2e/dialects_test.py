#!/usr/bin/env python3
"""Every dialect of the golden server, through the whole program: what the server sent is what we
counted, and the promises that a dialect keeps or breaks are told as they are.

    dialects_test.py ROOFSCAPE
"""

import csv
import http.server
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "faults"))
sys.dont_write_bytecode = True
from fake_server import Behaviour, FakeServer, usage_of

ROOFSCAPE = ""
TOKENS = 12

# Which APIs a server has, and where its answers tell the tokens of each chunk.
DIALECTS = {
    "openai": {"chat": "final_usage", "completions": "final_usage", "responses": "final_usage"},
    "vllm": {"chat": "token_ids", "completions": "token_ids", "responses": "final_usage",
             "messages": "final_usage"},
    "sglang": {"chat": "chunk_usage", "completions": "chunk_usage", "sglang": "chunk_usage"},
    "tensorrt-llm": {"chat": "chunk_usage", "completions": "chunk_usage"},
    "llamacpp": {"chat": "final_usage", "completions": "final_usage", "llamacpp": "token_ids"},
    "tgi": {"chat": "final_usage", "tgi": "token_ids"},
    "dynamo": {"chat": "final_usage", "completions": "final_usage"},
}
ENGINES = {"vllm": "vllm", "sglang": "sglang", "tensorrt-llm": "tensorrt-llm",
           "llamacpp": "llama.cpp", "tgi": "tgi", "dynamo": "dynamo", "openai": "openai"}


class Unnamed(Behaviour):
    """Calls its event stream plain text."""

    def post(self, handler, body, number):
        wanted = body.get("max_tokens", 16)
        events = [{"choices": [{"index": 0, "delta": {"content": " a"}, "finish_reason": None}]}
                  for _ in range(wanted)]
        events += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]},
                   usage_of(self.prompt_tokens(body), wanted)]
        lines = [f"data: {json.dumps(event)}\n\n" for event in events] + ["data: [DONE]\n\n"]
        handler.plain(200, "".join(lines), content_type="text/plain; charset=utf-8")


class SmallContext(Behaviour):
    """Takes no prompt of more than 400 tokens."""

    def post(self, handler, body, number):
        if self.prompt_tokens(body) > 400:
            return handler.plain(400, json.dumps({"error": {
                "message": "request exceeds the available context size (400 tokens)"}}))
        return super().post(handler, body, number)


class Golden:
    """A golden server while the block runs."""

    def __init__(self, folder, script):
        path = os.path.join(folder, "golden.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        self.process = subprocess.Popen(
            [ROOFSCAPE, "twin", "--script", path, "--port", "0"], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        line = self.process.stderr.readline()
        assert "http://" in line, line
        return line.split()[-1]

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=30)


def program(*arguments, status=(0,)):
    result = subprocess.run([ROOFSCAPE, *map(str, arguments)], capture_output=True, text=True,
                            timeout=120)
    if result.returncode not in status:
        raise AssertionError(f"{arguments}: {result.returncode}\n{result.stderr}{result.stdout}")
    return result.stdout


class EveryDialect(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.db = os.path.join(self.folder.name, "e2e.db")

    def tearDown(self):
        self.folder.cleanup()

    def bench(self, url, api, *flags):
        # 3: a busy machine may make the instrument INVALID; the counts must be right all the same.
        out = program("bench", url, "--api", api, "--db", self.db, "--json", "--concurrency", 2,
                      "--requests", 6, "--input-tokens", 24, "--output-tokens", TOKENS, *flags,
                      status=(0, 3))
        run = json.loads(out)
        log = program("show", run["run"], "--db", self.db, "--requests")
        return run, list(csv.DictReader(io.StringIO(log)))

    def script(self, dialect, **fields):
        lines = [f'dialect = "{dialect}"', "ttft_ms = 5", "gap_ms = 1"]
        return "\n".join(lines + [f"{name} = {value}" for name, value in fields.items()]) + "\n"

    def test_one_token_an_event(self):
        for dialect, apis in DIALECTS.items():
            with Golden(self.folder.name, self.script(dialect)) as url:
                for api in apis:
                    with self.subTest(dialect=dialect, api=api):
                        run, requests = self.bench(url, api)
                        self.assertEqual(run["engine"]["name"], ENGINES[dialect])
                        for request in requests:
                            self.assertEqual(request["outcome"], "ok", request)
                            self.assertEqual(request["output_tokens"], str(TOKENS), request)
                            self.assertEqual(request["event_tokens"], str(TOKENS), request)
                            self.assertEqual(request["input_tokens"], "24", request)

    def test_several_tokens_an_event(self):
        for dialect, apis in DIALECTS.items():
            with Golden(self.folder.name, self.script(dialect, tokens_per_event=3)) as url:
                for api, source in apis.items():
                    if api == "tgi":
                        continue  # Always one.
                    with self.subTest(dialect=dialect, api=api):
                        run, requests = self.bench(url, api)
                        told = source in ("token_ids", "chunk_usage")
                        for request in requests:
                            self.assertEqual(request["token_source"], source, request)
                            self.assertEqual(request["output_tokens"], str(TOKENS), request)
                            self.assertEqual(request["event_tokens"],
                                             str(TOKENS if told else TOKENS // 3), request)
                        noted = any("does not tell the tokens" in note for note in run["notes"])
                        self.assertEqual(noted, not told, run["notes"])

    def test_errors_inside_the_stream_are_failures(self):
        for dialect, apis in DIALECTS.items():
            # The probe asks first; only what is measured goes wrong.
            script = self.script(dialect) + "\n[[exception]]\nshare = 1.0\nerror_after = 3\n"
            for api in apis:
                with self.subTest(dialect=dialect, api=api):
                    with Golden(self.folder.name, script) as url:
                        result = subprocess.run(
                            [ROOFSCAPE, "bench", url, "--api", api, "--db", self.db, "--requests",
                             "4"], capture_output=True, text=True, timeout=60)
                        self.assertEqual(result.returncode, 1, result.stdout)
                        self.assertRegex(result.stderr, "error|after 3 ")

    def test_conformance_tells_what_is_kept(self):
        for dialect, apis in DIALECTS.items():
            with Golden(self.folder.name, self.script(dialect)) as url:
                for api in apis:
                    with self.subTest(dialect=dialect, api=api):
                        told = json.loads(program("bench", url, "--conformance", "--api", api,
                                                  "--json"))
                        standing = {p["name"]: p["standing"] for p in told["promises"]}
                        for promise in ("stream", "content type", "finish reason", "[DONE]",
                                        "usage", "keep-alive"):
                            self.assertEqual(standing[promise], "kept", told)
                        if api != "tgi":
                            self.assertEqual(standing["exact length"], "kept", told)
                        if dialect in ("vllm", "sglang", "llamacpp"):
                            self.assertEqual(standing["abort on close"], "kept", told)

    def test_a_stream_by_another_name_is_read_and_told(self):
        with FakeServer(Unnamed()) as server:
            run, requests = self.bench(server.url, "chat")
            for request in requests:
                self.assertEqual(request["outcome"], "ok", request)
                self.assertEqual(request["event_tokens"], str(TOKENS), request)
            told = json.loads(program("bench", server.url, "--conformance", "--json"))
        promise = {p["name"]: p for p in told["promises"]}
        self.assertEqual(promise["content type"]["standing"], "broken")
        self.assertIn("text/plain", promise["content type"]["seen"])

    def test_a_small_context_is_enough_for_conformance(self):
        with FakeServer(SmallContext()) as server:
            for api in ("chat", "completions"):
                with self.subTest(api=api):
                    told = json.loads(program("bench", server.url, "--conformance", "--api", api,
                                              "--json"))
                    standing = {p["name"]: p["standing"] for p in told["promises"]}
                    self.assertEqual(standing["stream"], "kept", told)
            result = subprocess.run([ROOFSCAPE, "bench", server.url, "--db", self.db],
                                    capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("lower --input-tokens", result.stderr)

    def test_conformance_tells_what_is_broken(self):
        script = self.script("vllm", done="false", finish='"missing"', usage='"never"')
        with Golden(self.folder.name, script) as url:
            # No end of any kind: every answer is truncated, and nothing can be measured.
            result = subprocess.run([ROOFSCAPE, "bench", url, "--conformance"],
                                    capture_output=True, text=True, timeout=60)
            self.assertEqual(result.returncode, 1)
            self.assertIn("without a finish reason", result.stderr)
        # Of this dialect the script decides the length.
        script = self.script("openai", done="false", usage='"never"', output_tokens=9,
                             refuses='["min_tokens"]')
        with Golden(self.folder.name, script) as url:
            told = json.loads(program("bench", url, "--conformance", "--json"))
            standing = {p["name"]: p["standing"] for p in told["promises"]}
            self.assertEqual(standing["[DONE]"], "broken")
            self.assertEqual(standing["usage"], "broken")
            self.assertEqual(standing["exact length"], "broken")
            self.assertEqual(standing["min_tokens"], "absent")
            self.assertTrue(any("min_tokens" in note for note in told["notes"]), told["notes"])
            text = program("bench", url, "--conformance")
            self.assertRegex(text, r"(?m)^\[DONE\] +broken +does not come")

    def test_only_what_is_sent_is_told(self):
        # TGI has no way past the end token, llama.cpp's own form no least number of tokens.
        for dialect, api, absent in (("tgi", "tgi", ("ignore_eos", "min_tokens")),
                                     ("llamacpp", "llamacpp", ("min_tokens",)),
                                     ("llamacpp", "chat", ("min_tokens",))):
            with self.subTest(dialect=dialect, api=api):
                with Golden(self.folder.name, self.script(dialect)) as url:
                    told = json.loads(program("bench", url, "--conformance", "--api", api,
                                              "--json"))
                for field in absent:
                    self.assertNotIn(field, told["form"])

    def test_our_own_server_counts_what_is_running(self):
        with Golden(self.folder.name, self.script("golden")) as url:
            told = json.loads(program("bench", url, "--conformance", "--json"))
        standing = {p["name"]: p["standing"] for p in told["promises"]}
        self.assertEqual(standing["abort on close"], "kept", told)

    def test_a_server_that_fails_now_and_then_is_measured(self):
        script = self.script("vllm") + "\n[[exception]]\nevery = 4\nerror_after = 3\n"
        with Golden(self.folder.name, script) as url:
            run, requests = self.bench(url, "chat", "--requests", 20)
        outcomes = [request["outcome"] for request in requests]
        self.assertIn("server_error", outcomes)
        self.assertIn("ok", outcomes)
        self.assertTrue(any("sent again" in note for note in run["notes"]), run["notes"])

    def test_a_failed_trial_names_one_cure(self):
        for fault, cure in (("error_after = 3", "its own log says why"),
                            ("reset_after = 3", "server's log"),
                            ("stall_after = 2\nstall_ms = 9000", "allow more time")):
            with self.subTest(fault=fault):
                script = self.script("vllm") + f"\n[[exception]]\nshare = 1.0\n{fault}\n"
                with Golden(self.folder.name, script) as url:
                    result = subprocess.run(
                        [ROOFSCAPE, "bench", url, "--db", self.db, "--requests", "4",
                         "--idle-timeout", "1"], capture_output=True, text=True, timeout=60)
                self.assertEqual(result.returncode, 1, result.stdout)
                self.assertIn(cure, result.stderr)
                self.assertNotIn("OpenAI-compatible", result.stderr)
                self.assertNotIn("..", result.stderr)
                self.assertEqual(result.stderr.count("http://"), 1, result.stderr)

    def test_under_timeout_what_was_measured_is_kept(self):
        # timeout(1) sends its signal twice: to its child and to its group.
        with Golden(self.folder.name, self.script("vllm")) as url:
            result = subprocess.run(
                ["timeout", "--signal", "INT", "2", ROOFSCAPE, "bench", url, "--db", self.db,
                 "--json", "--duration", "30", "--input-tokens", "16", "--output-tokens", "4"],
                capture_output=True, text=True, timeout=60)
        self.assertEqual(result.returncode, 124, result.stderr)
        run = json.loads(result.stdout)
        self.assertGreater(run["points"][0]["requests"], 10, result.stdout)

    def test_a_redirect_says_where_to(self):
        class Elsewhere(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(307)
                self.send_header("Location", "https://models.example/v1/models")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        with http.server.HTTPServer(("127.0.0.1", 0), Elsewhere) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            result = subprocess.run(
                [ROOFSCAPE, "bench", f"http://127.0.0.1:{server.server_port}", "--db", self.db],
                capture_output=True, text=True, timeout=60)
            server.shutdown()
        self.assertEqual(result.returncode, 1, result.stdout)
        self.assertIn("https://models.example/v1/models", result.stderr)


if __name__ == "__main__":
    ROOFSCAPE = os.path.abspath(sys.argv.pop(1))
    unittest.main()
