"""Asking the person before credits are spent or something is deleted."""

import re
import sys

from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.output import Output
from pwl_tui.cli.session import Session
from pwl_tui.engine.jobs import planning
from pwl_tui.engine.jobs.planning import JobPlan
from pwl_tui.engine.problems import NO_KEY, EngineError
from pwl_tui.wording.figures import counted
from pwl_tui.wording.jobs import numbered
from pwl_tui.wording.plan import pay_again

_GROUPING = re.compile(r"[\s.,'_]")
"""What people write between thousands, in one country or another."""


def require_spending(session: Session) -> None:
    """Fail before any work is done if no credits can be spent.

    Raises:
        EngineError: There is no key, or ``--no-spend`` was given.
    """
    if session.engine.binding is None:
        raise EngineError(NO_KEY)
    if (forbidden := session.engine.forbidden) is not None:
        raise EngineError(forbidden)


def spending_agreed(session: Session, to_pay: int, left: int | None) -> bool:
    """Return whether to spend credits: because of ``--yes``, or because the person agrees.

    Args:
        session: its settings say above which amount the person must type it.
        to_pay: credits to spend.
        left: credits that remain afterwards. None means unknown.

    Raises:
        UsageError: The person must be asked, and there is no terminal.
    """
    if session.arguments.yes:
        return True
    output, limit = session.output, session.settings.confirm_above
    _require_terminal("nothing was sent", "Add --yes to spend credits without being asked.")
    cost = counted(to_pay, "credit") + ("" if left is None else f", leaving {left:,}")
    if limit and to_pay > limit:
        typed = _asked(output, f"Type {to_pay} to spend {cost}: ")
        return _GROUPING.sub("", typed) == str(to_pay)
    return _yes(_asked(output, f"Spend {cost}? [y/N] "))


def paying_again(session: Session, plan: JobPlan) -> JobPlan:
    """Return a plan as the person decided on numbers that are under way: paid for again, or taken over.

    Nobody is asked unless nothing is to be reused. ``--yes`` does not answer this question: the decision has
    to name the sum.

    Raises:
        UsageError: ``--pay-again`` names another sum, or the person must be asked and there is no terminal.
    """
    given: int | None = session.arguments.pay_again
    sum_now = plan.under_way
    if given is not None:
        if plan.sampled:
            raise UsageError(
                "--pay-again cannot be used with --only-sample; nothing was sent.", "Leave out one of them."
            )
        if given != sum_now:
            raise UsageError(
                f"--pay-again is {given}, but {sum_now} are under way; nothing was sent.",
                f"Give --pay-again {sum_now} to pay for them again." if sum_now else "Leave out --pay-again.",
            )
        return planning.pay_again(plan)
    if not plan.asks:
        return plan
    if not sys.stdin.isatty():
        where = numbered(list(plan.under_way_in))
        raise UsageError(
            f"{counted(sum_now, 'number is', 'numbers are')} already under way in {where}: with --reuse-days"
            f" 0, paying {counted(sum_now, 'credit')} for them a second time needs --pay-again {sum_now}.",
            "Nothing was sent. Without --reuse-days 0, this job takes over their answers.",
        )
    session.output.note("If not, this job takes over their answers when they arrive.")
    return planning.pay_again(plan) if _yes(_asked(session.output, f"{pay_again(plan)} [y/N] ")) else plan


def removal_agreed(session: Session, what: str) -> bool:
    """Return whether to delete something: because of ``--yes``, or because the person agrees.

    Raises:
        UsageError: The person must be asked, and there is no terminal.
    """
    if session.arguments.yes:
        return True
    _require_terminal("nothing was deleted", "Add --yes to delete without being asked.")
    return _yes(_asked(session.output, f"Delete {what} for good? [y/N] "))


def _require_terminal(outcome: str, remedy: str) -> None:
    if not sys.stdin.isatty():
        raise UsageError(f"No terminal to confirm on; {outcome}.", remedy)


def _asked(output: Output, question: str) -> str:
    output.write_beside(question)
    return sys.stdin.readline()


def _yes(answer: str) -> bool:
    return answer.strip().lower() in {"y", "yes"}
