#!/usr/bin/env python3
"""What InferenceX's dashboard shows of its published rows, worked out here from its rows and its
constants, against what the program says once it has imported them: the same where the dashboard is
right, another figure where its denominators are wrong.

    published_figures_test.py ROOFSCAPE

Skips without the published rows ($ROOFSCAPE_SHARED_DATA, else ../shared/data).
"""

import csv
import json
import os
import subprocess
import sys
import tempfile

SHARED = os.environ.get("ROOFSCAPE_SHARED_DATA", "../shared/data")
AT = 60.0
DATE, EPOCH = "2026-08-15", "2026-07"
CHIPS = {"h100-sxm": "h100", "h200-sxm": "h200", "b200-sxm": "b200", "b300-sxm": "b300",
         "gb200-nvl72": "gb200", "gb300-nvl72": "gb300"}


def near(a, b):
    return abs(a / b - 1) < 1e-9


def ask(roofscape, *arguments):
    result = subprocess.run([roofscape, *arguments, "--json"], capture_output=True, text=True,
                            timeout=60, check=True)
    return json.loads(result.stdout)


def check_frontiers(roofscape, database, published):
    """Every row is in one series with its published figures; who is on the frontier follows from
    them: nobody has as much of both and more of one."""
    left = {}
    for row in published:
        metrics = row["metrics"]
        key = (row["run_url"], row["conc"], metrics["tput_per_gpu"])
        left.setdefault(key, []).append(metrics["median_intvty"])
    members = 0
    for series in ask(roofscape, "frontier", "--imported", "--db", database)["series"]:
        points = series["points"]
        for point in points:
            speeds = left[(point["run"], point["concurrency"], point["y"])]
            speed = min(speeds, key=lambda published: abs(published - point["x"]))
            assert near(speed, point["x"]), (series["label"], point, speeds)
            speeds.remove(speed)
            beaten = any(o["x"] >= point["x"] and o["y"] >= point["y"] and
                         (o["x"], o["y"]) != (point["x"], point["y"]) for o in points)
            assert point["on_front"] == (not beaten), (series["label"], point)
            members += point["on_front"]
    assert not any(left.values()), f"rows that no series has: {left}"
    return members


def check_costs(roofscape, database, published):
    """At their constants of a day, over all chips: as they show it but for the output of
    disaggregated rows, which they divide by the decode chips alone."""
    with open(os.path.join(SHARED, "inferencex/tco_constants.csv"), encoding="utf-8") as file:
        constants = {row["gpu"]: row for row in csv.DictReader(file)
                     if row["price_epoch"] == EPOCH}
    by_point = {}
    for row in published:
        by_point[(row["run_url"], row["metrics"]["tput_per_gpu"])] = row
    same = other = 0
    common = ("cost", "--at", str(AT), "--date", DATE, "--db", database)
    totals = ask(roofscape, *common)["series"]
    outputs = {s["series"]: s for s in ask(roofscape, *common, "--token", "output")["series"]}
    for series in totals:
        step = series["step"]
        if step is None:
            continue
        row = by_point[(step["run"], step["tps_per_chip"])]
        metrics = row["metrics"]
        of_chip = constants[CHIPS.get(series["chip"], series["chip"])]
        usd = float(of_chip["owning_hyperscaler_usd_gpu_hr"])
        kw = float(of_chip["all_in_kw_per_gpu"])
        assert near(step["usd_per_mtok"], usd * 1e6 / (3600 * metrics["tput_per_gpu"])), series
        assert near(step["tps_per_mw"], 1000 * metrics["tput_per_gpu"] / kw), series
        assert near(step["joules_per_token"], 1000 * kw / metrics["tput_per_gpu"]), series
        output = outputs[series["series"]]["step"]
        if output["run"] != step["run"] or output["at"] != step["at"] or \
                "output_tput_per_gpu" not in metrics:
            continue
        theirs = usd * 1e6 / (3600 * metrics["output_tput_per_gpu"])
        if row["disagg"]:
            prefill, decode = row["num_prefill_gpu"], row["num_decode_gpu"]
            every = prefill + decode
            added = (metrics["input_tput_per_gpu"] * prefill +
                     metrics["output_tput_per_gpu"] * decode)
            if abs(added / (metrics["tput_per_gpu"] * every) - 1) > 1e-3:
                continue  # Their counts of chips contradict their rates: ours are corrected.
            assert near(output["usd_per_mtok"], theirs * every / decode), series
            assert not near(output["usd_per_mtok"], theirs), series
            other += 1
        else:
            assert near(output["usd_per_mtok"], theirs), series
            same += 1
    return len(totals), same, other


def main():
    roofscape = os.path.abspath(sys.argv[1])
    folder = os.path.join(SHARED, "inferencex/api_captures")
    if not os.path.isdir(folder):
        print(f"skipped: no {folder}: the published rows are not here; set ROOFSCAPE_SHARED_DATA "
              "to the folder that has them")
        return
    rows = members = 0
    with tempfile.TemporaryDirectory() as place:
        for name in ("benchmarks-history", "benchmarks"):
            path = os.path.join(folder, name + ".json")
            database = os.path.join(place, name + ".db")
            with open(path, encoding="utf-8") as file:
                published = json.load(file)
            subprocess.run([roofscape, "import", "inferencex", path, "--db", database], check=True,
                           stdout=subprocess.DEVNULL, timeout=60)
            members += check_frontiers(roofscape, database, published)
            rows += len(published)
        series, same, other = check_costs(roofscape, database, published)
    assert rows > members > 50 and same > 0 and other > 0, (members, same, other)
    print(f"{rows} rows, {members} on frontiers as published; {series} costs and rates a "
          f"megawatt; cost of output the same in {same} series, another in {other} disaggregated")


if __name__ == "__main__":
    main()
