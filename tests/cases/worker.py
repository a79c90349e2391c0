"""What the background worker's log keeps of a line: no phone number and no key, and everything else."""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

from pwl_tui.cli.worker.log import WorkerLog, log_lines
from pwl_tui.secret import Secret
from tests.cases.case import Case

_KEY = Secret("sk+worker/0123456789")


def _logged(line: str) -> Callable[[Path], str]:
    def get(directory: Path) -> str:
        path = directory / "worker.log"
        WorkerLog(path, _KEY, io.StringIO(), lambda: 0.0).write(f"{line}\n")
        return "\n".join(log_lines(path)).partition("  ")[2]

    return get


CASES: Sequence[Case] = tuple(
    Case(name, expected, _logged(line))
    for name, line, expected in (
        ("a number", "Not sent: +14155552671.", "Not sent: •••."),
        ("a national number", "Not sent: (415) 555-2671.", "Not sent: (•••."),
        ("a number with wide spaces", "Not sent: +49\u00a0151\u00a01234567.", "Not sent: •••."),
        ("a number in other digits", "Not sent: ٠٥٠١٢٣٤٥٦٧.", "Not sent: •••."),
        ("a list named after a number", "4155552671.csv is finished.", "•••.csv is finished."),
        ("a WhatsApp ID", "14155552671@c.us has no answer.", "•••@c.us has no answer."),
        ("a key", "sk+worker/0123456789 was refused.", "••• was refused."),
        ("a key in a URL", "GET /balance?x=sk%2Bworker%2F0123456789", "GET /balance?x=•••"),
        ("figures", "5,500 of 7,500 numbers, 2 of 8 batches", "5,500 of 7,500 numbers, 2 of 8 batches"),
        ("a time", "Next try at 29 Nov 13:13:02.", "Next try at 29 Nov 13:13:02."),
        (
            "the ID of a batch",
            "Saved nowhere: 550e8400-e29b-41d4-a716-446655440000.",
            "Saved nowhere: 550e8400-e29b-41d4-a716-446655440000.",
        ),
        ("escape codes", "\x1b]0;title\x07\x1b[31mred", "]0;title [31mred"),
    )
)
