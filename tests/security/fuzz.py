"""Fuzzes by hand, guided by coverage: ``python -m tests.security.fuzz [--seconds N] [TARGET …]``.

Needs ``pip install -e '.[fuzz]'`` (atheris, which has wheels for Linux). Each target has a process of its own
and, by default, half a minute. An input that fails is kept, and its path printed.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_SECONDS = 30
_DONE = re.compile(r"Done (\d+) runs")
_KEPT = re.compile(r"Test unit written to (\S*(?:crash|timeout|oom)-\S+)")


def main() -> int:
    """Fuzz the targets that the command line names, all by default; return 1 if an input failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.security.fuzz")
    parser.add_argument("--seconds", type=int, default=_SECONDS, help="for each target")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("targets", nargs="*", metavar="TARGET")
    given = parser.parse_args()
    if not installed():
        print("The fuzzer is not installed: pip install -e '.[fuzz]'")
        return 1
    if given.one:
        return _fuzz(given.one, given.seconds)
    runs, failed = fuzz_all(given.seconds, given.targets)
    print(f"{runs:,} inputs fuzzed, {failed} targets failed")
    return 1 if failed else 0


def installed() -> bool:
    """Whether the fuzzer is there."""
    return find_spec("atheris") is not None


def fuzz_all(seconds: int, wanted: list[str] | None = None) -> tuple[int, int]:
    """Fuzz targets, one after the other; return how many inputs were tried, and how many targets failed."""
    from tests.security.fuzz_targets import TARGETS

    total = failed = 0
    for name in wanted or TARGETS:
        command = [sys.executable, "-m", "tests.security.fuzz", "--one", name, "--seconds", str(seconds)]
        ran = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        runs = int(found[1]) if (found := _DONE.search(ran.stderr)) else 0
        total += runs
        kept = _KEPT.search(ran.stderr)
        if ran.returncode or kept:
            failed += 1
            print(f"{name}: FAILED {kept[1] if kept else ''}\n{ran.stdout[-2_000:]}{ran.stderr[-2_000:]}")
        else:
            print(f"{name}: {runs:,} inputs", flush=True)
    return total, failed


def _fuzz(name: str, seconds: int) -> int:
    atheris: Any = import_module("atheris")  # has no types

    with atheris.instrument_imports(include=["pwl_tui"]):
        from tests.security.fuzz_targets import TARGETS, seeds

    directory = Path(tempfile.mkdtemp(prefix=f"pwl-tui-fuzz-{name}-"))
    corpus = directory / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds(name)):
        (corpus / f"seed-{number}").write_bytes(seed)
    arguments = [
        sys.argv[0],
        str(corpus),
        f"-max_total_time={seconds}",
        f"-artifact_prefix={directory}/",
        "-timeout=120",  # a busy machine is no endless loop
        "-rss_limit_mb=4096",
        "-max_len=16384",
    ]
    atheris.Setup(arguments, TARGETS[name])
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
