"""Internal errors: what the crash log keeps of them, what never reaches it, and what people are told."""

import errno
import json
import stat
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from pwl_tui import ISSUES_URL, crash_log
from pwl_tui.cli.main import main
from pwl_tui.engine.problems import internal

KEY = "key-5ec2e7-1a2b3c"
NUMBER = "+14155552671"
NAME = "Ada Lovelace"
SECRETS = (KEY, NUMBER, NUMBER[1:], NUMBER[-7:], NAME)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """Yield the crash log of a program that is running; there is none yet."""
    with crash_log.kept(lambda: tmp_path / "state", "submit"):
        yield tmp_path / "state" / "crash.log"


def fail(error: Exception) -> Exception:
    """Raise an error where variables hold what must stay private, and return it."""
    private = KEY, {"name": NAME, "phone": NUMBER}
    with pytest.raises(type(error)) as caught:
        _raise(error)
    assert private
    return caught.value


def named(message: str) -> Exception:
    """An error that has a note, a cause, and a message in each."""
    error = LookupError(message)
    error.add_note(message)
    error.__cause__ = fail(OSError(errno.ENOSPC, message, message))
    return error


@pytest.mark.parametrize("make", [ValueError, KeyError, TypeError, AttributeError, RuntimeError, named])
@pytest.mark.parametrize("secret", SECRETS)
def test_no_key_number_or_name_reaches_the_log(
    log: Path, make: Callable[[str], Exception], secret: str
) -> None:
    assert crash_log.record(fail(make(f"could not read {secret!r}"))) is not None
    text = log.read_text()
    assert [one for one in SECRETS if one in text] == []
    assert "could not read" not in text


def test_an_entry_says_what_failed_and_where(log: Path) -> None:
    crash_log.record(fail(named("")))
    text = log.read_text()
    for words in (
        "pwl-tui 0.1.0, command submit",
        "Python 3.",
        "Textual 8.",
        "  builtins.LookupError\n    tests.unit.test_crash_log, line ",
        ", in fail\n",
        "  builtins.OSError ENOSPC\n",
    ):
        assert words in text


def test_only_its_owner_can_read_the_log(log: Path) -> None:
    log.parent.mkdir()
    log.touch(mode=0o644)
    crash_log.record(fail(ValueError()))
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


def test_an_error_that_keeps_occurring_is_written_once(log: Path) -> None:
    for _ in range(3):
        crash_log.record(fail(ValueError()))
    crash_log.record(fail(KeyError()))
    assert log.read_text().count("builtins.ValueError") == 1
    assert log.read_text().count("builtins.KeyError") == 1


def test_the_log_stays_small_and_keeps_what_was_written_last(tmp_path: Path) -> None:
    for number in range(300):
        with crash_log.kept(lambda: tmp_path, f"run-{number}"):
            crash_log.record(fail(ValueError()))
            crash_log.record(recursed())
    files = {file.name: file.stat().st_size for file in tmp_path.iterdir()}
    assert set(files) == {"crash.log", "crash.log.1"}
    assert max(files.values()) <= 100_000
    assert "command run-299\n" in (tmp_path / "crash.log").read_text()


def recursed() -> RecursionError:
    try:
        return recursed()
    except RecursionError as error:
        return error


def test_the_home_directory_is_shortened_in_what_people_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with crash_log.kept(lambda: tmp_path / "state", "jobs"):
        problem = internal(fail(ValueError(KEY)))
    assert problem.message == "Internal error in pwl-tui: ValueError."
    assert problem.remedy == (
        "Nothing is lost; start pwl-tui again to continue. Details: ~/state/crash.log."
        f" Please report it with the output of `pwl-tui doctor` at {ISSUES_URL}."
    )


@pytest.mark.parametrize("obstacle", ["file", "link", "error"])
def test_a_log_that_cannot_be_written_changes_nothing_else(tmp_path: Path, obstacle: str) -> None:
    state = tmp_path / "state"
    if obstacle == "file":
        state.touch()
    elif obstacle == "link":
        state.mkdir()
        (state / "crash.log").symlink_to(tmp_path / "theirs")

    def directory() -> Path:
        return state if obstacle != "error" else Path("~nobody-of-this-name").expanduser()

    with crash_log.kept(directory, "jobs"):
        problem = internal(fail(ValueError(KEY)))
    assert "Details" not in problem.remedy
    assert not (tmp_path / "theirs").exists()


def test_without_a_running_program_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PWL_TUI_STATE_DIR", str(tmp_path))
    assert crash_log.record(fail(ValueError())) is None
    assert list(tmp_path.iterdir()) == []


def test_an_error_that_ends_a_thread_is_recorded_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[BaseException | None] = []
    monkeypatch.setattr(threading, "excepthook", lambda ended: heard.append(ended.exc_value))
    error = ValueError(NUMBER)
    with crash_log.kept(lambda: tmp_path, "watch") as ended_threads:
        thread = threading.Thread(target=partial(_raise, error))
        thread.start()
        thread.join()
    assert ended_threads == [error]
    assert heard == [error], "a hook that was there before is still told"
    assert "builtins.ValueError" in (tmp_path / "crash.log").read_text()


def test_a_thread_that_ends_with_its_terminal_is_no_internal_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    with crash_log.kept(lambda: tmp_path, "screen") as ended_threads:
        thread = threading.Thread(target=partial(_raise, OSError(errno.EIO, "gone")))
        thread.start()
        thread.join()
    assert ended_threads == []
    assert list(tmp_path.iterdir()) == []


def _raise(error: Exception) -> None:
    raise error


# -- a command


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make ``jobs`` fail with an error that quotes everything private; return the state directory."""
    text = f"{KEY} {NUMBER} {NAME}"
    monkeypatch.setattr("pwl_tui.cli.commands.jobs.print_jobs", lambda *_, **__: _raise(ValueError(text)))
    monkeypatch.setenv("PROWEBLOOK_API_KEY", KEY)
    monkeypatch.setenv("PWL_TUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("PWL_TUI_CONFIG", str(tmp_path / "none.toml"))
    return tmp_path / "state"


def test_a_command_with_an_internal_error_says_where_the_details_are(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--profile", "default", "jobs"]) == 1
    out, err = capsys.readouterr()
    log = (broken / "crash.log").read_text()
    assert out == ""
    assert err.startswith("Internal error in pwl-tui: ValueError.\n")
    assert f"Details: {broken}/crash.log." in err
    assert "command jobs\n" in log
    assert "pwl_tui.cli.commands.jobs" in log
    assert [one for one in SECRETS if one in log + err] == []


def test_an_internal_error_is_one_json_value_for_scripts(
    broken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["jobs", "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["kind"], error["code"], error["charged"]) == ("server_error", "ValueError", "no")
    assert str(broken) in error["remedy"]


def test_an_internal_error_of_a_demo_is_kept_apart_from_the_persons_own_state(
    broken: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert main(["--demo", "jobs"]) == 1
    [log] = tmp_path.glob("pwl-tui-crash-*/crash.log")
    assert f"Details: {log}." in capsys.readouterr().err
    assert not broken.exists()
