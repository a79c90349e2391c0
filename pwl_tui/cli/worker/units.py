"""The worker as a systemd user service: writes and removes its units.

The first line of a unit holds the digest of the rest. A unit that was changed since, or that this program did
not write, is neither replaced nor removed.
"""

import hashlib
import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from pwl_tui import paths
from pwl_tui.cli.errors import UsageError
from pwl_tui.cli.exit_codes import Exit
from pwl_tui.cli.follow import PATIENCE_SECONDS
from pwl_tui.cli.session import Session
from pwl_tui.cli.worker.process import command, surroundings
from pwl_tui.config import KeyCommand
from pwl_tui.config.tables import BASE_URL_VARIABLE, KEY_VARIABLE
from pwl_tui.text import clean

_MARK = "# Written by `pwl-tui worker install`"
_STAMPED = re.compile(rf"{re.escape(_MARK)}, digest ([0-9a-f]{{16}})\.\n(.*)\Z", re.DOTALL)
_UNPRINTABLE = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u2028\\u2029\\ud800-\\udfff]+")
"""What would end a line of a unit, and bytes that are not in UTF-8."""
_NETWORK_VARIABLES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR")
_CACHE_VARIABLE = "XDG_CACHE_HOME"
"""Says where the journal's second copy is: a worker with another one would not know all that was sent."""
_STOP_SECONDS = int(PATIENCE_SECONDS) + 20
"""Longer than the worker waits for the answer to a paid call, so that systemd does not kill it meanwhile."""

_NO_RESTART = (Exit.FAILED, Exit.USAGE, Exit.REFUSED, Exit.CREDITS, Exit.UNKNOWN)
"""Ends that a restart does not cure: the person has to act first. The timer looks again all the same."""

_HARDENING = """\
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictNamespaces=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
"""
"""What needs no privilege and no namespace, so that every user's systemd can do it. Netlink is for resolving
names. All files of the person stay writable: the state, and answers that are exported beside the lists."""

_NO_HARDENING = """\
# Not hardened further: that would also apply to api_key_command and notify.command, and could keep them from
# what they need, such as a set-user-ID program.
"""


class Units(Struct, frozen=True):
    """The files of one worker.

    Attributes:
        service: their name with its suffix.
        timer: likewise.
        texts: what is in them, by name.
    """

    service: str
    timer: str
    texts: Mapping[str, str]


def units(session: Session, environ: Mapping[str, str]) -> Units:
    """Return the units of the worker of the profile in use.

    Raises:
        ConfigError: the settings are invalid.
        UsageError: this is a demo.
    """
    settings = session.settings
    suffix = "" if settings.profile == "default" else f"-{_in_name(settings.profile)}"
    service, timer = f"pwl-tui-worker{suffix}.service", f"pwl-tui-worker{suffix}.timer"
    words = [word for word in command(session) if word != "--json"]
    around = {**surroundings(session), "PATH": _absolute_only(environ.get("PATH", os.defpath))}
    if environ.get(BASE_URL_VARIABLE):
        around[BASE_URL_VARIABLE] = settings.base_url
    if environ.get(_CACHE_VARIABLE):
        around[_CACHE_VARIABLE] = environ[_CACHE_VARIABLE]
    lines = "".join(f'Environment="{name}={_quoted(value)}"\n' for name, value in around.items())
    has_commands = isinstance(settings.key_source, KeyCommand) or settings.notify.command
    service_text = f"""\
[Unit]
Description=pwl-tui background worker, profile {_percents(clean(settings.profile, 40))}
Documentation=man:pwl-tui(1)
# It ends by itself when nothing is left to do; that is not a failure.
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={" ".join(_word(word) for word in words)}
{lines}StandardInput=null
StandardOutput=journal
StandardError=journal
UMask=0077
# It is not restarted after a problem that only you can fix: see the exit codes in the manual.
Restart=on-failure
RestartSec=60
SuccessExitStatus={Exit.INTERRUPTED.value}
RestartPreventExitStatus={" ".join(str(code.value) for code in _NO_RESTART)}
# SIGTERM ends it once the answer to the batch that is being sent is on disk. Only the worker itself gets it:
# the command under [notify] may still be at work when the last job has finished.
KillMode=process
TimeoutStopSec={_STOP_SECONDS}
{_NO_HARDENING if has_commands else _HARDENING}
[Install]
WantedBy=default.target
"""
    timer_text = f"""\
[Unit]
Description=Looks for unfinished jobs of pwl-tui, profile {_percents(clean(settings.profile, 40))}

[Timer]
OnStartupSec=2min
OnUnitInactiveSec=15min
RandomizedDelaySec=30

[Install]
WantedBy=timers.target
"""
    return Units(service, timer, {service: _stamped(service_text), timer: _stamped(timer_text)})


