"""Who made a job, caused a charge, and did what the activity says: told only where it may differ."""

import os
import pwd
from pathlib import Path

import pytest

from pwl_tui.cli.render.json_output import job_shape, ledger_shape
from pwl_tui.cli.render.text_output import job_notes, ledger_text
from pwl_tui.engine.money.ledger import Ledger, ledger
from pwl_tui.state.files.host import Host, person_at
from pwl_tui.state.money import Activity
from pwl_tui.state.store import Store
from tests.unit.databases import databases
from tests.unit.fake_service import BINDING, FIRST, NOW, accepted, add_job

ANA, BEN = Host("a", "office"), Host("b", "server")
USER = pwd.getpwuid(os.geteuid()).pw_name


def opened(tmp_path: Path, host: Host, directory: str) -> Store:
    return Store.open(tmp_path / directory, host=host, url=databases.url(tmp_path / "state"))


def books(store: Store) -> Ledger:
    return ledger(store.charges.all(BINDING), [], None)


def test_who_did_it_is_stored_and_told_where_several_people_may(tmp_path: Path, on_postgres: bool) -> None:
    store = opened(tmp_path, ANA, "state")
    job = add_job(store, FIRST, 10)
    store.close()
    # A state file has one machine: there the same one goes on.
    store = opened(tmp_path, BEN, "elsewhere") if on_postgres else opened(tmp_path, ANA, "state")
    accepted(store, job)
    store.activity.add(Activity(NOW, job, None, "something", "else"))
    made, did = f"{USER}@office", f"{USER}@server" if on_postgres else f"{USER}@office"
    for statement, who in (
        ("SELECT who FROM jobs", made),
        ("SELECT who FROM charges", did),
        ("SELECT who FROM activity", did),
    ):
        assert {row[0] for row in databases.query(tmp_path / "state", statement)} == {who}
    found, charges, log = store.jobs.get(job), store.charges.all(BINDING), store.activity.newest(0, 9)
    assert found == store.jobs.all()[0] == store.jobs.foremost(1)[0][0] == store.jobs.find(str(job))
    if on_postgres:
        assert (found.by, [charge.by for charge in charges]) == (made, [did])
        assert {entry.by for entry in log} == {did}
        assert store.activity.count(words="SERVER some") == 1
        assert store.activity.count(words=made) == 0
        assert job_shape(found, None)["by"] == made
        assert [charge["by"] for charge in ledger_shape(books(store))["charges"]] == [did]
        assert f"Made by {made}." in job_notes(found, NOW)
        assert did in ledger_text(books(store))
    else:
        assert (found.by, [charge.by for charge in charges]) == ("", [""])
        assert {entry.by for entry in log} == {""}
        assert store.activity.count(words="office") == 0
        assert job_shape(found, None)["by"] is None
        assert [charge["by"] for charge in ledger_shape(books(store))["charges"]] == [None]
        assert "Made by" not in job_notes(found, NOW)
        assert "By" not in ledger_text(books(store))
    store.close()


def test_what_an_older_version_stored_is_by_nobody(tmp_path: Path, on_postgres: bool) -> None:
    store = opened(tmp_path, ANA, "state")
    job = add_job(store, FIRST, 10)
    databases.execute(
        tmp_path / "state", "UPDATE jobs SET who=DEFAULT" if on_postgres else "UPDATE jobs SET who=''"
    )
    assert store.jobs.get(job).by == ""
    assert job_shape(store.jobs.get(job), None)["by"] is None
    store.close()


@pytest.mark.state_file
def test_the_name_of_a_person_is_one_short_line(monkeypatch: pytest.MonkeyPatch) -> None:
    assert person_at(ANA) == f"{USER}@office"
    assert person_at(Host("c", "a\x1b[31m\u202eb\n" + "c" * 100)).startswith(f"{USER}@a [31mb c")
    assert len(person_at(Host("c", "c" * 100))) == len(USER) + 1 + 40

    def unknown(_: int) -> pwd.struct_passwd:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert person_at(ANA) == f"{os.geteuid()}@office"
