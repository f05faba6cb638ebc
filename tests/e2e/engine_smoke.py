#!/usr/bin/env python3
"""The model that `roofscape make-model` writes, in the real engine.

    engine_smoke.py ROOFSCAPE SOURCE_ROOT

make-model -> tools/engine/serve -> streams of completions and chat. The rest of the project counts
on what is checked here: one event a token, nothing held back, exact prompt lengths from token ids,
no cache, counters that agree with usage. Exit 77 (skipped) if there is no engine to be had.
"""

import concurrent.futures
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

ROOFSCAPE = SOURCE_ROOT = ENGINE = ""
SLOTS = 16
HTTP = urllib.request.build_opener(urllib.request.ProxyHandler({}))
FIRST_PIECE = 261  # The first token that is text, after specials and bytes.


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


@contextlib.contextmanager
def serving(model, folder, *flags):
    """The URL of a server that runs while the block does."""
    log = os.path.join(folder, os.path.basename(model) + ".log")
    started = run(os.path.join(SOURCE_ROOT, "tools/engine/serve"), "--engine", ENGINE,
                  "--model", model, "--log", log, *flags)
    if started.returncode != 0:
        raise AssertionError(started.stderr)
    url, pid = started.stdout.split()
    try:
        yield url
    finally:
        os.kill(int(pid), signal.SIGTERM)
        wait_until_gone(int(pid))


def wait_until_gone(pid):
    for _ in range(500):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:
                if stat.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return
        except FileNotFoundError:
            return
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    raise AssertionError("llama-server did not end within 10 s of SIGTERM")


