"""The command as a person or a program uses it: a process of its own against a Hub on real sockets."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from modelfetch import DownloadPlan
from modelfetch.testing import LocalHub, NoAnswer, Synthetic

if TYPE_CHECKING:
    from collections.abc import Iterator

REPO = "org/name"
WEIGHTS = 20_000_000
COMMAND = [sys.executable, "-m", "modelfetch"]
ENDED = {"bytes_transferred", "bytes_reused", "elapsed", "commit", "path", "files"}


@pytest.fixture
def hub() -> Iterator[LocalHub]:
    with LocalHub() as hub:
        hub.add_repo(
            REPO, {"model.bin": Synthetic(WEIGHTS), "config.json": b'{"layers": 2}', "README.md": b"# A model\n"}
        )
        yield hub


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def run(*words: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *map(str, words)], input=stdin, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def at(hub: LocalHub, cache: Path) -> tuple[str, str, str, str]:
    return "--endpoint", hub.endpoint, "--cache-dir", str(cache)


def events(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


# ------------------------------------------------------------------ plan


def test_a_plan_is_a_table_of_files_and_writes_nothing(hub: LocalHub, cache: Path) -> None:
    ran = run("plan", REPO, *at(hub, cache))
    assert (ran.returncode, ran.stderr) == (0, "")
    head, *rows = ran.stdout.splitlines()
    assert head.startswith("org/name @ main (")
    assert head.endswith("3 files, 20.0 MB; 0 B here, 20.0 MB to fetch")
    assert [row.split() for row in rows] == [
        ["README.md", "10", "B", "missing"],
        ["config.json", "13", "B", "missing"],
        ["model.bin", "20.0", "MB", "missing"],
    ]
    assert not cache.exists()
    assert hub.body_bytes() == 0


def test_a_plan_as_json_is_carried_out_from_a_file_and_from_stdin(hub: LocalHub, cache: Path, tmp_path: Path) -> None:
    text = run("plan", REPO, "--json", "--ignore", "*.md", *at(hub, cache)).stdout
    assert [file.path for file in DownloadPlan.from_json(text).files] == ["config.json", "model.bin"]
    (tmp_path / "plan.json").write_text(text, encoding="utf-8")
    from_file = run("download", tmp_path / "plan.json", "--cache-dir", cache)
    from_stdin = run("download", "-", "--cache-dir", tmp_path / "another", stdin=text)
    for ran in (from_file, from_stdin):
        assert ran.returncode == 0, ran.stderr
        assert sorted(path.name for path in Path(ran.stdout.strip()).iterdir()) == ["config.json", "model.bin"]


# ------------------------------------------------------------------ download


def test_stdout_is_the_snapshot_folder_alone(hub: LocalHub, cache: Path) -> None:
    ran = run("download", REPO, *at(hub, cache))
    assert ran.returncode == 0, ran.stderr
    folder = Path(ran.stdout.removesuffix("\n"))
    assert folder == cache / "models--org--name" / "snapshots" / folder.name
    assert (folder / "config.json").read_bytes() == b'{"layers": 2}'
    assert (folder / "model.bin").stat().st_size == WEIGHTS


def test_without_a_terminal_progress_is_plain_lines_one_for_ten_percent(hub: LocalHub, cache: Path) -> None:
    hub.bandwidth = 20_000_000
    ran = run("download", REPO, *at(hub, cache))
    lines = ran.stderr.splitlines()
    assert "\r" not in ran.stderr
    assert all(line.startswith("org/name  ") for line in lines)
    assert lines[-1] == "org/name  100% · 20.0 MB of 20.0 MB · done"
    loading = [line.split("%")[0][:-1] for line in lines if "/s · " in line]
    assert len(loading) == len(set(loading)) >= 3


def test_quiet_says_the_folder_and_nothing_else(hub: LocalHub, cache: Path) -> None:
    ran = run("download", REPO, "--quiet", *at(hub, cache))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert Path(ran.stdout.strip()).is_dir()


def test_json_is_one_event_a_line_and_the_result_comes_last(hub: LocalHub, cache: Path) -> None:
    hub.bandwidth = 20_000_000
    ran = run("download", REPO, "--json", *at(hub, cache))
    *told, last = events(ran.stdout)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert {event["event"] for event in told} == {"progress"}
    assert len(told) >= 5
    assert {event["bytes_total"] for event in told} == {last["bytes_transferred"]}
    seen = [event["bytes_downloaded"] for event in told]
    assert seen == sorted(seen)
    assert (told[-1]["status"], told[-1]["percent"]) == ("complete", 100)
    assert last.keys() == {"event", *ENDED}
    assert last["event"] == "result"
    assert Path(last["path"]).is_dir()
    assert [file["state"] for file in last["files"]] == ["cached"] * 3


def test_quiet_json_is_the_last_word_alone(hub: LocalHub, cache: Path) -> None:
    ran = run("download", REPO, "--json", "--quiet", *at(hub, cache))
    assert [event["event"] for event in events(ran.stdout)] == ["result"]


def test_the_options_reach_the_library(hub: LocalHub, cache: Path) -> None:
    hub.add_token("hf_secret")
    words = (
        "--allow",
        "*.bin",
        "--allow",
        "*.json",
        "--ignore",
        "config*",
        "--revision",
        "main",
        "--token",
        "hf_secret",
    )
    how = ("--max-connections", "1", "--bandwidth-limit", "1GB", "--stall-timeout", "9", "--storage-headroom", "0")
    ran = run("download", REPO, *words, *how, "--no-memory-check", *at(hub, cache))
    assert [path.name for path in Path(ran.stdout.strip()).iterdir()] == ["model.bin"]
    assert len({each.connection for each in hub.requests if each.origin == "cdn"}) == 1
    assert {each.headers.get("authorization") for each in hub.requests if each.origin == "hub"} == {"Bearer hf_secret"}
    assert hub.leaked_tokens == ()


def test_no_update_takes_a_complete_copy_without_a_request(hub: LocalHub, cache: Path) -> None:
    first = run("download", REPO, "--quiet", *at(hub, cache))
    hub.clear()
    again = run("download", REPO, "--no-update", "--quiet", *at(hub, cache))
    assert again.stdout == first.stdout
    assert hub.requests == ()


# ------------------------------------------------------------------ what goes wrong


def test_a_typed_error_is_one_paragraph_and_exit_code_1(hub: LocalHub, cache: Path) -> None:
    ran = run("download", "org/nothing", *at(hub, cache))
    assert (ran.returncode, ran.stdout) == (1, "")
    progress, error = ran.stderr.splitlines()[-2:]
    assert progress == "org/nothing  failed (ModelNotFoundError)"
    assert error.startswith("ModelNotFoundError: ")
    assert "Traceback" not in ran.stderr
    assert not cache.exists()


def test_an_unknown_alias_names_close_ones() -> None:
    ran = run("plan", "larg-v3")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("ModelNotFoundError: There is no model called 'larg-v3'.")
    assert "close names: large-v3" in ran.stderr


def test_with_json_the_last_event_is_the_error(hub: LocalHub, cache: Path) -> None:
    ran = run("download", "org/nothing", "--json", *at(hub, cache))
    last = events(ran.stdout)[-1]
    assert ran.returncode == 1
    assert (last["event"], last["error"], last["repo_id"]) == ("error", "ModelNotFoundError", "org/nothing")
    assert ran.stderr.strip() == f"ModelNotFoundError: {last['message']}"


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("fetch", REPO),
        ("plan",),
        ("download", REPO, "--max-connections", "0"),
        ("download", REPO, "--bandwidth-limit", "fast"),
        ("download", REPO, "--bandwidth-limit", "0"),
        ("download", REPO, "--stall-timeout", "0"),
        ("download", REPO, "--stall-timeout", "nan"),
        ("download", REPO, "--storage-headroom", "-1"),
        ("download", "no-such-plan.json"),
        ("demo", "--size", "1kB"),
        ("remove", REPO, "--yes", "--cache-dir", ""),
        ("list", "--cache-dir="),
    ],
)
def test_wrong_usage_is_exit_code_2_and_nothing_on_stdout_that_could_be_a_folder(words: tuple[str, ...]) -> None:
    ran = run(*words)
    assert ran.returncode == 2
    assert ran.stderr.startswith("usage: modelfetch")
    assert "error: " in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_file_that_is_no_plan_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"schema": "something.else/1"}', encoding="utf-8")
    ran = run("download", tmp_path / "plan.json")
    assert ran.returncode == 2
    assert "is not a plan" in ran.stderr.casefold() or "plan of schema" in ran.stderr.casefold()


def test_what_a_plan_has_settled_cannot_be_chosen_again(hub: LocalHub, cache: Path) -> None:
    text = run("plan", REPO, "--json", *at(hub, cache)).stdout
    hub.clear()
    ran = run("download", "-", "--revision", "main", "--allow", "*.bin", "--cache-dir", cache, stdin=text)
    assert ran.returncode == 2
    assert "--allow, --revision cannot be used with a plan" in ran.stderr
    assert hub.requests == ()


def test_a_reader_that_goes_away_gets_no_traceback(hub: LocalHub, cache: Path) -> None:
    hub.bandwidth = 10_000_000
    with subprocess.Popen(
        [*COMMAND, "download", REPO, "--json", *at(hub, cache)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(30) == 1
        assert process.stderr.read() == ""
    assert hub.body_bytes() < WEIGHTS


if sys.platform != "win32":  # it has no such shell

    def run_in_a_shell(command: str) -> subprocess.CompletedProcess[str]:
        words = ["sh", "-c", f'"$0" -m modelfetch {command}', sys.executable]
        return subprocess.run(words, capture_output=True, encoding="utf-8", timeout=60, check=False)

    def test_without_a_stdout_that_is_said_and_nothing_is_done(hub: LocalHub, cache: Path) -> None:
        ran = run_in_a_shell(f"download {REPO} {' '.join(at(hub, cache))} >&-")
        assert ran.returncode == 1
        assert ran.stderr.startswith("The result could not be written ([Errno ")
        assert ran.stderr.count("\n") == 1
        assert hub.requests == ()

    def test_without_a_stderr_the_result_is_told_all_the_same(cache: Path) -> None:
        ran = run_in_a_shell(f"list --cache-dir {cache} 2>&-")
        assert (ran.returncode, ran.stdout) == (0, "")
        assert run_in_a_shell("plan no-such-alias 2>&-").returncode == 1

    def test_without_a_stdin_there_is_nobody_to_ask(cache: Path) -> None:
        ran = run_in_a_shell(f"remove {REPO} --cache-dir {cache} <&-")
        assert (ran.returncode, ran.stdout, ran.stderr) == (0, "Freed 0 B.\n", "")

    def test_without_a_stdin_there_is_no_plan_on_it() -> None:
        for stdin in ("<&-", "</dev/null"):
            ran = run_in_a_shell(f"download - {stdin}")
            assert ran.returncode == 2
            assert "error: stdin cannot be carried out: " in ran.stderr
            assert "Traceback" not in ran.stderr

    def test_who_stops_reading_the_progress_gets_the_model_all_the_same(hub: LocalHub, cache: Path) -> None:
        hub.bandwidth = 20_000_000
        with subprocess.Popen(
            [*COMMAND, "download", REPO, *at(hub, cache)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            process.stderr.readline()
            process.stderr.close()
            folder = Path(process.stdout.read().removesuffix("\n"))
            assert process.wait(30) == 0
        assert (folder / "model.bin").stat().st_size == WEIGHTS


if sys.platform == "linux":  # the system with a file that is always full

    def test_progress_for_which_the_disk_has_no_room_ends_no_download(hub: LocalHub, cache: Path) -> None:
        ran = run_in_a_shell(f"download {REPO} {' '.join(at(hub, cache))} 2>/dev/full")
        assert ran.returncode == 0
        assert Path(ran.stdout.removesuffix("\n")).is_dir()

    def test_a_result_for_which_the_disk_has_no_room_is_said_without_a_traceback(cache: Path) -> None:
        ran = run_in_a_shell(f"list --json --cache-dir {cache} >/dev/full")
        assert ran.returncode == 1
        assert ran.stderr.startswith("The result could not be written ([Errno 28] No space left on device). ")
        assert ran.stderr.count("\n") == 1

    def test_an_error_that_nobody_can_be_told_is_an_exit_code_still() -> None:
        assert run_in_a_shell("plan no-such-alias 2>/dev/full").returncode == 1


def test_ctrl_c_while_the_command_is_still_being_imported_is_exit_code_130() -> None:
    code = """
