"""``plan`` and ``submit``: from a list to a job."""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from pwl_tui.api.errors import ApiError
from pwl_tui.cli.asking import require_spending, spending_agreed
from pwl_tui.cli.exits import Exit
from pwl_tui.cli.follow import Ending, follow
from pwl_tui.cli.printing import shape_of, warn_of_unadopted
from pwl_tui.cli.session import Session
from pwl_tui.cli.shapes import plan_shape
from pwl_tui.cli.words import plan_text
from pwl_tui.engine.planning import JobPlan
from pwl_tui.engine.problems import EngineError, credits_short
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
    require_spending(session)
    warn_of_unadopted(session)
    planned = make_plan(session, need_balance=True)
    output.note(plan_text(planned))
    if planned.short and planned.balance is not None and arguments.when_short == "cancel":
        raise EngineError(credits_short(planned.to_pay, planned.balance))
    # With `fit`, what is short is never sent.
    to_pay = planned.to_pay - (planned.short if arguments.when_short == "fit" else 0)
    if not spending_agreed(session, to_pay, planned.balance_after):
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
    counts = job.counts
    session.output.value(
        shape_of(session, job, batches=True),
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
    source = _source(arguments)
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
        region_column=arguments.region_column,
        encoding=arguments.encoding,
        delimiter=arguments.delimiter,
        in_text=arguments.in_text,
        numbers=arguments.numbers or session.settings.lists.numbers,
    )


def default_name(path: str) -> str:
    """Return what to call a job: the file's name without its endings."""
    return "standard input" if path == "-" else Path(path).name.split(".")[0] or Path(path).name


def _source(arguments: argparse.Namespace) -> Source:
    if arguments.list == "-":
        return Source.from_stream(sys.stdin.buffer, "standard input", sheet=arguments.sheet)
    return Source.from_path(Path(arguments.list), sheet=arguments.sheet)
