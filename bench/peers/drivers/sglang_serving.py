"""SGLang's serving benchmark from the unpacked folder: sglang_serving.py FOLDER ARGUMENT..."""

import runpy
import sys

import unpacked


def load_dataset(*_arguments, **_options):
    raise RuntimeError("datasets from a hub are not installed; use random-ids")


def main():
    unpacked.use("sglang", sys.argv[1], {
        "datasets": {"load_dataset": load_dataset},
        "sglang.srt.utils.network": {
            "resolve_base_url": lambda base_url, *_: base_url,
            "resolve_host_port": lambda host, port, *_: (host, port),
        },
        "sglang.srt.disaggregation.utils": {"FAKE_BOOTSTRAP_HOST": ""},
    })
    del sys.argv[1]
    runpy.run_module("sglang.benchmark.serving", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
