"""Ours."""

import csv
import io
import os
import subprocess

from child import STDOUT
from load import Record

from .base import Peer, read_json


def seconds(window, name):
    keys = {"p50": f"{name}_p50_s", "p99": f"{name}_p99_s", "mean": f"{name}_mean_s"}
    return {ours: window[theirs] for ours, theirs in keys.items() if window.get(theirs) is not None}


SEED = "1"


class Roofscape(Peer):
    name = "roofscape"

    def __init__(self, program, cpu, threads=1):
        self.program = program
        self.cpu = cpu
        self.threads = threads

    def command(self, url, load, folder):
        words = [self.program, "bench", url, "--api", "chat", "--input-tokens",
                 str(load.input_tokens), "--output-tokens", str(load.tokens), "--requests",
                 str(load.requests), "--warmup", str(load.warmups), "--threads",
                 str(self.threads), "--cpu-affinity", self.cpu, "--seed", SEED, "--db",
                 os.path.join(folder, "roofscape.db"), "--json"]
        if load.rate:
            return [*words, "--rate", str(load.rate), "--arrivals", "poisson"]
        return [*words, "--concurrency", str(load.streams)]

    def measured(self, folder):
        """Id at the server -> output tokens, of the successes that are not warm-up or probes."""
        shown = subprocess.run(
            [self.program, "show", "last", "--requests", "--db",
             os.path.join(folder, "roofscape.db")], capture_output=True, text=True, check=True)
        return {f"{SEED}-{row['id']}": int(row["output_tokens"])
                for row in csv.DictReader(io.StringIO(shown.stdout))
                if row["phase"] == "measure" and row["outcome"] == "ok"}

    def counted(self, folder):
        return set(self.measured(folder))

    def read_result(self, folder, load):
        point = read_json(folder, STDOUT)["points"][0]
        whole = point["windows"]["whole"]
        return Record(
            ttft=seconds(whole, "ttft"), itl=seconds(whole, "itl"), tpot=seconds(whole, "tpot"),
            e2e=seconds(whole, "e2e"), requests=whole["successes"],
            failed=whole["failures"], output_tokens=sum(self.measured(folder).values()),
            duration_s=(whole["end_ns"] - whole["begin_ns"]) * 1e-9)
