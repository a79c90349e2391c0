"""The whole job, by real processes: a messy list in, the same list with its answers out."""

import csv
from pathlib import Path

import phonenumbers
import pytest

from tests.e2e.harness import charged_twice, messy_csv, place


@pytest.mark.slow
def test_a_list_of_25_000_rows_comes_back_with_the_services_own_answers(tmp_path: Path) -> None:
    text, wanted = messy_csv(25_000, seed=1)
    # What libphonenumber does not call valid is rejected; the list's maker draws a few of those.
    wanted = [n if n and phonenumbers.is_valid_number(phonenumbers.parse(n)) else None for n in wanted]
    unique = {number for number in wanted if number}
    with place(tmp_path) as machine:
        (tmp_path / "list.csv").write_text(text)

        submitted = machine.run("submit", "list.csv", "--yes", "--wait", "--json")
        assert submitted.code == 0, submitted.err
        job = submitted.json
        assert job["state"] == "completed"
        assert job["numbers"] == job["charged"] == len(unique)
        assert len(job["batches"]) == -(-len(unique) // 1000)
        assert all(batch["state"] == "completed" for batch in job["batches"])

        exported = machine.run("export", job["job"], "-o", "answers.csv")
        assert exported.code == 0, exported.err

        with (
            (tmp_path / "list.csv").open(newline="") as original,
            (tmp_path / "answers.csv").open(newline="") as back,
        ):
            before, after = list(csv.DictReader(original)), list(csv.DictReader(back))
        assert [{name: row[name] for name in before[0]} for row in after] == before
        for row, number in zip(after, wanted, strict=True):
            if number is None:
                assert (row["wa_number"], row["wa_outcome"]) == ("", "rejected")
                assert row["wa_note"]
                continue
            truth = machine.world.truth(number)
            assert row["wa_number"] == number
            if truth.fails:
                assert (row["wa_outcome"], row["wa_on_whatsapp"]) == ("failed", "")
                continue
            assert row["wa_outcome"] == "completed"
            assert row["wa_on_whatsapp"] == str(truth.on_whatsapp).lower()
            assert row["wa_business"] == str(truth.business).lower()
            assert (row["wa_carrier"], row["wa_country"]) == (truth.carrier, truth.country)

        assert charged_twice(machine.world) == []
        assert sum(charge.amount for charge in machine.world.ledger) == len(unique)
        assert sorted(machine.journal_ids()) == sorted(machine.world.batches)


def test_a_second_process_finishes_what_the_first_only_submitted(tmp_path: Path) -> None:
    with place(tmp_path) as machine:
        (tmp_path / "list.csv").write_text(messy_csv(3_000, seed=2)[0])
        submitted = machine.run("submit", "list.csv", "--yes", "--json")
        assert submitted.code == 0, submitted.err
        assert submitted.json["state"] == "processing"
        watched = machine.run("watch", "--json")
        assert watched.code == 0, watched.err
        assert [job["state"] for job in watched.json] == ["completed"]
        assert watched.json[0]["pending"] == 0


def test_a_number_answered_before_is_not_paid_for_again(tmp_path: Path) -> None:
    with place(tmp_path) as machine:
        (tmp_path / "first.txt").write_text("+14155552671\n+442079460958\n")
        (tmp_path / "again.txt").write_text("+14155552671\n+33142685300\n")
        assert machine.run("submit", "first.txt", "--yes", "--wait").code == 0
        again = machine.run("submit", "again.txt", "--yes", "--wait", "--json").json
        assert (again["reused"], again["charged"], again["state"]) == (1, 1, "completed")
        assert charged_twice(machine.world) == []
        paid_again = machine.run("submit", "again.txt", "--yes", "--wait", "--json", "--reuse-days", "0").json
        assert (paid_again["reused"], paid_again["charged"]) == (0, 2)


def test_a_sample_is_paid_for_first_and_the_rest_later(tmp_path: Path) -> None:
    with place(tmp_path) as machine:
        (tmp_path / "list.csv").write_text(messy_csv(400, seed=3)[0])
        sample = machine.run("submit", "list.csv", "--yes", "--wait", "--only-sample", "50", "--json").json
        assert (sample["charged"], sample["state"]) == (50, "completed")
        rest = machine.run("submit", "list.csv", "--yes", "--wait", "--json").json
        assert rest["charged"] == rest["numbers"] - rest["reused"]
        assert rest["state"] == "completed"
        # Only failed answers are not reused: they are the only ones that may be paid for a second time.
        assert all(machine.world.truth(number).fails for number in charged_twice(machine.world))
