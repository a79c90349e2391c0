"""What a key, a command and an address may be.

The checks raise `ValueError` with the end of a sentence that begins "NAME must", so that they serve the file
and the environment alike.
"""

import ipaddress
import re
from functools import cached_property
from urllib.parse import urlsplit

from pwl_tui.config.errors import config_error
from pwl_tui.secret import Secret

COMMAND_SECONDS = 30.0
"""How long a key's command may take."""

_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+")
"""A name, an IPv4 or an IPv6 address; whether it exists is for the network to say."""


class KeyCommand:
    """A command that prints the key, run when the key is first needed, once.

    Args:
        command: a command line; it is split as a shell would, but no shell runs it.
    """

    def __init__(self, command: str) -> None:
        self._words = _words(command)

    @property
    def program(self) -> str:
        """Its first word; the others may hold secrets and are not shown."""
        return self._words[0]

    @cached_property
    def key(self) -> Secret:
        """The first line that the command prints.

        Raises:
            ConfigError: it cannot be run, fails, takes longer than `COMMAND_SECONDS`, or prints no key.
        """
        try:
            return key_from(_first_line(self._words))
        except ValueError as error:
            complaint = str(error)
        # Raised out here: inside, the error would carry along what the command printed.
        raise config_error(
            f"The api_key_command, {self.program}, must {complaint}.",
            "Run it by hand to see what it prints; it gets no input and has no shell.",
        )


def key_from(text: str) -> Secret:
    """Return the key in `text`, without the white space around it.

    Raises:
        ValueError: it cannot be a key: empty, or with characters that no key has (a placeholder, two lines).
    """
    key = text.strip()
    if not (key.isascii() and key.isprintable()) or not key or " " in key:
        raise ValueError("be a key: visible ASCII characters without spaces")
    return Secret(key)


def check_command(name: str, command: str) -> None:
    """Raise `ValueError` when a command line has a quotation without an end, or holds no word."""
    try:
        words = _words(command)
    except ValueError:
        words = []
    if command and not words:
        raise ValueError(f"have a command line in {name} whose quotation marks come in pairs")


def _words(command: str) -> list[str]:
    """Return the words of a command line.

    Raises:
        ValueError: a quotation has no end.
    """
    import shlex  # hardly anybody has such a command

    return shlex.split(command)


def base_url_from(text: str) -> str:
    """Return an address in the one form that batches are bound to: lower-case host, no slash at the end.

    Raises:
        ValueError: it is neither https nor loopback, or has a user name, a password, a query or a fragment.
    """
    if not (text.isascii() and text.isprintable()) or " " in text or "\\" in text:
        raise ValueError("be an address of visible ASCII characters without spaces")
    if "?" in text or "#" in text:
        raise ValueError("be an address without a query or fragment (? or #)")
    try:
        url = urlsplit(text)
        host, port = url.hostname or "", url.port
    except ValueError:  # a port that is no number, brackets that hold no IPv6 address
        raise ValueError("be an address with a valid host and port") from None
    if "@" in url.netloc:
        raise ValueError("be an address without a user name or password")
    if url.scheme not in {"https", "http"} or not _HOST.fullmatch(host):
        raise ValueError("be an address like https://lookup.proweblook.com")
    if url.scheme == "http" and not _is_loopback(host):
        raise ValueError("be an https:// address (http:// is for this machine only: it would show the key)")
    authority = f"[{host}]" if ":" in host else host
    if port not in {None, 443 if url.scheme == "https" else 80}:
        authority += f":{port}"
    return f"{url.scheme}://{authority}{url.path.rstrip('/')}"


def on_this_machine(base_url: str) -> bool:
    """Return whether an address, as `base_url_from` returns it, is a loopback one."""
    return _is_loopback(urlsplit(base_url).hostname or "")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _first_line(words: list[str]) -> str:
    import subprocess  # here, because few people have a command and loading it takes 5 ms

    try:
        done = subprocess.run(  # noqa: S603 - the person's own command, and no shell
            words,
            stdin=subprocess.DEVNULL,  # standard input may hold the list
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"end within {COMMAND_SECONDS:.0f} seconds") from None
    except OSError as error:
        raise ValueError(f"be a program that can be run ({error.strerror})") from None
    if done.returncode:
        raise ValueError(f"succeed, but ended with status {done.returncode}")
    return done.stdout.decode(errors="replace").strip().partition("\n")[0]
