"""Exports that jobs are to have once they are finished: what was wished, and what became of it."""

import msgspec
from msgspec import Struct

from pwl_tui.problem import Problem
from pwl_tui.state.database import Database
from pwl_tui.state.models import WrittenFile
from pwl_tui.state.money import Activity, note
from pwl_tui.state.records import problem_from, to_json


class OpenWish(Struct, frozen=True):
    """An export that is still to be written.

    Attributes:
        job: of which job.
        path: the file, as people are told.
        target: what to write there, and how; opaque here.
        begun: the files that were being written when somebody tried last; opaque here. None means none.
        next_try: not before, UTC epoch seconds, because the last try failed.
        problem: why it failed. None means that it did not.
    """

    job: int
    path: str
    target: bytes
    begun: bytes | None
    next_try: float
    problem: Problem | None


class Wishes:
    """The wished exports of one state directory: on other machines their files would be of no use."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unwritten(self) -> list[OpenWish]:
        """Return what is still to be written, whether or not its job is finished, the oldest job first."""
        return self._open("")

    def get(self, job: int) -> OpenWish | None:
        """Return what is still to be written of a job. None means nothing."""
        return next(iter(self._open(" AND w.job=?", job)), None)

    def begin(self, job: int, begun: bytes) -> None:
        """Remember which files are being written, so that whoever comes after a crash knows them."""
        with self._database.transaction() as c:
            c.execute("UPDATE wishes SET begun=? WHERE job=? AND written IS NULL", (begun, job))

    def finish(self, job: int, files: tuple[WrittenFile, ...], now: float) -> None:
        """Remember that the export was written; nothing changes if it is remembered already."""
        with self._database.transaction() as c:
            finished = c.execute(
                "UPDATE wishes SET written=?, files=?, begun=NULL, problem=NULL"
                " WHERE job=? AND written IS NULL",
                (now, msgspec.json.encode(files).decode(), job),
            )
            if finished.rowcount:
                rows = sum(file.rows for file in files)
                note(c, Activity(now, job, None, "exported", f"{rows:,} rows"))

    def fail(self, job: int, problem: Problem, *, now: float, next_try: float) -> None:
        """Remember why it could not be written, and when to try again; not if it was written meanwhile."""
        with self._database.transaction() as c:
            before = c.execute("SELECT problem FROM wishes WHERE job=?", (job,)).fetchone()
            told = to_json(problem)
            failed = c.execute(
                "UPDATE wishes SET problem=?, next_try=?, begun=NULL WHERE job=? AND written IS NULL",
                (told, next_try, job),
            )
            if failed.rowcount and before["problem"] != told:
                note(c, Activity(now, job, None, "export failed", problem.message))

    def try_again(self) -> None:
        """Let everything that is still to be written be tried now, because the person asks for it."""
        waiting = "written IS NULL AND next_try>0"
        if self._database.first(f"SELECT 1 FROM wishes WHERE {waiting} LIMIT 1") is None:
            return
        with self._database.transaction() as c:
            c.execute(f"UPDATE wishes SET next_try=0 WHERE {waiting}")

    def _open(self, which: str, *values: object) -> list[OpenWish]:
        rows = self._database.read(
            "SELECT w.job, w.path, w.target, w.begun, w.next_try, w.problem FROM wishes w"
            " JOIN jobs j ON j.id=w.job"
            f" WHERE w.written IS NULL AND j.ready=1 AND w.site=?{which} ORDER BY w.job",
            self._database.site,
            *values,
        )
        return [
            OpenWish(
                row["job"],
                row["path"],
                row["target"],
                row["begun"],
                row["next_try"],
                problem_from(row["problem"]),
            )
            for row in rows
        ]
