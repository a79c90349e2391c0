"""``doctor``: one check per line, with what to do about each that fails."""

import importlib.metadata
import locale
import os
import platform
import shutil
import sys
from collections.abc import Callable
from functools import partial
from typing import Literal, TypeAlias

from msgspec import Struct

from pwl_tui import __version__
from pwl_tui.cli.arguments import Command, add_json
from pwl_tui.cli.errors import exit_of
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.launcher import can_draw_on
from pwl_tui.cli.output import Output
from pwl_tui.cli.session import Session
from pwl_tui.engine import doctor as checks
from pwl_tui.engine.doctor import Finding
from pwl_tui.engine.problems import internal
from pwl_tui.problem import ProblemError

_Result: TypeAlias = Literal["ok", "warn", "fail"]

_LEAST_COLUMNS, _LEAST_LINES = 80, 24
_LIBRARIES = ("textual", "httpx", "phonenumberslite", "msgspec")


def doctor(session: Session) -> int:
    """Run every check; return the exit code of the first that fails."""
    visit, key_works = _Visit(session.output), False
    if visit.look("config", partial(_config, session)):
        way = checks.ServiceChecks(session.settings)
        visit.look("proxy", way.proxy)
        visit.look("name", way.name)
        if visit.look("service", way.service):
            visit.look("clock", way.clock)
        key_works = visit.look("key", way.key)
    if visit.look("state", lambda: checks.state(session.store)):
        if session.store.report() is not None:
            visit.look("database", lambda: checks.database(session.store))
        visit.look("place", lambda: checks.place(session.store))
        visit.look("permissions", lambda: checks.permissions(session.store))
        visit.look(
            "journal",
            lambda: checks.journal(
                session.store, len(session.engine.recovery.unadopted()) if key_works else 0
            ),
        )
        visit.look("copy", lambda: checks.second_copy(session.store, session.store.clock()))
    visit.look("terminal", _terminal)
    visit.look("versions", _versions)
    session.output.value(visit.lines, "")
    return visit.code


class _Line(Struct, frozen=True):
    """The result of one check; the JSON object has its fields in this order."""

    check: str
    result: _Result
    message: str
    remedy: str | None

    @property
    def text(self) -> str:
        """The line for people, with a second one that says what to do."""
        line = f"{self.result:<4}  {self.check:<11}  {self.message}"
        return f"{line}\n{'':<19}{self.remedy}" if self.remedy else line


class _Visit:
    """Runs checks one by one, whether or not earlier ones failed.

    People see each result at once: on a bad connection the next check may take half a minute.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self.lines: list[_Line] = []
        self.code: int = Exit.DONE

    def look(self, check: str, find: Callable[[], Finding]) -> bool:
        """Run one check; return whether it passed, with or without a warning."""
        try:
            found = find()
        except ProblemError as error:
            self._failed(check, error)
        except Exception as error:  # noqa: BLE001 - a bug in one check does not concern the others
            self._failed(check, ProblemError(internal(error)))
        else:
            result: _Result = "warn" if found.remedy else "ok"
            self._add(_Line(check, result, found.message, found.remedy or None))
            return True
        return False

    def _failed(self, check: str, error: ProblemError) -> None:
        self._add(_Line(check, "fail", error.problem.message, error.problem.remedy))
        self.code = self.code or exit_of(error)

    def _add(self, line: _Line) -> None:
        self.lines.append(line)
        if not self._output.json:
            self._output.say(line.text)


def _config(session: Session) -> Finding:
    settings, file = session.settings, session.config_file
    where = file if os.path.exists(file) else f"no file {file}, only the environment and the defaults"
    return Finding(f"{where}, profile {settings.profile}", " ".join(settings.warnings))


def _terminal() -> Finding:
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        return Finding("none; the commands work, the screen needs one")
    environ = os.environ
    kind, size, encoding = environ.get("TERM", ""), shutil.get_terminal_size(), locale.getencoding()
    through = [
        name for name, variable in (("tmux", "TMUX"), ("SSH", "SSH_CONNECTION")) if variable in environ
    ]
    parts = [kind or "no TERM", f"{size.columns} by {size.lines}", encoding, _colors(), *through]
    remedies = []
    if not can_draw_on(kind):
        remedies.append("Set TERM to the type of your terminal, such as xterm-256color.")
    if size.columns < _LEAST_COLUMNS or size.lines < _LEAST_LINES:
        remedies.append(f"Make the window at least {_LEAST_COLUMNS} by {_LEAST_LINES}.")
    if encoding.lower().replace("-", "") != "utf8":
        remedies.append("Set LANG to a UTF-8 locale, such as C.UTF-8.")
    return Finding(", ".join(parts), " ".join(remedies))


def _colors() -> str:
    if os.environ.get("NO_COLOR"):
        return "no colors (NO_COLOR)"
    if os.environ.get("COLORTERM", "").lower() in {"truecolor", "24bit"}:
        return "16 million colors"
    return "256 colors" if "256" in os.environ.get("TERM", "") else "16 colors"


def _versions() -> Finding:
    libraries = [f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES]
    return Finding(
        ", ".join(
            [
                f"pwl-tui {__version__}",
                f"Python {platform.python_version()}",
                *libraries,
                f"{platform.system()} {platform.release()}",
            ]
        )
    )


COMMANDS = {
    "doctor": Command(
        doctor,
        add_json,
        "It checks the key, network, TLS, proxy, clock, state file, and terminal. It spends nothing, prints"
        " no secret, and exits with the code of the first check that fails.",
    ),
}
