"""Tries what `SECURITY.md` promises, and prints in counts how much was tried: ``python -m tests.security``.

Takes the better part of an hour; ``--only`` takes a part, ``--seconds`` is how long each target is fuzzed.
Ends with 1 where anything was not as promised.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.security import canary as canaries
from tests.security import fault_matrix, fuzz, machine_faults

Counts = Mapping[str, int]
Part = Callable[[int], tuple[Counts, list[str]]]
"""Takes the seconds for each target of the fuzzer; returns counts, and a sentence for all that is wrong."""


def faults(_: int) -> tuple[Counts, list[str]]:
    """Play every fault at every call."""
    wrong, cells, searched, faults_seen = list[str](), 0, 0, set[str]()
    for name, fault, call, expected in fault_matrix.cells():
        with tempfile.TemporaryDirectory() as directory:
            came = fault_matrix.play(fault, call, Path(directory))
        cells += 1
        searched += came.searched
        faults_seen.add(fault.name)
        wrong += [f"{name}: {sentence}" for sentence in came.differs(expected)]
    counts = {"faults": len(faults_seen), "cells (a fault at a call)": cells}
    return counts | {"bytes searched for the key": searched}, wrong


def machines(_: int) -> tuple[Counts, list[str]]:
    """Play every fault of a machine with real processes."""
    there = dict(machine_faults.EVERYWHERE)
    if machine_faults.mountable():
        there |= machine_faults.MOUNTED
    wrong = list[str]()
    for name, fault in there.items():
        with tempfile.TemporaryDirectory() as directory:
            found = machine_faults.play(fault, Path(directory) / "machine")
        wrong += [f"{name}: {sentence}" for sentence in found]
    left_out = len(machine_faults.EVERYWHERE) + len(machine_faults.MOUNTED) - len(there)
    return {"faults of the machine": len(there), "left out, as nothing can be mounted": left_out}, wrong


def inputs(seconds: int) -> tuple[Counts, list[str]]:
    """Feed everything that reads with anything at all."""
    if not fuzz.installed():
        return {"inputs fuzzed": 0}, ["the fuzzer is not installed: pip install -e '.[fuzz]'"]
    runs, failed = fuzz.fuzz_all(seconds)
    return {"inputs fuzzed": runs}, [f"{failed} targets failed"] if failed else []


def canary(_: int) -> tuple[Counts, list[str]]:
    """Look for a known key and known numbers in every byte that commands and screens leave."""
    report = canaries.run()
    return report.counts, [str(one) for one in report.found]


PARTS: Mapping[str, Part] = {"faults": faults, "machines": machines, "inputs": inputs, "canary": canary}


def main() -> int:
    """Try the parts that the command line names, all by default; return 1 if anything is wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.security")
    parser.add_argument("--only", choices=PARTS, action="append", help="this part, and others that are named")
    parser.add_argument("--seconds", type=int, default=30, help="for each target of the fuzzer")
    given = parser.parse_args()
    wrong = list[str]()
    for name in given.only or PARTS:
        counts, found = PARTS[name](given.seconds)
        for what, count in counts.items():
            print(f"{count:>15,}  {what}", flush=True)
        print(f"{len(found):>15,}  wrong", *found, sep="\n", flush=True)
        wrong += found
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
