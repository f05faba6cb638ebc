"""What the golden server did, in the terms that clients report."""

from dataclasses import dataclass

from golden import TOKEN_KINDS, quantile, read_truth
from load import figures


@dataclass
class Truth:
    """Seconds; of the requests that count. The lateness is of all events."""

    ttft: dict
    itl: dict
    tpot: dict
    e2e: dict
    requests: int
    output_tokens: int
    all_tokens: int       # With the warm-up's.
    rate: float           # Arrivals a second.
    tokens_per_s: float   # From the first arrival to the last token.
    late_p99_s: float


class Request:
    """One request: when its tokens left, the middle of each send call, one entry an event."""

    def __init__(self, name, told):
        self.name = name
        self.arrival = told[0]
        self.tokens = told[3]
        self.sent = [(before + after) / 2 for kind, _, before, after in told[2]
                     if kind in TOKEN_KINDS]


def requests_of(path):
    truth = read_truth(path)
    requests = [Request(name, told) for (name, _), told in truth.items()]
    late = [max(0, before - due) for told in truth.values() for _, due, before, _ in told[2]]
    return sorted(requests, key=lambda r: r.arrival), late


def read(path, skip, count, ids=None):
    """The truth of the requests whose ids are given; else of those from `skip` on, `count` at most.

    None where none of them got a token.
    """
    requests, late = requests_of(path)
    all_tokens = sum(r.tokens for r in requests)
    chosen = requests[skip:skip + count] if ids is None else [r for r in requests if r.name in ids]
    counted = [r for r in chosen if r.sent]
    if not counted:
        return None
    span = (counted[-1].arrival - counted[0].arrival) * 1e-9
    whole = (max(r.sent[-1] for r in counted) - counted[0].arrival) * 1e-9
    tokens = sum(r.tokens for r in counted)
    return Truth(
        ttft=figures([r.sent[0] - r.arrival for r in counted], 1e-9),
        itl=figures([b - a for r in counted for a, b in zip(r.sent, r.sent[1:])], 1e-9),
        tpot=figures([(r.sent[-1] - r.sent[0]) / (r.tokens - 1) for r in counted if r.tokens > 1],
                     1e-9),
        e2e=figures([r.sent[-1] - r.arrival for r in counted], 1e-9),
        requests=len(counted), output_tokens=tokens, all_tokens=all_tokens,
        rate=(len(counted) - 1) / span if span > 0 else 0.0,
        tokens_per_s=tokens / whole if whole > 0 else 0.0,
        late_p99_s=quantile(late, 0.99) * 1e-9)
