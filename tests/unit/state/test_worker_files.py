"""The lock of a background worker says whether it is alive, and a recycled process ID harms nobody."""

import errno
import os
import platform
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from pwl_tui.paths import PathError
from pwl_tui.state.errors import StateError
from pwl_tui.state.files.worker import WorkerFiles, new_record
from tests.unit.fake_service import BINDING


def files(directory: Path) -> WorkerFiles:
    return WorkerFiles(directory, BINDING)


def test_there_is_one_worker_of_a_key_and_one_of_another_key(tmp_path: Path) -> None:
    waits = list[float]()
    other = WorkerFiles(tmp_path, replace(BINDING, fingerprint="another"))
    with files(tmp_path).hold() as first, files(tmp_path).hold(waits.append) as second:
        assert (first, second) == (True, False)
        assert waits, "it did not try again"
        assert (files(tmp_path).alive(), other.alive()) == (True, False)
        with other.hold() as theirs:
            assert theirs
    assert not files(tmp_path).alive()


def test_looking_whether_it_is_alive_keeps_no_worker_from_starting(tmp_path: Path) -> None:
    one, looked, started = files(tmp_path), threading.Event(), threading.Event()
    with one.hold():
        pass

    def wait(_: float) -> None:
        started.set()
        looked.wait(10)

    def look() -> None:
        import fcntl

        from pwl_tui.state.files.locks import lock_file

        with lock_file(next(tmp_path.glob("worker-*.lock")), fcntl.LOCK_SH | fcntl.LOCK_NB):
            ready.set()
            started.wait(10)
        looked.set()

    ready = threading.Event()
    looker = threading.Thread(target=look)
    looker.start()
    ready.wait(10)
    with one.hold(wait) as ours:
        assert ours
    looker.join()


def test_the_record_is_private_and_one_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    one = files(tmp_path)
    assert one.read() is None
    record = new_record()
    one.write(record)
    assert one.read() == record
    [path] = tmp_path.glob("worker-*.json")
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text('{"machine": 7')
    assert one.read() is None
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(PathError, match="symbolic link"):
        one.write(record)
    assert (tmp_path / "elsewhere").read_text() == '{"machine": 7'


def test_only_the_process_that_holds_the_lock_is_terminated(tmp_path: Path) -> None:
    one = files(tmp_path)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        # As a worker that was killed leaves it, whose process ID another program has by now.
        one.write(replace(new_record(), pid=stranger.pid))
        assert not one.terminate()
        assert stranger.poll() is None
        stranger.communicate(b"\n")
        assert stranger.returncode == 0


def test_a_worker_on_another_machine_is_left_alone(tmp_path: Path) -> None:
    one = files(tmp_path)
    with one.hold():
        one.write(replace(new_record(), machine=f"not-{platform.node()}", pid=os.getpid()))
        assert not one.terminate()


@pytest.mark.parametrize("code", [errno.EMFILE, errno.ENFILE, errno.ENOMEM])
def test_what_keeps_it_from_being_asked_to_end_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    one = files(tmp_path)
    one.write(new_record())
    monkeypatch.setattr("os.pidfd_open", failing(code))
    with one.hold(), pytest.raises(StateError) as failure:
        one.terminate()
    assert os.strerror(code) in failure.value.problem.message
    assert f"`kill {os.getpid()}`" in failure.value.problem.remedy


@pytest.mark.parametrize("code", [errno.ESRCH, errno.EINVAL])
def test_a_process_that_is_gone_or_a_thread_is_no_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    one = files(tmp_path)
    one.write(new_record())
    monkeypatch.setattr("os.pidfd_open", failing(code))
    with one.hold():
        assert not one.terminate()


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.EPERM])
@pytest.mark.parametrize("refused", [False, True])
def test_a_system_that_cannot_hold_on_to_a_process_signals_it_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, refused: bool
) -> None:
    one, told = files(tmp_path), list[tuple[int, int]]()
    one.write(new_record())
    monkeypatch.setattr("os.pidfd_open", failing(code))
    monkeypatch.setattr("os.kill", failing(errno.EPERM) if refused else lambda *one: told.append(one))
    assert not one.terminate(), "nobody holds the lock"
    with one.hold():
        if refused:
            with pytest.raises(StateError, match="not permitted"):
                one.terminate()
        else:
            assert one.terminate()
    assert told == ([] if refused else [(os.getpid(), signal.SIGTERM)])


@pytest.mark.parametrize("pid", [0, -1, 2**40])
def test_an_id_that_is_no_process_reaches_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pid: int
) -> None:
    one = files(tmp_path)
    one.write(replace(new_record(), pid=pid))
    monkeypatch.setattr("os.kill", failing(errno.EPERM))
    with one.hold():
        assert not one.terminate()


def failing(code: int) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    return fail
