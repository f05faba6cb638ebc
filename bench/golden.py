"""The golden server as a child process, and its record of what it did.

For the scripts in bench/ that hold a load generator against it. Needs only Python's own library.
"""

import csv
import json
import os
import signal
import subprocess

LATE_LIMIT_S = 0.5e-3  # Of the server at p99: beyond it a run says nothing about the client.
TOKEN_KINDS = ("answer", "reasoning", "tool_call")


def quantile(values, q):
    values = sorted(values)
    rank = q * (len(values) - 1)
    low = int(rank)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (rank - low)


def certificate(folder):
    """(certificate, key) for 127.0.0.1, signed by itself: its own authority. Needs openssl."""
    cert, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=golden",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
                   check=True, capture_output=True)
    return cert, key


class Refused(Exception):
    """The server did not take the script."""


class Golden:
    """The golden server on its own core."""

    def __init__(self, roofscape, folder, script, cpu, *flags):
        self.truth = os.path.join(folder, "truth.csv")
        path = os.path.join(folder, "golden.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        self.process = subprocess.Popen(
            [roofscape, "twin", "--script", path, "--port", "0", "--cpu-affinity", cpu, "--truth",
             self.truth, "--json", *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said = self.process.stderr.readline()
        if "://" not in said:
            self.process.wait(timeout=60)
            raise Refused(said.strip())
        self.url = said.split()[-1]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=300)
        return json.loads(out)


def read_truth(path):
    """(id, arrival_ns) -> [arrival_ns, by_kernel, [(kind, due, before, after)], tokens]"""
    truth = {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.reader(file):
            if row[0] == "request":
                continue
            entry = truth.setdefault((row[0], row[1]), [int(row[1]), row[2] == "1", [], 0])
            entry[2].append((row[4], int(row[6]), int(row[7]), int(row[8])))
            entry[3] += int(row[5])
    return truth
