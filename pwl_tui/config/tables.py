"""The settings, declared once.

A declaration holds a setting's type, range and default, what it does (``title``) and what is allowed
(``description``): the commented example and the sentences about errors are made from it.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import fields

from pwl_tui.config.values import COMMAND_SECONDS, check_command
from pwl_tui.provider import PROVIDER
from pwl_tui.secret import Secret

KEY_VARIABLE = "PROWEBLOOK_API_KEY"
BASE_URL_VARIABLE = "PROWEBLOOK_BASE_URL"

_Seconds = Annotated[float, Meta(ge=0.01, le=86_400)]
_RANGE = f"{PROVIDER.minimum_pause:.0f} to 86,400 (from 0.01 where base_url is on this machine)"
_PAUSES = f"two numbers of seconds, the shorter first, {_RANGE}"


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """One account at the service. There may be more such tables; --profile NAME chooses."""

    api_key: Annotated[
        Secret | None,
        Meta(
            title=f"The key of the service. {KEY_VARIABLE} in the environment goes before it.",
            description="text of visible ASCII characters without spaces",
            examples=['api_key = "…"'],
        ),
    ] = None
    api_key_command: Annotated[
        str,
        Meta(
            title='In place of api_key: a command that prints it, such as "pass show proweblook"; no shell.',
            description=f"a command line that ends within {COMMAND_SECONDS:.0f} seconds, or empty",
        ),
    ] = ""
    base_url: Annotated[
        str,
        Meta(
            title=f"Where the service is. {BASE_URL_VARIABLE} in the environment goes before it.",
            description="an https:// address; http:// on this machine only",
        ),
    ] = PROVIDER.base_url
    region: Annotated[
        str,
        Meta(
            title="The country of numbers that are written without a country code; empty: not known.",
            description='two letters (ISO 3166-1), such as "US", or empty',
            pattern=r"^([A-Za-z]{2})?\Z",
        ),
    ] = ""
    max_credits_per_job: Annotated[
        int,
        Meta(
            title="The most credits that one job may spend; 0: no cap.",
            description="a whole number, 0 to 1,000,000,000",
            ge=0,
            le=1_000_000_000,
        ),
    ] = 0
    confirm_above: Annotated[
        int,
        Meta(
            title="Above so many credits you are asked to type the amount before it is spent; 0: never.",
            description="a whole number, 0 to 1,000,000,000",
            ge=0,
            le=1_000_000_000,
        ),
    ] = 10_000

    def __post_init__(self) -> None:
        if self.api_key and self.api_key_command:
            raise ValueError("have either api_key or api_key_command, not both")
        check_command("api_key_command", self.api_key_command)


class Lists(Struct, frozen=True, forbid_unknown_fields=True):
    """How lists are read."""

    reuse_days: Annotated[
        int,
        Meta(
            title="An answer at most this old is used again in place of paying for it again; 0: never.",
            description="a whole number of days, 0 to 3,650",
            ge=0,
            le=3650,
        ),
    ] = 30
    numbers: Annotated[
        Literal["valid", "possible"],
        Meta(
            title="Send numbers of a range that is in use only, or every number of a possible length.",
            description='"valid" or "possible"',
        ),
    ] = "valid"


class Polling(Struct, frozen=True, forbid_unknown_fields=True):
    """How often the service is asked about a batch."""

    minimum: Annotated[
        float,
        Meta(
            title="No batch is asked about more often.",
            description=f"a number of seconds, {_RANGE}",
            ge=0.01,
            le=86_400,
        ),
    ] = PROVIDER.minimum_pause
    small: Annotated[
        tuple[_Seconds, _Seconds],
        Meta(
            title=f"Shortest and longest pause for a batch under {PROVIDER.small_batch:,} numbers.",
            description=_PAUSES,
        ),
    ] = PROVIDER.small_pause
    large: Annotated[
        tuple[_Seconds, _Seconds],
        Meta(
            title=f"Shortest and longest pause for a batch of {PROVIDER.large_batch:,} numbers.",
            description=_PAUSES,
        ),
    ] = PROVIDER.large_pause
    requests_per_second: Annotated[
        float,
        Meta(
            title="The most requests a second, all batches together.",
            description="a number, 0.01 to 1,000",
            ge=0.01,
            le=1000,
        ),
    ] = 2.0

    def __post_init__(self) -> None:
        if self.small[0] > self.small[1] or self.large[0] > self.large[1]:
            raise ValueError("have the shorter pause first in small and in large")


class Ui(Struct, frozen=True, forbid_unknown_fields=True):
    """The screen."""

    theme: Annotated[
        Literal["auto", "dark", "light", "ansi"],
        Meta(
            title="The colours. auto: as light as the terminal; ansi: the terminal's own sixteen.",
            description='"auto", "dark", "light" or "ansi"',
        ),
    ] = "auto"
    mouse: Annotated[
        bool,
        Meta(
            title="Use the mouse; false leaves it to the terminal, for selecting text.",
            description="true or false",
        ),
    ] = True
    low_bandwidth: Annotated[
        Literal["auto", "always", "never"],
        Meta(
            title="Draw less. auto: where SSH_CONNECTION is set and the line is slow.",
            description='"auto", "always" or "never"',
        ),
    ] = "auto"
    ascii: Annotated[
        bool,
        Meta(
            title="Draw frames, bars and signs in ASCII, for fonts and screen readers that want it.",
            description="true or false",
        ),
    ] = False


class Notify(Struct, frozen=True, forbid_unknown_fields=True):
    """How you are told that a job has finished."""

    bell: Annotated[bool, Meta(title="Ring the terminal's bell.", description="true or false")] = True
    desktop: Annotated[
        Literal["auto", "osc9", "osc777", "never"],
        Meta(
            title="Have the terminal notify you: by one of two escape codes; auto: the likelier one.",
            description='"auto", "osc9", "osc777" or "never"',
        ),
    ] = "auto"
    title: Annotated[
        bool,
        Meta(
            title="Show in the terminal's title how far the work is, while it goes on.",
            description="true or false",
        ),
    ] = True
    command: Annotated[
        str,
        Meta(
            title="Run this, without a shell, with the job's counts in the environment (never its numbers).",
            description="a command line, or empty",
        ),
    ] = ""

    def __post_init__(self) -> None:
        check_command("command", self.command)


class File(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. The profiles are decoded one by one, so that an error can name the one it is in."""

    profile: Annotated[
        str,
        Meta(
            title="The profile in use where --profile names no other.",
            description="the NAME of a [profiles.NAME] table",
        ),
    ] = "default"
    profiles: Annotated[
        dict[str, dict[str, Any]],
        Meta(description="a table of tables, [profiles.NAME]"),
    ] = {}
    lists: Lists = Lists()
    polling: Polling = Polling()
    ui: Ui = Ui()
    notify: Notify = Notify()
    keys: Annotated[
        dict[str, str],
        Meta(
            title="Other keys for commands, by the names that ? shows.",
            description="names of commands, each with its key in quotes",
            examples=['new-list = "n"'],
        ),
    ] = {}


class Declared(NamedTuple):
    """One setting as it was declared."""

    name: str
    kind: Any
    """Its type, without what is said about it."""
    meta: Meta
    default: object


def tables(table: type[Struct]) -> dict[str, type[Struct]]:
    """Return the tables within `table` that have settings of their own, by name."""
    return {f.name: f.type for f in fields(table) if isinstance(f.type, type)}


def declared(table: type[Struct]) -> Iterator[Declared]:
    """Yield the settings of one table in the order of their declaration, without the tables within it."""
    for f in fields(table):
        if not isinstance(f.type, type):
            yield Declared(f.name, f.type.__origin__, f.type.__metadata__[0], f.default)
