"""From a list to a job that is sent: ``plan`` and ``submit``; ``recheck`` and ``changes``; ``retry``."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, get_args

from msgspec.structs import replace

from pwl_tui.api.errors import ApiError
from pwl_tui.cli.arguments import (
    LIST_OPTIONS,
    Command,
    add_export,
    add_job,
    add_json,
    add_list,
    add_list_options,
    add_pay_again,
    add_rejected_rows,
    add_yes,
    days,
    positive,
)
from pwl_tui.cli.confirm import paying_again, require_spending, spending_agreed
from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import Ending, follow
from pwl_tui.cli.output import Output
from pwl_tui.cli.render.changes import CHANGES_SHOWN, changes_shape, changes_text
from pwl_tui.cli.render.jobs import note_ended_early, plan_text_of, shape_of, warn_of_unadopted
from pwl_tui.cli.render.json_output import plan_shape
from pwl_tui.cli.render.sample import rest_command, sample_text
from pwl_tui.cli.render.text_output import retry_text
from pwl_tui.cli.session import Session
from pwl_tui.engine.jobs.exporting import save_rejected
from pwl_tui.engine.jobs.planning import JobPlan, WhenShort
from pwl_tui.engine.jobs.rechecking import last_recheck, recheck_name
from pwl_tui.engine.jobs.wishes import target_for
from pwl_tui.engine.problems import EngineError, credits_short
from pwl_tui.lists.errors import ListError
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.state.models import Job
from pwl_tui.wording.changes import compared
from pwl_tui.wording.figures import counted
from pwl_tui.wording.jobs import answers, cheaper, to_be_exported
from pwl_tui.wording.jobs import exported as export_words

if TYPE_CHECKING:
    from pwl_tui.lists.write.export import Target


def _plan_arguments(parser: ArgumentParser) -> None:
    add_list(parser)
    add_list_options(parser)
    add_rejected_rows(parser)
    add_json(parser)


def plan(session: Session) -> int:
    """Show what would be sent and what it costs."""
    planned = _plan_list(session, need_balance=False)
    _save_rejected(session, planned)
    seconds = session.engine.plans.seconds_for(planned.to_pay)
    session.output.value(plan_shape(planned, seconds), plan_text_of(session, planned))
    return Exit.DONE


def _submit_arguments(parser: ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    add_list(what, optional=True)
    what.add_argument(
        "--rest-of",
        metavar="JOB",
        help="Send what a sample, or too few credits, left out of a job, as a new job; nothing is paid twice",
    )
    add_list_options(parser)
    add_rejected_rows(parser)
    add_yes(parser, "Spend credits without asking")
    add_pay_again(parser)
    _add_wait(parser)
    parser.add_argument("--name", metavar="TEXT", help="Name of the job (default: the file's name)")
    parser.add_argument(
        "--only-sample",
        type=positive,
        metavar="N",
        help="Send only N numbers, chosen at random, to estimate the results of the whole list",
    )
    _add_when_short(parser)
    add_export(parser)
    add_json(parser)


def submit(session: Session) -> int:
    """Plan a list, ask, and send it; a finished sample offers to send the rest."""
    arguments = session.arguments
    require_spending(session)
    warn_of_unadopted(session)
    rest = arguments.rest_of is not None
    if rest:
        job = _with_rest(session)
        source, name = Path(job.source), f"{job.name} rest"
    else:
        source, name = Path(arguments.list), default_name(arguments.list)
    name = arguments.name or name
    wished = wish(session, source, name)  # before anything is read, and long before anything is paid
    planned = _plan_rest(session, job) if rest else _plan_list(session, need_balance=True)
    _save_rejected(session, planned)
    planned = paying_again(session, planned)
    if not agreed(session, planned, wished, rest=rest):
        session.output.note("Nothing was sent.")
        return Exit.USAGE
    job, ending = send(session, planned, name, wished)
    code = report(session, job, ending)
    if ending.exit is Exit.DONE and _may_offer_rest(session, job):
        return _offer_rest(session, job)
    return code


def _recheck_arguments(parser: ArgumentParser) -> None:
    add_job(parser)
    parser.add_argument(
        "--older-than",
        type=days,
        metavar="DAYS",
        help="Pay only for answers older than DAYS days; 0 for all (default: reuse_days under [lists])",
    )
    parser.add_argument("--plan", action="store_true", help="Show what it would cost, and spend nothing")
    add_yes(parser, "Spend credits without asking")
    _add_wait(parser)
    parser.add_argument(
        "--name", metavar="TEXT", help="Name of the new job (default: JOB's name and 'recheck')"
    )
    _add_when_short(parser)
    add_export(parser)
    add_json(parser)


def recheck(session: Session) -> int:
    """Plan to ask again for the old answers of a job, ask, and send it."""
    arguments, engine = session.arguments, session.engine
    if not arguments.plan:
        require_spending(session)
        warn_of_unadopted(session)
    job = session.store.jobs.find(arguments.job)
    name = arguments.name or recheck_name(job)
    wished = None if arguments.plan else wish(session, Path(job.source), name)
    planned = engine.plans.for_recheck(
        job.id, older_than=arguments.older_than, progress=_reading(session.output)
    )
    planned = _with_balance(session, planned, needed=not arguments.plan)
    if arguments.plan:
        seconds = engine.plans.seconds_for(planned.to_pay)
        session.output.value(plan_shape(planned, seconds), plan_text_of(session, planned, rest=True))
        return Exit.DONE
    if not agreed(session, planned, wished, rest=True):
        session.output.note("Nothing was sent.")
        return Exit.USAGE
    new, ending = send(session, planned, name, wished)
    return report(session, new, ending)


def _changes_arguments(parser: ArgumentParser) -> None:
    add_job(parser)
    add_json(parser)


def changes(session: Session) -> int:
    """Show what a recheck has found: who joined WhatsApp, who left, who became a business."""
    store = session.store
    job = last_recheck(store, store.jobs.find(session.arguments.job))
    comparison = store.results.compare(job.id)
    if session.output.json:
        session.output.value(changes_shape(job, comparison, store.results.changed(job.id)), "")
        return Exit.DONE
    changed = list(islice(store.results.changed(job.id), CHANGES_SHOWN))
    session.output.value(None, changes_text(job, comparison, changed, session.output.marks))
    return Exit.DONE


def _retry_arguments(parser: ArgumentParser) -> None:
    add_job(parser)
    parser.add_argument("--failed", action="store_true", help="Retry only numbers that failed")
    parser.add_argument("--rejected", action="store_true", help="Retry only batches that were rejected")
    add_yes(parser, "Spend credits without asking")
    _add_wait(parser)
    add_json(parser)


def retry(session: Session) -> int:
    """Show what a retry costs, ask, and send it."""
    arguments, output, engine = session.arguments, session.output, session.engine
    require_spending(session)
    job = session.store.jobs.find(arguments.job)
    both = arguments.failed == arguments.rejected
    wanted = engine.plans.for_retry(
        job.id, failed=both or arguments.failed, rejected=both or arguments.rejected
    )
    balance = engine.credits.balance().balance
    if wanted.plan is not None:
        wanted = replace(wanted, plan=replace(wanted.plan, balance=balance))
    output.note(retry_text(wanted, balance))
    if wanted.to_pay > balance:
        raise EngineError(credits_short(wanted.to_pay, balance))
    if not spending_agreed(session, wanted.to_pay, balance - wanted.to_pay):
        output.note("Nothing was sent.")
        return Exit.USAGE
    new = engine.jobs.retry(wanted)
    jobs = [job.id] if wanted.rejected_batches else []
    if new.id != job.id:
        output.note(f"Created job {new.id} {new.name}.")
        jobs.append(new.id)
    ending = follow(engine, jobs, output, finish=arguments.wait, await_credits=False)
    return report(session, session.store.jobs.get(new.id), ending)


def report(session: Session, job: Job, ending: Ending) -> int:
    """Print the state of a job and what keeps it from finishing; return the exit code."""
    spent = counted(job.charged, "credit")
    text = f"Job {job.id} {job.name}: {job.state}, {answers(job.counts)}; {spent} spent."
    if job.recheck_of is not None and not job.unfinished:
        text = f"{text} {compared(session.store.results.compare(job.id))}"
    if job.wish is not None and job.wish.written is not None:
        text = f"{text} {export_words(job)}."
    sample = sample_text(session, job)
    session.output.value(shape_of(session, job, batches=True), f"{text}\n\n{sample}" if sample else text)
    note_ended_early(session, [job])
    if ending.problem is not None:
        session.output.explain(ending.problem)
    return ending.exit


def options(arguments: SimpleNamespace, session: Session) -> Options:
    """Return how to read the list: the command's options override the settings."""
    return Options(
        column=arguments.column,
        header=False if arguments.no_header else None,
        region=arguments.region or session.settings.region,
        region_column=arguments.region_column,
        encoding=arguments.encoding,
        delimiter=arguments.delimiter,
        in_text=arguments.in_text,
        numbers=arguments.numbers or session.settings.lists.numbers,
        several=arguments.several,
    )


