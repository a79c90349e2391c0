"""The worker's log: private, bounded, and without numbers and keys."""

import io
import os
from pathlib import Path

import pytest

from pwl_tui.cli.worker.log import WorkerLog, log_lines
from pwl_tui.secret import Secret

KEY = Secret("log-key-0123456789")
AT = "2026-11-29T10:00:00Z"


def opened(path: Path, beside: io.StringIO | None = None) -> WorkerLog:
    return WorkerLog(path, KEY, beside or io.StringIO(), lambda: 1_795_946_400.0)


def test_each_line_has_its_time_and_reaches_whoever_watches(tmp_path: Path) -> None:
    path, beside = tmp_path / "worker.log", io.StringIO()
    opened(path, beside).write("Job 1 is finished.\nIt took 3 s.\n")
    assert log_lines(path) == [f"{AT}  Job 1 is finished.", f"{AT}  It took 3 s."]
    assert beside.getvalue().splitlines() == log_lines(path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_numbers_and_keys_are_masked_and_batch_ids_stay(tmp_path: Path) -> None:
    path, batch = tmp_path / "worker.log", "550e8400-e29b-41d4-a716-446655440000"
    log = opened(path)
    log.write(f"+14155552671 and (415) 555-2671 with {KEY.reveal()} or api_key=abc\n")
    log.write(f"Saved nowhere: {batch}; 5,500 of 7,500 numbers \x1b]0;title\x07\n")
    text = path.read_text()
    assert not [part for part in ("4155552671", "555-2671", KEY.reveal(), "abc", "\x1b") if part in text]
    assert f"Saved nowhere: {batch}; 5,500 of 7,500 numbers" in text


@pytest.mark.parametrize("column", [988, 993, 995, 3_985])
def test_no_part_of_a_key_is_left_where_a_line_is_cut(tmp_path: Path, column: int) -> None:
    path = tmp_path / "worker.log"
    opened(path).write("." * column + KEY.reveal() + "." * 4_000)
    (line,) = log_lines(path)
    assert KEY.reveal()[:4] not in line
    assert len(line) <= len(f"{AT}  ") + 1_000


def test_it_is_bounded_and_what_is_left_is_the_latest(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    log = opened(path)
    for number in range(4_000):
        log.write(f"line {number} {'x' * 60}\n")
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) <= 200_000
    assert sorted(file.name for file in tmp_path.iterdir()) == ["worker.log", "worker.log.1"]
    lines = log_lines(path)
    assert lines[-1].split()[2] == "3999"
    assert len(lines) > 1_000


def test_a_full_disk_and_a_lost_terminal_stop_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    gone = io.StringIO()
    gone.close()
    log = opened(tmp_path / "worker.log", gone)
    monkeypatch.setattr(os, "write", full)
    assert log.write("Job 1 is finished.\n") == 19
