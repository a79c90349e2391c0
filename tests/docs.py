"""Writes the documentation that follows from declarations: ``make docs``, or ``python -m tests.docs``.

That is the man page, and the parts of README.md between ``<!-- begin NAME -->`` and ``<!-- end NAME -->``. A
test compares both with the declarations.
"""

import re
import textwrap
from argparse import ONE_OR_MORE, OPTIONAL, ZERO_OR_MORE, Action, BooleanOptionalAction
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import get_args

from pwl_tui import ISSUES_URL, __version__
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.parser import SUMMARIES, Parser, build_parser
from pwl_tui.lists.formats import markdown_table
from pwl_tui.ui.commands import COMMANDS, Group, keys_shown

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
MAN_PAGE = ROOT / "pwl_tui" / "cli" / "pwl-tui.1"

_ENVIRONMENT = {
    "PROWEBLOOK_API_KEY": "API key; overrides the configuration",
    "PROWEBLOOK_BASE_URL": "Address of the service; overrides the configuration",
    "PWL_TUI_CONFIG": "Configuration file",
    "PWL_TUI_STATE_DIR": "Directory where jobs are kept",
    "XDG_CACHE_HOME": "Directory for second copies of journals, in `pwl-tui/journals`",
    "PWL_TUI_STATE_URL": "PostgreSQL database that several machines share; overrides the configuration",
    "NO_COLOR": "If set, no colors are used",
    "HTTPS_PROXY": "Proxy for the connection to the service",
    "SSL_CERT_FILE": "Certificates to trust instead of the system's",
}
_FILES = {
    "~/.config/pwl-tui/config.toml": "Configuration; `pwl-tui config path` prints its location",
    "~/.local/state/pwl-tui/state.db": "Jobs with their numbers and results",
    "~/.local/state/pwl-tui/journal.log": "Every batch that was sent; lost jobs can be rebuilt from it",
    "~/.cache/pwl-tui/journals/*.log": "Second copies of journals, for when a state directory is restored",
    "~/.local/state/pwl-tui/worker-*.log": "What the background worker did; it holds no key and no number",
    "~/.local/state/pwl-tui/crash.log": "Internal errors, to be reported; it holds no key and no number",
}

_PLACES = {
    "everywhere": "everywhere",
    "home": "home",
    "form": "new list",
    "browse": "file chooser",
    "preview": "rows",
    "job": "job",
    "table": "tables",
    "settle": "settle",
    "ledger": "ledger",
    "activity": "activity",
    "settings": "settings",
    "choices": "settings",
    "dialog": "dialogs",
}
"""What people call the scopes of keys, in the order in which the README names them."""
_MANY_PLACES = 4


def main() -> None:
    """Write the man page and the generated parts of README.md."""
    MAN_PAGE.write_text(man_page(), encoding="utf-8")
    README.write_text(fill(README.read_text(encoding="utf-8")), encoding="utf-8")


def _usage(command: Parser) -> str:
    """Return what a command cannot do without: its positional arguments and required options."""
    positional = [_argument(action) for action in command.actions if not action.option_strings]
    required = [
        f"{action.option_strings[0]} {_argument(action)}"
        for action in command.actions
        if action.option_strings and action.required
    ]
    return " ".join([command.prog.removeprefix("pwl-tui "), *positional, *required])


def _argument(action: Action) -> str:
    """Return how the value of an argument is written; empty for an option without one."""
    if action.nargs == 0 or isinstance(action, BooleanOptionalAction):
        return ""
    choices = "" if action.choices is None else "|".join(map(str, action.choices))
    name = str(action.metavar or choices or action.dest)
    return {OPTIONAL: f"[{name}]", ZERO_OR_MORE: f"[{name} ...]", ONE_OR_MORE: f"{name} ..."}.get(
        str(action.nargs), name
    )


# -- README.md


def fill(text: str) -> str:
    """Return a Markdown text with all its generated parts made anew.

    Raises:
        ValueError: The text lacks a part, or has one that is unknown.
    """
    parts = dict(_parts())

    def replaced(found: re.Match[str]) -> str:
        name = found["name"]
        if name not in parts:
            raise ValueError(f"README.md has a part {name!r} that is unknown or occurs twice")
        return f"<!-- begin {name} -->\n{parts.pop(name)}<!-- end {name} -->"

    pattern = r"<!-- begin (?P<name>[\w-]+) -->\n.*?<!-- end (?P=name) -->"
    text = re.sub(pattern, replaced, text, flags=re.DOTALL)
    if parts:
        raise ValueError(f"README.md lacks the parts {', '.join(parts)}")
    return text


