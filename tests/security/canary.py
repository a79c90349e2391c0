"""A key and numbers that are known, and a search for them in every byte that the program leaves.

A cell is one command line, or a walk over the screens, on a pseudo-terminal of its own, with one thing wrong.
Afterwards everything is searched: what the terminal was sent, with its titles, notices and clipboard; every
file in the person's home, state, configuration and temporary directories; and the arguments and the
environment of every process that was started. The key must be nowhere, in no notation. The numbers may be in
the state file, in exports, in the person's own files and on the terminal, and nowhere else.
"""

import base64
import importlib
import io
import os
import pkgutil
import pty
import re
import resource
import select
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
from argparse import Action
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from fcntl import ioctl
from functools import cache
from pathlib import Path
from termios import TIOCSWINSZ
from typing import Literal, NamedTuple

from textual.screen import Screen

import pwl_tui.ui
from pwl_tui.cli.parser import Parser, build_parser
from pwl_tui.ui.commands import COMMANDS
from tests.e2e.harness import CONFIG
from tests.notations import NOTATIONS
from tests.security.parrot import Mood, Parrot

KEY = "pk+canary/9Zq=4f7_c0ffee"
NUMBERS = ("14155552671", "442079460958", "12125550199")
_ID = "550e8400-e29b-41d4-a716-446655440000"
_LIST = f"name,phone\nAda,+{NUMBERS[0]}\nBob,+{NUMBERS[1]}\nEve,n/a\n"
_OTHER_LIST = f"+{NUMBERS[2]}\n"
_QUIET_SECONDS = 5.0
"""Without further output, after which a program is interrupted: it may run until then, or be asking."""
_LONGEST_SECONDS, _LONGEST_WALK_SECONDS = 60.0, 300.0
_PRESS_SECONDS = 0.2
"""Without further output, after which the next key is pressed."""
_FULL_AT = 150_000
"""Bytes that a file may have on a disk that is full."""

Fault = (
    Mood
    | Literal[
        "nobody listens",
        "crash in the client",
        "failing hook",
        "no such hook",
        "failing key command",
        "talking key command",
        "key in the file",
        "full disk",
        "damaged state",
    ]
)
MOODS: Sequence[Mood] = (
    *(
        "answers",
        "refuses",
        "wants credits",
        "fails",
        "moves",
        "cuts off",
        "shows a page",
        "garbles",
        "is lost",
    ),
)
FAULTS: Sequence[Fault] = (
    *MOODS,
    "nobody listens",
    "crash in the client",
    "failing hook",
    "no such hook",
    "failing key command",
    "talking key command",
    "key in the file",
    "full disk",
    "damaged state",
)

_WALKED: Sequence[Fault] = ("answers", "fails", "crash in the client")
"""Faults with which all screens are walked through; with the others, what the first one leads to is."""
SCOPES: Mapping[str, tuple[str, ...]] = {
    "home": (),
    "job": ("\x1b[B", "\r"),
    "form": ("n", "list.csv", "\t"),
    "preview": ("n", "list.csv", "\t", "\x12"),
    "settle": ("s",),
    "activity": ("a",),
    "everywhere": (),
}
"""What to press, at home, to come to where the commands of a scope work."""

_VALUES = {
    "LIST": "other.txt",
    "JOB": "1",
    "BATCH": "2.1",
    "NUMBER": f"+{NUMBERS[2]}",
    "BATCH_ID": _ID,
    "ID": _ID,
    "FILE": "out/file.csv",
    "DIR": "out",
    "PATH": "out",
    "DAYS": "0",
    "CC": "US",
    "PORT": "0",
    "URL": "postgresql://127.0.0.1:1/none",
}
"""What stands for the arguments, by the name that the help has for them; for all others a 1 does."""
_ALWAYS = {"--yes": (), "--wait": (), "--timeout": ("1",), "-o": ("out/answers.csv",)}
"""Options that are given wherever there are such: nobody is there to answer, or to wait."""
_CRASH = """
import pwl_tui.api.client as client

def crash(self, *arguments, **more):
    revealed = self._key.reveal()
    raise RuntimeError(f"crash with {revealed} and +14155552671", revealed)

client.Client._request = crash
"""
_SCREENS = """
import os
from textual.app import App

push = App.push_screen

def noted(self, screen, *arguments, **more):
    with open(os.path.expanduser("~/seen/screens"), "a") as file:
        file.write(f"{type(screen).__name__}\\n")
    return push(self, screen, *arguments, **more)

App.push_screen = noted
"""
_HOOK = """#!/bin/sh
tr '\\0' '\\n' < /proc/self/environ > {seen}/environ.$$
tr '\\0' '\\n' < /proc/$$/cmdline > {seen}/cmdline.$$
env > {seen}/env.$$
echo "$@" >&2
exit 3
"""


