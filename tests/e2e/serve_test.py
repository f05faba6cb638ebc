"""roofscape serve over a socket: every answer against schema/openapi.json, and hostile clients.

serve_test.py ROOFSCAPE REPORT_FIXTURE SCHEMA
"""

import gzip
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse

from inferencex_rows import MARKUP, published_rows
from serve_kit import ROOFSCAPE, Contract, Server

FIXTURE, SCHEMA = sys.argv[2:4]
SHARED = os.environ.get("ROOFSCAPE_SHARED_DATA")
CAPTURES = os.path.join(SHARED, "inferencex/api_captures") if SHARED else ""
STUDIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dashboard", "studies")


class Fetching(unittest.TestCase):
    contract = Contract(SCHEMA)
    server = None

    def fetch(self, path, server=None):
        status, headers, body = (server or self.server).get(path)
        self.assertEqual(headers["Content-Type"], "application/json; charset=utf-8", path)
        value = json.loads(body)
        if path.split("?")[0] != "/api/v1/openapi.json":
            self.contract.validate(path.split("?")[0], status, value)
        return status, value

    def answer(self, path, server=None):
        status, value = self.fetch(path, server)
        self.assertEqual(status, 200, value)
        return value


class ServeTest(Fetching):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.database = os.path.join(cls.folder.name, "r.db")
        subprocess.run([FIXTURE, cls.database, "", "fleet"], check=True, stdout=subprocess.DEVNULL)
        rows = os.path.join(cls.folder.name, "benchmarks.json")
        with open(rows, "w", encoding="utf-8") as file:
            json.dump(published_rows(), file)
        subprocess.run([ROOFSCAPE, "import", "inferencex", rows, "--db", cls.database], check=True,
                       stdout=subprocess.DEVNULL)
        cls.server = Server(cls.database, "--threads", "2", "--studies", STUDIES)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()

    def addresses(self):
        """At least one address for every path of the document."""
        runs = self.answer("/api/v1/runs")["runs"]
        run = runs[0]["id"]
        row = self.answer("/api/v1/frontier?origin=imported")["series"][0]["points"]["id"][0]
        return [
            "/api/v1/health", "/api/v1/meta", "/api/v1/frontier", "/api/v1/frontier?all=1",
            "/api/v1/frontier?origin=imported&at=50&curve=1&overlay=predicted",
            "/api/v1/frontier?origin=imported&x=ttft_p99_s&y=usd_per_mtok_total&latest=1",
            "/api/v1/frontier?model=nothing-of-that-name",
            f"/api/v1/rows/{row}", f"/api/v1/rows/{run}.p0", "/api/v1/answer",
            "/api/v1/answer?model=deepseek-r1&input=8192&output=1024&interactivity_tps=50",
            "/api/v1/answer?model=deepseek-r1&input=8192&output=1024&ttft_s=1&users=500"
            "&usd_per_month=1e6&rank=energy&limit=1",
            "/api/v1/answer?model=deepseek-r1&input=7&output=7",
            "/api/v1/compare", "/api/v1/compare?side=chip%3Db200&side=chip%3Dh200&at=30&at=60",
            "/api/v1/compare?model=deepseek-r1&side=chip%3Db200&side=chip%3Dh200"
            "&side=chip%3Dtpu-v4",
            "/api/v1/history", "/api/v1/history?model=deepseek-r1&by=chip&regressions=1",
            "/api/v1/history?model=deepseek-r1&y=usd_per_mtok_total&at=60",
            "/api/v1/intelligence", "/api/v1/intelligence?gain=0.5&boundary=device",
            "/api/v1/runs", "/api/v1/runs?limit=1&offset=1", f"/api/v1/runs/{run}",
            f"/api/v1/runs/{run}/points/0", f"/api/v1/runs/{run}/points/0?requests=3",
            f"/api/v1/runs/{run}/series", f"/api/v1/runs/{run}/recipe",
            "/api/v1/predict?model=llama-3.1-70b&chip=h200-sxm&tp=4&precision=fp8&engine=vllm",
            "/api/v1/predict?model=deepseek-r1&chip=b200&tp=8&input=8192&output=1024"
            "&precision=fp8&concurrency=4",
            "/api/v1/predict?model=deepseek-r1&chip=b200&tp=8&precision=fp8&rate=1&rate=1e6",
            "/api/v1/codesign", *self.studies(),
            "/api/v1/sketch?model=deepseek-v3&chip=h200-sxm&chips=16&precision=fp8&experts=128"
            "&fabric=nvlink5-72&all_in_kw=1",
            "/api/v1/sketch?model=llama-3.1-8b&chip=tpu-v7&memory_gb=30",
            "/api/v1/catalog", *(f"/api/v1/catalog/{kind}" for kind in
                                 ("chips", "fabrics", "models", "engines", "prices", "scores")),
            "/api/v1/catalog/chips/h100", "/api/v1/catalog/models/llama-3.1-70b",
            "/api/v1/fleet", "/api/v1/fleet/campaigns/nightly", "/api/v1/fleet/campaigns/spring",
            "/api/v1/fleet/entries/every%20night", "/api/v1/fleet/entries/forgotten",
            "/api/v1/live", "/api/v1/queue", "/api/v1/openapi.json",
        ]

    def studies(self):
        """Addresses of all studies, once they are computed."""
        paths = [f"/api/v1/codesign/{s['id']}" for s in self.answer("/api/v1/codesign")["studies"]]
        for path in paths:
            for _ in range(600):
                state = self.answer(path)["state"]
                if state in ("done", "failed"):
                    break
                time.sleep(0.1)
            self.assertEqual(state, "failed" if "other" in path else "done", path)
        return paths

    def test_every_path_answers_in_its_shape(self):
        tried = set()
        for address in self.addresses():
            with self.subTest(address):
                self.answer(address)
                tried.add(self.contract.operation(address.split("?")[0]))
        # An entry of the queue: serve_live_test.py.
        self.assertEqual(set(self.contract.document["paths"]) - tried,
                         {"/api/v1/live/events", "/api/v1/queue/{id}"})

    def test_every_parameter_of_the_document_is_taken_and_no_other(self):
        shared = self.contract.document["components"]["parameters"]
        for pattern, item in self.contract.document["paths"].items():
            if pattern.endswith("/events"):
                continue
            path = re.sub(r"\{[^}]+\}", "none", pattern)
            for parameter in item["get"]["parameters"]:
                if "$ref" in parameter:
                    parameter = shared[parameter["$ref"].split("/")[-1]]
                if parameter["in"] != "query":
                    continue
                _, value = self.fetch(f"{path}?{parameter['name']}=")
                message = value.get("error", {}).get("message", "")
                self.assertNotIn("not known here", message, f"{path} {parameter['name']}")
            status, value = self.fetch(f"{path}?frobnicate=1")
            if status == 404:
                continue  # No such thing in this store: looked up before the parameters, or after.
            self.assertEqual((status, value["error"]["parameter"]), (400, "frobnicate"), path)

    def test_errors_have_their_shape_and_name_the_parameter(self):
        for address, status, parameter in (
                ("/api/v1/frontier?x=ttft_p50", 400, "x"),
                ("/api/v1/frontier?at=many", 400, "at"),
                ("/api/v1/frontier?since=tomorrow", 400, "since"),
                ("/api/v1/answer?tier=free", 400, "tier"),
                ("/api/v1/answer?input=8192", 400, "output"),
                ("/api/v1/predict?chip=h200-sxm", 400, "model"),
                ("/api/v1/predict?model=deepseek-r1&chip=h200-sxm&tp=1", 400, None),
                ("/api/v1/sketch?chip=h200-sxm", 400, "model"),
                ("/api/v1/sketch?model=deepseek-v3&chip=h200-sxm&chips=1e9", 400, "chips"),
                ("/api/v1/sketch?model=deepseek-v3&chip=h200-sxm&layers=-1", 400, "layers"),
                ("/api/v1/codesign/none", 404, None),
                ("/api/v1/compare?side=colour%3Dred&side=chip%3Db200", 400, "side"),
                ("/api/v1/rows/a999999", 404, None),
                ("/api/v1/runs/none", 404, None),
                ("/api/v1/fleet/campaigns/none", 404, None),
                ("/api/v1/fleet/entries/none", 404, None),
                ("/api/v1/catalog/dragons", 404, None)):
            got, value = self.fetch(address)
            self.assertEqual((got, value["error"]["parameter"]), (status, parameter), address)

    def test_one_call_finds_the_cheapest_measured_configuration(self):
        answer = self.answer(
            "/api/v1/answer?model=deepseek-r1&input=8192&output=1024&interactivity_tps=50")
        best = answer["results"][0]
        # At 0.013 s a token 76.9 tokens/s/user; the next load has 33.3.
        self.assertEqual((best["known"], best["concurrency"]), ("measured", 16))
        self.assertEqual(best["key"]["chip"], "b200-sxm")
        self.assertAlmostEqual(best["interactivity_tps"], 1 / 0.013, places=6)
        self.assertAlmostEqual(best["headroom"]["interactivity"], 1 / 0.013 / 50 - 1, places=6)
        price = best["cost"]["price"]["usd_per_chip_hour"]
        self.assertAlmostEqual(best["cost"]["usd_per_mtok_total"], price * 1e6 / 3600 / 1800,
                               places=9)
        self.assertEqual(best["recipe"]["kind"], "run_link")
        self.assertIn("example.org/runs/b200", best["recipe"]["url"])
        costs = [r["cost"]["usd_per_mtok_total"] for r in answer["results"]]
        self.assertEqual(costs, sorted(costs))

    def test_facets_count_what_a_click_would_give(self):
        base = "/api/v1/frontier?origin=imported&model=deepseek-r1&shape=8192%2F1024"
        for option in self.answer(base)["options"]["chip"]:
            chosen = self.answer(f"{base}&chip={option['value']}")
            self.assertEqual(chosen["counts"]["matched"], option["count"])

    def test_as_of_knows_nothing_of_later_imports(self):
        self.assertEqual(self.answer("/api/v1/frontier?as_of=2020-01-01")["counts"]["rows"], 0)
        self.assertGreater(self.answer("/api/v1/frontier?as_of=2999-01-01")["counts"]["rows"], 10)

    def test_history_says_what_changed(self):
        history = self.answer("/api/v1/history?model=deepseek-r1&by=chip&at=50")
        groups = {group["name"]: group["trends"][0]["steps"] for group in history["groups"]}
        self.assertEqual([s["from"] for s in groups["h200-sxm"]], ["2026-05-01", "2026-06-11"])
        self.assertAlmostEqual(groups["h200-sxm"][1]["gain"], 0.25)

    def test_markup_stays_text(self):
        _, headers, body = self.server.get(
            "/api/v1/frontier?model=" + urllib.parse.quote(MARKUP))
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertTrue(headers["Content-Type"].startswith("application/json"))
        self.assertEqual(json.loads(body)["query"]["model"], [MARKUP])
        ids = [i for s in self.answer("/api/v1/frontier?origin=imported")["series"]
               for i in s["points"]["id"]]
        images = {self.answer(f"/api/v1/rows/{i}")["facts"].get("image") for i in ids}
        self.assertIn(MARKUP, images)

    def test_etag_and_gzip(self):
        _, headers, plain = self.server.get("/api/v1/frontier")
        tag = headers["ETag"]
        status, again, body = self.server.get("/api/v1/frontier", {"If-None-Match": tag})
        self.assertEqual((status, again["ETag"], body), (304, tag, b""))
        _, headers, packed = self.server.get("/api/v1/frontier", {"Accept-Encoding": "gzip"})
        self.assertEqual(headers["Content-Encoding"], "gzip")
        self.assertEqual(headers["ETag"], tag)
        self.assertEqual(gzip.decompress(packed), plain)
        self.assertLess(len(packed) * 2, len(plain))
        status, headers, _ = self.server.get("/api/v1/frontier", {"Accept-Encoding": "gzip;q=0"})
        self.assertNotIn("Content-Encoding", headers)
        status, headers, body = self.server.get("/api/v1/meta", method="HEAD")
        self.assertEqual((status, body), (200, b""))
        self.assertGreater(int(headers["Content-Length"]), 100)

    def test_files_are_packed_and_kept(self):
        """What Lighthouse asks of files: compressed text, and names that may be kept."""
        plain = self.server.get("/", {"Accept-Encoding": "identity"})[2]
        assets = re.findall(r'(?:src|href)="\./(assets/[^"]+)"', plain.decode())
        if not assets:
            self.skipTest("built without the dashboard")
        _, headers, page = self.server.get("/", {"Accept-Encoding": "gzip"})
        self.assertEqual((headers["Content-Encoding"], headers["Cache-Control"]),
                         ("gzip", "no-cache"))
        self.assertEqual(gzip.decompress(page), plain)
        for asset in assets:
            status, headers, body = self.server.get(f"/{asset}", {"Accept-Encoding": "gzip"})
            self.assertEqual((status, headers["Content-Encoding"]), (200, "gzip"), asset)
            self.assertEqual(headers["Cache-Control"], "public, max-age=31536000, immutable")
            self.assertIn("Accept-Encoding", headers["Vary"])
            plain = self.server.get(f"/{asset}", {"Accept-Encoding": "identity"})[2]
            self.assertEqual(gzip.decompress(body), plain)
            again = self.server.get(f"/{asset}", {"If-None-Match": headers["ETag"]})
            self.assertEqual(again[0], 304, asset)

    def test_headers_of_security(self):
        for path in ("/", "/api/v1/health", "/api/v1/none"):
            _, headers, _ = self.server.get(path, {"Origin": "http://evil.example"})
            self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
            self.assertEqual(headers["X-Frame-Options"], "DENY")
            self.assertEqual(headers["Cross-Origin-Resource-Policy"], "same-origin")
            self.assertNotIn("Access-Control-Allow-Origin", headers)

    def test_other_methods_are_refused(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "PATCH"):
            status, headers, _ = self.server.get("/api/v1/meta", method=method)
            self.assertEqual((status, headers["Allow"]), (405, "GET, HEAD"), method)

    def test_a_name_that_points_here_is_no_way_in(self):
        for host, wanted in (("evil.example", 403), ("127.0.0.1.evil.example", 403), ("", 403),
                             ("localhost", 200), ("[::1]:80", 200), ("127.0.0.1:1", 200)):
            request = f"GET /api/v1/health HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
            self.assertEqual(int(self.server.raw(request).split()[1]), wanted, host)

    def test_paths_do_not_leave_the_program(self):
        for path in ("/../../etc/passwd", "/assets/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd",
                     "//etc/passwd", "/..%5c..%5cx", "/%00", "/api/v1/../../etc/passwd", "/%zz",
                     "/etc/passwd.txt"):
            request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
            answer = self.server.raw(request)
            self.assertIn(int(answer.split()[1]), (400, 404), path)
            self.assertNotIn(b"root:", answer)

    def test_ten_megabytes_of_query_are_refused(self):
        for data in (b"GET /api/v1/frontier?x=" + b"a" * 10_000_000 + b" HTTP/1.1\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"b" * 10_000_000 + b"\r\n\r\n"):
            answer = self.server.raw(data)
            self.assertIn(int(answer.split()[1]), (414, 431))
        status, value = self.fetch("/api/v1/frontier?" + "&".join(
            f"chip={i}" for i in range(300)))
        self.assertEqual(status, 400, value)
        status, value = self.fetch("/api/v1/frontier?chip=%ff%fe")
        self.assertEqual(status, 400, value)
        self.answer("/api/v1/health")

    def test_live_events_begin_with_what_runs(self):
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=20) as client:
            client.sendall(b"GET /api/v1/live/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            out = b""
            while b"event: store" not in out:
                part = client.recv(65536)
                self.assertTrue(part, out)
                out += part
        self.assertIn(b"text/event-stream", out)
        line = next(l for l in out.split(b"\n") if l.startswith(b"data: {\"generation\":1,\"now\""))
        self.contract.validate("/api/v1/live", 200, json.loads(line[6:]))

    def test_slow_clients_do_not_hold_others_up(self):
        slow = [socket.create_connection(("127.0.0.1", self.server.port)) for _ in range(200)]
        try:
            for client in slow:
                client.sendall(b"GET /api/v1/frontier HTT")
            began = time.monotonic()
            self.answer("/api/v1/health")
            self.assertLess(time.monotonic() - began, 2)
        finally:
            for client in slow:
                client.close()

    def test_page_without_dashboard_says_how_to_get_it(self):
        status, headers, body = self.server.get("/")
        self.assertEqual(status, 200)
        self.assertTrue(headers["Content-Type"].startswith("text/html"))
        self.assertTrue(b"openapi.json" in body or b"roofscape-data" in body)


class TokenTest(unittest.TestCase):
    def test_token_is_shown_once_and_kept_as_a_hash(self):
        with tempfile.TemporaryDirectory() as folder:
            file = os.path.join(folder, "tokens")
            database = os.path.join(folder, "none.db")
            server = Server(database, "--token-file", file)
            token = re.search(r"token, shown only now: (\w+)", "".join(server.lines)).group(1)
            with open(file, encoding="utf-8") as text:
                self.assertNotIn(token, text.read())
            self.assertEqual(os.stat(file).st_mode & 0o077, 0)
            self.check(server, token)
            server.stop()
            again = Server(database, "--token-file", file)
            self.assertNotIn("shown only now", "".join(again.lines))
            self.check(again, token)
            again.stop()

    def check(self, server, token):
        status, headers, body = server.get("/api/v1/meta")
        self.assertEqual((status, headers["WWW-Authenticate"]), (401, 'Bearer realm="roofscape"'))
        self.assertEqual(json.loads(body)["error"]["code"], "unauthorized")
        for wrong in ("Bearer x", f"Basic {token}", f"Bearer {token}x", "Bearer ", token):
            self.assertEqual(server.get("/api/v1/meta", {"Authorization": wrong})[0], 401, wrong)
        good = {"Authorization": f"Bearer {token}"}
        self.assertEqual(server.get("/api/v1/meta", good)[0], 200)
        # With a token every name is right.
        self.assertEqual(server.get("/api/v1/meta", {**good, "Host": "proxy.example"})[0], 200)
        self.assertEqual(server.get("/")[0], 200)

    def test_rate_limit(self):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(os.path.join(folder, "none.db"), "--rate-limit", "5", "--threads", "1")
            statuses = [server.get("/api/v1/health")[0] for _ in range(30)]
            self.assertEqual(statuses[0], 200)
            self.assertIn(429, statuses)
            time.sleep(1)
            self.assertEqual(server.get("/api/v1/health")[0], 200)
            server.stop()

    def test_a_store_that_appears_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            database = os.path.join(folder, "later.db")
            server = Server(database)
            empty = json.loads(server.get("/api/v1/frontier")[2])
            self.assertEqual(empty["series"], [])
            self.assertIn("roofscape bench", " ".join(empty["notes"]))
            subprocess.run([FIXTURE, database], check=True, stdout=subprocess.DEVNULL)
            for _ in range(100):
                if json.loads(server.get("/api/v1/frontier")[2])["series"]:
                    break
                time.sleep(0.1)
            else:
                self.fail("the new store was not found in 10 s")
            self.assertEqual(server.stop(), 0)

    def test_other_addresses_ask_for_a_token(self):
        with tempfile.TemporaryDirectory() as folder:
            server = Server(os.path.join(folder, "none.db"), "--host", "0.0.0.0")
            self.assertIn("token, shown only now", "".join(server.lines))
            self.assertEqual(server.get("/api/v1/meta")[0], 401)
            server.stop()


@unittest.skipUnless(CAPTURES and os.path.isdir(CAPTURES), "needs ROOFSCAPE_SHARED_DATA")
class ImportedTest(Fetching):
    """The published rows."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        database = os.path.join(cls.folder.name, "i.db")
        for name in ("benchmarks.json", "benchmarks-history.json"):
            subprocess.run([ROOFSCAPE, "import", "inferencex", os.path.join(CAPTURES, name),
                            "--db", database], check=True, stdout=subprocess.DEVNULL)
        cls.server = Server(database)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()
        cls.folder.cleanup()

    def test_views_of_the_imported_rows(self):
        first = self.answer("/api/v1/frontier?at=50&curve=1&overlay=predicted")
        self.assertGreater(len(first["series"]), 10)
        for address in ("/api/v1/history?by=chip&regressions=1", "/api/v1/intelligence?gain=0.7",
                        "/api/v1/compare?side=engine%3Dsglang&side=engine%3Dtensorrt-llm&at=30",
                        "/api/v1/meta"):
            self.answer(address)
        for series in first["series"]:
            self.answer("/api/v1/rows/" + series["points"]["id"][series["front"][0]])

    def test_cheapest_at_50_is_the_cheapest_of_all_rows(self):
        path = "/api/v1/answer?model=deepseek-r1&input=8192&output=1024&interactivity_tps=50"
        best = self.answer(path)["results"][0]
        frontier = self.answer("/api/v1/frontier?model=deepseek-r1&shape=8192%2F1024"
                               "&y=usd_per_mtok_total")
        costs = [y for s in frontier["series"] for x, y, out in
                 zip(s["points"]["x"], s["points"]["y"], s["points"]["excluded"])
                 if not out and x >= 50]
        self.assertAlmostEqual(best["cost"]["usd_per_mtok_total"], min(costs), places=9)
        self.assertTrue(best["recipe"]["url"].startswith("https://"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
