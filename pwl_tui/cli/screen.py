"""The screen, and the demo's whole job where there is no screen to open."""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from pwl_tui.cli.exits import Exit, UsageError
from pwl_tui.cli.follow import follow, leave
from pwl_tui.cli.output import counted
from pwl_tui.cli.printing import picture_of
from pwl_tui.cli.session import Session
from pwl_tui.lists.export import Target
from pwl_tui.lists.readers import Options, Source
from pwl_tui.state.models import JobState

_SHOWN_ROWS = 5


def open_screen(session: Session) -> int:
    """Open the screen; without a terminal do the demo's job, or say that there is nothing to do."""
    # Textual draws on standard error: all three must be the terminal.
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        if session.demo:
            return demo_job(session)
        raise UsageError(
            "The screen needs a terminal.", "Without one, use the commands: `pwl-tui --help` lists them."
        )
    from pwl_tui.ui.app import DemoList, run

    arguments, settings = session.arguments, session.settings
    ui = settings.ui
    try:
        return run(
            session.engine,
            settings=settings,
            config_file=session.config_file,
            mouse=ui.mouse and not arguments.no_mouse,
            low_bandwidth=arguments.low_bandwidth or ui.low_bandwidth == "always",
            demo=DemoList(session.sample, settings.region) if session.demo else None,
        )
    finally:
        # Whatever ended the screen: a batch that is being sent must not be left in doubt.
        say_goodbye(session)


def say_goodbye(session: Session) -> None:
    """After the screen: wait for a paid call that is under way, and say how to come back."""
    leave(session.engine, session.output)
    live = sum(job.state is not JobState.COMPLETED for job in session.store.jobs.all())
    if live and not session.demo:
        jobs = counted(live, "job goes", "jobs go")
        session.output.say(
            f"{jobs} on at the service. `pwl-tui` comes back to it; `pwl-tui watch` does without the screen."
        )


def demo_job(session: Session) -> int:
    """Plan the sample list, submit it, poll it to the end and export it, saying each step."""
    output, engine = session.output, session.engine
    output.say(f"1. A simulator of the service runs at {session.settings.base_url}.")
    source = Source.from_path(session.sample)
    planned = engine.plan(source, Options(region=session.settings.region))
    planned = replace(planned, balance=engine.balance().balance)
    output.say(f"2. The plan of {source.name}, which spends nothing:\n{picture_of(session, planned)}")
    job = engine.create_job(planned, name="sample")
    output.say(f"3. Submitting it as job {job.id} and waiting for the answers.")
    ending = follow(engine, [job.id], output, finish=True, await_credits=False)
    job = session.store.jobs.get(job.id)
    if ending.exit is not Exit.DONE:
        if ending.problem is not None:
            output.problem(ending.problem)
        return ending.exit
    counts = job.counts
    output.say(
        f"4. Finished: {counts.on_whatsapp:,} on WhatsApp ({counts.business:,} business), "
        f"{counts.not_on_whatsapp:,} not, {counts.failed:,} failed; {job.charged:,} credits spent."
    )
    path = Path(tempfile.mkdtemp(prefix="pwl-tui-export-")) / "sample-answers.csv"
    [written] = engine.export(job.id, Target(path, "csv"))
    output.say(f"5. Exported {written.rows:,} rows to {path}; its first rows:")
    with path.open(encoding="utf-8") as exported:
        for _, line in zip(range(_SHOWN_ROWS), exported, strict=False):
            output.say(f"   {line.rstrip()}")
    return Exit.DONE
