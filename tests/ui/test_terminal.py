"""What the terminal is asked and told: pure parts, and the real program on a pseudo-terminal."""

import base64
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from textual.drivers.headless_driver import HeadlessDriver

from pwl_tui.config import Notify, Settings, Ui
from pwl_tui.lists.read.reading import Options
from pwl_tui.lists.read.source import Source
from pwl_tui.secret import Secret
from pwl_tui.state.models import Counts, Job, JobState
from pwl_tui.ui.app import PwlApp
from pwl_tui.ui.terminal import clipboard, notify, themes
from pwl_tui.ui.terminal.driver import Answers, BackgroundSeen, LineTimed
from pwl_tui.ui.terminal.terminal_app import TerminalApp
from tests.ui import sample_state as scenes
from tests.ui.conftest import NUMBERS, Rig, Start
from tests.ui.sample_state import NOW, Scene
from tests.ui.test_leaving import Terminal, ended

IN_TMUX = {"TMUX": "/tmp/tmux-0/default,1,0"}  # noqa: S108 - only that it is there matters


@pytest.fixture
def job(scene: Scene) -> Job:
    return scene.job("spring-leads", 40)


@pytest.mark.parametrize(
    ("answer", "light"),
    [
        ("\x1b]11;rgb:ffff/ffff/ffff\x1b\\", True),
        ("\x1b]11;rgb:fb/fb/f9\x07", True),
        ("\x1b]11;rgba:0000/0000/0000/ffff\x07", False),
        ("\x1b]11;rgb:2828/2a2a/3636\x1b\\", False),
        ("\x1b]11;rgb:0000/0000/ffff\x07", False),
    ],
)
@given(data=st.data())
def test_an_answer_is_never_taken_for_keys(answer: str, light: bool, data: st.DataObject) -> None:
    before = data.draw(st.text("nq\x1b[A]1;rgb:/", max_size=8).filter(lambda text: "\x1b]" not in text))
    after = data.draw(st.text("nqjk7", max_size=8))
    cut = data.draw(st.integers(2, len(answer)))
    parts = [before.rstrip("\x1b") + answer[:cut], answer[cut:], after]

    answers = Answers()
    typed = "".join(answers.typed(part) for part in parts)

    assert answers.light is light
    assert typed == before.rstrip("\x1b") + after
    assert answers.remainder() == ""


def test_what_only_looks_like_an_answer_is_typed() -> None:
    answers = Answers()
    assert answers.typed("\x1b") == "\x1b", "the escape key does not wait"
    assert (answers.typed("a\x1b]1"), answers.remainder()) == ("a", "\x1b]1")
    assert answers.typed("\x1b]11;what\x07q") == "\x1b]11;what\x07q"
    assert answers.light is None


@pytest.mark.parametrize(
    ("setting", "environ", "light", "theme"),
    [
        ("auto", {"COLORTERM": "truecolor"}, None, "pwl-dark"),
        ("auto", {"COLORTERM": "truecolor"}, True, "pwl-light"),
        ("auto", {"TERM": "xterm-256color", "COLORFGBG": "0;15"}, None, "pwl-light"),
        ("auto", {"TERM": "xterm-256color", "COLORFGBG": "0;15"}, False, "pwl-dark"),
        ("auto", {"TERM": "linux"}, None, "ansi-dark"),
        ("auto", {"TERM": "xterm"}, True, "ansi-light"),
        ("dark", {"COLORTERM": "24bit"}, True, "pwl-dark"),
        ("light", {"COLORTERM": "24bit"}, False, "pwl-light"),
        ("light", {"COLORTERM": "24bit", "NO_COLOR": "1"}, None, "ansi-light"),
        ("ansi", {"COLORTERM": "24bit"}, True, "ansi-light"),
    ],
)
def test_colours_follow_the_terminal(
    setting: themes.ThemeChoice, environ: Mapping[str, str], light: bool | None, theme: str
) -> None:
    assert themes.choose(setting, environ, low_bandwidth=False, light=light) == theme


@pytest.mark.parametrize(
    ("setting", "environ", "sequence"),
    [
        ("never", {}, ""),
        ("auto", {}, "\x1b]9;done\x07"),
        ("auto", {"TERM": "foot"}, "\x1b]777;notify;pwl-tui;done\x07"),
        ("auto", {"VTE_VERSION": "7600"}, "\x1b]777;notify;pwl-tui;done\x07"),
        ("osc777", {}, "\x1b]777;notify;pwl-tui;done\x07"),
        ("osc9", {"TERM": "foot"}, "\x1b]9;done\x07"),
        ("osc9", IN_TMUX, "\x1bPtmux;\x1b\x1b]9;done\x07\x1b\\"),
    ],
)
def test_a_notification_is_one_code_for_the_terminal(
    setting: notify.DesktopChoice, environ: Mapping[str, str], sequence: str
) -> None:
    assert notify.desktop("done", setting, environ) == sequence


