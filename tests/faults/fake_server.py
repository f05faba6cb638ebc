"""A small OpenAI-compatible server whose faults are told by a test: each behaviour is a function of
the request that writes what comes back. Loopback only, one thread a connection."""

import http.server
import json
import threading
import time


def chunk_of(text, finish=None):
    return {"id": "x", "object": "text_completion", "model": "tiny",
            "choices": [{"index": 0, "text": text, "finish_reason": finish}]}


def usage_of(prompt, completion):
    return {"id": "x", "object": "text_completion", "model": "tiny", "choices": [],
            "usage": {"prompt_tokens": prompt, "completion_tokens": completion,
                      "total_tokens": prompt + completion}}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def plain(self, status, body, content_type="application/json", headers=()):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def start_stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def raw(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def event(self, payload):
        text = payload if isinstance(payload, str) else json.dumps(payload)
        self.raw(f"data: {text}\n\n".encode())

    def end_stream(self):
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def do_GET(self):
        self.server.behaviour.get(self)

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        body = json.loads(self.rfile.read(length) or b"{}")
        if not self.path.endswith("completions"):
            return self.plain(404, '{"error":{"message":"no such path"}}')
        with self.server.lock:
            self.server.posts += 1
            number = self.server.posts
        self.server.behaviour.post(self, body, number)


class Behaviour:
    """A healthy server: 2 ms a token, exact usage. Tests override what they break."""

    token_s = 0.002

    def get(self, handler):
        if handler.path.endswith("/models"):
            return handler.plain(200, json.dumps({"data": [{"id": "tiny", "owned_by": "fake"}]}))
        handler.plain(404, '{"error":{"message":"no such path"}}')

    def prompt_tokens(self, body):
        if "messages" in body:
            return 5 + len(body["messages"][0]["content"].split())
        prompt = body.get("prompt", "")
        return len(prompt) if isinstance(prompt, list) else len(prompt.split())

    def tokens(self, handler, count):
        for _ in range(count):
            time.sleep(self.token_s)
            handler.event(chunk_of(" a"))

    def post(self, handler, body, number):
        wanted = body.get("max_tokens", 16)
        handler.start_stream()
        self.tokens(handler, wanted)
        handler.event(chunk_of("", "length"))
        handler.event(usage_of(self.prompt_tokens(body), wanted))
        handler.event("[DONE]")
        handler.end_stream()


class QuietServer(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # Clients that are killed or give up are what the tests are about.


class FakeServer:
    """with FakeServer(Behaviour()) as server: ... server.url"""

    def __init__(self, behaviour):
        self.http = QuietServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.http.request_queue_size = 256
        self.http.behaviour = behaviour
        self.http.posts = 0
        self.http.lock = threading.Lock()
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()
