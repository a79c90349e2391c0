"""A service that says the key back wherever an answer has room for it, in every notation."""

import json
import re
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from tests.notations import NOTATIONS

Mood = Literal[
    "answers", "refuses", "wants credits", "fails", "moves", "cuts off", "shows a page", "garbles", "is lost"
]
"""What it does with every call; ``is lost`` is for submissions only: their answer never comes."""

_STATUS: Mapping[Mood, int] = {
    "refuses": 401,
    "wants credits": 402,
    "fails": 500,
    "moves": 302,
    "shows a page": 200,
}


class Parrot(ThreadingHTTPServer):
    """Listens on a free port of this machine.

    Args:
        key: what it says back.
    """

    daemon_threads = True

    def __init__(self, key: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mood: Mood = "answers"
        self.numbers: dict[str, list[str]] = {}
        """By the ID of their batch."""
        self._said = cycle([write(key) for write in NOTATIONS.values()])
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"

    def __enter__(self) -> "Parrot":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._thread.join()

    def said(self) -> str:
        """Return the key in the next notation."""
        return next(self._said)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that hang up."""

    def body(self, call: str, asked: Mapping[str, Any]) -> tuple[int, Any]:
        """Return the answer to a call as it should be, and with the key in every text."""
        said = self.said
        match call:
            case "balance":
                return 200, {"balance": 100_000, "service": f"wavalidation {said()}", said(): said()}
            case "submit":
                batch_id = str(uuid4())
                self.numbers[batch_id] = list(asked["phone_numbers"])
                count = len(self.numbers[batch_id])
                return 202, {"batch_id": batch_id, "total_numbers": count, "status": said()}
            case "check":
                return 200, self._result(asked["phone_number"]) | {"status": "VALID_CONFIRMED"}
        numbers = self.numbers.get(call)
        if numbers is None:
            return 404, {"error": f"Batch not found or access denied for {said()}."}
        results = [self._result(number) for number in numbers]
        results[-1] |= {"status": "failed", "error": f"{said()} may not ask for this: {said()}"}
        counts = {"total_numbers": len(numbers), "completed": len(numbers), "failed": 0, "pending": 0}
        return 200, {"batch_id": call, "status": "completed", **counts, "results": results, said(): [said()]}

    def _result(self, number: str) -> dict[str, Any]:
        said = self.said
        return {
            "phone_number": number,
            "status": "completed",
            "wa_status": "VALID_CONFIRMED",
            "numberstatus": True,
            "businessnumber": False,
            "formatted_number": f"{number} {said()}",
            "carrier": f"Carrier {said()}",
            "country": said(),
            "countrycode": said(),
            "linetype": said(),
            "location": said(),
        }


class _Handler(BaseHTTPRequestHandler):
    server: Parrot

    def do_GET(self) -> None:
        path = urlsplit(self.path).path.rstrip("/").rsplit("/", 1)[-1]
        self._answer("check" if path == "wavalidation" else path, parse_qs(urlsplit(self.path).query))

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer("submit" if "phone_numbers" in asked else "check", asked)

    def _answer(self, call: str, asked: Mapping[str, Any]) -> None:
        mood, said = self.server.mood, self.server.said
        status, value = self.server.body(call, asked)
        if mood == "is lost":
            if call == "submit":
                return
            mood = "answers"
        status = _STATUS.get(mood, status)
        if status >= 400 and mood != "answers":
            value = {"error": f"No: {said()}", "message": f"{said()} is refused ({said()})", "code": said()}
        # The notations that JSON would write once more go in as they are.
        raw = json.dumps(value, ensure_ascii=False).replace("\\\\", "\\").encode()
        if mood == "shows a page":
            raw = f"<html><h1>{said()}</h1><a href='?api_key={said()}'>{said()}</a></html>".encode()
        elif mood == "garbles":
            raw = raw.replace(b'": ', b'" ', 3)
        self.send_response(status, _plain(f"Said {said()}"))
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("X-Batch-Key", _plain(said()))
        self.send_header(re.sub(r"[^\w+-]", "", f"X-{said()}", flags=re.ASCII), _plain(said()))
        if mood == "moves":
            self.send_header("Location", _plain(f"/elsewhere?api_key={said()}"))
        self.end_headers()
        self.wfile.write(raw[: len(raw) * 2 // 3] if mood == "cuts off" else raw)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _plain(text: str) -> str:
    """Return what of a text may stand in a head of HTTP."""
    return "".join(letter for letter in text if letter.isascii() and letter.isprintable())
