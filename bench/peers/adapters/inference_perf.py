"""inference-perf, of the Kubernetes project: a process a processor.

Over completions: its random prompts are not for chat.
"""

import json
import os

import places
from load import Record

from .base import Peer, read_json


def seconds(latency, name):
    found = latency.get(name) or {}
    keys = {"p50": "median", "p99": "p99", "mean": "mean"}
    return {ours: found[theirs] for ours, theirs in keys.items() if theirs in found}


def stages(load):
    if load.rate:
        duration = max(1, round(load.requests / load.rate))
        return "poisson", [{"rate": load.rate, "duration": duration}]
    counts = [count for count in (load.warmups, load.requests) if count]
    return "concurrent", [{"num_requests": count, "concurrency_level": load.streams}
                          for count in counts]


def fixed(tokens, count):
    return {"min": tokens, "max": tokens, "mean": tokens, "std_dev": 0, "total_count": count}


class InferencePerf(Peer):
    name = "inference-perf"
    api = "completions"

    def command(self, url, load, folder):
        kind, steps = stages(load)
        count = load.requests + load.warmups + 1
        settings = {
            "api": {"type": "completion", "streaming": True},
            "server": {"type": "vllm", "base_url": url, "model_name": "golden", "ignore_eos": True},
            "tokenizer": {"pretrained_model_name_or_path": places.tokenizer()},
            "data": {"type": "random", "input_distribution": fixed(load.input_tokens, count),
                     "output_distribution": fixed(load.tokens, count)},
            "load": {"type": kind, "stages": steps, "interval": 0.5, "base_seed": 1,
                     "worker_max_concurrency": max(100, load.streams),
                     "worker_max_tcp_connections": 20000},
            "storage": {"local_storage": {"path": os.path.join(folder, "report")}},
        }
        path = os.path.join(folder, "inference-perf.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(settings, file, indent=1)
        return [places.program(self.name, "inference-perf"), "--config_file", path]

    def read_result(self, folder, load):
        stage = len(stages(load)[1]) - 1
        result = read_json(folder, f"report/stage_{stage}_lifecycle_metrics.json")
        good = result["successes"]
        latency = good.get("latency") or {}
        rates = good.get("throughput") or {}
        rate = rates.get("output_tokens_per_sec") or 0
        return Record(
            ttft=seconds(latency, "time_to_first_token"),
            itl=seconds(latency, "inter_token_latency"),
            tpot=seconds(latency, "time_per_output_token"),
            e2e=seconds(latency, "request_latency"),
            rate={"requests": rates.get("requests_per_sec"), "tokens": rate},
            requests=good["count"],
            failed=result["failures"]["count"], output_tokens=tokens_of(good, rate))


def tokens_of(good, rate):
    length = (good.get("output_len") or {}).get("mean")
    return round(length * good["count"]) if length and rate else None