@pytest.mark.parametrize("number", ["+14155552671", "14155552671", "+1 415 555-2671", "(415) 555.2671"])
def test_a_notification_never_holds_a_number_or_a_control_character(job: Job, number: str) -> None:
    named = replace(job, name=f"{number}\x07\x1b]0;x.csv", counts=Counts(on_whatsapp=7, not_on_whatsapp=33))
    said = notify.desktop(notify.finished([named]), "osc9", {})
    assert said.startswith("\x1b]9;")
    assert "is complete: 7 of 40 on WhatsApp." in said
    assert not any(part in said[4:-1] for part in (number, "2671", "\x1b", "\x07"))


def test_jobs_that_finish_in_short_order_are_told_together(job: Job) -> None:
    one = replace(job, name="one", numbers=40, counts=Counts(on_whatsapp=7, not_on_whatsapp=33))
    completions = notify.Completions()
    assert completions.due([one], 100.0) == "one is complete: 7 of 40 on WhatsApp."
    assert [completions.due(jobs, at) for jobs, at in (([one], 101.0), ([], 105.0), ([one], 109.0))] == [
        "",
        "",
        "",
    ]
    assert completions.due([], 110.0) == "2 jobs are complete: 14 of 80 on WhatsApp."
    assert completions.due([], 130.0) == ""
    assert completions.due([one], 131.0) == "one is complete: 7 of 40 on WhatsApp."


def test_the_title_is_the_per_cent_of_all_that_is_under_way(job: Job) -> None:
    half = replace(job, counts=Counts(on_whatsapp=10, failed=10, pending=20), state=JobState.PROCESSING)
    new = replace(job, numbers=160, left_out=0, state=JobState.PLANNED)
    assert notify.title([]) == "pwl-tui"
    assert notify.title([half]) == "50% pwl-tui"
    assert notify.title([half, new]) == "10% pwl-tui"
    assert notify.title([replace(half, state=JobState.ATTENTION)]) == "! 50% pwl-tui"


async def test_a_text_is_copied_through_the_terminal(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = base64.b64encode("+1 é".encode()).decode()
    plain = f"\x1b]52;c;{encoded}\x07"
    written: list[str] = []
    monkeypatch.setattr(
        HeadlessDriver, "write", lambda _, data: written.append(data) if "]52;" in data else None
    )
    async with start() as rig:
        monkeypatch.delenv("TMUX", raising=False)
        rig.app.copy_to_clipboard("+1 é")
        assert written == [plain]
        monkeypatch.setenv("TMUX", IN_TMUX["TMUX"])
        rig.app.copy_to_clipboard("+1 é")
        assert written[1:] == [plain, f"\x1bPtmux;\x1b{plain}\x1b\\"]
        rig.app.copy_to_clipboard("a name with a \udcff")
        assert rig.app.clipboard == "a name with a ?"


def test_who_copies_a_text_is_told_what_to_expect() -> None:
    assert clipboard.outcome("x", {}) == clipboard.SENT
    assert clipboard.outcome("x", IN_TMUX) == clipboard.SENT_IN_TMUX


async def test_what_is_too_long_for_a_clipboard_is_not_cut_short(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    monkeypatch.setattr(
        HeadlessDriver, "write", lambda _, data: written.append(data) if "]52;" in data else None
    )
    fits = "x" * clipboard.MOST_BYTES
    async with start() as rig:
        rig.app.copy_to_clipboard(f"{fits}x")
        assert written == []
        rig.app.copy_to_clipboard(fits)
    assert [len(data) <= 100_000 for data in written] == [True]
    assert "Save to a file" in clipboard.outcome(f"{fits}x", {})


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("+14155552671", "+1415•••2671"),
        ("+14155552671 on WhatsApp, +963912345678 not", "+1415•••2671 on WhatsApp, +9639•••5678 not"),
        ("+26771234567\n", "+2677•••4567\n"),
        ("batch 550e8400-e29b-41d4-a716-446655440000", "batch 550e8400-e29b-41d4-a716-446655440000"),
    ],
)
def test_a_masked_number_keeps_its_beginning_and_its_end(text: str, masked: str) -> None:
    assert clipboard.masked(text) == masked


async def test_the_background_that_the_terminal_tells_is_followed(start: Start) -> None:
    async with start(ui=Ui(theme="auto")) as rig:
        rig.app.post_message(BackgroundSeen(light=True))
        await rig.until(lambda: rig.app.theme.endswith("light"), "it is light")
        rig.app.post_message(BackgroundSeen(light=False))
        await rig.until(lambda: rig.app.theme.endswith("dark"), "it is dark")


async def test_a_slow_line_is_drawn_to_less_and_a_quick_one_is_not(start: Start) -> None:
    async with start() as rig:
        rig.app.post_message(LineTimed(0.05))
        await rig.pilot.pause()
        assert not rig.app.low_bandwidth
        rig.app.post_message(LineTimed(2.04))
        await rig.until(lambda: rig.app.low_bandwidth, "less is drawn")
        assert rig.notices[-1].startswith("Slow connection (2.0 s)")


