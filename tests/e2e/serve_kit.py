"""What the tests of `roofscape serve` share: a server on a free port, and what its answers must be.

The first argument of the test is the program.
"""

import json
import re
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request

import jsonschema

ROOFSCAPE = sys.argv[1]


class Server:
    """One `roofscape serve` on a free port."""

    def __init__(self, database, *flags):
        self.process = subprocess.Popen(
            [ROOFSCAPE, "serve", "--db", database, "--port", "0", *flags],
            stderr=subprocess.PIPE, text=True)
        self.lines = []
        while True:
            line = self.process.stderr.readline()
            if not line:
                raise RuntimeError("serve ended: " + "".join(self.lines))
            self.lines.append(line)
            found = re.search(r"on http://[^/]*:(\d+)/", line)
            if found:
                self.port = int(found.group(1))
                break
        # Whatever else it says must not fill the pipe.
        self.reader = threading.Thread(target=lambda: self.lines.extend(self.process.stderr),
                                       daemon=True)
        self.reader.start()

    def get(self, path, headers=None, method="GET", data=None):
        """Status, headers and body; never raises for a status."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data, headers=headers or {}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.headers, error.read()

    def raw(self, data, wait=5.0):
        """What comes back for these bytes, until the server closes or `wait` has passed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=wait) as client:
            try:
                client.sendall(data)
            except OSError:
                pass  # Refused before all was sent.
            out = b""
            try:
                while True:
                    part = client.recv(65536)
                    if not part:
                        break
                    out += part
                    if b"\r\n\r\n" in out and not data.endswith(b"...wait"):
                        break
            except OSError:
                pass
            return out

    def stop(self):
        self.process.terminate()
        status = self.process.wait(timeout=20)
        self.reader.join(timeout=5)
        self.process.stderr.close()
        return status


class Contract:
    """schema/openapi.json: which answer has which shape."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            self.document = json.load(file)
        # References inside a schema point into the whole document.
        self.resolver = jsonschema.RefResolver("", self.document)

    def operation(self, path):
        """The document's path for an address."""
        for pattern in self.document["paths"]:
            expression = "^" + re.sub(r"\{[^}]+\}", "[^/]+", pattern) + "$"
            if re.match(expression, path):
                return pattern
        raise AssertionError(f"{path} is not in the document")

    def validate(self, path, status, body):
        responses = self.document["paths"][self.operation(path)]["get"]["responses"]
        response = responses[str(status)]
        if "$ref" in response:
            response = self.document["components"]["responses"][response["$ref"].split("/")[-1]]
        schema = response["content"]["application/json"]["schema"]
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        errors = sorted(validator.iter_errors(body), key=lambda e: list(e.path))
        if errors:
            where = "/".join(str(p) for p in errors[0].path)
            raise AssertionError(f"{path}: {where}: {errors[0].message[:300]}")
