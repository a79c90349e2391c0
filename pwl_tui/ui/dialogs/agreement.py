"""Asks before a plan is carried out: nothing is spent that the person has not seen."""

from typing import TYPE_CHECKING

from msgspec import Struct
from textual.app import App

from pwl_tui.engine.jobs import planning
from pwl_tui.engine.jobs.planning import JobPlan, WhenShort
from pwl_tui.ui.dialogs.questions import Ask, Choice, spend
from pwl_tui.ui.presenters.plan import spending
from pwl_tui.wording import plan as wording
from pwl_tui.wording.figures import counted, grouped
from pwl_tui.wording.jobs import to_be_exported

if TYPE_CHECKING:
    from pwl_tui.lists.write.export import Target


class Agreement(Struct, frozen=True):
    """What the person agreed to.

    Attributes:
        plan: the plan; with what is under way as the person decided.
        when_short: what to do with too few credits.
        credits: the most that may be spent.
    """

    plan: JobPlan
    when_short: WhenShort
    credits: int


async def agreed(
    app: App[None], title: str, plan: JobPlan, confirm_above: int, export: "Target | None" = None
) -> Agreement | None:
    """Ask the person whether to carry out a plan.

    Args:
        app: shows the questions.
        title: shown on their frames.
        plan: what would be sent.
        confirm_above: more credits than this must be typed to confirm them. 0 means never.
        export: where the list is exported once its job is finished. None means nowhere.

    Returns:
        What was agreed to. None means that nothing is to be sent.
    """
    if plan.asks:
        answer = await app.push_screen_wait(_again(title, plan))
        if answer is None:
            return None
        plan = planning.pay_again(plan) if answer == "yes" else plan
    where = f"\n{words}" if (words := to_be_exported(export)) else ""
    if not plan.short:
        question = (
            spend(title, spending(plan) + where, plan.to_pay, confirm_above)
            if plan.to_pay
            else _free(title, plan, where)
        )
        yes = await app.push_screen_wait(question) == "yes"
        return Agreement(plan, "cancel", plan.to_pay) if yes else None
    answer = await app.push_screen_wait(_short(plan, where))
    if answer not in ("fit", "wait"):
        return None
    amount = plan.balance or 0 if answer == "fit" else plan.to_pay
    if 0 < confirm_above < amount:
        text = f"Spend {counted(amount, 'credit')}{'' if answer == 'fit' else ', some after a top-up'}?"
        if await app.push_screen_wait(spend(title, text, amount, confirm_above)) != "yes":
            return None
    return Agreement(plan, "fit" if answer == "fit" else "wait", amount)


def _again(title: str, plan: JobPlan) -> Ask:
    """Return the question for the person's decision that rule 7 demands."""
    follow = "Nothing more is paid for them; this job gets their answers when they arrive."
    again = f"Pay {counted(plan.under_way, 'credit')} again"
    choices = [
        Choice("no", "Take over their answers", follow, key="n"),
        Choice("yes", again, "They are sent and charged a second time.", key="y", danger=True),
    ]
    return Ask(title, wording.pay_again(plan), choices)


def _free(title: str, plan: JobPlan, where: str) -> Ask:
    question = "This costs nothing."
    if plan.reused:
        question += f"\n{grouped(plan.reused)} already have a result."
    if plan.under_way:
        question += f"\n{wording.under_way(plan)}"
    if doubt := wording.in_doubt(plan):
        question += f"\n{doubt}"
    choices = [Choice("no", "Cancel", key="n"), Choice("yes", "Create the job", key="y")]
    return Ask(title, question + where, choices)


def _short(plan: JobPlan, where: str) -> Ask:
    balance = plan.balance or 0
    cancel = Choice("no", "Cancel", "Nothing is sent.")
    if not balance:
        later = "The job waits for credits, then sends everything and pays for it."
        choices = [cancel, Choice("wait", "Send after a top-up", later, danger=True)]
    else:
        fits = f"Spends {counted(balance, 'credit')}. The other numbers are left out."
        now = f"Spends up to {counted(balance, 'credit')} now. The rest waits until there are enough."
        choices = [
            cancel,
            Choice("fit", "Send what you can afford", fits, danger=True),
            Choice("wait", "Send now and after a top-up", now, danger=True),
        ]
    text = f"Needs {counted(plan.to_pay, 'credit')}; {grouped(balance)} available.{where}"
    return Ask("Not enough credits", text, choices)
