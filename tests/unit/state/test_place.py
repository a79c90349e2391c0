import errno
import os
import shutil
from pathlib import Path

import pytest

from pwl_tui.engine.problems import COPIED
from pwl_tui.state.files import host
from pwl_tui.state.files.host import Host, this_host
from pwl_tui.state.models import BatchState
from pwl_tui.state.store import Store
from tests.unit.fake_service import NOW, add_job

HERE, THERE = Host("a", "here"), Host("b", "there")


def test_a_new_directory_belongs_where_it_is(tmp_path: Path) -> None:
    assert Store.open(tmp_path / "state", host=HERE).places.elsewhere() is None
    assert Store.open(tmp_path / "state", host=HERE).places.elsewhere() is None


def test_a_directory_on_another_machine_does_not_belong_there(tmp_path: Path) -> None:
    Store.open(tmp_path, host=HERE).close()
    assert str(Store.open(tmp_path, host=THERE).places.elsewhere()) == f"here:{tmp_path.resolve()}"


def test_a_machine_that_was_renamed_is_the_same(tmp_path: Path) -> None:
    Store.open(tmp_path, host=HERE).close()
    assert Store.open(tmp_path, host=Host(HERE.id, "renamed")).places.elsewhere() is None


def test_a_copy_beside_the_original_does_not_belong_there(tmp_path: Path) -> None:
    Store.open(tmp_path / "state", host=HERE).close()
    shutil.copytree(tmp_path / "state", tmp_path / "copy")
    assert Store.open(tmp_path / "copy", host=HERE).places.elsewhere() is not None
    assert Store.open(tmp_path / "state", host=HERE).places.elsewhere() is None


def test_another_way_to_the_same_directory_is_the_same(tmp_path: Path) -> None:
    Store.open(tmp_path / "state", host=HERE).close()
    (tmp_path / "link").symlink_to("state")
    assert Store.open(tmp_path / "link", host=HERE).places.elsewhere() is None


def test_a_directory_whose_name_is_not_in_utf_8_has_a_place(tmp_path: Path) -> None:
    directory = tmp_path / os.fsdecode(b"a\xff")
    Store.open(directory, host=HERE).close()
    assert Store.open(directory, host=HERE).places.elsewhere() is None
    moved = directory.rename(tmp_path / os.fsdecode(b"a\xfe"))
    assert str(Store.open(moved, host=HERE).places.elsewhere()).endswith(r"/a\xff")


def test_a_decision_is_made_once(tmp_path: Path) -> None:
    Store.open(tmp_path, host=HERE).close()
    first, second = (Store.open(tmp_path, host=THERE) for _ in range(2))
    assert second.places.elsewhere() is not None
    assert first.places.moved(NOW)
    assert second.places.elsewhere() is None
    assert second.places.copied(NOW, COPIED) is None
    assert not second.places.moved(NOW)
    assert [entry.event for entry in first.activity.newest(0, 10)] == ["state directory moved"]


def copies(directory: Path) -> list[int]:
    """Return how many names each second copy has."""
    return [file.stat().st_nlink for file in (directory / "journals").glob("*.log")]


def test_a_directory_that_moves_keeps_one_second_copy(tmp_path: Path) -> None:
    def opened(name: str) -> Store:
        return Store.open(tmp_path / name, host=HERE, journals=tmp_path / "journals")

    store = opened("first")
    store.require_room()
    for old, new in (("first", "second"), ("second", "third"), ("third", "first")):
        store.close()
        (tmp_path / old).rename(tmp_path / new)
        store = opened(new)
        assert store.settle_moved(NOW)
        store.require_room()
    assert copies(tmp_path) == [3, 3, 3]
    store.close()

    # A copy has its own, even in a place that was left.
    shutil.copytree(tmp_path / "first", tmp_path / "second")
    copy = opened("second")
    assert copy.settle_copied(NOW, COPIED) == 0
    copy.require_room()
    assert sorted(copies(tmp_path)) == [1, 2, 2]
    assert copy.settle_copied(NOW, COPIED) is None


def test_where_no_copy_can_be_shared_the_activity_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "refused")

    Store.open(tmp_path / "old", host=HERE, journals=tmp_path / "journals").close()
    (tmp_path / "old").rename(tmp_path / "new")
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    store = Store.open(tmp_path / "new", host=HERE, journals=tmp_path / "journals")
    assert store.settle_moved(NOW)
    events = [entry.event for entry in store.activity.newest(0, 10)]
    assert events == ["state directory moved", "second copy not shared"]


def test_what_is_planned_in_a_copy_is_rejected(tmp_path: Path) -> None:
    store = Store.open(tmp_path, host=HERE)
    job = add_job(store, 14_155_550_000, 12, batch_size=5, at=NOW)
    copy = Store.open(tmp_path, host=THERE)
    assert copy.places.copied(NOW, COPIED) == 3
    assert {batch.state for batch in copy.batches.of(job)} == {BatchState.REJECTED}
    assert copy.jobs.get(job).error == COPIED


def test_a_machine_is_the_same_each_time_and_keeps_its_id_to_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine_id = tmp_path / "machine-id"
    machine_id.write_text("0123456789abcdef\n")
    monkeypatch.setattr(host, "_MACHINE_IDS", (tmp_path / "missing", machine_id))
    monkeypatch.setattr(host, "_CONTAINER_MARKS", ())
    monkeypatch.setattr(host, "_MOUNTS", tmp_path / "missing")
    for name in ("container", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("socket.gethostname", lambda: "one")
    before = this_host()
    assert (this_host(), "0123456789abcdef" in before.id) == (before, False)
    monkeypatch.setattr("socket.gethostname", lambda: "two")
    assert this_host().id == before.id
    monkeypatch.setenv("container", "podman")
    contained = this_host().id
    monkeypatch.setattr("socket.gethostname", lambda: "three")
    assert len({before.id, contained, this_host().id}) == 3


def test_a_container_without_a_mark_is_told_by_its_layers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "machine-id").write_text("0123456789abcdef")
    monkeypatch.setattr(host, "_MACHINE_IDS", (tmp_path / "machine-id",))
    monkeypatch.setattr(host, "_CONTAINER_MARKS", ())
    monkeypatch.setattr(host, "_MOUNTS", tmp_path / "mounts")
    for name in ("container", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    ids = list[str]()
    for root in ("ext4", "overlay"):
        (tmp_path / "mounts").write_text(
            f"rootfs / rootfs rw 0 0\ndev / {root} rw 0 0\nproc /proc proc rw 0 0\n"
        )
        for name in ("one", "two"):
            monkeypatch.setattr("socket.gethostname", lambda name=name: name)
            ids.append(this_host().id)
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3


def test_without_descriptors_no_other_machine_is_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_text(*_: object, **__: object) -> str:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(Path, "read_text", read_text)
    with pytest.raises(OSError, match="Too many open files"):
        this_host()
