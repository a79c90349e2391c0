"""The settings, declared once.

A declaration has a setting's type, range and default, what it does (``title``) and what is allowed
(``description``). The commented example, the error messages and the settings screen are made from it.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple

from msgspec import Meta, Struct
from msgspec.structs import fields

from pwl_tui.config.values import COMMAND_SECONDS, check_command, check_state_url, check_template
from pwl_tui.provider import PROVIDER
from pwl_tui.secret import Secret

KEY_VARIABLE = "PROWEBLOOK_API_KEY"
BASE_URL_VARIABLE = "PROWEBLOOK_BASE_URL"
STATE_URL_VARIABLE = "PWL_TUI_STATE_URL"

_Seconds = Annotated[float, Meta(ge=0.01, le=86_400)]
_RANGE = f"{PROVIDER.minimum_pause:.0f} to 86,400 (from 0.01 if base_url is on this machine)"
_PAUSES = f"two numbers of seconds, the shorter first, {_RANGE}"


class Profile(Struct, frozen=True, forbid_unknown_fields=True):
    """An account with the service. Add more such tables and choose one with --profile NAME."""

    api_key: Annotated[
        Secret | None,
        Meta(
            title=f"The API key. {KEY_VARIABLE} in the environment overrides it.",
            description="text of visible ASCII characters without spaces",
            examples=['api_key = "…"'],
        ),
    ] = None
    api_key_command: Annotated[
        str,
        Meta(
            title='Instead of api_key: a command that prints it, such as "pass show proweblook" (no shell).',
            description=f"a command line that ends within {COMMAND_SECONDS:.0f} seconds, or empty",
        ),
    ] = ""
    base_url: Annotated[
        str,
        Meta(
            title=f"The address of the service. {BASE_URL_VARIABLE} in the environment overrides it.",
            description="an https:// address, or http:// for this machine only",
        ),
    ] = PROVIDER.base_url
    region: Annotated[
        str,
        Meta(
            title="The country of numbers without a country code. Empty means unknown.",
            description='two letters (ISO 3166-1), such as "US", or empty',
            pattern=r"^([A-Za-z]{2})?\Z",
        ),
    ] = ""
    max_credits_per_job: Annotated[
        int,
        Meta(
            title="The most credits that a job may spend. 0 means no limit.",
            description="a whole number, 0 to 1,000,000,000",
            ge=0,
            le=1_000_000_000,
        ),
    ] = 0
    confirm_above: Annotated[
        int,
        Meta(
            title="Ask you to type the amount before spending more credits than this. 0 means never.",
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
            title="Reuse results of up to this many days ago instead of paying again. 0 means never.",
            description="a whole number of days, 0 to 3,650",
            ge=0,
            le=3650,
        ),
    ] = 30
    numbers: Annotated[
        Literal["valid", "possible"],
        Meta(
            title="Send numbers in ranges that are in use (valid), or all of a possible length (possible).",
            description='"valid" or "possible"',
        ),
    ] = "valid"


class Polling(Struct, frozen=True, forbid_unknown_fields=True):
    """How often to poll the service."""

    minimum: Annotated[
        float,
        Meta(
            title="Shortest time between two polls of a batch.",
            description=f"a number of seconds, {_RANGE}",
            ge=0.01,
            le=86_400,
        ),
    ] = PROVIDER.minimum_pause
    small: Annotated[
        tuple[_Seconds, _Seconds],
        Meta(
            title="Shortest and longest pause between polls of batches under"
            f" {PROVIDER.small_batch:,} numbers.",
            description=_PAUSES,
        ),
    ] = PROVIDER.small_pause
    large: Annotated[
        tuple[_Seconds, _Seconds],
        Meta(
            title=f"Shortest and longest pause between polls of batches of {PROVIDER.large_batch:,} numbers.",
            description=_PAUSES,
        ),
    ] = PROVIDER.large_pause
    requests_per_second: Annotated[
        float,
        Meta(
            title="The most requests per second, for all batches together.",
            description="a number, 0.01 to 1,000",
            ge=0.01,
            le=1000,
        ),
    ] = 2.0

    def __post_init__(self) -> None:
        if self.small[0] > self.small[1] or self.large[0] > self.large[1]:
            raise ValueError("have the shorter pause first in small and large")


class Sending(Struct, frozen=True, forbid_unknown_fields=True):
    """In which order batches are sent."""

    order: Annotated[
        Literal["oldest", "fair"],
        Meta(
            title="Send all of the oldest job first (oldest), or a batch of each job in turn (fair).",
            description='"oldest" or "fair"',
        ),
    ] = "oldest"
    in_flight: Annotated[
        int,
        Meta(
            title="The most batches that the service works on at a time. 0 means all.",
            description="a whole number, 0 to 100,000",
            ge=0,
            le=100_000,
        ),
    ] = 0


class Worker(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to unfinished work when you leave the screen."""

    on_leave: Annotated[
        Literal["ask", "background", "stop"],
        Meta(
            title="Ask, keep working in the background, or stop. When the connection is lost, ask means"
            " background.",
            description='"ask", "background" or "stop"',
        ),
    ] = "ask"


