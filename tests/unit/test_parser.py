"""How the command line is declared: each command beside its handler, and loaded only when it is named."""

import ast
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import pytest

from pwl_tui.cli import commands
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.main import parsed
from pwl_tui.cli.parser import SUMMARIES, build_parser, load


def test_an_empty_command_line_is_what_the_parser_would_return_for_it() -> None:
    assert vars(parsed([])) == vars(build_parser().parse_args([]))


def test_what_is_not_in_utf_8_names_files_only() -> None:
    odd, named = os.fsdecode(b"\xc3\xa9\xff"), r"é\xff"
    assert parsed(["show", odd]).job == named
    assert parsed(["adopt", odd, "b", "--name", odd]).batch_ids == [named, "b"]
    arguments = parsed(["--state-dir", odd, "submit", odd, "--name", odd])
    assert (arguments.state_dir, arguments.list, arguments.name) == (Path(odd), odd, named)


@pytest.mark.parametrize("name", SUMMARIES)
def test_every_command_of_the_help_has_a_handler(name: str) -> None:
    assert load(name).run.__name__ == name


def test_every_declared_command_is_in_the_help() -> None:
    modules = [
        import_module(f"{commands.__name__}.{found.name}") for found in iter_modules(commands.__path__)
    ]
    declared = [name for module in modules for name in getattr(module, "COMMANDS", ())]
    assert sorted(declared) == sorted(SUMMARIES)


def test_an_unknown_command_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parsed(["sumbit", "list.csv"])
    assert caught.value.code == Exit.USAGE
    assert "'sumbit'" in capsys.readouterr().err


def test_wrong_usage_is_one_sentence_and_where_to_read_more(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(["plan"])
    assert capsys.readouterr().err == (
        "pwl-tui plan: error: the following arguments are required: LIST\n"
        "Run `pwl-tui plan --help` for usage.\n"
    )


def test_the_help_lists_every_exit_code() -> None:
    text = build_parser([]).format_help()
    assert [f"  {code.value:<4} {code.meaning}" in text for code in Exit] == [True] * len(Exit)


@pytest.mark.parametrize(
    ("words", "loaded"),
    [(["--version"], []), (["--help"], []), (["jobs", "--help"], ["jobs"]), (["plan", "--help"], ["lists"])],
)
def test_only_the_module_of_the_named_command_is_loaded(words: list[str], loaded: list[str]) -> None:
    code = (
        "import sys\nfrom pwl_tui.cli.main import main\n"
        "try: main(sys.argv[1:])\nexcept SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('pwl_tui.cli.commands.')], file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert ast.literal_eval(ran.stderr) == [f"pwl_tui.cli.commands.{name}" for name in loaded]
