"""What is fed with anything at all: each target takes bytes, and fails on whatever nobody should meet.

A target may refuse its input with the program's own error, whose sentences must be safe to print. Any other
exception is a traceback that a person could see.
"""

import gzip
import io
import json
import socket
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpcore

from pwl_tui import config
from pwl_tui.api.answers import fields_of, read_balance, read_batch, read_check, read_submitted
from pwl_tui.api.client import Client
from pwl_tui.api.errors import ApiError, decode_error
from pwl_tui.api.salvage import reply_of, submitted_in, unpacked
from pwl_tui.api.tolerant import text_in
from pwl_tui.cli.main import main
from pwl_tui.config import ConfigError
from pwl_tui.lists.errors import ListError
from pwl_tui.lists.numbers.typed import read_typed, split
from pwl_tui.lists.plan import plan
from pwl_tui.lists.read.number_formats import shown, shown_digits
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.problem import Problem
from pwl_tui.secret import Secret, redactor_of
from pwl_tui.simulator.faults import FaultsError, load
from pwl_tui.state.files.journal import Journal
from pwl_tui.text import clean, in_encoding
from tests.cases.case import INPUTS
from tests.unit.contract import CASES

Target = Callable[[bytes], None]

KEY = Secret("fuzz-key-5eed1e55c0de")
_BATCH_ID = "550e8400-e29b-41d4-a716-446655440000"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""How a list begins that is read in a process of its own: thousands of those a minute are not to be had."""
_MOST = 1 << 16


def require_safe(*texts: str) -> None:
    """Fail on a text that a terminal could obey."""
    for text in texts:
        assert text.isprintable(), f"not safe to print: {text!r}"
        assert KEY.reveal() not in text, "the key is shown"


def _problem(problem: Problem) -> None:
    require_safe(problem.message, problem.remedy, problem.code or "")


def _refusal(error: ApiError) -> None:
    _problem(error.problem)
    assert KEY.reveal() not in error.received + error.reply.text
    assert error.__context__ is None, "an error of the HTTP library hangs on it, with the URL"


def text_cleaner(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    line = clean(text, 1 + len(data) % 600)
    require_safe(line)
    assert len(line) <= 1 + len(data) % 600
    assert clean(line, 600) == line
    for encoding in ("ascii", "latin-1", "gb18030"):
        in_encoding(line, encoding).encode(encoding)


def error_decoder(data: bytes) -> None:
    status, rest = 200 + int.from_bytes(data[:2]) % 400, data[2:]
    headers = {"Retry-After": rest[:40].decode("latin-1"), "Date": rest[40:80].decode("latin-1")}
    for paid in (False, True):
        problem = decode_error(status, headers, rest, paid=paid)
        _problem(problem)
        assert paid or problem.charged == "no"
        assert problem.retry_after is None or 0 <= problem.retry_after <= 86_400


def answer_decoder(data: bytes) -> None:
    fields = redactor_of(KEY).values(fields_of(data))  # as the client does
    read_balance(fields, "wavalidation")
    submitted, check = read_submitted(fields), read_check(fields)
    batch = read_batch(fields, _BATCH_ID)
    if submitted is not None:
        require_safe(submitted.batch_id, submitted.status)
    if check is not None:
        require_safe(check.number, check.line_type, check.answer.carrier, check.answer.country)
    for one in () if batch is None else batch.results:
        require_safe(one.number, one.other, one.answer.carrier, one.answer.country, one.answer.note)


def salvage(data: bytes) -> None:
    for encoding in ("", "gzip", "deflate", "gzip, gzip", "br"):
        content, _ = unpacked(data, encoding)
        text = text_in(content)
        submitted_in(text)
        reply = reply_of([text], KEY)
        assert KEY.reveal() not in reply.text
        require_safe(*reply.ids)


class _Canned(httpcore.NetworkStream):
    """A connection on which the answer has arrived already."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - httpcore's
        piece, self._answer = self._answer[:max_bytes], self._answer[max_bytes:]
        return piece

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        pass

    def close(self) -> None:
        pass

    def get_extra_info(self, info: str) -> Any:
        return _socket() if info == "socket" else None


@cache
def _socket() -> socket.socket:
    return socket.socket()


def http(data: bytes) -> None:
    """Feed the whole client with what arrives on its sockets."""
    with (
        patch.object(httpcore.SyncBackend, "connect_tcp", lambda *_args, **_kwargs: _Canned(data)),
        Client("http://127.0.0.1:1", KEY) as client,
    ):
        calls: Iterable[Callable[[], object]] = (
            client.balance,
            lambda: client.poll(_BATCH_ID),
            lambda: client.submit(["+14155552671"]),
            lambda: client.check("+14155552671"),
        )
        for call in calls:
            try:
                call()
            except ApiError as error:
                _refusal(error)


_NAMES = ("list.csv", "list.txt", "list.tsv", "list.json", "list.vcf", "")