class Cell(NamedTuple):
    """One thing that is tried."""

    fault: Fault
    words: tuple[str, ...]
    """The command line; none opens the screen, whose keys are pressed one after another."""
    scope: str = "home"
    """Of the keys; one of `SCOPES`."""

    @property
    def in_doubt(self) -> bool:
        """Whether it begins with a batch in doubt, because of which nothing else is sent."""
        return self.words[:1] in ((), ("settle",))

    def __str__(self) -> str:
        what = shlex.join(("pwl-tui", *self.words)) if self.words else f"the keys of {self.scope}"
        return f"{what}, {self.fault}"


@dataclass
class Report:
    """What was tried and searched, and what was found that must not be there."""

    cells: int = 0
    files: int = 0
    processes: int = 0
    bytes: int = 0
    screens: set[str] = field(default_factory=set)
    found: list[str] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        """The figures, by what they count."""
        return {
            "cells tried": self.cells,
            "screens opened": len(self.screens),
            "screens that there are": len(every_screen()),
            "files searched": self.files,
            "processes searched": self.processes,
            "bytes searched": self.bytes,
            "secrets found": len(self.found),
        }


def run(cells: Sequence[Cell] | None = None, *, watch: Callable[[str], object] = lambda _: None) -> Report:
    """Try cells, and search what each leaves.

    Args:
        cells: None means `every_cell`, which takes about ten minutes.
        watch: is told each cell before it is tried.
    """
    report = Report()
    with tempfile.TemporaryDirectory(prefix="canary-") as directory, Parrot(KEY) as service:
        machine = _Machine(Path(directory), service, report)
        cells = every_cell() if cells is None else cells
        machine.furnish(in_doubt=any(cell.in_doubt for cell in cells))
        for cell in cells:
            watch(str(cell))
            machine.try_one(cell)
    return report


def every_cell() -> list[Cell]:
    """Return all commands with all faults, and each option with a service that says the key back."""
    plain = [words for words, option in command_lines(build_parser()) if option is None]
    withs = [words for words, option in command_lines(build_parser()) if option is not None]
    cells = [Cell(fault, words) for fault in FAULTS for words in plain]
    cells += [
        Cell(fault, (), scope) for fault in FAULTS for scope in SCOPES if scope == "home" or fault in _WALKED
    ]
    return cells + [Cell("answers", words) for words in withs] + [Cell("answers", ("plan", "long.csv"))]


def command_lines(parser: Parser) -> Iterator[tuple[tuple[str, ...], str | None]]:
    """Yield a command line for each command and its subcommands, then for each option, with the option."""
    for name, command in parser.commands.items():
        options = [one for one in command.actions if one.option_strings and one.dest != "help"]
        words: list[tuple[str, ...]] = [(name,)]
        for action in command.actions:
            if not action.option_strings:
                words = [(*before, *way) for before in words for way in _ways(action)]
        for option in options:
            given = next((one for one in option.option_strings if one in _ALWAYS), None)
            if given is not None:
                words = [(*before, given, *_ALWAYS[given]) for before in words]
            elif option.required:
                words = [
                    (*before, option.option_strings[0], *way) for before in words for way in _ways(option)
                ]
        for one in words:
            yield one, None
        for option in options:
            if not option.required and not set(option.option_strings) & _ALWAYS.keys():
                for way in _ways(option):
                    yield (*words[0], option.option_strings[0], *way), option.option_strings[0]


