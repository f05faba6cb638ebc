"""guidellm: several worker processes."""

import json
import os

import places
from load import Record

from .base import Peer, read_json

RESULT = "guidellm.json"


def milliseconds(metrics, name, scale=1e-3):
    found = metrics[name]["successful"]
    if not found or not found["count"]:
        return {}
    return {"p50": found["percentiles"]["p50"] * scale, "p99": found["percentiles"]["p99"] * scale,
            "mean": found["mean"] * scale}


class Guidellm(Peer):
    name = "guidellm"

    def environment(self, load):
        # Ten workers, its default, would take turns on one processor and start for ten times as
        # long; each is made for 1,024 requests at once.
        return {"PYTHONPATH": str(places.HERE / "drivers/no_torch"),
                "GUIDELLM__MAX_WORKER_PROCESSES": str(1 + (load.streams - 1) // 1024)}

    def skipped(self, load):
        return 0  # Its warm-up is a span of time, so what counts could not be told: it has none.

    @staticmethod
    def write_prompts(path, load):
        """Each another one, in words that our tokenizer knows; guidellm's own words it does not."""
        with open(path, "w", encoding="utf-8") as file:
            for number in range(load.requests):
                words = [f"w{(number // 1000 ** place) % 1000:03d}"
                         for place in range(load.input_tokens)]
                file.write(json.dumps({"prompt": " ".join(words),
                                       "output_tokens_count": load.tokens}) + "\n")

    def command(self, url, load, folder):
        prompts = os.path.join(folder, "prompts.jsonl")
        self.write_prompts(prompts, load)
        profile = f"kind=poisson,rate={load.rate}" if load.rate else \
            f"kind=concurrent,streams={load.streams}"
        return [places.program(self.name, "guidellm"), "run", "--backend",
                f"kind=openai_http,target={url},model=golden,"
                "request_format=/v1/chat/completions,validate_backend=false",
                "--tokenizer", f"kind=huggingface_auto,model={places.tokenizer()}", "--profile",
                profile, "--constraint", f"kind=max_requests,count={load.requests}", "--data",
                f"kind=json_file,path={prompts}", "--seed", "kind=static,value=1", "--output",
                f"kind=json,path={os.path.join(folder, RESULT)}", "--disable-progress"]

    def read_result(self, folder, load):
        metrics = read_json(folder, RESULT)["benchmarks"][0]
        duration, metrics = metrics.get("duration"), metrics["metrics"]
        totals = metrics["request_totals"]
        return Record(
            ttft=milliseconds(metrics, "time_to_first_token_ms"),
            itl=milliseconds(metrics, "inter_token_latency_ms"),
            tpot=milliseconds(metrics, "time_per_output_token_ms"),
            e2e=milliseconds(metrics, "request_latency", 1.0),
            rate={"requests": metrics["requests_per_second"]["successful"]["mean"],
                  "tokens": metrics["output_tokens_per_second"]["successful"]["mean"]},
            requests=totals["successful"], failed=totals["errored"] + totals["incomplete"],
            output_tokens=int(metrics["output_token_count"]["successful"]["total_sum"]),
            duration_s=duration)
