"""Loads what every process of the program would load for itself; the server that forks them imports this."""

import httpx

from pwl_tui.cli import adopting, jobs, lists, settling
from pwl_tui.lists.plan import plan
from pwl_tui.lists.reading import Options
from pwl_tui.lists.source import Source
from tests.crash import child
from tests.e2e.harness import LIST

__all__ = ["adopting", "child", "jobs", "lists", "settling"]

httpx.HTTPTransport().close()
plan(Source.from_text(LIST), Options(region="US"))  # compiles the patterns of numbers
