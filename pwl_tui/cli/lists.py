"""``plan`` and ``submit``: from a list to a job."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from pwl_tui.api.errors import ApiError
from pwl_tui.cli.exits import Exit, UsageError
from pwl_tui.cli.follow import Ending, follow
from pwl_tui.cli.output import Output
from pwl_tui.cli.session import Session
from pwl_tui.cli.shapes import job_shape, plan_shape
from pwl_tui.cli.words import plan_text
from pwl_tui.engine.planning import JobPlan
from pwl_tui.engine.problems import NO_KEY, EngineError, credits_short
from pwl_tui.lists.readers import Options, Source
from pwl_tui.state.models import Job


def plan(session: Session) -> int:
    """Say what a list would send and cost."""
    planned = make_plan(session, need_balance=False)
    session.output.value(plan_shape(planned), plan_text(planned))
    return Exit.DONE


def submit(session: Session) -> int:
    """Plan, ask, send, and with ``--wait`` stay to the end."""
    arguments, output = session.arguments, session.output
    if session.engine.binding is None:
        raise EngineError(NO_KEY)
    planned = make_plan(session, need_balance=True)
    output.note(plan_text(planned))
    if planned.short and planned.balance is not None and arguments.when_short == "cancel":
        raise EngineError(credits_short(planned.to_pay, planned.balance))
    if not arguments.yes and not _confirmed(planned, output):
        output.note("Nothing was sent.")
        return Exit.USAGE
    job = session.engine.create_job(
        planned, name=arguments.name or default_name(arguments.list), when_short=arguments.when_short
    )
    output.note(f"Job {job.id} is {job.name}.")
    ending = follow(
        session.engine,
        [job.id],
        output,
        finish=arguments.wait,
        await_credits=arguments.wait and arguments.when_short == "wait",
    )
    return report(session, session.store.jobs.get(job.id), ending)


def report(session: Session, job: Job, ending: Ending) -> int:
    """Print a job as it stands and what is in its way; return the exit code."""
    batches = session.store.batches.of(job.id)
    counts = job.counts
    session.output.value(
        job_shape(job, batches),
        f"Job {job.id} {job.name} is {job.state}: {counts.on_whatsapp:,} on WhatsApp"
        f" ({counts.business:,} business), {counts.not_on_whatsapp:,} not, {counts.failed:,} failed,"
        f" {counts.pending:,} left; {job.charged:,} credits spent.",
    )
    if ending.problem is not None:
        session.output.note(f"{ending.problem.message}\n{ending.problem.remedy}")
    return ending.exit


def make_plan(session: Session, *, need_balance: bool) -> JobPlan:
    """Read and plan the list that the command names.

    Args:
        session: with ``list`` and its options among the arguments.
        need_balance: whether it is an error if the credits cannot be read; without a key they never can.

    Raises:
        ListError: the list cannot be used.
        ApiError: the credits are needed and cannot be read.
    """
    arguments, output, engine = session.arguments, session.output, session.engine
    if arguments.sheet is not None:
        raise UsageError(
            "--sheet is for workbooks, which this version does not read.", "Save the sheet as CSV."
        )
    source = _source(arguments.list)
    planned = engine.plan(
        source,
        options(arguments, session),
        reuse_days=arguments.reuse_days,
        sample=getattr(arguments, "only_sample", None),
        progress=lambda done, total: output.progress(done / total if total else 1.0, "reading"),
    )
    balance = None
    if engine.binding is not None:
        try:
            balance = engine.balance().balance
        except ApiError as error:
            if need_balance:
                raise
            output.note(f"The credits are not known: {error.problem.message}")
    return replace(planned, balance=balance)


def options(arguments: argparse.Namespace, session: Session) -> Options:
    """Return how the list is to be read: what the command says, then what the settings say."""
    return Options(
        column=arguments.column,
        header=False if arguments.no_header else None,
        region=arguments.region or session.settings.region,
        encoding=arguments.encoding,
        delimiter=arguments.delimiter,
        numbers=arguments.numbers or session.settings.lists.numbers,
    )


def default_name(path: str) -> str:
    """Return what to call a job: the file's name without its endings."""
    return "standard input" if path == "-" else Path(path).name.split(".")[0] or Path(path).name


def _source(path: str) -> Source:
    if path == "-":
        return Source.from_stream(sys.stdin.buffer, "standard input")
    return Source.from_path(Path(path))


def _confirmed(planned: JobPlan, output: Output) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            "There is no terminal to ask on, and nothing was sent.", "Add --yes to spend the credits."
        )
    to_pay = planned.to_pay
    left = "" if planned.balance_after is None else f", {planned.balance_after:,} are left then"
    output.err.write(f"Spend {to_pay:,} credits on {to_pay:,} numbers{left}? [y/N] ")
    output.err.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}
