"""What this machine has is read from the system, and a container's limit counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelfetch.adapters import machine

MIB = 1 << 20


def meminfo(word: str) -> int:
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    return int(lines[word].split()[0]) * 1024


def test_memory_is_what_the_kernel_says() -> None:
    total, available = machine.total_memory(), machine.available_memory()
    assert total is not None
    assert available is not None
    assert 0 < available <= total <= meminfo("MemTotal")


@pytest.fixture
def groups(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(machine, "_CGROUPS", tmp_path)
    return tmp_path


def in_group(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    read = Path.read_text

    def read_text(self: Path) -> str:
        return f"{line}\n" if str(self) == "/proc/self/cgroup" else read(self)

    monkeypatch.setattr(Path, "read_text", read_text)


def limited(folder: Path, names: tuple[str, str], limit: str, used: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in zip(names, (limit, used), strict=True):
        (folder / name).write_text(f"{value}\n")


V2 = ("memory.max", "memory.current")
V1 = ("memory.limit_in_bytes", "memory.usage_in_bytes")


def test_the_tightest_limit_of_all_ancestors_counts(groups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_group(monkeypatch, "0::/outer/inner")
    limited(groups / "outer", V2, str(64 * MIB), str(16 * MIB))
    limited(groups / "outer" / "inner", V2, "max", str(8 * MIB))
    assert machine.total_memory() == 64 * MIB
    assert machine.available_memory() == 48 * MIB


def test_a_group_of_the_first_version_counts_too(groups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_group(monkeypatch, "5:cpu,memory:/box")
    limited(groups / "memory" / "box", V1, str(64 * MIB), str(70 * MIB))
    limited(groups / "memory", V1, str((1 << 63) - 4096), "0")
    assert machine.total_memory() == 64 * MIB
    assert machine.available_memory() == 0


def test_groups_of_other_kinds_say_nothing(groups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    in_group(monkeypatch, "5:cpu:/box")
    limited(groups / "memory" / "box", V1, "1", "1")
    assert machine.total_memory() != 1


def test_a_mac_says_its_free_and_inactive_pages() -> None:
    told = (
        "Mach Virtual Memory Statistics: (page size of 16384 bytes)\n"
        "Pages free:                               1000.\nPages active:                            99999.\n"
        "Pages inactive:                            500.\n"
    )
    assert machine.mac_available(told) == 1500 * 16384
    assert machine.mac_available("nothing of the kind") is None