def _parts() -> Mapping[str, str]:
    commands = build_parser().commands
    return {
        "commands": _table(
            ("command", "what it does"),
            ((f"`{_usage(commands[name])}`", summary) for name, summary in SUMMARIES.items()),
        ),
        "exit-codes": _table(("exit code", "meaning"), ((str(code.value), code.meaning) for code in Exit)),
        "list-kinds": markdown_table(),
        "keys": _table(("key", "where", "what it does", "name in `[keys]`"), _key_rows()),
    }


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", r"\|") for cell in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _key_rows() -> Iterator[Sequence[str]]:
    for group in get_args(Group):
        yield f"**{group}**", "", "", ""
        for command in COMMANDS:
            if command.group == group:
                keys = " ".join(f"`{key}`" for key in keys_shown(command, {}).split(" "))
                yield keys, _places(command.scopes), command.help.removesuffix("."), f"`{command.id}`"


def _places(scopes: Collection[str]) -> str:
    """Return where a key works.

    Raises:
        ValueError: A scope has no name for people.
    """
    if len(scopes) > _MANY_PLACES:
        return "every screen"
    return ", ".join(_PLACES[scope] for scope in sorted(scopes, key=list(_PLACES).index))


# -- the man page


def man_page() -> str:
    """Return the man page, in the macros of man(7)."""
    parser = build_parser()
    description, _, screen = (parser.description or "").partition("\n")
    bugs = f"Please report bugs at {ISSUES_URL}, with the output of `pwl-tui doctor`."
    name = description[0].lower() + description[1:].removesuffix(".")
    parts = [
        f'.TH PWL\\-TUI 1 "" "pwl\\-tui {__version__}" "User Commands"\n',
        f".SH NAME\npwl\\-tui \\- {_roff(name)}\n",
        ".SH SYNOPSIS\n.B pwl\\-tui\n[OPTION ...] [COMMAND [ARGUMENT ...]]\n",
        f".SH DESCRIPTION\n{_paragraph(description)}{_paragraph(screen)}",
        f".SH OPTIONS\n{_definitions(_options(parser))}",
        ".SH COMMANDS\n",
        *map(_man_command, parser.commands.values()),
        f".SH EXIT STATUS\n{_definitions((str(code.value), code.meaning) for code in Exit)}",
        f".SH ENVIRONMENT\n{_definitions(_ENVIRONMENT.items())}",
        f".SH FILES\n{_definitions(_FILES.items())}",
        f".SH REPORTING BUGS\n{_paragraph(bugs)}",
    ]
    return '.\\" Made by `make docs` from the declarations of the commands; do not edit it.\n' + "".join(
        parts
    )


def _man_command(command: Parser) -> str:
    positional = [
        (_argument(action), action.help or "") for action in command.actions if not action.option_strings
    ]
    arguments = _definitions([*positional, *_options(command)])
    return f".SS {_roff(_usage(command))}\n{_paragraph(command.description or '')}{arguments}"


def _options(parser: Parser) -> Iterator[tuple[str, str]]:
    """Yield how each option of a parser is written, and its help."""
    for action in parser.actions:
        if action.option_strings and action.dest != "help":
            yield f"{', '.join(action.option_strings)} {_argument(action)}".rstrip(), action.help or ""


def _definitions(entries: Iterable[tuple[str, str]]) -> str:
    return "".join(f".TP\n.B {_roff(term)}\n{_paragraph(text)}" for term, text in entries)


def _paragraph(text: str) -> str:
    """Return a text in lines that are short enough for every tool; its code is bold."""
    lines = textwrap.wrap(text, 72, break_long_words=False, break_on_hyphens=False)
    escaped = "\n".join(map(_roff, lines)) + "\n"
    return re.sub(r"\\\(ga(.+?)\\\(ga", r"\\fB\1\\fR", escaped, flags=re.DOTALL)


def _roff(line: str) -> str:
    """Return a line as roff shows it literally."""
    special = {"\\": r"\e", "-": r"\-", "`": r"\(ga", "'": r"\(aq", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
    text = "".join(special.get(c, c if c.isascii() else f"\\[u{ord(c):04X}]") for c in line)
    return rf"\&{text}" if text.startswith(".") else text


if __name__ == "__main__":
    main()
