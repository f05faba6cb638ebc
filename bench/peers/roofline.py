"""wrk and h2load: how many answers of one token, not streamed, go through a connection pool.

They know no tokens and no TTFT: this is the transport alone, as a scale for the others' rates.
"""

import os
import re
import shutil
import tempfile
from dataclasses import dataclass

import child
from golden import Golden

SCRIPT = "ttft_ms = 0\ngap_ms = 0\noutput_tokens = 1\n"
BODY = '{"model":"golden","prompt":"one two three","max_tokens":1}'
TIMEOUT_S = 60


@dataclass(frozen=True)
class Line:
    client: str
    streams: int
    requests_per_s: float | None
    cpu_us: float | None  # A request, of the client.


def wrk(url, streams, seconds, folder):
    path = os.path.join(folder, "post.lua")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"wrk.method = 'POST'\nwrk.body = '{BODY}'\n"
                   "wrk.headers['Content-Type'] = 'application/json'\n")
    return ["wrk", "-t1", f"-c{streams}", f"-d{seconds}s", "-s", path, f"{url}/v1/completions"]


def h2load(url, streams, seconds, folder):
    path = os.path.join(folder, "body.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(BODY)
    return ["h2load", "--h1", f"-c{streams}", "-t1", f"-D{seconds}", "-d", path, "-H",
            "content-type: application/json", f"{url}/v1/completions"]


CLIENTS = {"wrk": (wrk, r"Requests/sec:\s+([\d.]+)"), "h2load": (h2load, r"([\d.]+) req/s")}


def measure(options, name, streams, seconds):
    command, pattern = CLIENTS[name]
    with tempfile.TemporaryDirectory() as folder:
        golden = Golden(options.roofscape, folder, SCRIPT, options.server_cpu)
        try:
            ran = child.run(command(golden.url, streams, seconds, folder), folder,
                            options.client_cpu, TIMEOUT_S, {})
        finally:
            golden.stop()
        with open(os.path.join(folder, child.STDOUT), encoding="utf-8") as file:
            found = re.search(pattern, file.read())
    if not found:
        return Line(name, streams, None, None)
    rate = float(found[1])
    return Line(name, streams, rate, ran.cpu_s / (rate * seconds) * 1e6 if rate else None)


def measure_all(options):
    seconds = 2 if options.quick else 4
    lines = []
    for streams in (64, 512):
        for name in CLIENTS:
            if shutil.which(name):
                lines.append(measure(options, name, streams, seconds))
                options.say(f"  {name} {streams}: {lines[-1].requests_per_s} requests/s")
    return lines