def lists(data: bytes) -> None:
    """Read a list whose first byte says how it is called and which region it has."""
    how, content = data[:1] or b"\0", data[1:]
    head = content
    with suppress(OSError, EOFError, ValueError):
        head = gzip.decompress(content[:_MOST]) if content.startswith(b"\x1f\x8b") else content
    if head.startswith(_WORKBOOKS):
        return
    region = ("US", "BR", None)[how[0] % 3]
    _list(content, _NAMES[how[0] // 3 % len(_NAMES)], region)


def vcards(data: bytes) -> None:
    _list(b"BEGIN:VCARD\r\n" + data, "list.vcf", "US")


def json_lists(data: bytes) -> None:
    _list(b'[{"' + data, "list.json", "US")


def _list(content: bytes, name: str, region: str | None) -> None:
    path = _scratch() / (name or "list")
    path.write_bytes(content)
    try:
        source = Source.from_path(path) if name else Source.from_stream(io.BytesIO(content), "list")
        made = plan(source, Options(region=region))
    except ListError as error:
        _problem(error.problem)
        return
    assert made.numbers
    require_safe(made.source.name, *(finding.value for finding in made.reading.findings))


def plan_command(data: bytes) -> None:
    """Read a list with the real command, and look at every character that it prints."""
    path = _scratch() / "list.csv"
    path.write_bytes(b"name,phone\n,+14155552671\n" + data)
    if data.startswith(_WORKBOOKS):
        return
    for form in ((), ("--json",)):
        out, err = io.StringIO(), io.StringIO()
        environ = {
            "PWL_TUI_STATE_DIR": str(_scratch() / "state"),
            "XDG_CACHE_HOME": str(_scratch() / "cache"),
            "PWL_TUI_CONFIG": str(_scratch() / "none.toml"),
        }
        with patch.dict("os.environ", environ), redirect_stdout(out), redirect_stderr(err):
            code = main(("plan", str(path), *form))
        assert code in {0, 2}, err.getvalue()
        assert "Traceback" not in err.getvalue()
        require_safe(*(out.getvalue() + err.getvalue()).split("\n"))
        if form and code == 0:
            json.loads(out.getvalue())


def typed_numbers(data: bytes) -> None:
    texts = split(data.decode("utf-8", "replace"))
    for region in (None, "US", "BR"):
        typed = read_typed(texts[:50], region, "valid")
        require_safe(*typed.refused)


def configuration(data: bytes) -> None:
    file = _scratch() / "config.toml"
    file.write_bytes(data)
    try:
        settings = config.load(config_file=file, profile=None, environ={})
    except ConfigError as error:
        _problem(error.problem)
        return
    require_safe(*settings.warnings, settings.base_url)


def faults_file(data: bytes) -> None:
    file = _scratch() / "faults.toml"
    file.write_bytes(data)
    with suppress(FaultsError):
        load(file)


def journal(data: bytes) -> None:
    """Read a journal of any bytes, append to it, and find again what was appended."""
    file = _scratch() / "journal.log"
    file.write_bytes(data)
    here = Journal(file)
    lines, offset = here.read(0)
    assert offset <= len(data)
    assert not here.read(offset)[0], "a line was read twice"
    for line in lines:
        here.append(line)
    again, _ = here.read(0)
    assert again[-len(lines) :] == lines if lines else not again, "what was appended is not read"


def workbook_formats(data: bytes) -> None:
    shown(data[:200].decode("latin-1"))
    for sheet in ("Sheet1", "Tabelle1"):
        shown_digits(data, sheet)


TARGETS: Mapping[str, Target] = {
    target.__name__: target
    for target in (
        text_cleaner,
        error_decoder,
        answer_decoder,
        salvage,
        http,
        lists,
        vcards,
        json_lists,
        plan_command,
        typed_numbers,
        configuration,
        faults_file,
        journal,
        workbook_formats,
    )
}
"""By name."""


@cache
def seeds(name: str) -> Sequence[bytes]:
    """Return good inputs of a target, to be spoiled."""
    bodies = [case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode() for case in CASES]
    poll = {
        "batch_id": _BATCH_ID,
        "status": "completed",
        "total_numbers": 1,
        "pending": 0,
        "results": [{"phone_number": "+14155552671", "status": "completed", "carrier": "\x1b]0;x\x07"}],
    }
    accepted = {"batch_id": _BATCH_ID, "total_numbers": 1, "status": "processing", "api_key": KEY.reveal()}
    answers = [json.dumps(one).encode() for one in (poll, accepted, {"balance": 7})]
    inputs = [
        file.read_bytes()
        for file in sorted(INPUTS.iterdir())
        if file.stat().st_size < _MOST and file.is_file()
    ]
    texts = [one for one in inputs if not one.startswith(_WORKBOOKS)]
    example = Path(__file__).parents[2] / "config.example.toml"
    return {
        "error_decoder": [b"\x00\xc9" + body for body in bodies],
        "answer_decoder": answers,
        "salvage": [*answers, *(gzip.compress(one, mtime=0) for one in answers)],
        "http": [
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            % (len(one), one)
            for one in answers
        ],
        "lists": [b"\0" + one for one in texts],
        "vcards": [one for one in texts if b"VCARD" in one],
        "json_lists": [b'phone": "+14155552671"}]', b'a": [1, {"b": null}]}, 4.5e3]'],
        "plan_command": texts,
        "configuration": [example.read_bytes()],
        "faults_file": [b'[[fault]]\ncall = "submit"\nafter = 2\ntimes = 1\ncut = "after"\n'],
        "journal": [_journal()],
        "workbook_formats": [one for one in inputs if one.startswith(_WORKBOOKS[0])],
        "typed_numbers": [b"+14155552671, (415) 555-2671; 0049 30 1234567"],
        "text_cleaner": [b"\x1b]52;c;eA==\x07 \xe2\x80\xae\xc2\x9b31m", b"\xed\xa0\xbd"],
    }[name]


def _journal() -> bytes:
    common = {
        "at": "2026-11-29T12:00:00.000Z",
        "size": 1,
        "digest": "0" * 64,
        "base_url": "https://service.test",
        "key": "abcdef",
        "profile": "default",
        "job": 1,
        "seq": 1,
        "name": "list",
    }
    lines = ({"intent": "send"}, {"candidates": [_BATCH_ID]}, {"batch_id": _BATCH_ID})
    return b"".join(json.dumps(common | line).encode() + b"\n" for line in lines)


@cache
def _scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="pwl-tui-fuzz-"))
