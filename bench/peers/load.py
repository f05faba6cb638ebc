"""What a client is asked to do, and what it says about it afterwards."""

from dataclasses import dataclass, field

FIGURES = ("p50", "p99", "mean")


@dataclass(frozen=True)
class Load:
    """Closed loop of `streams`, or open loop of `rate` requests a second."""

    streams: int
    requests: int
    tokens: int
    rate: float | None = None
    input_tokens: int = 16
    warm: bool = True
    server_counts: bool = True  # Clients that can choose take the server's count of tokens.

    @property
    def warmups(self):
        """Requests before those that count, so that every connection is open."""
        return self.streams if self.warm and not self.rate else 0


@dataclass
class Record:
    """A client's own figures, in seconds. What it does not tell is None."""

    ttft: dict = field(default_factory=dict)  # FIGURES -> seconds; likewise below.
    itl: dict = field(default_factory=dict)
    tpot: dict = field(default_factory=dict)
    e2e: dict = field(default_factory=dict)
    rate: dict = field(default_factory=dict)  # "requests", "tokens" (of output) -> a second
    requests: int | None = None
    failed: int | None = None
    output_tokens: int | None = None
    duration_s: float | None = None


def figures(values, scale=1.0):
    """Figures of a list of values, for clients that give only the list."""
    from golden import quantile

    values = [v * scale for v in values if v is not None]
    if not values:
        return {}
    return {"p50": quantile(values, 0.5), "p99": quantile(values, 0.99),
            "mean": sum(values) / len(values)}
