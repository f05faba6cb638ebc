#!/usr/bin/env python3
"""What `explore` says of its candidates is what `predict` says of the same deployments; threads
change nothing; the frontier falls; shares of `codesign` multiply to the gain.

usage: explore_test.py ROOFSCAPE
"""

import json
import math
import os
import subprocess
import sys
import tempfile

ROOFSCAPE = os.path.abspath(sys.argv[1])
TTFT_LIMIT_S = 3.0


def run(*words):
    result = subprocess.run([ROOFSCAPE, *map(str, words)], capture_output=True, text=True,
                            timeout=120, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, f"{words}: {result.stderr}"
    return json.loads(result.stdout)


def explore(*words):
    return run("explore", *words, "--ttft-ms", 1e3 * TTFT_LIMIT_S, "--json")


def near(a, b, what):
    assert math.isclose(a, b, rel_tol=1e-9), f"{what}: {a} and {b}"


def predicted(model, candidate):
    """`predict` of a candidate; replicas share the requests."""
    serve, prefill = candidate["serve"], candidate.get("prefill")
    words = ["--model", model, "--chip", candidate["chip"], "--engine", candidate["engine"],
             "--precision", candidate["precision"]]
    for degree in ("tp", "dp", "ep", "pp"):
        words += ["--" + degree, serve[degree]]
    load = candidate["concurrency"]
    if prefill:
        words += ["--workers", serve["workers"], "--prefill-workers", prefill["workers"]]
        for degree in ("tp", "dp", "ep"):
            words += ["--prefill-" + degree, prefill[degree]]
    else:
        load /= serve["workers"]
    return run("predict", *words, "--concurrency", load, "--json")["points"][0]


def check_candidates(model, found, target):
    assert found["ranked"], model
    before = math.inf
    for candidate in found["ranked"]:
        value = candidate[found["objective"]]
        assert value["low80"] <= value["value"] <= value["high80"]
        assert value["value"] <= before * (1 + 1e-9), "the ranking rises"
        before = value["value"]
        assert candidate["tpot_mean_s"]["value"] <= 1 / target
        assert candidate["ttft_mean_s"]["value"] <= TTFT_LIMIT_S
        point = predicted(model, candidate)
        for figure in ("tpot_mean_s", "ttft_mean_s", "total_tps_per_chip"):
            for end in ("value", "low80", "high80"):
                near(candidate[figure][end], point[figure][end], f"{model} {figure} {end}")


def check_frontier(found):
    before = math.inf
    for step in found["frontier"]:
        best = step["best"]
        value = best[found["objective"]]["value"] if best else 0.0
        assert value <= before, "the frontier rises"
        assert not best or best["tpot_mean_s"]["value"] <= 1 / step["interactivity_tps"]
        before = value


def check_commands(found):
    """The winner's layout stands in the command of its own engine."""
    winner, own = found["ranked"][0], found["launch"][0]
    assert "refused" not in own, own
    roles = {c["role"]: c for c in own["commands"]}
    serve = roles["decode" if "prefill" in winner else "serve"]
    assert serve["times"] == winner["serve"]["workers"]
    stage = winner["serve"]["tp"] * winner["serve"]["dp"]
    degree = {"vllm": f"--tensor-parallel-size {winner['serve']['tp']:.0f}",
              "sglang": f"--tp-size {stage:.0f}", "trtllm": f"--tp_size {stage:.0f}"}
    if stage > 1:
        assert degree[winner["engine"]] in serve["command"], serve


def check_shares():
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, chip, precision in (("a", "h100-sxm", "bf16"), ("b", "h200-sxm", "fp8")):
            paths.append(os.path.join(folder, name + ".toml"))
            with open(paths[-1], "w", encoding="utf-8") as file:
                file.write(f'model = "llama-3.1-70b"\nchip = "{chip}"\nengine = "vllm"\n'
                           f'precision = "{precision}"\n')
        split = run("codesign", "--attribute", *paths, "--interactivity", 20, "--json")
        near(math.prod(layer["share"] for layer in split["layers"]), split["gain"], "shares")
        near(split["b"]["value"] / split["a"]["value"], split["gain"], "gain")
        names = [layer["layer"] for layer in split["layers"]]
        assert names == ["memory", "kernels", "precision", "layout"], names


def main():
    space = ("--model", "llama-3.1-70b", "--chip", "h200-sxm", "--precision", "fp8",
             "--interactivity", 40, "--simulate", 1)
    found = explore(*space, "--threads", 2)
    check_candidates("llama-3.1-70b", found, 40)
    check_frontier(found)
    check_commands(found)
    assert "simulated" in found["ranked"][0] and "simulated" not in found["ranked"][1]
    assert found["computed"] <= found["configurations"]
    assert explore(*space, "--threads", 1) == found, "threads change the result"
    routed = explore("--model", "deepseek-v3", "--chip", "b200-sxm", "--engine", "sglang",
                     "--precision", "fp8", "--interactivity", 30, "--mode", "aggregated",
                     "--objective", "usd", "--date", "2026-11-01", "--top", 4)
    check_candidates("deepseek-v3", routed, 30)
    check_shares()
    print("explore: candidates are predict's, threads change nothing, shares multiply")


if __name__ == "__main__":
    main()
