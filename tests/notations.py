"""How a server may write what it was told: the forms in which a key is said back."""

import html
import random
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from urllib.parse import quote

Write = Callable[[str], str]


def _each(form: str) -> Write:
    return lambda text: "".join(form.format(ord(letter)) for letter in text)


def _now_and_then(text: str) -> str:
    """Write every third character in some notation."""
    chance = random.Random(text)
    forms = ("%{:02x}", "%{:02X}", "\\u{:04x}", "&#{};", "&#x{:x};", "%25{:02x}")
    return "".join(
        letter if place % 3 else chance.choice(forms).format(ord(letter)) for place, letter in enumerate(text)
    )


NOTATIONS: Mapping[str, Write] = {
    "as it is": lambda text: text,
    "in capitals": str.upper,
    "in a URL": lambda text: quote(text, safe=""),
    "in a URL, in small letters": lambda text: quote(text, safe="").lower(),
    "all of it in a URL": _each("%{:02X}"),
    "in a URL in a URL": lambda text: quote(_each("%{:02x}")(text), safe=""),
    "in JSON": _each("\\u{:04x}"),
    "in JSON in JSON": _each("\\\\u{:04X}"),
    "with escaped slashes": lambda text: text.replace("/", "\\/"),
    "in JavaScript": _each("\\x{:02x}"),
    "in braces": _each("\\u{{{:x}}}"),
    "in HTML": html.escape,
    "in decimal HTML": _each("&#{};"),
    "in hexadecimal HTML": _each("&#x{:04X};"),
    "by the names of HTML": lambda text: text.replace("+", "&plus;").replace("_", "&lowbar;"),
    "in several ways at once": _now_and_then,
    "spaced out": " ".join,
    "broken into lines": lambda text: f"{text[:5]}\r\n\t{text[5:]}",
    "with invisible characters": "\u200b".join,
    "with soft hyphens": lambda text: f"{text[:5]}\u00ad{text[5:9]}\ufeff{text[9:]}",
    "in Base64": lambda text: b64encode(text.encode()).decode(),
    "in Base64 after something": lambda text: b64encode(f"key={text}&".encode()).decode(),
    "in Base64 for URLs": lambda text: urlsafe_b64encode(f"k {text}?".encode()).decode(),
    "in hexadecimal digits": lambda text: text.encode().hex(),
}
"""By what they are called."""
