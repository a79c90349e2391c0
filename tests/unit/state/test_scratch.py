"""Temporary files outlive neither what they are for nor, longer than to the next start, a kill."""

import subprocess
import sys
from pathlib import Path

from pwl_tui.state.store import Store

_EXPORT = """
import sys
from pathlib import Path
from pwl_tui.lists.write.workbook import workbook
from pwl_tui.state.store import Store

store = Store.open(Path(sys.argv[1]))
with workbook(sys.stdout.buffer, store.scratch, [], 1) as add:
    add([["+14155552671"]] * 2000)
    print("writing", flush=True)
    sys.stdin.read()
"""


def test_the_next_start_removes_what_a_killed_export_left_and_nothing_of_a_live_one(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _EXPORT, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as exporter:
        assert exporter.stdout is not None
        assert exporter.stdout.readline() == b"writing\n"
        files = [path for path in tmp_path.glob("scratch-*/*") if path.is_file()]
        assert any(b"14155552671" in path.read_bytes() for path in files)
        Store.open(tmp_path).close()
        assert all(path.exists() for path in files)
        exporter.kill()
    Store.open(tmp_path).close()
    assert not [*tmp_path.glob("scratch-*")]


def test_a_directory_is_its_owners_alone_and_gone_afterwards(store: Store) -> None:
    with store.scratch() as path:
        assert path.parent == store.directory
        assert path.stat().st_mode & 0o777 == 0o700
        (path / "numbers").write_text("+14155552671")
    assert not path.exists()
