"""The list of faults: each client against each of them."""

import queue
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import places
from golden import Refused
from load import Load
from measure import Bench

LOAD = Load(streams=2, requests=6, tokens=12, warm=False)
TIMING = "ttft_ms = 100\ngap_ms = 5\n"
EARLY_S = 0.03  # A comment taken for a token is 90 ms early; late ones are the grid's matter.
TIMEOUT_S = 90


@dataclass(frozen=True)
class Verdict:
    """wrong: what the client got wrong, empty where nothing; None where it was not tried."""

    fault: str
    peer: str
    wrong: str | None


def known():
    with open(places.HERE / "faults.toml", "rb") as file:
        return tomllib.load(file)["fault"]


def judge(fault, outcome):
    """What is wrong with what the client said, in few words."""
    record = outcome.record
    if fault["expect"] == "failed":
        good = record.requests if record else 0
        return f"{good} of {LOAD.requests} broken answers taken for good" if good else ""
    if record is None:
        return outcome.message
    if record.requests != LOAD.requests:
        return f"{record.requests} of {LOAD.requests} requests"
    true = outcome.truth
    if record.output_tokens is not None and record.output_tokens != true.output_tokens:
        return f"{record.output_tokens} of {true.output_tokens} tokens"
    off = outcome.error("ttft", "p50")
    if off is None:
        return "no TTFT"
    return f"TTFT {-off * 1e3:.0f} ms too early" if off < -EARLY_S else ""


def try_one(options, cpus, fault, peer):
    server, client = cpus.get()
    try:
        bench = Bench(options.roofscape, server, client, options.keep)
        label = f"fault-{fault['name'].replace(' ', '-').replace('`', '').replace('/', '')}"
        load = replace(LOAD, server_counts='usage = "never"' not in fault["script"])
        outcome = bench.run(peer, load, TIMING + fault["script"], f"{label}/{peer.name}", TIMEOUT_S)
        return Verdict(fault["name"], peer.name, judge(fault, outcome))
    except Refused:
        return Verdict(fault["name"], peer.name, None)
    finally:
        cpus.put((server, client))


def try_all(options, peers, verdicts):
    """Two at a time, each with the other's server on its core: no time is measured closely here.

    Adds to `verdicts` as they come; an interrupt leaves out what has not begun.
    """
    faults = [f for f in known() if f.get("quick") or not options.quick]
    cpus = queue.Queue()
    cpus.put((options.server_cpu, options.client_cpu))
    cpus.put((options.client_cpu, options.server_cpu))
    said = {None: "not tried: the server does not know it", "": "right"}
    pool = ThreadPoolExecutor(2)
    try:
        jobs = [pool.submit(try_one, options, cpus, fault, peer)
                for fault in faults for peer in peers]
        for job in jobs:
            verdict = job.result()
            verdicts.append(verdict)
            options.say(f"  {verdict.peer:<15} {verdict.fault}: "
                        f"{said.get(verdict.wrong, verdict.wrong)}")
    finally:
        pool.shutdown(cancel_futures=True)
