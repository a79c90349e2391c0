"""``plan`` and ``submit``: from a list to a job."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

from msgspec.structs import replace

from pwl_tui.api.errors import ApiError
from pwl_tui.cli.confirm import require_spending, spending_agreed
from pwl_tui.cli.exit_codes import Exit, UsageError
from pwl_tui.cli.follow import Ending, follow
from pwl_tui.cli.options import LIST_OPTIONS
from pwl_tui.cli.output import Output, counted
from pwl_tui.cli.render.jobs import plan_text_of, shape_of, warn_of_unadopted
from pwl_tui.cli.render.json_output import plan_shape
from pwl_tui.cli.render.sample import rest_command, sample_text
from pwl_tui.cli.session import Session
from pwl_tui.engine.jobs.exporting import save_rejected
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.problems import EngineError, credits_short
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.state.models import Job


def plan(session: Session) -> int:
    """Say what a list would send and cost."""
    planned = _plan_list(session, need_balance=False)
    _save_rejected(session, planned)
    seconds = session.engine.plans.seconds_for(planned.to_pay)
    session.output.value(plan_shape(planned, seconds), plan_text_of(session, planned))
    return Exit.DONE


def submit(session: Session) -> int:
    """Plan, ask, send, and with ``--wait`` stay to the end; a sample then offers the rest."""
    arguments = session.arguments
    require_spending(session)
    warn_of_unadopted(session)
    rest = arguments.rest_of is not None
    if rest:
        job = _with_rest(session)
        planned, name = _plan_rest(session, job), f"{job.name} rest"
    else:
        planned, name = _plan_list(session, need_balance=True), default_name(arguments.list)
    _save_rejected(session, planned)
    if not _agreed(session, planned, rest=rest):
        session.output.note("Nothing was sent.")
        return Exit.USAGE
    job, ending = _send(session, planned, arguments.name or name)
    code = report(session, job, ending)
    if ending.exit is Exit.DONE and _may_offer_rest(session, job):
        return _offer_rest(session, job)
    return code


def report(session: Session, job: Job, ending: Ending) -> int:
    """Print a job as it stands and what is in its way; return the exit code."""
    counts = job.counts
    text = (
        f"Job {job.id} {job.name} is {job.state}: {counts.on_whatsapp:,} on WhatsApp"
        f" ({counts.business:,} business), {counts.not_on_whatsapp:,} not, {counts.failed:,} failed,"
        f" {counts.pending:,} left; {job.charged:,} credits spent."
    )
    sample = sample_text(session, job)
    session.output.value(shape_of(session, job, batches=True), f"{text}\n\n{sample}" if sample else text)
    if ending.problem is not None:
        session.output.note(f"{ending.problem.message}\n{ending.problem.remedy}")
    return ending.exit


def options(arguments: SimpleNamespace, session: Session) -> Options:
    """Return how the list is to be read: what the command says, then what the settings say."""
    return Options(
        column=arguments.column,
        header=False if arguments.no_header else None,
        region=arguments.region or session.settings.region,
        region_column=arguments.region_column,
        encoding=arguments.encoding,
        delimiter=arguments.delimiter,
        in_text=arguments.in_text,
        numbers=arguments.numbers or session.settings.lists.numbers,
    )


def default_name(path: str) -> str:
    """Return what to call a job: the file's name without its endings."""
    return "standard input" if path == "-" else Path(path).name.split(".")[0] or Path(path).name


# -- plans


def _plan_list(session: Session, *, need_balance: bool) -> JobPlan:
    """Read and plan the list that the command names.

    Args:
        session: with ``list`` and its options among the arguments.
        need_balance: whether it is an error if the credits cannot be read; without a key they never can.

    Raises:
        ListError: the list cannot be used.
        ApiError: the credits are needed and cannot be read.
    """
    arguments, output, engine = session.arguments, session.output, session.engine
    planned = engine.plans.for_list(
        _source(arguments, output),
        options(arguments, session),
        reuse_days=arguments.reuse_days,
        sample=getattr(arguments, "only_sample", None),
        progress=_reading(output),
    )
    balance = None
    if engine.binding is not None:
        try:
            balance = engine.credits.balance().balance
        except ApiError as error:
            if need_balance:
                raise
            output.note(f"The credits are not known: {error.problem.message}")
    return replace(planned, balance=balance)


