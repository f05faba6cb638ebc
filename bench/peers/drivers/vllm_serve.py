"""`vllm bench serve` from the unpacked benchmark folder: vllm_serve.py FOLDER ARGUMENT..."""

import argparse
import gc
import logging
import sys

import unpacked
from transformers import AutoTokenizer


def get_tokenizer(name, tokenizer_mode=None, trust_remote_code=False):
    return AutoTokenizer.from_pretrained(name)


def freeze_gc_heap():
    gc.collect(0)
    gc.collect(1)
    gc.collect(2)
    gc.freeze()


def main():
    unpacked.use("vllm", sys.argv[1], {
        "datasets": {}, "pandas": {}, "soundfile": {},  # Of data sets that are not used here.
        "vllm.tokenizers": {"get_tokenizer": get_tokenizer},
        "vllm.logger": {"init_logger": logging.getLogger},
        "vllm.utils.argparse_utils": {"FlexibleArgumentParser": argparse.ArgumentParser},
        "vllm.utils.gc_utils": {"freeze_gc_heap": freeze_gc_heap},
        "vllm.utils.network_utils": {"join_host_port": lambda host, port: f"{host}:{port}"},
        "vllm.utils.mistral": {"is_mistral_tokenizer": lambda tokenizer: False},
    })
    from vllm.benchmarks import serve

    parser = argparse.ArgumentParser()
    serve.add_cli_args(parser)
    serve.main(parser.parse_args(sys.argv[2:]))


if __name__ == "__main__":
    main()
