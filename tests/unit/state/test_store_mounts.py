"""A state directory of another machine is refused in a sentence."""

import os
from pathlib import Path

import pytest

from pwl_tui.state.errors import StateError
from pwl_tui.state.files.mounts import network_file_system, require_local


def table(tmp_path: Path, kind: str, *, ours: bool = True) -> Path:
    device = tmp_path.stat().st_dev
    name = f"{os.major(device)}:{os.minor(device)}" if ours else "0:99999"
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "22 27 0:21 / /proc rw,relatime shared:5 - proc proc rw\n"
        "a torn line\n"
        f"30 27 {name} / /home rw,relatime shared:7 master:1 - {kind} server:/home rw,vers=4.2\n"
    )
    return mounts


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "ceph", "lustre"])
def test_a_network_file_system_is_refused(tmp_path: Path, kind: str) -> None:
    with pytest.raises(StateError) as caught:
        require_local(tmp_path, table(tmp_path, kind))
    assert kind in caught.value.problem.message
    assert str(tmp_path) in caught.value.problem.message
    assert "--state-dir" in caught.value.problem.remedy
    assert caught.value.problem.charged == "no"


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "zfs", "tmpfs", "overlay", "apfs", "fuse.portal"])
def test_a_local_one_is_not(tmp_path: Path, kind: str) -> None:
    require_local(tmp_path, table(tmp_path, kind))


def test_what_is_mounted_elsewhere_does_not_count(tmp_path: Path) -> None:
    assert network_file_system(tmp_path, table(tmp_path, "nfs4", ours=False)) is None
    assert network_file_system(tmp_path, tmp_path / "no-such-table") is None


def test_this_machines_own_table_can_be_read(tmp_path: Path) -> None:
    require_local(tmp_path)