def install(session: Session) -> int:
    """Write the units, or print them, and say what to do with them.

    Raises:
        UsageError: a unit was written or changed by somebody else.
        PathError: a unit cannot be written.
    """
    made, output = units(session, os.environ), session.output
    if session.arguments.print:
        output.value(made.texts, "\n".join(f"# {name}\n{text}" for name, text in made.texts.items()).rstrip())
        return Exit.DONE
    directory = unit_directory(os.environ)
    for name in made.texts:
        _require_ours(directory / name)
    for name, text in made.texts.items():
        paths.write_private(directory / name, text.encode())
    written = [str(directory / name) for name in made.texts]
    output.value({"written": written}, "\n".join(f"Wrote {path}." for path in written))
    output.note("\n".join(_advice(made, session, os.environ)))
    return Exit.DONE


def uninstall(session: Session) -> int:
    """Remove the units, and nothing that somebody else has written.

    Raises:
        UsageError: a unit is still enabled, or was written or changed by somebody else.
        PathError: a unit cannot be removed.
    """
    made, output = units(session, os.environ), session.output
    directory = unit_directory(os.environ)
    there = [directory / name for name in made.texts if os.path.lexists(directory / name)]
    none = f"There is no unit in {directory}."
    if session.arguments.print:
        output.value({"removed": [str(path) for path in there]}, "\n".join(map(str, there)) or none)
        return Exit.DONE
    for path in there:
        _require_ours(path)
    if enabled := [path.name for path in there if any(directory.glob(f"*.wants/{path.name}"))]:
        raise UsageError(
            f"{' and '.join(enabled)} would stay enabled.",
            f"Run `systemctl --user disable --now {' '.join(enabled)}` first.",
        )
    for path in there:
        paths.remove(path)
    removed = [str(path) for path in there]
    text = "\n".join(f"Removed {path}." for path in removed) or none
    output.value({"removed": removed}, text)
    if removed:
        output.note("Run `systemctl --user daemon-reload`.")
    return Exit.DONE


def unit_directory(environ: Mapping[str, str]) -> Path:
    """Return where a person's own units are; it need not exist.

    Raises:
        UsageError: this system has no systemd.
    """
    if sys.platform != "linux":
        raise UsageError("Only Linux has systemd.", "Use `pwl-tui worker start` instead.")
    configured = Path(environ.get("XDG_CONFIG_HOME", ""))
    base = configured if configured.is_absolute() else Path.home() / ".config"
    return base / "systemd" / "user"


def _advice(made: Units, session: Session, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield what is left for the person to do."""
    yield "Enable one of them:"
    yield f"  systemctl --user daemon-reload && systemctl --user enable --now {made.timer}"
    yield "    looks for unfinished jobs every 15 minutes"
    yield f"  systemctl --user daemon-reload && systemctl --user enable --now {made.service}"
    yield "    works now, and whenever you log in or the machine starts"
    yield "Without lingering, systemd stops both when you log out. To keep them running:"
    yield "  loginctl enable-linger"
    if environ.get(KEY_VARIABLE):
        yield (
            f"The key is in {KEY_VARIABLE}, which systemd does not get. Save it in"
            f" {clean(str(session.config_file))}, or set api_key_command there."
        )
    of_database = (
        sorted(name for name in environ if name.startswith("PG")) if session.settings.state.url else []
    )
    if missing := [name for name in (*_NETWORK_VARIABLES, *of_database) if environ.get(name)]:
        yield f"systemd does not get {', '.join(missing)} either: see `systemctl --user edit {made.service}`."


def _require_ours(path: Path) -> None:
    """Refuse to touch a file that `install` did not write exactly as it is now."""
    if not os.path.lexists(path):
        return
    try:
        found = None if path.is_symlink() else _STAMPED.match(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        found = None
    if found is None or found[1] != _digest(found[2]):
        raise UsageError(
            f"{path} was not written by pwl-tui, or was changed since.",
            "Move it away, or remove it yourself.",
        )


def _stamped(text: str) -> str:
    return f"{_MARK}, digest {_digest(text)}.\n{text}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _absolute_only(path: str) -> str:
    return os.pathsep.join(part for part in path.split(os.pathsep) if part.startswith("/"))


def _in_name(profile: str) -> str:
    """Return a profile's name in characters that a unit's name may have, unique if changed."""
    kept = re.sub(r"[^A-Za-z0-9_-]", "_", profile)[:60]
    return kept if kept == profile else f"{kept}-{hashlib.sha256(profile.encode()).hexdigest()[:6]}"


def _percents(text: str) -> str:
    return text.replace("%", "%%")


def _quoted(text: str) -> str:
    """Return a text escaped for double quotes in a unit, on one line whatever is in it."""
    quoted = _percents(text.replace("\\", "\\\\").replace('"', '\\"'))
    return _UNPRINTABLE.sub(lambda found: "".join(f"\\x{byte:02x}" for byte in os.fsencode(found[0])), quoted)


def _word(text: str) -> str:
    """Return a text as one word of a command line in a unit."""
    plain = re.fullmatch(r"[A-Za-z0-9_./:=+-]+", text)
    return text if plain else f'"{_quoted(text).replace("$", "$$")}"'
