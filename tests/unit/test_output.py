import io
import json
import os

import pytest

from pwl_tui.cli.output import Output


def written(encoding: str) -> tuple[Output, io.BytesIO]:
    taken = io.BytesIO()
    stream = io.TextIOWrapper(taken, encoding)
    return Output(json=True, out=stream, err=stream), taken


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "koi8-r", "shift_jis", "utf-8"])
def test_json_is_whole_in_every_encoding(encoding: str) -> None:
    value = {"name": "Zoë, 王芳, Иван 🎉"}
    output, taken = written(encoding)
    output.value(value, "")
    assert json.loads(taken.getvalue().decode(encoding)) == value


def test_a_note_has_signs_in_ascii_where_the_encoding_has_none() -> None:
    output, taken = written("latin-1")
    output.note("Zoë → 王")
    assert taken.getvalue() == "Zoë > ??\n".encode("latin-1")


def test_json_has_nothing_that_a_terminal_obeys() -> None:
    out = io.StringIO()
    Output(json=True, out=out).value({"cell": "\x9b31m\u202e\u180eé"}, "")
    assert out.getvalue().rstrip("\n").isprintable()
    assert json.loads(out.getvalue()) == {"cell": "\x9b31m\u202e\u180eé"}


def test_only_what_is_complete_is_100_percent() -> None:
    err = io.StringIO()
    output = Output(json=True, err=err, line_seconds=0)
    output.progress(0.999, "nearly")
    output.progress(1.0, "done")
    assert err.getvalue() == " 99%  nearly\n100%  done\n"


def test_a_terminal_obeys_nothing_in_a_text_but_its_lines() -> None:
    stream = io.StringIO()
    output = Output(json=False, out=stream, err=stream)
    for write in (lambda text: output.value(None, text), output.say, output.note, output.write_beside):
        write("a  b\n\x1b]0;\x9b\x07c\u202ed\n")
    seen = stream.getvalue()
    assert seen.count("a  b\n ") == 4
    assert all(line.isprintable() for line in seen.split("\n"))


def test_a_path_that_is_not_in_utf_8_can_be_printed_as_json() -> None:
    out = io.StringIO()
    path = os.fsdecode(b"a\xff")
    Output(json=True, out=out).value({"paths": [path], "in": {"log": path}, "all": (1, None)}, "")
    assert json.loads(out.getvalue()) == {"paths": [r"a\xff"], "in": {"log": r"a\xff"}, "all": [1, None]}
