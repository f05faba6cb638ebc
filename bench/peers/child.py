"""Runs a client as a child process on its own core, for a limited time, and takes its CPU time."""

import os
import signal
import subprocess
import time
from dataclasses import dataclass


STDOUT = "stdout.txt"
STDERR = "stderr.txt"


@dataclass
class Ran:
    """How a client ended. cpu_s is of the process and all its descendants that it waited for."""

    status: int
    cpu_s: float
    wall_s: float
    timed_out: bool


def interrupt_when_told_to_end():
    """Makes SIGTERM what Ctrl-C is, so that no client and no server stays behind."""
    def interrupt(*_):
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)


def environment(own):
    quiet = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "NO_PROXY": "*", "no_proxy": "*",
             "TOKENIZERS_PARALLELISM": "false", "OPENAI_API_KEY": "none",
             "PYTHONDONTWRITEBYTECODE": "1", "DO_NOT_TRACK": "1"}
    return {**os.environ, **quiet, **own}


def wait(process, timeout_s):
    """wait4 with a limit of time: (status, rusage, whether it was cut off)."""
    end = time.monotonic() + timeout_s
    cut = False
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage, cut
        if time.monotonic() > end:
            # Its own session: the group holds its descendants and nobody else.
            os.killpg(process.pid, signal.SIGKILL if cut else signal.SIGTERM)
            cut, end = True, time.monotonic() + 5
        time.sleep(0.02)


def clean_up(process):
    """Ends what the client left running in its group."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(command, folder, cpus, timeout_s, own_environment):
    """Its output goes to the files STDOUT and STDERR in `folder`."""
    began = time.monotonic()
    with open(os.path.join(folder, STDOUT), "w", encoding="utf-8") as out, \
            open(os.path.join(folder, STDERR), "w", encoding="utf-8") as err:
        process = subprocess.Popen(
            ["taskset", "-c", cpus, *command], cwd=folder, stdin=subprocess.DEVNULL, stdout=out,
            stderr=err, env=environment(own_environment), start_new_session=True)
        try:
            status, usage, cut = wait(process, timeout_s)
        finally:
            clean_up(process)
    return Ran(status, usage.ru_utime + usage.ru_stime, time.monotonic() - began, cut)


def last_words(folder):
    """The last line that the client wrote, for a message."""
    for name in (STDERR, STDOUT):
        with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
            lines = [line.strip() for line in file if line.strip()]
        if lines:
            return lines[-1][:160]
    return "it wrote nothing"
