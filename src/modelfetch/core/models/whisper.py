"""The Whisper models that faster-whisper knows by name.

Sources: names and repos are ``_MODELS`` of faster-whisper 1.2.1 (``faster_whisper/utils.py``), complete. A size is that
of ``model.bin``, exact where two public sources agree. The memory of base and small is the highest use that was
measured while ``int8`` was loaded (with 61 MiB for the imports), the rest follows from it: 1.81 times the file up to
base, 1.32 times from small on. A plan takes the sizes from the Hub, where they are true.
"""

from __future__ import annotations

from .catalog import Catalog
from .spec import ModelSpec

_MIB = 1 << 20
_IMPORTS = 61 * _MIB
_MEASURED = {"base": 251 * _MIB + _IMPORTS, "small": 610 * _MIB + _IMPORTS}
_SMALL = 300_000_000
"""Bytes of a file between base and small, where the factor changes."""

_ORG, _DISTIL, _TURBO = "Systran/faster-whisper-", "Systran/faster-distil-whisper-", "mobiuslabsgmbh/faster-whisper-"

_ROWS: tuple[tuple[str, str, int, bool], ...] = (  # name, repo, bytes of model.bin, whether two sources agree on them
    ("tiny.en", f"{_ORG}tiny.en", 75_537_502, True),
    ("tiny", f"{_ORG}tiny", 75_538_270, True),
    ("base.en", f"{_ORG}base.en", 145_216_508, False),
    ("base", f"{_ORG}base", 145_217_532, True),
    ("small.en", f"{_ORG}small.en", 483_545_366, True),
    ("small", f"{_ORG}small", 483_546_902, True),
    ("medium.en", f"{_ORG}medium.en", 1_527_904_330, False),
    ("medium", f"{_ORG}medium", 1_527_906_378, True),
    ("large-v1", f"{_ORG}large-v1", 3_086_912_962, False),
    ("large-v2", f"{_ORG}large-v2", 3_086_912_962, True),
    ("large-v3", f"{_ORG}large-v3", 3_087_284_237, True),
    ("large", f"{_ORG}large-v3", 3_087_284_237, True),
    ("distil-large-v2", f"{_DISTIL}large-v2", 1_500_000_000, False),
    ("distil-medium.en", f"{_DISTIL}medium.en", 772_000_000, False),
    ("distil-small.en", f"{_DISTIL}small.en", 327_000_000, False),
    ("distil-large-v3", f"{_DISTIL}large-v3", 1_512_927_867, True),
    ("distil-large-v3.5", "distil-whisper/distil-large-v3.5-ct2", 1_512_927_867, False),
    ("large-v3-turbo", f"{_TURBO}large-v3-turbo", 1_617_884_929, True),
    ("turbo", f"{_TURBO}large-v3-turbo", 1_617_884_929, True),
)


def _spec(name: str, repo_id: str, size: int, *, is_exact: bool) -> ModelSpec:
    english = name.endswith(".en") or name.startswith("distil-")
    size_in_doubt = () if is_exact else ("size_bytes",)
    memory_in_doubt = () if name in _MEASURED else ("min_ram_bytes",)
    return ModelSpec(
        name=name,
        repo_id=repo_id,
        backend="ctranslate2",
        display_name=f"Whisper {name}",
        description="Speech to text, English only" if english else "Speech to text, about 100 languages",
        capabilities=("Speech",) if english else ("Speech", "Multilingual"),
        size_bytes=size,
        min_ram_bytes=_MEASURED.get(name) or _memory(size),
        unverified=(*size_in_doubt, *memory_in_doubt),
    )


def _memory(size: int) -> int:
    return size * (181 if size < _SMALL else 132) // 100 + _IMPORTS


WHISPER = Catalog(_spec(name, repo_id, size, is_exact=exact) for name, repo_id, size, exact in _ROWS)
"""The 19 Whisper names of faster-whisper."""