def default_name(path: str) -> str:
    """Return the name of a job that was not given one: the file's name without its suffixes."""
    return "standard input" if path == "-" else Path(path).name.split(".")[0] or Path(path).name


# -- plans


def _plan_list(session: Session, *, need_balance: bool) -> JobPlan:
    """Read and plan the list that the command names.

    Args:
        session: with ``list`` and its options among the arguments.
        need_balance: whether to fail if the balance cannot be read. Without a key it is None.

    Raises:
        ListError: The list cannot be used.
        ApiError: The balance is needed and cannot be read.
    """
    arguments, output, engine = session.arguments, session.output, session.engine
    planned = engine.plans.for_list(
        _source(arguments, output),
        options(arguments, session),
        reuse_days=arguments.reuse_days,
        sample=getattr(arguments, "only_sample", None),
        progress=_reading(output),
    )
    return _with_balance(session, planned, needed=need_balance)


def _with_balance(session: Session, planned: JobPlan, *, needed: bool) -> JobPlan:
    """Return a plan with the balance of now; None without a key, or if it cannot be read and is not needed.

    Raises:
        ApiError: The balance is needed and cannot be read.
    """
    engine, balance = session.engine, None
    if engine.binding is not None:
        try:
            balance = engine.credits.balance().balance
        except ApiError as error:
            if needed:
                raise
            session.output.note(f"Could not read the balance. {error.problem.message}")
    return replace(planned, balance=balance)