def post(url, path, body):
    request = urllib.request.Request(url + path, json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    return HTTP.open(request, timeout=60)


def stream(url, path, **body):
    """Texts of the content events, and usage."""
    body = {"temperature": 0, "ignore_eos": True, "stream": True,
            "stream_options": {"include_usage": True}, **body}
    texts, usage, done = [], None, False
    with post(url, path, body) as answer:
        for line in answer:
            line = line.decode("utf-8").rstrip("\r\n")
            if line == "data: [DONE]":
                done = True
            elif line.startswith("data: "):
                event = json.loads(line[len("data: "):])
                usage = event.get("usage") or usage
                for choice in event.get("choices", []):
                    text = choice.get("text") or choice.get("delta", {}).get("content")
                    if text:
                        texts.append(text)
    if not done:
        raise AssertionError("the stream ended without [DONE]")
    return texts, usage


def counters(url):
    with HTTP.open(url + "/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return {line.split()[0]: float(line.split()[1]) for line in lines if not line.startswith("#")}


class MakeModel(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "m.gguf")

    def tearDown(self):
        self.folder.cleanup()

    def make(self, *flags):
        return run(ROOFSCAPE, "make-model", "-o", self.path, "--embd", "128", "--ff", "256", *flags)

    def test_writes_says_so_and_does_not_overwrite(self):
        made = self.make()
        self.assertEqual(made.returncode, 0, made.stderr)
        self.assertIn("parameters", made.stdout)
        again = self.make()
        self.assertEqual(again.returncode, 2)
        self.assertIn("--force", again.stderr)
        forced = self.make("--force", "--json")
        self.assertEqual(forced.returncode, 0, forced.stderr)
        facts = json.loads(forced.stdout)
        self.assertEqual(facts["size_bytes"], os.path.getsize(self.path))
        self.assertEqual(os.listdir(self.folder.name), ["m.gguf"])

    def test_nonsense_is_wrong_use(self):
        for flags in (["--heads", "7"], ["--kv-heads", "3"], ["--layers", "0"],
                      ["--vocab", "klingon"], ["--embd", "many"]):
            made = self.make(*flags)
            self.assertEqual(made.returncode, 2, (flags, made.stderr))
            self.assertIn(flags[0], made.stderr)
        self.assertEqual(os.listdir(self.folder.name), [])

    def test_a_place_that_does_not_exist(self):
        made = run(ROOFSCAPE, "make-model", "-o", os.path.join(self.folder.name, "no/m.gguf"))
        self.assertEqual(made.returncode, 1)
        self.assertIn("create the directory", made.stderr)


class Serve(unittest.TestCase):
    def test_a_broken_model_is_an_error_with_the_log(self):
        with tempfile.TemporaryDirectory() as folder:
            model = os.path.join(folder, "broken.gguf")
            with open(model, "wb") as file:
                file.write(b"GGUF" + bytes(100))
            log = os.path.join(folder, "log")
            result = run(os.path.join(SOURCE_ROOT, "tools/engine/serve"), "--engine", ENGINE,
                         "--model", model, "--log", log)
            self.assertEqual(result.returncode, 1)
            self.assertIn("The end of", result.stderr)
            self.assertIn("load", result.stderr)
            self.assertEqual(result.stdout, "")

    def test_no_model_says_how_to_get_one(self):
        result = run(os.path.join(SOURCE_ROOT, "tools/engine/serve"), "--engine", ENGINE,
                     "--model", "/nowhere.gguf")
        self.assertEqual(result.returncode, 1)
        self.assertIn("make-model", result.stderr)


class AsciiModel(unittest.TestCase):
    """The default model: what the demo runs."""

    @classmethod
    def setUpClass(cls):
        cls.resources = contextlib.ExitStack()
        folder = cls.resources.enter_context(tempfile.TemporaryDirectory())
        model = os.path.join(folder, "tiny.gguf")
        made = run(ROOFSCAPE, "make-model", "-o", model)
        if made.returncode != 0:
            cls.resources.close()
            raise AssertionError(made.stderr)
        cls.url = cls.resources.enter_context(serving(model, folder, "--slots", str(SLOTS)))

    @classmethod
    def tearDownClass(cls):
        cls.resources.close()

    def check_stream(self, texts, usage, tokens):
        self.assertEqual(usage["completion_tokens"], tokens)
        self.assertEqual(len(texts), tokens)
        text = "".join(texts)
        self.assertTrue(all(" " <= c <= "~" for c in text), text)

    def test_one_printable_event_a_token(self):
        prompts = [("/v1/completions", {"prompt": "Once upon a time"}),
                   ("/v1/chat/completions", {"messages": [{"role": "user", "content": "Hi"}]})]
        for path, prompt in prompts:
            for sampling in ({"temperature": 0}, {"temperature": 1.5, "top_k": 0, "seed": 3}):
                with self.subTest(path=path, sampling=sampling):
                    texts, usage = stream(self.url, path, max_tokens=512, **prompt, **sampling)
                    self.check_stream(texts, usage, 512)

    def test_token_ids_are_the_prompt_exactly_and_no_cache_serves_it_twice(self):
        prompt = [FIRST_PIECE + 7 * i % 900 for i in range(300)]
        answers = []
        for _ in range(3):
            texts, usage = stream(self.url, "/v1/completions", prompt=prompt, max_tokens=20)
            self.assertEqual(usage["prompt_tokens"], 300)
            self.assertEqual(usage["prompt_tokens_details"]["cached_tokens"], 0)
            answers.append("".join(texts))
        self.assertEqual(len(set(answers)), 1, "greedy decoding must repeat itself")

    def test_any_text_can_be_read(self):
        for text in ("caf\u00e9 \u4e2d\u6587 \U0001F600", "tab\there\nnew line", "", "<|im_end|>"):
            with self.subTest(text=text):
                messages = [{"role": "user", "content": text}]
                texts, usage = stream(self.url, "/v1/chat/completions", messages=messages,
                                      max_tokens=4)
                self.check_stream(texts, usage, 4)

    def test_all_slots_at_once_and_the_servers_own_count(self):
        before = counters(self.url)

        def one(number):
            prompt = [FIRST_PIECE + (number * 31 + i * 7) % 900 for i in range(512)]
            return stream(self.url, "/v1/completions", prompt=prompt, max_tokens=128)

        with concurrent.futures.ThreadPoolExecutor(SLOTS) as pool:
            answers = list(pool.map(one, range(SLOTS)))
        for texts, usage in answers:
            self.assertEqual(usage["prompt_tokens"], 512)
            self.check_stream(texts, usage, 128)
        after = counters(self.url)
        for name, tokens in (("tokens_predicted", SLOTS * 128), ("prompt_tokens", SLOTS * 512)):
            name = f"llamacpp:{name}_total"
            self.assertEqual(after[name] - before[name], tokens, name)

    def test_a_prompt_that_does_not_fit_is_an_error(self):
        with self.assertRaises(urllib.error.HTTPError) as caught:
            post(self.url, "/v1/completions", {"prompt": [FIRST_PIECE] * 5000, "max_tokens": 1})
        self.assertEqual(caught.exception.code, 400)
        caught.exception.close()


class BytesModel(unittest.TestCase):
    """The other vocabulary: characters come in halves, and the server must hold them back."""

    def test_tokens_are_held_back(self):
        with tempfile.TemporaryDirectory() as folder:
            model = os.path.join(folder, "bytes.gguf")
            made = run(ROOFSCAPE, "make-model", "-o", model, "--vocab", "bytes", "--embd", "128",
                       "--ff", "256")
            self.assertEqual(made.returncode, 0, made.stderr)
            with serving(model, folder, "--slots", "1") as url:
                texts, usage = stream(url, "/v1/completions", prompt="Hello", max_tokens=400,
                                      temperature=1, top_k=0, seed=1)
            self.assertEqual(usage["completion_tokens"], 400)
            self.assertLess(len(texts), 400)
            self.assertGreater(len(texts), 40)


def main():
    global ROOFSCAPE, SOURCE_ROOT, ENGINE
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    ROOFSCAPE, SOURCE_ROOT = (os.path.abspath(path) for path in sys.argv[1:3])
    fetched = subprocess.run([os.path.join(SOURCE_ROOT, "tools/engine/fetch")],
                             stdout=subprocess.PIPE, text=True)
    if fetched.returncode != 0:
        print("skipped: there is no engine (see above)")
        sys.exit(77)
    ENGINE = fetched.stdout.strip().splitlines()[-1]
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[3:]])


if __name__ == "__main__":
    main()
