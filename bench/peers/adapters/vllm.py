"""vLLM's client: the whole of `vllm bench serve`, without the engine."""

import places
from load import Record

from .base import Peer, read_json

RESULT = "vllm.json"


def milliseconds(result, name):
    """vLLM's and SGLang's names: mean_ttft_ms, median_ttft_ms, p99_ttft_ms."""
    keys = {"mean": "mean", "p50": "median", "p99": "p99"}
    found = {ours: result.get(f"{theirs}_{name}_ms") for ours, theirs in keys.items()}
    return {ours: value / 1e3 for ours, value in found.items() if value is not None}


class Vllm(Peer):
    name = "vllm"

    def command(self, url, load, folder):
        words = [places.program(self.name, "python"), str(places.HERE / "drivers/vllm_serve.py"),
                 places.unpacked(self.name), "--backend", "openai-chat", "--base-url", url,
                 "--endpoint", "/v1/chat/completions", "--model", "golden", "--tokenizer",
                 places.tokenizer(), "--dataset-name", "random", "--random-input-len",
                 str(load.input_tokens), "--random-output-len", str(load.tokens), "--num-prompts",
                 str(load.requests), "--num-warmups", str(load.warmups),
                 "--ready-check-timeout-sec", "0", "--seed", "1", "--percentile-metrics",
                 "ttft,tpot,itl,e2el", "--metric-percentiles", "50,99", "--save-result",
                 "--save-detailed", "--result-dir", folder, "--result-filename", RESULT,
                 "--disable-tqdm"]
        if load.rate:
            return [*words, "--request-rate", str(load.rate)]
        return [*words, "--request-rate", "inf", "--max-concurrency", str(load.streams)]

    def read_result(self, folder, load):
        result = read_json(folder, RESULT)
        return Record(
            ttft=milliseconds(result, "ttft"), itl=milliseconds(result, "itl"),
            tpot=milliseconds(result, "tpot"), e2e=milliseconds(result, "e2el"),
            rate={"requests": result["request_throughput"], "tokens": result["output_throughput"]},
            requests=result["completed"], failed=result.get("failed"),
            output_tokens=result["total_output_tokens"], duration_s=result["duration"])
