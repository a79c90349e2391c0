"""What becomes of answers by themselves: the file that was wished for, and asking again."""

from collections.abc import Callable, Sequence
from pathlib import Path

from pwl_tui.config.values import check_template
from pwl_tui.engine.jobs.retrying import AS_THEY_ARE
from pwl_tui.engine.jobs.wishes import target_for
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import ProblemError
from tests.cases.case import Case
from tests.unit.fake_service import FIRST, Clock, finish, make_engine, make_service, open_store

_DAY = 86_400.0


def _export(name: str, before: Callable[[Path], object] = lambda _: None, *, split: bool = False) -> Case:
    """Return the case of a list that is to be exported to a file, still without what is expected."""

    def get(directory: Path) -> str:
        clock = Clock()
        service, store = make_service(clock), open_store(directory)
        engine = make_engine(store, service, clock)
        try:
            before(directory)
            plan = engine.plans.for_list(Source.from_text(f"+{FIRST}\n+{FIRST + 1}\n"), AS_THEY_ARE)
            try:
                engine.jobs.create(plan, name="list", export=target_for(directory / name, split=split))
            except ProblemError as error:
                said = error.problem.message.replace(f"{directory}/", "").replace(str(directory), ".")
                return f"{said} {len(service.world.ledger)} paid"
            finish(store, service, clock)
            engine.wishes.carry_out()
            engine.wishes.carry_out()
            wish = store.jobs.all()[0].wish
            files = [] if wish is None else [f"{Path(one.path).name} ({one.rows})" for one in wish.files]
            return f"{', '.join(files)}; {len(service.world.ledger)} paid"
        finally:
            engine.close()
            store.close()

    return Case("", "", get)


def _recheck(days_later: float, older_than: int | None, sizes: Sequence[int] = (10,)) -> Case:
    """Return the case of lists of so many numbers, the first of which is rechecked days after the last."""

    def get(directory: Path) -> str:
        clock = Clock()
        service, store = make_service(clock), open_store(directory)
        engine = make_engine(store, service, clock)
        try:
            for size in sizes:
                text = "".join(f"+{FIRST + index}\n" for index in range(size))
                plan = engine.plans.for_list(Source.from_text(text), AS_THEY_ARE)
                engine.jobs.create(plan, name="list")
                finish(store, service, clock)
                clock.now += days_later * _DAY
            made = engine.plans.for_recheck(1, older_than=older_than)
        except ProblemError as error:
            return error.problem.message
        else:
            return f"{made.to_pay} to pay, {made.reused} reused, {made.left_out} left out"
        finally:
            engine.close()
            store.close()

    return Case("", "", get)


def _template(text: str) -> Case:
    def get(_: Path) -> str:
        try:
            check_template("when_done", text)
        except ValueError as rule:
            return f"must {rule}"
        return "taken"

    return Case("", "", get)


def _case(name: str, expected: str, case: Case) -> Case:
    return case._replace(name=name, expected=expected)


def _theirs(directory: Path) -> None:
    (directory / "a.csv").write_text("theirs")


CASES: Sequence[Case] = (
    _case("a CSV", "a.csv (2); 1 paid", _export("a.csv")),
    _case("numbers, in capitals", "A.TXT (2); 1 paid", _export("A.TXT")),
    _case("a workbook with a space", "my answers.xlsx (2); 1 paid", _export("my answers.xlsx")),
    _case(
        "a file for each outcome",
        "a-on-whatsapp.csv (1), a-not-on-whatsapp.csv (1); 1 paid",
        _export("a.csv", split=True),
    ),
    _case("a file that exists", "a.csv already exists. 0 paid", _export("a.csv", _theirs)),
    _case("a directory that does not exist", "no does not exist. 0 paid", _export("no/a.csv")),
    _case(
        "a directory of that name",
        "a.csv is a directory, not a regular file. 0 paid",
        _export("a.csv", lambda directory: (directory / "a.csv").mkdir()),
    ),
    _case(
        "a link that leads nowhere",
        "a.csv is a link or device, not a regular file. 0 paid",
        _export("a.csv", lambda directory: (directory / "a.csv").symlink_to("gone")),
    ),
    _case("an ending that is no format", "The format of 'a.doc' is unknown. 0 paid", _export("a.doc")),
    _case("no ending", "The format of 'answers' is unknown. 0 paid", _export("answers")),
    _case("a hidden file without an ending", "The format of '.csv' is unknown. 0 paid", _export(".csv")),
    _case("a name of placeholders", "taken", _template("{dir}/{name}-{date}-{time}.csv")),
    _case("a brace that is meant", "taken", _template("{{old}}-{name}.csv")),
    _case(
        "an unknown placeholder",
        "must have only the placeholders {dir}, {name}, {date}, {time} in when_done, not {nam}",
        _template("{nam}.csv"),
    ),
    _case(
        "an empty placeholder",
        "must have only the placeholders {dir}, {name}, {date}, {time} in when_done, not {}",
        _template("a{}.csv"),
    ),
    _case(
        "a placeholder with a format",
        "must have only the placeholders {dir}, {name}, {date}, {time} in when_done, not {name:{date}}",
        _template("{name:{date}}.csv"),
    ),
    _case(
        "a brace left open",
        "must close every brace in when_done; {{ stands for a single brace",
        _template("a{name.csv"),
    ),
    _case(
        "a recheck of new answers",
        "No answer for job 1 is older than 30 days; nothing to recheck.",
        _recheck(1, None),
    ),
    _case("a recheck of old answers", "10 to pay, 0 reused, 0 left out", _recheck(31, None)),
    _case("a recheck of everything", "10 to pay, 0 reused, 0 left out", _recheck(1, 0)),
    _case(
        "a recheck after some numbers were in a newer list",
        "6 to pay, 4 reused, 0 left out",
        _recheck(40, 60, (10, 4)),
    ),
)
