"""The runs of which times are compared: closed loops of more and more streams, and open loops."""

from dataclasses import dataclass, field

from load import Load
from measure import Bench

TTFT = "ttft_ms = {uniform = [40, 60]}\n"  # Spread, or all streams would send in step.
MEAN_TTFT_S = 0.05
TOKENS = 64
RATE_TOKENS = 8
BASE = Load(streams=8, requests=16, tokens=TOKENS)
START_S = 90  # Some clients import for long.
KNEE_S = 1e-3  # The largest error of TTFT p99 below the knee.


def gap_ms(options, streams):
    """10 ms, or as much more as keeps the server below its events a second."""
    return max(10.0, 1000.0 * streams / options.events_per_second)


def closed(options, streams):
    """Seconds rather than requests are kept about equal: 2 to 16 requests a stream."""
    each = max(2, min(16, 1024 // streams))
    if options.quick:
        each = max(2, each // 2)
    return Load(streams=streams, requests=streams * each, tokens=TOKENS)


def opened(options, rate):
    seconds = 2 if options.quick else 4
    return Load(streams=1, requests=max(100, int(rate * seconds)), tokens=RATE_TOKENS, rate=rate)


def ideal_s(load, gap):
    answer = MEAN_TTFT_S + gap / 1e3 * load.tokens
    if load.rate:
        return load.requests / load.rate + answer
    return (load.requests + load.warmups) / load.streams * answer


@dataclass
class Run:
    """One cell of the grid."""

    round: int
    gap_ms: float
    outcome: object
    cpu_us: float | None = None  # A token, without the start of the program.


@dataclass
class Grid:
    closed: list = field(default_factory=list)  # Of Run.
    opened: list = field(default_factory=list)
    base: dict = field(default_factory=dict)    # Name -> the Outcome of BASE.


def say(options, run):
    outcome = run.outcome
    load, true = outcome.load, outcome.truth
    what = f"{load.rate:g}/s" if load.rate else f"{load.streams} streams"
    parts = [f"  {outcome.peer:<15} {what:<13}"]
    for name, figure in (("ttft", "p50"), ("ttft", "p99"), ("itl", "p50"), ("itl", "p99")):
        error = outcome.error(name, figure)
        parts.append(f"{name} {figure} " + (f"{error * 1e3:+.2f} ms" if error is not None else "-"))
    if true:
        parts.append(f"{true.tokens_per_s:,.0f} tokens/s, server late p99 "
                     f"{true.late_p99_s * 1e6:.0f} us")
    parts.append(f"took {outcome.ran.wall_s:.0f} s {outcome.message}")
    options.say("  ".join(parts))


def cpu_us(outcome, base):
    """The program's start is in both runs, so the difference is the load's."""
    if not (outcome.truth and base and base.truth):
        return None
    tokens = outcome.truth.all_tokens - base.truth.all_tokens
    return (outcome.ran.cpu_s - base.ran.cpu_s) / tokens * 1e6 if tokens > 0 else None


def one(options, bench, peer, load, number):
    gap = 10.0 if load.rate else gap_ms(options, load.streams)
    script = f"{TTFT}gap_ms = {gap:g}\n"
    what = f"rate-{load.rate:g}" if load.rate else f"streams-{load.streams}"
    label = f"{what}/round-{number}/{peer.name}"
    timeout_s = START_S + 6 * ideal_s(load, gap)
    run = Run(number, gap, bench.run(peer, load, script, label, timeout_s))
    say(options, run)
    return run


def in_turn(peers, number):
    """Who is first changes from round to round."""
    shift = number % len(peers)
    return peers[shift:] + peers[:shift]


def measure_all(options, peers, grid):
    """Fills `grid` run by run, so that one that is cut short keeps what it has."""
    bench = Bench(options.roofscape, options.server_cpu, options.client_cpu, options.keep)
    options.say("each client's start, with a few requests")
    for peer in peers:
        grid.base[peer.name] = one(options, bench, peer, BASE, 0).outcome
    for number in range(options.rounds):
        for streams in options.streams:
            options.say(f"round {number + 1}: {streams} streams")
            for peer in in_turn(peers, number):
                run = one(options, bench, peer, closed(options, streams), number)
                run.cpu_us = cpu_us(run.outcome, grid.base[peer.name])
                grid.closed.append(run)
        for rate in options.rates:
            options.say(f"round {number + 1}: {rate:g} requests/s")
            for peer in in_turn(peers, number):
                grid.opened.append(one(options, bench, peer, opened(options, rate), number))


def knee(grid, peer):
    """The most tokens a second at which the client's TTFT p99 was right within KNEE_S.

    Only of runs in which the server was on time; None where there is none.
    """
    rates = [run.outcome.truth.tokens_per_s for run in grid.closed
             if run.outcome.peer == peer and not run.outcome.server_late
             and (error := run.outcome.error("ttft", "p99")) is not None and abs(error) < KNEE_S]
    return max(rates, default=None)
