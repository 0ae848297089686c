"""What a person at a terminal sees, and what a log holds."""

from __future__ import annotations

import argparse
import io
from dataclasses import replace
from pathlib import Path

import pytest

from modelfetch import DownloadProgress, DownloadStatus
from modelfetch.arguments import checked
from modelfetch.cli.arguments import byte_count, parser
from modelfetch.cli.dispatch import COMMANDS
from modelfetch.cli.output import Line, Lines, kept_text, printable, surface

RUNNING = DownloadProgress(DownloadStatus.DOWNLOADING, bytes_total=1000, files_total=1, seq=1)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_one_line_that_is_drawn_over_itself() -> None:
    terminal = Terminal()
    line = surface("org/name", terminal)
    line.show(replace(RUNNING, bytes_downloaded=990, speed=9.0, eta=1.0))
    line.show(replace(RUNNING, bytes_downloaded=1000, status=DownloadStatus.COMPLETE))
    first, last = terminal.getvalue().split("\r")[1:]
    assert first == "org/name  99% · 990 B of 1.00 kB · 9 B/s · 1 s left · file 1 of 1"
    assert last.rstrip() == "org/name  100% · 1.00 kB of 1.00 kB · done"
    assert len(last) == len(first) + 1, "what was longer before is wiped"
    assert last.endswith("\n"), "and the terminal one stays"


def test_a_stream_without_dots_gets_dashes() -> None:
    log = io.BytesIO()
    for encoding in ("ascii", "utf-8"):
        stream = io.TextIOWrapper(log, encoding=encoding, errors="backslashreplace")
        surface("org/a·b", stream).show(replace(RUNNING, bytes_downloaded=990))
        stream.detach()
    assert log.getvalue().decode() == (
        "org/a\\xb7b  99% - 990 B of 1.00 kB - downloading - file 1 of 1\n"
        "org/a·b  99% · 990 B of 1.00 kB · downloading · file 1 of 1\n"
    )


def test_a_line_never_wraps() -> None:
    terminal = Terminal()
    Line("org/" + "a" * 96, terminal, None).show(RUNNING)
    assert len(terminal.getvalue()) == 1 + 79


def test_a_log_gets_a_line_for_each_ten_percent() -> None:
    log = io.StringIO()
    lines = Lines("org/name", log, None)
    for done in range(0, 1001, 10):
        lines.show(replace(RUNNING, bytes_downloaded=done))
    assert [line.split()[1] for line in log.getvalue().splitlines()] == [f"{percent}%" for percent in range(0, 101, 10)]


def test_a_log_is_told_when_it_stalls_and_when_it_waits() -> None:
    log = io.StringIO()
    lines = Lines("org/name", log, None)
    waiting = replace(RUNNING, message="waiting before another try")
    for seen in (RUNNING, replace(RUNNING, stalled=True), replace(RUNNING, stalled=True), waiting):
        lines.show(seen)
    assert log.getvalue().endswith(" · waiting before another try · file 1 of 1\n")
    assert [line.split(" · ")[2] for line in log.getvalue().splitlines()] == [
        "downloading",
        "stalled",
        "downloading",
    ]


def test_what_would_move_the_cursor_is_shown_and_not_obeyed() -> None:
    assert printable("a\x1b[2Jb\rc\u202ed\ne·ü") == "a\\x1b[2Jb\\rc\\u202ed\ne·ü"


@pytest.mark.parametrize(
    ("progress", "text"),
    [
        (None, "Interrupted, before anything was fetched."),
        (DownloadProgress(), "Interrupted, before anything was fetched."),
        (
            replace(RUNNING, bytes_downloaded=500),
            "Interrupted. 500 B of 1.00 kB are kept; run the same command again to go on from there.",
        ),
    ],
)
def test_after_ctrl_c_it_is_said_what_is_kept(progress: DownloadProgress | None, text: str) -> None:
    assert kept_text(progress) == text


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("4096", 4096),
        ("10MB", 10_000_000),
        ("1.5 GB", 1_500_000_000),
        ("500kb/s", 500_000),
        ("2MiB", 2 << 20),
        ("3k", 3000),
    ],
)
def test_sizes_are_written_as_people_write_them(text: str, count: int) -> None:
    assert byte_count(text) == count


@pytest.mark.parametrize("text", ["", "MB", "-1MB", "0", "0.4", "1e6", "10 Mbit", "1,5GB", "inf", "9" * 400])
def test_what_is_no_size_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="write it like 10MB"):
        byte_count(text)


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("stall_timeout", "0.05", 0.05),
        ("storage_headroom", "0", 0.0),
        ("max_connections", "4", 4),
        ("cache_dir", "x", str(Path("x").absolute())),
    ],
)
def test_what_the_library_takes_may_be_typed(option: str, text: str, value: object) -> None:
    asked = parser(COMMANDS).parse_args(["download", "org/name", f"--{option.replace('_', '-')}={text}"])
    assert getattr(asked, option) == value


@pytest.mark.parametrize(
    ("option", "text", "value"),
    [
        ("stall_timeout", "0", 0.0),
        ("stall_timeout", "inf", float("inf")),
        ("stall_timeout", "1e12", 1e12),
        ("storage_headroom", "much", "much"),
        ("max_connections", "1.5", "1.5"),
        ("max_connections", "9" * 5000, "9" * 5000),
        ("cache_dir", "", ""),
    ],
)
def test_what_the_library_refuses_is_refused_in_its_words(
    option: str, text: str, value: object, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises((TypeError, ValueError)) as refused:
        checked(option, value)
    with pytest.raises(SystemExit, match="2"):
        parser(COMMANDS).parse_args(["download", "org/name", f"--{option.replace('_', '-')}={text}"])
    assert str(refused.value) in capsys.readouterr().err
