"""The demo as a job from start to end, for when there is no terminal to open the screen on."""

import tempfile
from pathlib import Path

from msgspec.structs import replace

from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import follow
from pwl_tui.cli.render.jobs import plan_text_of
from pwl_tui.cli.session import Session
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.lists.write.export import Target
from pwl_tui.wording.figures import counted
from pwl_tui.wording.jobs import answers

_SHOWN_ROWS = 5


def demo_job(session: Session) -> int:
    """Plan the sample list, send it, wait for the results, and export them, printing each step."""
    output, engine = session.output, session.engine
    output.say(f"1. The simulated service is running at {session.settings.base_url}.")
    source = Source.from_path(session.sample)
    planned = engine.plans.for_list(source, Options(region=session.settings.region))
    planned = replace(planned, balance=engine.credits.balance().balance)
    output.say(f"2. Planning {source.name}, which spends nothing:\n{plan_text_of(session, planned)}")
    job = engine.jobs.create(planned, name="sample")
    output.say(f"3. Sending it as job {job.id} and waiting for the results.")
    ending = follow(engine, [job.id], output, finish=True, await_credits=False)
    job = session.store.jobs.get(job.id)
    if ending.exit is not Exit.DONE:
        if ending.problem is not None:
            output.problem(ending.problem)
        return ending.exit
    output.say(f"4. Finished: {answers(job.counts)}; {counted(job.charged, 'credit')} spent.")
    path = Path(tempfile.mkdtemp(prefix="pwl-tui-export-")) / "sample-answers.csv"
    [written] = engine.jobs.export(job.id, Target(path, "csv"))
    output.say(f"5. Exported {written.rows:,} rows to {path}. The first ones:")
    with path.open(encoding="utf-8") as exported:
        for _, line in zip(range(_SHOWN_ROWS), exported, strict=False):
            output.say(f"   {line.rstrip()}")
    return Exit.DONE
