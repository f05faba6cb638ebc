#!/usr/bin/env python3
"""What a prediction takes from a cold start: processor time and wall time of the whole program; and
a live twin, until it listens.

usage: bench/start_up.py PROGRAM [RUNS]

Processor time is what counts on a machine that does other things; the least of the runs is the
program's own.
"""

import os
import signal
import statistics
import subprocess
import sys
import time

COMMANDS = {
    "predict": "predict --model llama-3.1-70b --chip h200-sxm --engine vllm --precision fp8 --tp 4",
    "predict --rate": "predict --model llama-3.1-70b --chip h200-sxm --precision fp8 --tp 4"
    " --rate 1,2,4",
    "catalog list": "catalog list chips",
    "twin": "twin --model llama-3.1-70b --chip h200-sxm --engine vllm --precision fp8 --tp 4"
    " --port 0",
}


def once(command):
    """Seconds of processor and of the wall."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    wall = None
    for line in child.stderr:
        if "://" in line:  # A server tells its address.
            wall = time.perf_counter() - began
            child.send_signal(signal.SIGTERM)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    if child.returncode != 0:
        sys.exit(f"start_up: {' '.join(command)} failed")
    return used.ru_utime + used.ru_stime, wall or time.perf_counter() - began


def main(program, runs):
    print(f"{'':<16}{'processor ms: least':>20}{'median':>8}{'wall ms: least':>16}{'median':>8}")
    for name, words in COMMANDS.items():
        taken = [once([program, *words.split()]) for _ in range(runs)]
        cells = [f(t[i] for t in taken) * 1e3 for i in (0, 1) for f in (min, statistics.median)]
        print(f"{name:<16}{cells[0]:>20.1f}{cells[1]:>8.1f}{cells[2]:>16.1f}{cells[3]:>8.1f}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 20)
