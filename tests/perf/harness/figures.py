# SPDX-License-Identifier: Apache-2.0
"""
Figures: samples of two or more sides, taken in turns, and the ratios between their medians.

A figure never stands alone. It is taken A B A B, so that what the machine does meanwhile hits both sides; the ratio of a
round is A's rate over B's of the same round, and the figure's ratio is the median of those. The spread is that of the rounds.
"""
import statistics
from dataclasses import dataclass, field


@dataclass
class Sample:
    rate: float
    p50_us: float = 0
    p99_us: float = 0
    cpu_us: dict = field(default_factory=dict)  # of a request, by process
    client_share: float = 0  # of its core that who asks was busy
    failed: int = 0  # answers that were not what was asked for
    more: dict = field(default_factory=dict)


@dataclass
class Side:
    """One of those compared: `take(seconds)` gives a Sample."""
    name: str
    take: object


def spread(values):
    middle = statistics.median(values)
    return round((max(values) - min(values)) / middle, 3) if middle else 0.0


def summary(samples):
    cpu = {name: round(statistics.median(s.cpu_us.get(name, 0) for s in samples), 2)
           for name in sorted({n for s in samples for n in s.cpu_us})}
    more = samples[-1].more
    return {"rate": round(statistics.median(s.rate for s in samples), 2), "rates": [round(s.rate, 2) for s in samples],
            "spread": spread([s.rate for s in samples]),
            "p50_us": statistics.median(s.p50_us for s in samples), "p99_us": statistics.median(s.p99_us for s in samples),
            "cpu_us": cpu, "client_share": round(statistics.median(s.client_share for s in samples), 3),
            "failed": sum(s.failed for s in samples), **({"more": more} if more else {})}


class Figure:
    """What was measured: the first side is ours, the others are what it is held against."""

    def __init__(self, key, title, sides, taken, note=""):
        self.key, self.title, self.note = key, title, note
        self.names = [s.name for s in sides]
        self.taken = taken  # {name: [Sample]}

    def ratios(self):
        ours = self.taken[self.names[0]]
        for name in self.names[1:]:
            rounds = [a.rate / b.rate for a, b in zip(ours, self.taken[name]) if b.rate]
            if rounds:
                yield f"{self.key}_vs_{name}", round(statistics.median(rounds), 4), spread(rounds)

    def as_json(self):
        sides = {name: summary(samples) for name, samples in self.taken.items()}
        return {"key": self.key, "title": self.title, "note": self.note, "sides": sides,
                "ratios": {k: {"median": m, "spread": s} for k, m, s in self.ratios()}, "remarks": self.remarks(sides)}

    @staticmethod
    def remarks(sides):
        found = []
        for name, s in sides.items():
            if s["client_share"] > 0.97:
                found.append(f"{name}: who asks used its whole core; the server could have done more")
            if s["failed"]:
                found.append(f"{name}: {s['failed']} answers were not what was asked for")
            if s["spread"] > 0.2:
                found.append(f"{name}: the rounds differ by {100 * s['spread']:.0f} %")
        return found


def compare(key, title, sides, rounds, seconds, note=""):
    """Rounds of A B ... in turns."""
    taken = {s.name: [] for s in sides}
    for _ in range(rounds):
        for side in sides:
            taken[side.name].append(side.take(seconds))
    return Figure(key, title, sides, taken, note)
