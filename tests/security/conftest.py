"""The machine of the end-to-end tests."""

from tests.e2e.conftest import machine, run

__all__ = ["machine", "run"]