def _with_rest(session: Session) -> Job:
    """Return the job whose rest is to be sent.

    Raises:
        NoSuchJobError: there is no such job.
        UsageError: options say how to read a list that is read already.
    """
    arguments = session.arguments
    job = session.store.jobs.find(arguments.rest_of)
    given = [name for name in (*LIST_OPTIONS, "only_sample") if getattr(arguments, name) is not None]
    if given:
        option = f"--{given[0].replace('_', '-')}"
        raise UsageError(
            f"{option} cannot go with --rest-of: the list of job {job.id} is read as it was.",
            f"Leave {option} out, or submit the list itself.",
        )
    return job


def _plan_rest(session: Session, job: Job) -> JobPlan:
    planned = session.engine.plans.for_remainder(job.id, progress=_reading(session.output))
    return replace(planned, balance=session.engine.credits.balance().balance)


def _source(arguments: SimpleNamespace, output: Output) -> Source:
    if arguments.list == "-":
        return Source.from_stream(sys.stdin.buffer, "standard input", sheet=arguments.sheet)
    path = Path(arguments.list)
    size = path.stat().st_size if os.path.isfile(path) else 0  # reading it says what is wrong with it
    return Source.from_path(path, sheet=arguments.sheet, watch=_opening(output, size))


def _opening(output: Output, size: int) -> Callable[[int], None]:
    return lambda done: output.progress(done / size if size else 1.0, "opening")


def _reading(output: Output) -> Callable[[int, int], None]:
    return lambda done, total: output.progress(done / total if total else 1.0, "reading")


def _save_rejected(session: Session, planned: JobPlan) -> None:
    path: Path | None = session.arguments.save_rejected
    if path is None:
        return
    if not planned.list.rejected:
        session.output.note(f"No row is rejected: {path} is not written.")
        return
    saved = save_rejected(planned.list, path, force=session.arguments.force)
    session.output.note(f"{counted(saved, 'rejected row', 'rejected rows')} saved to {path}.")


# -- sending


def _agreed(session: Session, planned: JobPlan, *, rest: bool) -> bool:
    """Show a plan and return whether its credits are to be spent.

    Raises:
        EngineError: credits are short, and nothing is to be sent then.
        UsageError: it has to be asked, and there is no terminal.
    """
    when_short = session.arguments.when_short
    session.output.note(plan_text_of(session, planned, rest=rest))
    if planned.short and planned.balance is not None and when_short == "cancel":
        raise EngineError(credits_short(planned.to_pay, planned.balance))
    # With `fit`, what is short is never sent.
    to_pay = planned.to_pay - (planned.short if when_short == "fit" else 0)
    return spending_agreed(session, to_pay, planned.balance_after)


def _send(session: Session, planned: JobPlan, name: str) -> tuple[Job, Ending]:
    arguments, engine, output = session.arguments, session.engine, session.output
    job = engine.jobs.create(planned, name=name, when_short=arguments.when_short)
    output.note(f"Job {job.id} is {job.name}.")
    ending = follow(
        engine,
        [job.id],
        output,
        finish=arguments.wait,
        await_credits=arguments.wait and arguments.when_short == "wait",
    )
    return session.store.jobs.get(job.id), ending


def _may_offer_rest(session: Session, job: Job) -> bool:
    """Whether a finished sample has rates, and the person is there to be asked."""
    arguments = session.arguments
    asked = not arguments.yes and not session.output.json
    return asked and not job.unfinished and session.engine.plans.sample_rates(job) is not None


def _offer_rest(session: Session, sample: Job) -> int:
    """Plan what a sample left out, ask, and send it; that it is not wanted now is no failure."""
    output = session.output
    rest = _plan_rest(session, sample)
    try:
        agreed = _agreed(session, rest, rest=True)
    except EngineError as error:
        output.note(f"{error.problem.message}\n{error.problem.remedy}")
        return Exit.DONE
    if not agreed:
        output.note(f"Nothing more was sent: `{rest_command(sample)}` does it later.")
        return Exit.DONE
    job, ending = _send(session, rest, f"{sample.name} rest")
    return report(session, job, ending)
