"""What is known of a number that was typed as a filter."""

from textual.content import Content

from pwl_tui.engine.jobs.knowing import Known
from pwl_tui.wording.figures import counted, phone
from pwl_tui.wording.lookup import in_list, last

_LISTS_SHOWN = 3


def known_lines(known: Known, lookup_key: str) -> Content:
    """Return the last answer about a number and the lists that it is in, the newest first.

    Args:
        known: what is known.
        lookup_key: the key that asks the service.
    """
    lines = [Content.assemble((phone(known.number), "bold"), "  ", last(known)[0])]
    if known.answer is not None:
        details = " · ".join(part for part in last(known)[1:] if part)
        lines.append(Content.styled(f"  {details}", "$muted"))
    lines += [Content.styled(f"  {in_list(one)}", "$muted") for one in known.lists[:_LISTS_SHOWN]]
    if (more := len(known.lists) - _LISTS_SHOWN) > 0:
        lines.append(Content.styled(f"  and {counted(more, 'more list')}", "$muted"))
    if not known.lists:
        lines.append(
            Content.styled(
                f"  In none of your lists. Press enter, then {lookup_key}, to look it up.", "$muted"
            )
        )
    return Content("\n").join(lines)