def _with_rest(session: Session) -> Job:
    """Return the job of ``--rest-of``.

    Raises:
        NoSuchJobError: There is no such job.
        UsageError: Options say how to read a list that was read before.
    """
    arguments = session.arguments
    job = session.store.jobs.find(arguments.rest_of)
    given = [name for name in (*LIST_OPTIONS, "only_sample") if getattr(arguments, name) is not None]
    if given:
        option = f"--{given[0].replace('_', '-')}"
        raise UsageError(
            f"{option} cannot be used with --rest-of: the list of job {job.id} was already read.",
            f"Leave out {option}, or submit the list again.",
        )
    return job


def _plan_rest(session: Session, job: Job) -> JobPlan:
    planned = session.engine.plans.for_remainder(job.id, progress=_reading(session.output))
    return _with_balance(session, planned, needed=True)


def _source(arguments: SimpleNamespace, output: Output) -> Source:
    if arguments.list == "-":
        return Source.from_stream(sys.stdin.buffer, "standard input", sheet=arguments.sheet)
    path = Path(arguments.list)
    size = path.stat().st_size if os.path.isfile(path) else 0  # opening it reports what is wrong with it
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
        session.output.note(f"No row was rejected; {path} was not written.")
        return
    saved = save_rejected(planned.list, path, session.store.directory, force=session.arguments.force)
    session.output.note(f"{counted(saved, 'rejected row')} saved to {path}.")


# -- sending


def agreed(session: Session, planned: JobPlan, wished: "Target | None", *, rest: bool) -> bool:
    """Show a plan and return whether to spend its credits.

    Raises:
        EngineError: There are too few credits, and ``--when-short`` is ``cancel``.
        UsageError: The person must be asked, and there is no terminal.
    """
    when_short = session.arguments.when_short
    session.output.note(plan_text_of(session, planned, rest=rest))
    if where := to_be_exported(wished):
        session.output.note(where)
    if planned.short and planned.balance is not None and when_short == "cancel":
        raise EngineError(credits_short(planned.to_pay, planned.balance))
    return spending_agreed(session, _credits(session, planned), planned.balance_after)


def _credits(session: Session, planned: JobPlan) -> int:
    """Return the most that carrying out a plan costs; with `fit`, what is short is never sent."""
    return planned.to_pay - (planned.short if session.arguments.when_short == "fit" else 0)


