"""Loads what every process of the program would load for itself; the server that forks them imports this."""

from pwl_tui.api.transport import route_to
from pwl_tui.cli.commands import batches, jobs, lists, worker
from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from tests.crash import child_process
from tests.e2e.harness import LIST

__all__ = ["batches", "child_process", "jobs", "lists", "worker"]

route_to("http://127.0.0.1").open().close()
plan(Source.from_text(LIST), Options(region="US"))  # compiles the patterns of numbers
