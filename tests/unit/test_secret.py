import copy
import pickle
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pwl_tui.secret import Secret, redact

KEY = "pk_live_7f3a9c"


@pytest.mark.parametrize("shown", [str, repr, "{}".format, "{!r:>20}".format, "%s".__mod__])
def test_never_prints(shown: Callable[[object], str]) -> None:
    assert KEY not in shown(Secret(KEY))
    assert KEY not in shown([Secret(KEY)])


def test_is_the_key_without_the_white_space_around_it() -> None:
    assert Secret(f" {KEY}\n").reveal() == KEY
    assert Secret(f" {KEY}\n") == Secret(KEY)
    assert Secret(KEY) != KEY
    assert len({Secret(KEY), Secret(KEY), Secret("other")}) == 2
    assert Secret(KEY)
    assert not Secret(" ")


def test_the_fingerprint_names_a_key_and_never_changes() -> None:
    assert Secret("pk-test").fingerprint == "fa7fa9a4bf9f"
    assert Secret(KEY).fingerprint != Secret(KEY + "0").fingerprint


@pytest.mark.parametrize("store", [pickle.dumps, copy.deepcopy])
def test_is_not_stored(store: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="not stored"):
        store(Secret(KEY))


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        (
            f"GET /api/v1/balance?service=wavalidation&api_key={KEY}",
            "GET /api/v1/balance?service=wavalidation&api_key=•••",
        ),
        ("?api_key=another%2Fkey&x=1", "?api_key=•••&x=1"),
        ('{"api_key": "another", "phone_numbers": []}', '{"api_key": "•••", "phone_numbers": []}'),
        ("{'API_KEY': 'another'}", "{'API_KEY': '•••'}"),
        (f"bare {KEY}!", "bare •••!"),
        ("api_key is missing", "api_key is missing"),
        ("nothing here", "nothing here"),
    ],
)
def test_redacts(text: str, safe: str) -> None:
    assert redact(text, Secret(KEY)) == safe


def test_an_empty_secret_redacts_nothing() -> None:
    assert redact("abc", Secret("")) == "abc"


@given(st.text(), st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1), st.text())
def test_whatever_stands_around_a_key(before: str, key: str, after: str) -> None:
    assert key not in redact(before + key + after, Secret(key))
