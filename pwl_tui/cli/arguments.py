"""The words of the command line, as argparse knows them."""

import argparse
from pathlib import Path

from pwl_tui import __version__

LATER = ("retry", "purge", "ledger", "doctor", "forget")
"""Commands that are part of the command line and not of this version."""

_ONLY = ("on-whatsapp", "not-on-whatsapp", "business", "failed", "rejected", "pending")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; the command is in ``command``, none for the screen."""
    parser = argparse.ArgumentParser(
        prog="pwl-tui",
        description="Validate lists of phone numbers with ProWebLook's batch WhatsApp service.",
        epilog="With no command, the screen opens.",
    )
    parser.add_argument("--version", action="version", version=f"pwl-tui {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file")
    parser.add_argument("--profile", metavar="NAME", help="profile of the configuration file")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="where jobs are remembered")
    parser.add_argument(
        "--demo", action="store_true", help="work with the embedded simulator and a throwaway state"
    )
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    parser.add_argument(
        "--low-bandwidth", action="store_true", help="write as little as can be to the screen"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    plan = commands.add_parser("plan", help="say what a list would send and cost; spends nothing")
    _list_options(plan)
    _json(plan)

    submit = commands.add_parser("submit", help="plan a list, ask, and send it")
    _list_options(submit)
    submit.add_argument("--yes", action="store_true", help="do not ask")
    submit.add_argument("--wait", action="store_true", help="stay until the job is finished")
    submit.add_argument("--name", metavar="TEXT", help="what to call the job")
    submit.add_argument(
        "--only-sample", type=_positive, metavar="N", help="pay for N numbers chosen at random"
    )
    submit.add_argument(
        "--when-short",
        choices=("cancel", "fit", "wait"),
        default="cancel",
        help="with too few credits: send nothing, what fits, or what fits now and the rest after a top-up",
    )
    _json(submit)

    watch = commands.add_parser("watch", help="poll until jobs are finished (default: all unfinished)")
    watch.add_argument("jobs", nargs="*", metavar="JOB")
    watch.add_argument("--timeout", type=_seconds, metavar="S", help="give up after S seconds")
    _json(watch)

    _json(commands.add_parser("jobs", help="list the jobs"))
    show = commands.add_parser("show", help="show one job with its batches")
    show.add_argument("job", metavar="JOB")
    _json(show)

    export = commands.add_parser("export", help="give the list back with its answers")
    export.add_argument("job", metavar="JOB")
    export.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    export.add_argument(
        "--format", choices=("csv", "xlsx", "jsonl", "txt"), help="default: by the file's name"
    )
    export.add_argument("--only", choices=_ONLY, help="only rows with this answer")
    export.add_argument("--digits", action="store_true", help="numbers without the plus")
    export.add_argument("--force", action="store_true", help="overwrite a file that exists")

    adopt = commands.add_parser("adopt", help="take over batches submitted elsewhere")
    adopt.add_argument("batch_ids", nargs="*", metavar="BATCH_ID")
    adopt.add_argument("--name", metavar="TEXT", help="what to call the job")
    adopt.add_argument(
        "--journal",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="FILE",
        help="rebuild the jobs from the journal (default: the one beside the state file)",
    )
    _json(adopt)

    settle = commands.add_parser("settle", help="decide a batch whose outcome is unknown")
    settle.add_argument("batch", metavar="BATCH", help="JOB.NUMBER, as `show` names it")
    settle.add_argument("--as", dest="decision", choices=("free", "lost", "adopted"), required=True)
    settle.add_argument("--batch-id", metavar="ID", help="the service's id, with `adopted`")
    _json(settle)

    for name, text in (("pause", "stop sending a job"), ("resume", "go on with a job")):
        commands.add_parser(name, help=text).add_argument("job", metavar="JOB")

    lookup = commands.add_parser("lookup", help="check single numbers, one credit each")
    lookup.add_argument("numbers", nargs="+", metavar="NUMBER")
    _json(lookup)

    balance = commands.add_parser("balance", help="show the credits")
    which = balance.add_mutually_exclusive_group()
    which.add_argument(
        "--service",
        choices=("phonevalidation", "wavalidation", "calleridvalidation", "blacklistchecker"),
        default="wavalidation",
    )
    which.add_argument("--all", action="store_true", help="of every service")
    _json(balance)

    config = commands.add_parser("config", help="the configuration file")
    config.add_argument("action", choices=("init", "path", "show"))

    simulator = commands.add_parser("simulator", help="run the embedded service alone, for trying things")
    simulator.add_argument("--port", type=int, default=0, metavar="N", help="default: a free one")
    simulator.add_argument("--credits", type=int, default=50_000, metavar="N")
    simulator.add_argument("--rate", type=float, default=50.0, metavar="N", help="numbers a second")
    simulator.add_argument("--faults", type=Path, metavar="FILE", help="rules for what goes wrong")

    for name in LATER:
        later = commands.add_parser(name, help="comes with a later version")
        later.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def _list_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "list", metavar="LIST", help="a .csv, .tsv or .txt file, also .gz; - for standard input"
    )
    parser.add_argument("--column", metavar="NAME_OR_NUMBER", help="the phone column")
    parser.add_argument("--sheet", metavar="NAME", help="sheet of a workbook")
    parser.add_argument("--no-header", action="store_true", help="the first row is data")
    parser.add_argument("--region", metavar="CC", help="two letters: where national numbers are from")
    parser.add_argument("--encoding", metavar="NAME")
    parser.add_argument("--delimiter", metavar="C")
    parser.add_argument("--reuse-days", type=_days, metavar="N", help="use answers so old again; 0: never")
    parser.add_argument("--numbers", choices=("valid", "possible"), help="which numbers to accept")


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="one JSON value on standard output")


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _days(text: str) -> int:
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError("must be 0 or more seconds")
    return value
