"""What a key, a command and an address may be.

The checks raise `ValueError` with the end of a sentence that begins with "NAME must", so they serve both the
file and the environment.
"""

import ipaddress
import re
from functools import cached_property
from string import Formatter
from urllib.parse import parse_qs, urlsplit

from pwl_tui.config.errors import ConfigError
from pwl_tui.secret import Secret

COMMAND_SECONDS = 30.0
"""How long the command for the key may take."""

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
"""A name, an IPv4 or an IPv6 address. Whether it exists shows when it is used."""

_SECRET_PARAMETERS = frozenset(
    {"password", "sslpassword", "scram_client_key", "scram_server_key", "oauth_client_secret"}
)
"""Those of libpq; a file that has a secret in it, such as `passfile`, is none."""


class KeyCommand:
    """A command that prints the key. It runs once, when the key is first needed.

    Args:
        command: a command line. It is split like in a shell, but no shell runs it.
    """

    def __init__(self, command: str) -> None:
        self._words = _words(command)

    @property
    def program(self) -> str:
        """Its first word. The others may be secret and are never shown."""
        return self._words[0]

    @cached_property
    def key(self) -> Secret:
        """The first line that the command prints.

        Raises:
            ConfigError: it cannot run, fails, takes longer than `COMMAND_SECONDS`, or prints no key.
        """
        try:
            return key_from(_first_line(self._words))
        except ValueError as error:
            complaint = str(error)
        # Raised out here: inside, the error would carry what the command printed.
        raise ConfigError(
            f"The api_key_command, {self.program}, must {complaint}.",
            "Run it yourself to see what it prints. It gets no input, and no shell runs it.",
        )


def key_from(text: str) -> Secret:
    """Return the key in `text`, without the white space around it.

    Raises:
        ValueError: it cannot be a key: it is empty, or has characters that no key has (a placeholder, two
            lines).
    """
    key = text.strip()
    if not (key.isascii() and key.isprintable()) or not key or " " in key:
        raise ValueError("be a key: visible ASCII characters without spaces")
    return Secret(key)


def check_command(name: str, command: str) -> None:
    """Raise `ValueError` if a command line has an unclosed quotation mark, or no word."""
    try:
        words = _words(command)
    except ValueError:
        words = []
    if command and not words:
        raise ValueError(f"have a command line in {name} with matching quotation marks")


PLACEHOLDERS = ("dir", "name", "date", "time")
"""What may stand in braces in the name of an export: the list's directory, the job's name, the time."""


def check_template(name: str, text: str) -> None:
    """Raise `ValueError` if a file name has an unknown placeholder, or a brace without its other."""
    try:
        found = [
            f"{field}{f'!{how}' if how else ''}{f':{form}' if form else ''}"
            for _, field, form, how in Formatter().parse(text)
            if field is not None
        ]
    except ValueError:
        raise ValueError(f"close every brace in {name}; {{{{ stands for a single brace") from None
    if "\0" in text:
        raise ValueError(f"have a file name without NUL in {name}")
    if unknown := [field for field in found if field not in PLACEHOLDERS]:
        known = ", ".join(f"{{{one}}}" for one in PLACEHOLDERS)
        raise ValueError(f"have only the placeholders {known} in {name}, not {{{unknown[0]}}}")


def _words(command: str) -> list[str]:
    """Return the words of a command line.

    Raises:
        ValueError: a quotation mark is not closed.
    """
    import shlex  # here, because hardly anybody has such a command

    return shlex.split(command)


def base_url_from(text: str) -> str:
    """Return an address in the form that batches are bound to: host in lower case, no slash at the end.

    Raises:
        ValueError: it is neither https nor loopback, or has a user name, password, query or fragment.
    """
    if not (text.isascii() and text.isprintable()) or " " in text or "\\" in text:
        raise ValueError("be an address of visible ASCII characters without spaces")
    if "?" in text or "#" in text:
        raise ValueError("be an address without a query or fragment (? or #)")
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:  # a port that is not a number, brackets without an IPv6 address
        raise ValueError("be an address with a valid host and port") from None
    if "@" in url.netloc:
        raise ValueError("be an address without a user name or password")
    if url.scheme not in {"https", "http"} or not _HOST.fullmatch(host):
        raise ValueError("be an address like https://lookup.proweblook.com")
    if url.scheme == "http" and not _is_loopback(host):
        raise ValueError("be an https:// address (http:// exposes the key, so it is for this machine only)")
    authority = f"[{host}]" if ":" in host else host
    if port not in {None, 443 if url.scheme == "https" else 80}:
        authority += f":{port}"
    return f"{url.scheme}://{authority}{url.path.rstrip('/')}"


def check_state_url(text: str) -> None:
    """Raise `ValueError` if this cannot be the address of a database, or has a password in it.

    A password in it would be in the file, in the list of processes and in `config show`.
    """
    if not text:
        return
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("be an address of visible ASCII characters without spaces")
    try:
        url = urlsplit(text)
    except ValueError:  # brackets without an IPv6 address
        raise ValueError("be an address with a valid host") from None
    if url.scheme not in {"postgresql", "postgres"}:
        raise ValueError("be an address like postgresql://USER@HOST/DATABASE")
    if has_password(text):
        raise ValueError("be an address without a password, which belongs in ~/.pgpass (mode 0600)")


def has_password(state_url: str) -> bool:
    """Return whether the address of a database has, or may have, a secret in it; an empty password is none.

    A password that is not encoded may have any character, so all up to the last @ may be part of it.
    """
    before_host = state_url.partition("//")[2].rpartition("@")[0]
    parameters = parse_qs(state_url.partition("?")[2])
    return bool(before_host.partition(":")[2]) or not _SECRET_PARAMETERS.isdisjoint(parameters)


def on_this_machine(base_url: str) -> bool:
    """Return whether an address from `base_url_from` is a loopback one."""
    return _is_loopback(urlsplit(base_url).hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _first_line(words: list[str]) -> str:
    import subprocess  # here, because it takes 5 ms to load and few people have a command

    try:
        done = subprocess.run(  # noqa: S603 - the person's own command, without a shell
            words,
            stdin=subprocess.DEVNULL,  # standard input may be the list
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"end within {COMMAND_SECONDS:.0f} seconds") from None
    except OSError as error:
        raise ValueError(f"be a program that can run ({error.strerror})") from None
    if done.returncode:
        raise ValueError(f"succeed, but it exited with status {done.returncode}")
    return done.stdout.decode(errors="replace").strip().partition("\n")[0]
