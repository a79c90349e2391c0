"""The words of the command line, as argparse knows them."""

import argparse
import sys
from pathlib import Path

from pwl_tui import __version__
from pwl_tui.cli.options import (
    Commands,
    command,
    days,
    job,
    json,
    list_options,
    positive,
    rejected_rows,
    seconds,
    the_list,
    yes,
)
from pwl_tui.provider import PROVIDER

_EXIT_CODES = """\
exit codes:
  0    done
  1    something failed that has no code below
  2    wrong usage, an unusable list, bad configuration
  3    the key was refused
  4    credits are short; nothing was sent beyond what is said
  5    a batch's outcome is unknown: `pwl-tui settle BATCH`
  6    the service cannot be reached, is down, limits us, or answers nonsense
  7    --timeout ran out; everything is kept
  130  interrupted; everything is kept
"""
_ONLY = ("on-whatsapp", "not-on-whatsapp", "business", "failed", "rejected", "pending", "not-sent")


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; the command is in ``command``."""
    parser = argparse.ArgumentParser(
        prog="pwl-tui",
        description="Validate lists of phone numbers with ProWebLook's batch WhatsApp service.\n"
        "With no command, the screen opens.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    if sys.version_info >= (3, 14):
        # It looks whether standard output is a terminal, also for errors, which may go to a file.
        parser.color = False
    parser.add_argument("--version", action="version", version=f"pwl-tui {__version__}")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file")
    parser.add_argument("--profile", metavar="NAME", help="profile of the configuration file")
    parser.add_argument("--state-dir", type=Path, metavar="DIR", help="where jobs are remembered")
    parser.add_argument(
        "--demo", action="store_true", help="work with the embedded simulator and a throwaway state"
    )
    parser.add_argument(
        "--no-spend", action="store_true", help="submit nothing that costs credits; polling goes on"
    )
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    parser.add_argument(
        "--low-bandwidth", action="store_true", help="write as little as can be to the screen"
    )
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for add in (_sending, _having, _mending, _spent, _surroundings):
        add(commands)
    return parser


def _sending(commands: Commands) -> None:
    plan = command(
        commands,
        "plan",
        "say what a list would send and cost; spends nothing",
        "Needs no key; with one, the credits are read and answers already paid for are taken into account.",
    )
    the_list(plan)
    list_options(plan)
    rejected_rows(plan)
    json(plan)

    submit = command(
        commands,
        "submit",
        "plan a list, ask, and send it",
        "On a terminal it asks before it spends; above confirm_above credits it wants the amount typed. A"
        " sample that it waits for ends with what it says about the list, and, where it may ask, with the"
        " offer to send the rest.",
    )
    what = submit.add_mutually_exclusive_group(required=True)
    the_list(what, optional=True)
    what.add_argument(
        "--rest-of",
        metavar="JOB",
        help="send what a sample, or short credits, left out of a job, as a new one; what is answered is"
        " not paid for again",
    )
    list_options(submit)
    rejected_rows(submit)
    yes(submit, "spend without asking")
    submit.add_argument("--wait", action="store_true", help="stay until the job is finished")
    submit.add_argument("--name", metavar="TEXT", help="what to call the job")
    submit.add_argument(
        "--only-sample",
        type=positive,
        metavar="N",
        help="pay for N numbers chosen at random, to learn what to expect of the rest",
    )
    submit.add_argument(
        "--when-short",
        choices=("cancel", "fit", "wait"),
        default="cancel",
        help="with too few credits: send nothing, what fits, or what fits now and the rest after a top-up",
    )
    json(submit)

    watch = command(
        commands,
        "watch",
        "poll until jobs are finished",
        "Sends what is still to be sent, too, unless --no-spend is given. Made for cron: several may run.",
    )
    watch.add_argument("jobs", nargs="*", metavar="JOB", help="number or name; default: all unfinished")
    watch.add_argument("--timeout", type=seconds, metavar="S", help="give up after S seconds")
    json(watch)


def _having(commands: Commands) -> None:
    json(command(commands, "jobs", "list the jobs"))
    show = command(commands, "show", "show one job with its batches")
    job(show)
    json(show)

    export = command(commands, "export", "give the list back with its answers")
    job(export)
    export.add_argument(
        "-o",
        "--output",
        type=Path,
        required=True,
        metavar="FILE",
        help="a new file, which you alone can read; with --split, what the names begin with",
    )
    export.add_argument(
        "--format", choices=("csv", "xlsx", "jsonl", "txt"), help="default: by the file's name"
    )
    which = export.add_mutually_exclusive_group()
    which.add_argument("--only", choices=_ONLY, help="only rows with this answer")
    which.add_argument(
        "--split", action="store_true", help="a file for each outcome that there is: FILE-on-whatsapp, …"
    )
    export.add_argument("--digits", action="store_true", help="numbers without the plus")
    export.add_argument("--force", action="store_true", help="overwrite a file that exists")

    job(command(commands, "pause", "stop sending a job; what was sent is still polled"))
    job(command(commands, "resume", "go on with a job that stands still, for whatever reason"))

    forget = command(
        commands,
        "forget",
        "remove a finished job with its numbers for good",
        "What it cost stays in the ledger. Its answers are then not used again, but paid for again.",
    )
    job(forget)
    yes(forget, "remove it without asking")

    purge = command(
        commands,
        "purge",
        "remove old jobs with their numbers for good",
        "Jobs that still have something to send, fetch or settle are kept. The ledger keeps what was spent.",
    )
    purge.add_argument(
        "--older-than", type=days, required=True, metavar="DAYS", help="made more than DAYS days ago"
    )
    yes(purge, "remove them without asking")


def _mending(commands: Commands) -> None:
    adopt = command(
        commands,
        "adopt",
        "take over batches submitted elsewhere",
        "Each id is asked for first: a wrong one is named and costs nothing, and the others are adopted.",
    )
    adopt.add_argument(
        "batch_ids", nargs="*", metavar="BATCH_ID", help="the service's ids; they make one job"
    )
    adopt.add_argument("--name", metavar="TEXT", help="what to call the job")
    where = adopt.add_mutually_exclusive_group()
    where.add_argument(
        "--from",
        dest="source",
        metavar="FILE",
        help="one id a line, # begins a comment; - for standard input",
    )
    where.add_argument(
        "--journal",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="FILE",
        help="rebuild the jobs from the journal (default: the one beside the state file)",
    )
    json(adopt)

    settle = command(
        commands,
        "settle",
        "decide a batch whose outcome is unknown",
        "Without --as it shows what happened, what the balance says, and what can be done; it decides nothing"
        " and exits 5.",
    )
    settle.add_argument("batch", metavar="BATCH", help="JOB.NUMBER, as `show` names it")
    what = settle.add_mutually_exclusive_group()
    what.add_argument(
        "--as",
        dest="decision",
        choices=("free", "lost", "adopted"),
        help="free: was not charged, send again; lost: was charged, write off; adopted: here is its id",
    )
    what.add_argument(
        "--report",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="FILE",
        help="print, or save, a report for the provider's support; it holds no key and no number",
    )
    what.add_argument(
        "--wait",
        action="store_true",
        help="stay until the balance was read often enough, 5 minutes at most",
    )
    settle.add_argument("--batch-id", metavar="ID", help="the service's id, with `--as adopted`")
    json(settle)

    retry = command(
        commands,
        "retry",
        "ask again for what failed in a job",
        "Failed numbers become a new job and are paid for again; rejected batches, which cost nothing so far,"
        " are sent again within theirs. With neither option: both.",
    )
    job(retry)
    retry.add_argument("--failed", action="store_true", help="only the numbers that failed")
    retry.add_argument("--rejected", action="store_true", help="only the batches that were rejected")
    yes(retry, "spend without asking")
    retry.add_argument("--wait", action="store_true", help="stay until it is finished")
    json(retry)


def _spent(commands: Commands) -> None:
    lookup = command(commands, "lookup", "check single numbers, one credit each")
    lookup.add_argument(
        "numbers", nargs="+", metavar="NUMBER", help="+14155552671, or national with a region"
    )
    json(lookup)

    balance = command(commands, "balance", "show the credits")
    which = balance.add_mutually_exclusive_group()
    which.add_argument(
        "--service",
        choices=PROVIDER.services,
        default=PROVIDER.batch_service,
        help=f"default: {PROVIDER.batch_service}, which batches are paid with",
    )
    which.add_argument("--all", action="store_true", help="of every service")
    json(balance)

    ledger = command(
        commands,
        "ledger",
        "show what was spent, when, on which batch",
        "Movements of the balance that these charges do not explain are marked with an exclamation mark.",
    )
    json(ledger)


def _surroundings(commands: Commands) -> None:
    doctor = command(
        commands,
        "doctor",
        "check all that the program needs to work",
        "Key, network, TLS, proxy, clock, state file, terminal. Spends nothing and prints no secret. Exits"
        " with the code of the first check that fails.",
    )
    json(doctor)
    config = command(commands, "config", "the configuration file")
    config.add_argument(
        "action",
        choices=("init", "path", "show"),
        help="write a commented one, say where it is, or show the settings in force, the key hidden",
    )

    simulator = command(commands, "simulator", "run the embedded service alone, for trying things")
    simulator.add_argument("--port", type=int, default=0, metavar="N", help="default: a free one")
    simulator.add_argument("--credits", type=int, default=50_000, metavar="N", help="default: 50,000")
    simulator.add_argument(
        "--rate", type=float, default=50.0, metavar="N", help="numbers a second; default: 50"
    )
    simulator.add_argument("--faults", type=Path, metavar="FILE", help="rules for what goes wrong")
