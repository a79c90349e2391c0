"""How a server may write what it was told: the forms in which a key is said back."""

import html
import json
import random
import zlib
from base64 import a85encode, b32encode, b64encode, b85encode, urlsafe_b64encode
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
    "as decimal codes": lambda text: ", ".join(str(ord(letter)) for letter in text),
    "as decimal codes on lines": lambda text: "\n".join(f"{ord(letter):03d}" for letter in text),
    "as a buffer": lambda text: json.dumps({"type": "Buffer", "data": list(text.encode())}),
    "by place": lambda text: json.dumps(dict(enumerate(text))),
    "codes by place": lambda text: json.dumps(dict(enumerate(text.encode()))),
    "in objects": lambda text: json.dumps([{"c": letter} for letter in text]),
    "in Greek lookalikes": lambda text: (
        text.replace("a", "\u03b1").replace("k", "\u03ba").replace("v", "\u03bd")
    ),
    "in Arabic digits": lambda text: text.translate({0x30 + n: 0x660 + n for n in range(10)}),
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
    "in HTML without semicolons": _each("&#{}"),
    "in HTML with many zeros": _each("&#{:012d};"),
    "in octal": _each("\\{:03o}"),
    "in long escapes": _each("\\U{:08x}"),
    "in old URL escapes": _each("%u{:04x}"),
    "quoted-printable": _each("={:02X}"),
    "in a URL, many times": lambda text: _each("%{:02x}")(text).replace("%", "%" + "25" * 8),
    "as hexadecimal codes": lambda text: ", ".join(f"0x{ord(letter):02x}" for letter in text),
    "as code points": lambda text: " ".join(f"U+{ord(letter):04X}" for letter in text),
    "as bytes with colons": lambda text: text.encode().hex(":"),
    "letter by letter": lambda text: json.dumps(list(text)),
    "with dots": ".".join,
    "backward": lambda text: text[::-1],
    "in wide letters": lambda text: "".join(chr(ord(letter) + 0xFEE0) for letter in text),
    "in lookalikes": lambda text: text.replace("a", "\u0430").replace("e", "\u0435"),
    "struck through": "\u0336".join,
    "with fillers": "\u3164".join,
    "in tag characters": lambda text: "".join(chr(0xE0000 + ord(letter)) for letter in text),
    "in colors": "\x1b[1m".join,
    "in bold": lambda text: f"{text[:5]}<b>{text[5:9]}</b>{text[9:]}",
    "without its beginning": lambda text: text[2:],
    "without its end": lambda text: f"{text[:-2]} ",
    "in Base32": lambda text: b32encode(text.encode()).decode(),
    "in Base85": lambda text: b85encode(text.encode()).decode(),
    "in Ascii85": lambda text: a85encode(text.encode()).decode(),
    "in Base64 twice": lambda text: b64encode(b64encode(text.encode())).decode(),
    "in Base64 of a URL": lambda text: b64encode(_each("%{:02x}")(text).encode()).decode(),
    "in Base64 of UTF-16": lambda text: b64encode(text.encode("utf-16-le")).decode(),
    "in hexadecimal UTF-16": lambda text: text.encode("utf-16-le").hex(),
    "packed": lambda text: b64encode(zlib.compress(text.encode())).decode(),
}
"""By what they are called."""
