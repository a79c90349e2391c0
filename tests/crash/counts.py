"""What a campaign has done so far, in counts."""

from collections import Counter, defaultdict


class Tally:
    """Counts by group and name."""

    def __init__(self) -> None:
        self.groups: defaultdict[str, Counter[str]] = defaultdict(Counter)

    def add(self, group: str, name: str, amount: int = 1) -> None:
        self.groups[group][name] += amount

    def count(self, group: str, name: str) -> int:
        return self.groups[group][name]

    @property
    def killed(self) -> int:
        """Processes, lines to the database and databases."""
        return sum(self.groups.get(group, Counter()).total() for group in ("kills", "cuts", "restarts"))

    def merge(self, other: "Tally") -> None:
        for group, counter in other.groups.items():
            self.groups[group] += counter

    def lines(self) -> list[str]:
        """Return one line a group: its total, and what it consists of."""
        lines = []
        for group, counter in sorted(self.groups.items()):
            parts = ", ".join(f"{name} {times:,}" for name, times in sorted(counter.items()))
            lines.append(f"{group}: {counter.total():,} ({parts})")
        return lines