async def test_a_key_frees_the_mouse_and_takes_it_back(start: Start) -> None:
    async with start() as rig:
        await rig.pilot.press("M")
        assert not rig.app.mouse
        assert rig.notices[-1] == "Mouse capture off: you can select text. Press M to turn it on."
        await rig.pilot.press("M")
        assert rig.app.mouse


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (Notify(bell=False, desktop="never"), [""]),
        (Notify(desktop="osc9"), ["bell", "\x1b]9;some is complete: 3 of 3 on WhatsApp.\x07"]),
    ],
)
async def test_who_is_told_what_when_a_job_is_complete(
    start: Start, monkeypatch: pytest.MonkeyPatch, wanted: Notify, told: list[str]
) -> None:
    heard: list[str] = []
    monkeypatch.setattr(TerminalApp, "_tell", lambda _, sequence: heard.append(sequence))
    monkeypatch.setattr(TerminalApp, "bell", lambda _: heard.append("bell"))
    monkeypatch.delenv("TMUX", raising=False)
    async with start(notify=wanted) as rig:
        plan = rig.engine.plans.for_list(Source.from_text(NUMBERS, "some"), Options())
        await rig.until(lambda: rig.app.snapshot.credits is not None, "the credits are known")
        rig.engine.jobs.create(plan, name="some")
        await rig.until(lambda: any("some is complete" in notice for notice in rig.notices), "it is said")
        await rig.until(lambda: len(heard) == len(told), "they are told")
        counts = rig.store.jobs.get(1).counts
    assert heard == [text.replace("3 of 3", f"{counts.on_whatsapp} of 3") for text in told]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts the program on a pseudo-terminal, with a job half done and no service."""
    opened: list[Terminal] = []
    url = "http://127.0.0.1:9"  # where nothing listens
    scene = Scene(tmp_path, Settings(key_source=Secret("a-key"), base_url=url))
    scenes.live(scene)
    scene.store.close()
    (tmp_path / "config.toml").write_text("[worker]\non_leave = 'stop'\n")

    def start(**environ: str) -> Terminal:
        bare = {name: value for name, value in os.environ.items() if name not in _OURS}
        opened.append(
            Terminal(
                bare
                | {
                    "PROWEBLOOK_API_KEY": "a-key",
                    "PROWEBLOOK_BASE_URL": url,
                    "PWL_TUI_STATE_DIR": str(tmp_path / "state"),
                    "PWL_TUI_CONFIG": str(tmp_path / "config.toml"),
                    "TERM": "xterm-256color",
                }
                | environ
            )
        )
        return opened[-1]

    yield start
    for one in opened:
        one.close()


_OURS = {"NO_COLOR", "COLORFGBG", "TMUX", "STY", "SSH_CONNECTION", "VTE_VERSION", "TERM_PROGRAM", "COLORTERM"}
_ASKED = b"\x1b]11;?\x1b\\"
LIGHT_SURFACE = b"48;2;251;251;249"


def test_the_real_program_follows_a_light_terminal_and_gives_its_title_back(
    terminal: Callable[..., Terminal],
) -> None:
    program = terminal(COLORTERM="truecolor")
    program.read_until(lambda: _ASKED in program.seen, "the background is asked for")
    os.write(program.master, b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\")
    program.read_until(lambda: LIGHT_SURFACE in program.seen, "it is drawn light")
    program.read_until(lambda: b"spring-leads" in program.seen, "the jobs are drawn")
    program.read_until(lambda: b"\x1b[22;2t\x1b]2;" in program.seen, "it has a title")
    assert b"% pwl-tui\x07" in program.seen
    os.write(program.master, b"M")
    program.read_until(lambda: b"\x1b[?1003l" in program.seen, "the mouse is free")
    os.write(program.master, b"q")
    program.read_until(lambda: ended(program), "it leaves")
    assert b"\x1b]2;\x07\x1b[23;2t" in program.seen
    assert b"\x1b[6n" not in program.seen, "a line that is not far away is not timed"


def test_the_real_program_times_a_line_that_is_far_away(terminal: Callable[..., Terminal]) -> None:
    program = terminal(SSH_CONNECTION="192.0.2.1 1 192.0.2.2 22")
    program.read_until(lambda: b"\x1b[6n" in program.seen, "the line is timed")


@pytest.mark.slow
@pytest.mark.parametrize(
    "keys", ["", "n", "enter", "enter v", "comma", "a", "question_mark", "P", "e", "ctrl+p"]
)
async def test_on_request_all_is_ascii_at_once(scene: Scene, keys: str) -> None:
    scenes.live(scene)
    app = PwlApp(scene.engine, scene.settings, scene.directory / "config.toml", clock=lambda: NOW, tick=0.05)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        rig = Rig(app, pilot, scene.engine, scene.store, scene.directory)
        await rig.pilot.press(*keys.split())
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert not rig.text().isascii()
        app.show_ascii(True)
        await pilot.pause()
        assert rig.text().isascii()
        app.show_ascii(False)
        await pilot.pause()
        assert not rig.text().isascii()