def wish(session: Session, source: Path, name: str) -> "Target | None":
    """Return the export that is wished for a list, by its options or by the configuration.

    Args:
        session: with the options of `add_export` among its arguments.
        source: the file of the list, which need not be one.
        name: of the job.

    Raises:
        ListError: It cannot be written.
        UsageError: Options say how to export, and nothing is to be exported.
    """
    arguments, wishes = session.arguments, session.engine.wishes
    how = {"only": arguments.only, "split": arguments.split, "digits": arguments.digits}
    target: Target | None = None
    if arguments.export is not None:
        target = target_for(arguments.export)
    elif not arguments.no_export:
        target = wishes.by_default(source if os.path.isfile(source) else None, name)
    if target is None:
        if given := [option for option, value in how.items() if value]:
            raise UsageError(
                f"--{given[0]} needs an export.", f"Add --export FILE, or leave out --{given[0]}."
            )
        return None
    target = replace(target, **how)
    wishes.check(target)
    return target


def send(session: Session, planned: JobPlan, name: str, wished: "Target | None" = None) -> tuple[Job, Ending]:
    """Create a job as it was agreed to, and send it; with ``--wait``, wait until it is finished.

    Raises:
        EngineError: As for `Jobs.create`.
        ListError: The export that is wished for can no longer be written; nothing was sent.
    """
    arguments, engine, output = session.arguments, session.engine, session.output
    job = engine.jobs.create(planned, name=name, when_short=arguments.when_short, export=wished)
    output.note(f"Created job {job.id} {job.name}.")
    if words := cheaper(job, _credits(session, planned)):
        output.note(words)
    ending = follow(
        engine,
        [job.id],
        output,
        finish=arguments.wait,
        await_credits=arguments.wait and arguments.when_short == "wait",
    )
    if wished is not None and not arguments.wait:
        engine.wishes.carry_out()  # it may have cost nothing, and be finished
    job = session.store.jobs.get(job.id)
    if job.wish is not None and job.wish.written is None:
        output.note(f"{export_words(job)}.")
    return job, ending


def _may_offer_rest(session: Session, job: Job) -> bool:
    """Whether a finished sample has rates, and the person can be asked."""
    can_ask = not session.arguments.yes and not session.output.json
    return can_ask and not job.unfinished and session.engine.plans.sample_rates(job) is not None


def _offer_rest(session: Session, sample: Job) -> int:
    """Plan what a sample left out, ask, and send it. To decline is not a failure."""
    output = session.output
    rest, name = _plan_rest(session, sample), f"{sample.name} rest"
    try:
        # A file that was named has the sample in it.
        wished = None if session.arguments.export is not None else wish(session, Path(sample.source), name)
        rest = paying_again(session, rest)
        wanted = agreed(session, rest, wished, rest=True)
    except (EngineError, ListError) as error:
        output.explain(error.problem)
        return Exit.DONE
    if not wanted:
        output.note(f"Nothing more was sent. Run `{rest_command(sample)}` to send the rest later.")
        return Exit.DONE
    job, ending = send(session, rest, name, wished)
    return report(session, job, ending)


def _add_when_short(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--when-short",
        choices=get_args(WhenShort),
        default="cancel",
        help="With too few credits: cancel, send what you can afford (fit), or also queue the rest until a"
        " top-up (wait)",
    )


def _add_wait(parser: ArgumentParser) -> None:
    parser.add_argument("--wait", action="store_true", help="Wait until the job is finished")


COMMANDS = {
    "plan": Command(
        plan,
        _plan_arguments,
        "It spends nothing and needs no key. With a key, it also reads your balance and takes into account"
        " the results that you have already paid for.",
    ),
    "submit": Command(
        submit,
        _submit_arguments,
        "On a terminal it asks before it spends credits; above confirm_above credits you type the amount."
        " With --wait, a sample ends with an estimate for the whole list and an offer to send the rest.",
    ),
    "recheck": Command(
        recheck,
        _recheck_arguments,
        "The job's list becomes a new job. Newer answers from any job are reused, and numbers that are under"
        " way are not paid for again. Numbers without any answer are left out: use `pwl-tui retry` or"
        " `pwl-tui submit --rest-of` for those. Afterwards, `pwl-tui changes` shows what changed.",
    ),
    "changes": Command(
        changes,
        _changes_arguments,
        "JOB is a recheck, or the job that was rechecked. An export of a recheck has the columns wa_before"
        " and wa_changed.",
    ),
    "retry": Command(
        retry,
        _retry_arguments,
        "Failed numbers become a new job and are paid for again. Rejected batches have cost nothing and are"
        " sent again within their own job. Without --failed or --rejected it retries both.",
    ),
}