def _ways(action: Action) -> list[tuple[str, ...]]:
    """Return the values with which an argument is tried."""
    if action.nargs == 0:
        return [()]
    if action.choices is not None:
        return [(str(choice),) for choice in action.choices]
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    return [(_VALUES.get(name.strip("[].…"), "1"),)]


class _Machine:
    """A person's machine, which is the same before each cell.

    Args:
        root: an empty directory.
        service: says the key back.
        report: counts.
    """

    def __init__(self, root: Path, service: Parrot, report: Report) -> None:
        self._root, self._service, self._report = root, service, report
        self._home = root / "home"
        self._before, self._before_in_doubt = root / "before", root / "before, in doubt"

    def furnish(self, *, in_doubt: bool) -> None:
        """Bring a finished job into the state, and into another one a batch in doubt."""
        home = self._home
        for name in ("tmp", "out", "config", "state", "seen", "bin"):
            (home / name).mkdir(parents=True)
        (home / "list.csv").write_text(_LIST)
        (home / "other.txt").write_text(_OTHER_LIST)
        rows = "".join(f"somebody,+1415555{row:04},{'x' * 60}\n" for row in range(9000))
        (home / "long.csv").write_text(f"name,phone,note\n{rows}")
        hook = home / "bin" / "hook"
        hook.write_text(_HOOK.format(seen=home / "seen"))
        hook.chmod(0o700)
        (home / "bin" / "key").write_text(f"#!/bin/sh\necho '{KEY}'\necho 'the key is {KEY}' >&2\nexit $1\n")
        (home / "bin" / "key").chmod(0o700)
        for name, code in (("crash", _CRASH), ("screens", _SCREENS), ("both", _CRASH + _SCREENS)):
            (home / "bin" / name).mkdir()
            (home / "bin" / name / "sitecustomize.py").write_text(code)
        config = CONFIG.replace("region", "confirm_above = 1\nregion", 1)
        config += f"[notify]\ncommand = '{hook} --done'\n"
        (home / "config" / "config.toml").write_text(config)
        self._in_terminal(("submit", "list.csv", "--yes", "--wait"), self._environ("answers"))
        shutil.copytree(home, self._before, symlinks=True)
        if in_doubt:
            self._service.mood = "is lost"
            words = ("submit", "other.txt", "--yes", "--name", f"of +{NUMBERS[2]}")
            self._in_terminal(words, self._environ("is lost"))
            shutil.copytree(home, self._before_in_doubt, symlinks=True)

    def try_one(self, cell: Cell) -> None:
        """Try a cell on a fresh copy, and search what it leaves."""
        shutil.rmtree(self._home)
        shutil.copytree(self._before_in_doubt if cell.in_doubt else self._before, self._home, symlinks=True)
        self._service.mood = cell.fault if cell.fault in MOODS else "answers"  # type: ignore[assignment] # one of them
        config = self._home / "config" / "config.toml"
        text = config.read_text()
        environ = self._environ(cell.fault, screens=not cell.words)
        own = {self._home / "bin" / "key"}
        if "key command" in cell.fault:
            code = 3 if cell.fault == "failing key command" else 0
            text = text.replace("region", f"api_key_command = '{self._home}/bin/key {code}'\nregion", 1)
        elif cell.fault == "key in the file":
            text = text.replace("region", f'api_key = "{KEY}"\nregion', 1)
            own |= {config, *config.parent.glob("*.bak-*")}
        elif cell.fault == "no such hook":
            text = re.sub(r"command = '\S+", "command = '/nowhere/at-all", text)
        elif cell.fault == "damaged state":
            with (self._home / "state" / "state.db").open("r+b") as file:
                file.seek(5000)
                file.write(b"\xff" * 3000)
        config.write_text(text)
        seen = self._in_terminal(cell.words, environ, cell)
        self._report.cells += 1
        with suppress(FileNotFoundError):
            opened = (self._home / "seen" / "screens").read_text().split()
            self._report.screens |= every_screen() & {"HomeScreen", *opened}
        for where, what in [*self._terminal(seen), *self._files(own)]:
            self._search(cell, where, what, numbers=not _may_have_numbers(where))

    def _environ(self, fault: Fault, *, screens: bool = False) -> dict[str, str]:
        home = self._home
        environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(home / "tmp"),
            "XDG_STATE_HOME": str(home / "xdg-state"),
            "XDG_CONFIG_HOME": str(home / "xdg-config"),
            "XDG_CACHE_HOME": str(home / "xdg-cache"),
            "PWL_TUI_STATE_DIR": str(home / "state"),
            "PWL_TUI_CONFIG": str(home / "config" / "config.toml"),
            "PROWEBLOOK_BASE_URL": self._service.base_url,
            "PYTHONPATH": str(Path.cwd()),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
        }
        if "key" not in fault:
            environ["PROWEBLOOK_API_KEY"] = KEY
        if fault == "nobody listens":
            environ["PROWEBLOOK_BASE_URL"] = "http://127.0.0.1:1"
        crash = fault == "crash in the client"
        if crash or screens:
            name = "both" if crash and screens else "crash" if crash else "screens"
            environ["PYTHONPATH"] = f"{home / 'bin' / name}:{environ['PYTHONPATH']}"
        return environ

    def _in_terminal(
        self, words: Sequence[str], environ: Mapping[str, str], cell: Cell | None = None
    ) -> bytes:
        """Run the program on a pseudo-terminal to its end, and return what it was sent."""

        def limit() -> None:
            if cell is not None and cell.fault == "full disk":
                resource.setrlimit(resource.RLIMIT_FSIZE, (_FULL_AT, _FULL_AT))

        master, slave = pty.openpty()
        ioctl(slave, TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        process = subprocess.Popen(
            [sys.executable, "-m", "pwl_tui", *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=dict(environ),
            cwd=self._home,
            start_new_session=True,
            preexec_fn=limit,
        )
        os.close(slave)
        keys = _presses(cell.scope) if cell is not None and not words else iter(())
        seen, began, last = bytearray(), time.monotonic(), time.monotonic()
        known: set[int] = set()
        while process.poll() is None or select.select([master], [], [], 0)[0]:
            if select.select([master], [], [], 0.05)[0]:
                try:
                    seen += os.read(master, 65536)
                except OSError:  # the program has closed its side
                    break
                last = time.monotonic()
                continue
            self._look_at_children(process.pid, known)
            quiet = time.monotonic() - last
            if not words and quiet < _PRESS_SECONDS:
                continue
            if not words and b"\x1b[?1049h" in seen and (press := next(keys, None)) is not None:
                os.write(master, press)
                last = time.monotonic()
            elif time.monotonic() - began > (_LONGEST_SECONDS if words else _LONGEST_WALK_SECONDS):
                break
            elif seen and quiet > _QUIET_SECONDS:
                last = time.monotonic()
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGINT)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(master)
        return bytes(seen)

    def _look_at_children(self, parent: int, known: set[int]) -> None:
        """Search the arguments of each process under ours, and the environment of those that are not ours."""
        for pid in _below(parent):
            with suppress(OSError):
                arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
                environment = Path(f"/proc/{pid}/environ").read_bytes()
                self._report.processes += pid not in known
                known.add(pid)
                # What a person types on a command line is there; what we give to others must not have it.
                own = b"pwl_tui\0" in arguments + b"\0"
                what = arguments if own else arguments + environment
                self._search(None, f"process {arguments[:60]!r}", what, numbers=not own)

    @staticmethod
    def _terminal(seen: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield what a terminal was sent, as it is, as it is read, and what escape sequences told it."""
        yield "terminal", seen
        yield "terminal as it is read", re.sub(rb"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[()].|[\x00-\x1f]", b"", seen)
        for code, told in re.findall(rb"\x1b\](\d+);([^\x07\x1b]*)(?:\x07|\x1b\\)", seen):
            with suppress(ValueError):
                told = base64.b64decode(told.rpartition(b";")[2]) if code == b"52" else told
            yield f"told by OSC {code.decode()}", told

    def _files(self, own: set[Path]) -> Iterator[tuple[str, bytes]]:
        """Yield every file that there is, except for the person's own that have the key."""
        for path in sorted(self._home.rglob("*")):
            if path in own or path.is_symlink() or not path.is_file():
                continue
            name, data = str(path.relative_to(self._home)), path.read_bytes()
            self._report.files += 1
            yield name, name.encode() + b"\n" + data
            with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
                for part in archive.namelist():
                    yield f"{name}: {part}", archive.read(part)

    def _search(self, cell: Cell | None, where: str, what: bytes, *, numbers: bool) -> None:
        self._report.bytes += len(what)
        for secret in secrets_in(what, numbers=numbers):
            self._report.found.append(f"{cell}: {secret} in {where}")


@cache
def every_screen() -> frozenset[str]:
    """Return the names of all screens and dialogs that the program can open."""
    for module in pkgutil.walk_packages(pwl_tui.ui.__path__, "pwl_tui.ui."):
        importlib.import_module(module.name)
    found, left = set[type[object]](), [*Screen.__subclasses__()]
    while left:
        kind = left.pop()
        left += kind.__subclasses__()
        found.add(kind)
    return frozenset(
        kind.__name__
        for kind in found
        if kind.__module__.startswith("pwl_tui.ui.") and not kind.__subclasses__() and "compose" in vars(kind)
    )


def secrets_in(data: bytes, *, numbers: bool) -> Iterator[str]:
    """Yield what of the canary is in some bytes: the key in any notation, and the numbers if asked for."""
    lower = data.lower()
    squeezed = re.sub(rb"[\s\x00]|\xe2\x80[\x8b-\x8f]|\xc2\xad|\xef\xbb\xbf", b"", lower)
    for notation, forms in _FORMS.items():
        if any(form in lower or form in squeezed for form in forms):
            yield f"the key {notation}"
    if numbers:
        digits = re.sub(rb"[ ().+-]", b"", data)
        for number in NUMBERS:
            # The national part is enough to call somebody.
            if number[-9:].encode() in digits:
                yield "a number"


def _forms() -> Iterator[tuple[str, list[bytes]]]:
    for notation, write in NOTATIONS.items():
        # What is packed after something has a first and a last letter that are not the key's alone.
        text = write(KEY).strip("=")
        yield notation, [(text[6:-2] if "Base64" in notation else text).encode().lower()]


_FORMS = dict(_forms())
_MINE = re.compile(r"state/state\.db|(?:list|other|long)\.|out/|tmp/canary|bin/(?:crash|both)/")
"""Files that may have numbers: the state, the person's lists, exports, and what makes a crash."""


def _may_have_numbers(where: str) -> bool:
    return where.startswith("terminal") or _MINE.match(where) is not None


def _below(parent: int) -> list[int]:
    """Return a process and those under it, as far as they can be found."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError, IndexError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
    found = [parent]
    for pid in found:
        found += [child for child, above in parents.items() if above == pid]
    return found


def _presses(scope: str) -> Iterator[bytes]:
    """Yield keys as a terminal sends them: those of each command of a scope, each followed by an answer."""
    names = {"enter": "\r", "escape": "\x1b", "slash": "/", "comma": ",", "colon": ":", "question_mark": "?"}
    names |= {"left": "\x1b[D", "right": "\x1b[C", "up": "\x1b[A", "down": "\x1b[B", "home": "\x1b[H"}
    for command in COMMANDS:
        if scope in command.scopes and command.id not in {"quit", "leave", "forget"}:
            key = _typed(command.keys.split(",")[0], names)
            # Settling is not agreed to: it would leave nothing to settle. Nor are full numbers to be copied.
            answer = () if scope == "settle" else ("\r",) if command.id == "copy" else ("\t", "\r")
            # "d" discards changed settings.
            for press in ("\x1b", "d", "\x1b", "\x1b", *SCOPES[scope], key, *answer, "\x1b"):
                yield press.encode()
    yield from (b"\x1b", b"d", b"\x1b", b"\x1b", b"q", b"\r", b"\x03")


def _typed(key: str, names: Mapping[str, str]) -> str:
    if key.startswith("ctrl+"):
        return chr(ord(key[-1]) & 31)
    return names.get(key, key)