class Ui(Struct, frozen=True, forbid_unknown_fields=True):
    """The screen."""

    theme: Annotated[
        Literal["auto", "dark", "light", "ansi"],
        Meta(
            title="Colors. auto follows the terminal's background, ansi uses the terminal's own 16 colors.",
            description='"auto", "dark", "light" or "ansi"',
        ),
    ] = "auto"
    mouse: Annotated[
        bool,
        Meta(
            title="Use the mouse. false leaves it to the terminal, for selecting text.",
            description="true or false",
        ),
    ] = True
    low_bandwidth: Annotated[
        Literal["auto", "always", "never"],
        Meta(
            title="Draw less. auto does so if SSH_CONNECTION is set and the connection is slow.",
            description='"auto", "always" or "never"',
        ),
    ] = "auto"
    ascii: Annotated[
        bool,
        Meta(
            title="Draw borders, bars and symbols in ASCII, for fonts and screen readers that need it.",
            description="true or false",
        ),
    ] = False
    mask: Annotated[
        bool,
        Meta(
            title="Hide all but the last digits of phone numbers on the screen. Exports keep them.",
            description="true or false",
        ),
    ] = False


class Export(Struct, frozen=True, forbid_unknown_fields=True):
    """Automatic exports."""

    when_done: Annotated[
        str,
        Meta(
            title="Export each list to this file once its job is finished; the suffix sets the format."
            " {dir}: where the list is, {name}: of the job, {date}, {time}: when it is sent (UTC).",
            description='a file name such as "{dir}/{name}-answers.csv", or empty',
        ),
    ] = ""

    def __post_init__(self) -> None:
        check_template("when_done", self.when_done)


class Notify(Struct, frozen=True, forbid_unknown_fields=True):
    """What happens when a job finishes, or something needs you."""

    bell: Annotated[bool, Meta(title="Ring the terminal bell.", description="true or false")] = True
    desktop: Annotated[
        Literal["auto", "osc9", "osc777", "never"],
        Meta(
            title="Show a desktop notification through the terminal. auto picks the likelier escape code.",
            description='"auto", "osc9", "osc777" or "never"',
        ),
    ] = "auto"
    title: Annotated[
        bool,
        Meta(
            title="Show progress in the terminal title while jobs are running.",
            description="true or false",
        ),
    ] = True
    command: Annotated[
        str,
        Meta(
            title="Run this without a shell; PWL_TUI_EVENT says what happened. It never gets a number or the"
            " key.",
            description="a command line, or empty",
        ),
    ] = ""

    def __post_init__(self) -> None:
        check_command("command", self.command)


class State(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the jobs are kept."""

    url: Annotated[
        str,
        Meta(
            title="Keep jobs in this PostgreSQL, which several machines may share, instead of a file."
            f" Passwords belong in ~/.pgpass. {STATE_URL_VARIABLE} in the environment overrides it.",
            description="a postgresql:// address without a password, or empty",
        ),
    ] = ""

    def __post_init__(self) -> None:
        try:
            check_state_url(self.url)
        except ValueError as rule:
            raise ValueError(f"have a url that is {str(rule).removeprefix('be ')}") from None


class File(Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. Profiles are decoded one by one, so that an error can name its profile."""

    profile: Annotated[
        str,
        Meta(
            title="The profile to use unless --profile names another.",
            description="the NAME of a [profiles.NAME] table",
        ),
    ] = "default"
    profiles: Annotated[
        dict[str, dict[str, Any]],
        Meta(description="a table of tables, [profiles.NAME]"),
    ] = {}
    lists: Lists = Lists()
    sending: Sending = Sending()
    polling: Polling = Polling()
    worker: Worker = Worker()
    ui: Ui = Ui()
    export: Export = Export()
    notify: Notify = Notify()
    state: State = State()
    keys: Annotated[
        dict[str, str],
        Meta(
            title="Keys for commands, by the command IDs that ? shows.",
            description="command IDs, each with its key in quotes",
            examples=['new-list = "n"'],
        ),
    ] = {}


class Declared(NamedTuple):
    """A setting as it is declared."""

    name: str
    kind: Any
    """Its type, without the metadata."""
    meta: Meta
    default: object


def tables(table: type[Struct]) -> dict[str, type[Struct]]:
    """Return the tables within `table`, by name."""
    return {f.name: f.type for f in fields(table) if isinstance(f.type, type)}


def declared(table: type[Struct]) -> Iterator[Declared]:
    """Yield the settings of a table in the order of declaration, without the tables within it."""
    for f in fields(table):
        if not isinstance(f.type, type):
            yield Declared(f.name, f.type.__origin__, f.type.__metadata__[0], f.default)
