#!/usr/bin/env python3
"""What `roofscape doctor` prints and how it exits agree with each other.

    doctor_test.py ROOFSCAPE
"""

import json
import re
import subprocess
import sys

STATUS = {"OK": "ok", "?": "unknown", "WARN": "warn", "FAIL": "fail"}


def run(roofscape, *flags):
    return subprocess.run([roofscape, "doctor", *flags], capture_output=True, text=True, timeout=60)


def main():
    roofscape = sys.argv[1]
    result = run(roofscape, "--json")
    assert result.stderr == "", result.stderr
    told = json.loads(result.stdout)
    findings = told["findings"]
    assert told["fit"] == all(finding["status"] != "fail" for finding in findings), told
    assert result.returncode == (0 if told["fit"] else 1), result.returncode
    for finding in findings:
        needs_cure = finding["status"] in ("warn", "fail")
        assert finding["found"] and bool(finding["cure"]) == needs_cure, finding

    result = run(roofscape)
    lines = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    rows = [re.match(r"(OK|\?|WARN|FAIL) +(.+?)  +\S", line) for line in lines]
    assert all(rows), result.stdout
    assert [row[2] for row in rows] == [finding["topic"] for finding in findings], result.stdout
    assert result.returncode == (1 if any(row[1] == "FAIL" for row in rows) else 0)
    cures = result.stdout.count(" cure: ")
    assert cures == sum(STATUS[row[1]] in ("warn", "fail") for row in rows), result.stdout

    # One descriptor table too small for 128 streams is a failure, and told as one.
    limited = subprocess.run(["bash", "-c", "ulimit -n 64; exec \"$0\" doctor --json", roofscape],
                             capture_output=True, text=True, timeout=60)
    assert limited.returncode == 1, limited.returncode
    statuses = {f["topic"]: f["status"] for f in json.loads(limited.stdout)["findings"]}
    assert statuses["descriptors"] == "fail", statuses
    print(f"{len(findings)} findings")
    return 0


if __name__ == "__main__":
    sys.exit(main())
