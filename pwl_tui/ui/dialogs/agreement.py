"""Asks before a plan is carried out: nothing is spent that the person has not seen."""

from textual.app import App

from pwl_tui.engine.jobs.planning import JobPlan, WhenShort
from pwl_tui.ui.dialogs.questions import Ask, Choice, spend
from pwl_tui.ui.presenters.plan import spending
from pwl_tui.wording.figures import counted, grouped


async def agreed(app: App[None], title: str, plan: JobPlan, confirm_above: int) -> WhenShort | None:
    """Ask the person whether to carry out a plan.

    Args:
        app: shows the questions.
        title: shown on their frames.
        plan: what would be sent.
        confirm_above: more credits than this must be typed to confirm them. 0 means never.

    Returns:
        What to do with too few credits. None means that nothing is to be sent.
    """
    if not plan.short:
        question = (
            spend(title, spending(plan), plan.to_pay, confirm_above) if plan.to_pay else _free(title, plan)
        )
        return "cancel" if await app.push_screen_wait(question) == "yes" else None
    answer = await app.push_screen_wait(_short(plan))
    if answer not in ("fit", "wait"):
        return None
    amount = plan.balance or 0 if answer == "fit" else plan.to_pay
    if 0 < confirm_above < amount:
        text = f"Spend {counted(amount, 'credit')}{'' if answer == 'fit' else ', some after a top-up'}?"
        if await app.push_screen_wait(spend(title, text, amount, confirm_above)) != "yes":
            return None
    return "fit" if answer == "fit" else "wait"


def _free(title: str, plan: JobPlan) -> Ask:
    question = f"All {grouped(plan.reused)} numbers already have a result, so this costs nothing."
    return Ask(title, question, [Choice("no", "Cancel", key="n"), Choice("yes", "Create the job", key="y")])


def _short(plan: JobPlan) -> Ask:
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
    text = f"Needs {counted(plan.to_pay, 'credit')}; {grouped(balance)} available."
    return Ask("Not enough credits", text, choices)
