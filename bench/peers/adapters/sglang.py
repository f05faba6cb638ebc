"""SGLang's client: the whole of its serving benchmark in Python, without the engine."""

import json
import os

import places
from load import Record

from .base import Peer
from .vllm import milliseconds

RESULT = "sglang.jsonl"


class Sglang(Peer):
    name = "sglang"
    backend = "sglang-oai-chat"

    def command(self, url, load, folder):
        words = [places.program(self.name, "python"),
                 str(places.HERE / "drivers/sglang_serving.py"), places.unpacked(self.name),
                 "--backend", self.backend, "--base-url", url, "--model", "golden",
                 "--tokenizer", places.tokenizer(), "--dataset-name", "random-ids",
                 "--random-input-len", str(load.input_tokens), "--random-output-len",
                 str(load.tokens), "--random-range-ratio", "1.0", "--num-prompts",
                 str(load.requests), "--warmup-requests", str(load.warmups), "--seed", "1",
                 "--output-file", os.path.join(folder, RESULT), "--output-details",
                 "--disable-tqdm"]
        if load.rate:
            return [*words, "--request-rate", str(load.rate)]
        return [*words, "--max-concurrency", str(load.streams)]

    def read_result(self, folder, load):
        with open(os.path.join(folder, RESULT), encoding="utf-8") as file:
            result = json.loads(file.readlines()[-1])
        return Record(
            ttft=milliseconds(result, "ttft"), itl=milliseconds(result, "itl"),
            tpot=milliseconds(result, "tpot"), e2e=milliseconds(result, "e2e_latency"),
            rate={"requests": result["request_throughput"], "tokens": result["output_throughput"]},
            requests=result["completed"], failed=load.requests - result["completed"],
            output_tokens=result["total_output_tokens"], duration_s=result["duration"])


class SglangOwnApi(Sglang):
    """The same over SGLang's own /generate, which is its default."""

    api = "sglang"
    backend = "sglang"
