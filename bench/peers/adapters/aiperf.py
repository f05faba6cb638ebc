"""AIPerf, NVIDIA's client: several processes that talk over ZeroMQ."""

import places
from load import Record

from .base import Peer, read_json

RESULT = "profile_export_aiperf.json"


def milliseconds(result, name):
    found = result.get(name) or {}
    keys = {"p50": "p50", "p99": "p99", "mean": "avg"}
    return {ours: found[theirs] / 1e3 for ours, theirs in keys.items() if found.get(theirs)}


def number(result, name):
    return (result.get(name) or {}).get("avg")


class Aiperf(Peer):
    name = "aiperf"

    def environment(self, load):
        # Told to be offline, it takes a tokenizer only from the hub's cache, never from a folder.
        return {"AIPERF_HTTP_CONNECTION_LIMIT": "20000", "HF_HUB_OFFLINE": "",
                "TRANSFORMERS_OFFLINE": ""}

    def command(self, url, load, folder):
        words = [places.program(self.name, "aiperf"), "profile", "--model", "golden", "--tokenizer",
                 places.tokenizer(), "--url", url, "--endpoint-type", "chat", "--streaming",
                 "--request-count", str(load.requests), "--isl", str(load.input_tokens), "--osl",
                 str(load.tokens), "--extra-inputs", "ignore_eos:true",
                 "--random-seed", "1", "--ui", "none",
                 "--no-server-metrics", "--no-gpu-telemetry", "--artifact-dir", folder]
        if load.server_counts:
            words += ["--use-server-token-count"]
        if load.warmups:
            words += ["--warmup-request-count", str(load.warmups)]
        if load.rate:
            return [*words, "--request-rate", str(load.rate), "--arrival-pattern", "poisson"]
        return [*words, "--concurrency", str(load.streams)]

    def read_result(self, folder, load):
        result = read_json(folder, RESULT)
        return Record(
            ttft=milliseconds(result, "time_to_first_token"),
            itl=milliseconds(result, "inter_token_latency"), tpot={},
            e2e=milliseconds(result, "request_latency"),
            rate={"requests": number(result, "request_throughput"),
                  "tokens": number(result, "output_token_throughput")},
            requests=int(number(result, "request_count") or 0),
            failed=int(number(result, "error_request_count") or 0),
            output_tokens=int(number(result, "total_output_tokens")
                              or number(result, "total_osl") or 0),
            duration_s=number(result, "benchmark_duration"))