import sys
from importlib.abc import MetaPathFinder

class Impatient(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "modelfetch.api":
            raise KeyboardInterrupt

sys.meta_path.insert(0, Impatient())
from modelfetch.cli import main
sys.exit(main(["list"]))
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, "", "Interrupted.\n")


def test_the_version_is_the_package_s() -> None:
    from modelfetch import __version__

    assert run("--version").stdout == f"modelfetch {__version__}\n"


# ------------------------------------------------------------------ Ctrl-C

if sys.platform != "win32":  # there a test cannot press Ctrl-C for another process alone

    def interrupted(hub: LocalHub, cache: Path, *words: str) -> subprocess.CompletedProcess[str]:
        """A download at 10 MB/s, and Ctrl-C when 8 MB were sent; twice, as people do."""
        hub.bandwidth = 10_000_000
        with subprocess.Popen(
            [*COMMAND, "download", REPO, *words, *at(hub, cache)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            hub.wait_for_bytes(8_000_000)
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
            return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def test_ctrl_c_is_exit_code_130_says_what_is_kept_and_the_next_run_fetches_only_the_rest(
        hub: LocalHub, cache: Path
    ) -> None:
        ran = interrupted(hub, cache)
        assert (ran.returncode, ran.stdout) == (130, "")
        progress, said = ran.stderr.splitlines()[-2:]
        assert progress.endswith(" · cancelled")
        assert said.startswith("Interrupted. ")
        assert said.endswith(" of 20.0 MB are kept; run the same command again to go on from there.")
        assert "Traceback" not in ran.stderr

        hub.wait_until_quiet()
        hub.clear()
        again = run("download", REPO, "--json", *at(hub, cache))
        result = events(again.stdout)[-1]
        assert result["bytes_reused"] > 5_000_000
        assert hub.body_bytes() == result["bytes_transferred"] < 15_000_000

    def test_ctrl_c_with_json_ends_in_an_event_that_says_what_is_kept(hub: LocalHub, cache: Path) -> None:
        ran = interrupted(hub, cache, "--json")
        *_, snapshot, last = events(ran.stdout)
        assert ran.returncode == 130
        assert snapshot["status"] == "cancelled"
        assert (last["event"], last["error"]) == ("error", "DownloadCancelled")
        assert last["bytes_kept"] == snapshot["bytes_downloaded"] > 0

    def test_ctrl_c_while_planning_is_exit_code_130_too(hub: LocalHub, cache: Path) -> None:
        hub.inject(NoAnswer(where="*"))
        with subprocess.Popen(
            [*COMMAND, "plan", REPO, *at(hub, cache)], stderr=subprocess.PIPE, encoding="utf-8"
        ) as process:
            hub.wait_for_request(lambda _: True)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=30)
        assert (process.returncode, err) == (130, "Interrupted.\n")
