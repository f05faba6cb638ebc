#!/usr/bin/env python3
"""What `roofscape probe` measures hangs together, and the catalog reads the file that it writes.

    probe_test.py ROOFSCAPE
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time

TIMEOUT_S = 60  # On a busy machine; alone it takes 5 s.


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)


def check_reading(reading):
    assert reading["best"] > 0 and reading["median"] > 0 and reading["repeats"] >= 1, reading
    assert reading["spread"] >= 0 and isinstance(reading["noisy"], bool), reading


def check_cpu(cpu):
    assert cpu["name"] and cpu["processors"] >= 1 and cpu["memory_gb"] > 0.1, cpu
    for one in cpu["read"]:
        check_reading(one["gb_s"])
        # From an old laptop on a bad day to the caches of a large server.
        assert 0.05 < one["gb_s"]["best"] < 100_000, one
    for one in cpu["launch"]:
        check_reading(one["us"])
        assert one["us"]["best"] < 100_000, one
    for one in cpu["matrix"]:
        check_reading(one["gflops"])
        assert 0.01 < one["gflops"]["best"] < 1_000_000, one
        assert one["set_mb"] > 0 and one["n"] * one["k"] > 0, one


def check_probe(roofscape, folder):
    path = os.path.join(folder, "chips", "this-machine.toml")
    os.mkdir(os.path.dirname(path))
    began = time.monotonic()
    result = run(roofscape, "probe", "--quick", "--seconds", "2.5", "--json", "-o", path)
    took = time.monotonic() - began
    assert result.returncode == 0 and result.stderr == "", result.stderr
    told = json.loads(result.stdout)
    cpu = told["cpu"]
    assert cpu or told["gpus"], told
    check_cpu(cpu)
    readings = len(cpu["read"]) + len(cpu["launch"]) + len(cpu["matrix"])
    assert readings >= 3, readings
    assert not told["stopped"] and told["elapsed_s"] <= took, told
    assert told["gpus"] or told["gpu_absent"], told

    shown = run(roofscape, "catalog", "show", "this-machine", "--catalog", folder, "--json")
    assert shown.returncode == 0, shown.stderr
    assert "measured by roofscape" in shown.stdout, shown.stdout
    checked = run(roofscape, "catalog", "check", folder)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    if cpu:
        check_predict(roofscape, folder, path)
    return readings, took


def check_predict(roofscape, folder, chip):
    """The file is a chip beside those of the catalog, and so is a model's."""
    model = os.path.join(folder, "tiny.toml")
    made = run(roofscape, "make-model", "-o", os.path.join(folder, "tiny.gguf"),
               "--catalog-out", model)  # fmt: skip
    assert made.returncode == 0, made.stderr
    asked = ("predict", "--engine", "llama.cpp", "--concurrency", "1", "--precision", "q8_0")
    found = run(roofscape, *asked, "--chip", chip, "--model", model, "--json")
    # A machine too busy to be read in two seconds leaves out what a prediction needs, and says so.
    assert found.returncode == 0 or "is not known" in found.stderr, found.stderr
    if found.returncode == 0:
        point = json.loads(found.stdout)["points"][0]
        assert point["tpot_mean_s"]["value"] > 0, point
    swapped = run(roofscape, *asked, "--chip", model, "--model", "llama-3.1-8b")
    assert swapped.returncode != 0 and "--chip" in swapped.stderr, swapped.stderr
    missing = run(roofscape, *asked, "--chip", chip + "no.toml", "--model", model)
    assert missing.returncode == 2 and "--chip" in missing.stderr, missing.stderr


def check_interrupt(roofscape):
    """Ctrl-C ends it soon, with what there was."""
    process = subprocess.Popen([roofscape, "probe", "--json", "--device", "cpu"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0 and err == "", (process.returncode, err)
    told = json.loads(out)
    assert told["stopped"] and told["left_out"] > 0, told
    assert any("stopped" in doubt for doubt in told["doubts"]), told["doubts"]


def check_wrong_use(roofscape):
    for flags, want in ((["-o", "chip.json"], "must end in .toml"),
                        (["-o", "-", "--json"], "both write to stdout"),
                        (["--device", "tpu"], "not in")):
        result = run(roofscape, "probe", "--quick", *flags)
        assert result.returncode == 2 and want in result.stderr, (flags, result.stderr)


def main():
    roofscape = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        readings, took = check_probe(roofscape, folder)
    check_interrupt(roofscape)
    check_wrong_use(roofscape)
    print(f"{readings} readings in {took:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
