"""What the provider's support needs to find a batch in doubt; no key and no number."""

import re
import textwrap
from collections.abc import Sequence

from pwl_tui.engine.money.evidence import READING_OFFSETS, Evidence
from pwl_tui.provider import PROVIDER
from pwl_tui.state.files.journal import timestamp
from pwl_tui.state.models import Batch, Candidate, Job
from pwl_tui.text import clean

_INDENT = " " * 21
_SHOWN = 600
"""Characters of what came; enough for any answer that has an ID."""
_NUMBER = re.compile(r"(?<![0-9a-fA-F-])\+?[1-9][0-9]{7,14}(?![0-9a-fA-F-])")
"""What may be a phone number, but not a part of an ID."""


def support_report(
    job: Job, batch: Batch, evidence: Evidence, candidates: Sequence[Candidate], reply: str, now: float
) -> str:
    """Return the report on a batch in doubt: lines of plain text, times in UTC.

    Args:
        job: the batch's.
        batch: one in doubt.
        evidence: the readings of the balance.
        candidates: what may be its ID.
        reply: what came in answer to the call; not cleaned.
        now: when it is written.
    """
    sent = "unknown" if batch.submitted is None else timestamp(batch.submitted)
    lines = [
        "A batch whose outcome is unknown",
        "",
        f"Service              {job.binding.base_url}",
        f"Call                 POST {PROVIDER.batch_path}",
        f"Sent                 {sent}",
        f"Numbers              {batch.size:,}, no duplicates",
        f"SHA-256              {batch.digest}",
        "                     of the numbers in E.164 with +, in the order sent, each ending in a line feed",
    ]
    if batch.error is not None:
        lines.append(f"What happened        {batch.error.message}")
    for one in candidates:
        lines.append(f"An ID that came      {clean(one.batch_id, 80)}")
        lines += textwrap.wrap(one.refusal, 80, initial_indent=_INDENT, subsequent_indent=_INDENT)
    if reply:
        shown = _NUMBER.sub("(number)", clean(reply, _SHOWN))
        lines.append("What came")
        lines += textwrap.wrap(
            shown, 100, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
        )
    lines += ["", f"Balance of {PROVIDER.batch_service} credits"]
    if evidence.before is not None:
        lines.append(f"  {sent}  {evidence.before:>12,}  before it was sent")
    for reading, offset in zip(evidence.readings, READING_OFFSETS, strict=False):
        lines.append(f"  {timestamp(reading.at)}  {reading.balance:>12,}  {offset:.0f} s after")
    if evidence.spent_otherwise:
        lines.append(f"  Known to have been spent by other work since then: {evidence.spent_otherwise:,}")
    lines += [
        "",
        evidence.explanation,
        "",
        f"Was a batch of {batch.size:,} numbers accepted for our account then? What is its batch_id?",
        "",
        f"Written {timestamp(now)} by pwl-tui, for its batch {batch.label}.",
    ]
    return "\n".join(lines) + "\n"
