"""Proxies and files that the environment names, and that are not there."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.cases.case import Case

_SECONDS = 60.0


def said(*arguments: str, **environ: str) -> Callable[[Path], str]:
    """Return what runs the program, and tells its exit code and the first line that it says."""

    def get(directory: Path) -> str:
        own = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "PWL_TUI_STATE_DIR": str(directory / "state"),
            "PROWEBLOOK_API_KEY": "made-up",
            "PROWEBLOOK_BASE_URL": "https://lookup.test",
        }
        command = [sys.executable, "-m", "pwl_tui", *arguments]
        ran = subprocess.run(command, env=own | environ, capture_output=True, timeout=_SECONDS)
        return f"exit {ran.returncode}: {(ran.stdout + ran.stderr).decode().splitlines()[0]}"

    return get


def _nowhere() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


_PROXY = _nowhere()

CASES: Sequence[Case] = (
    Case(
        "a proxy that is not there",
        f"exit 6: Could not connect to the proxy {_PROXY}.",
        said("balance", HTTPS_PROXY=f"http://me:hidden@{_PROXY}"),
    ),
    Case(
        "a TLS key log that cannot be written",
        "exit 6: Could not write the TLS key log that SSLKEYLOGFILE names.",
        said("balance", SSLKEYLOGFILE="/dev/null/keys"),
    ),
    Case(
        "certificates that are not there",
        "exit 6: Could not read the certificates that SSL_CERT_FILE or SSL_CERT_DIR names.",
        said("balance", SSL_CERT_FILE="/dev/null/ca.pem"),
    ),
)
