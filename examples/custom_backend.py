"""A backend of one's own, in thirty lines: sentence embeddings from a table of word vectors."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import modelfetch as mf

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

Embed = Callable[[str], list[float]]


def load(folder: Path, *, normalize: bool = True) -> Embed:
    """The model: a function from a sentence to a vector. It reads the files in ``folder``, and asks nobody."""
    rows = (line.split() for line in (folder / "vectors.txt").read_text(encoding="utf-8").splitlines())
    vectors = {word: [float(number) for number in numbers] for word, *numbers in rows}

    def embed(sentence: str) -> list[float]:
        known = [vectors[word] for word in sentence.lower().split() if word in vectors]
        summed = [math.fsum(column) for column in zip(*known, strict=True)]
        length = math.hypot(*summed) if normalize else 1.0
        return [number / (length or 1.0) for number in summed]

    return embed


def recognises(paths: Collection[str]) -> str | None:
    """Why a repo with these files is for this backend; None when it is not."""
    return "vectors.txt, a table of word vectors" if "vectors.txt" in paths else None


WORD_VECTORS = mf.Backend(
    name="word-vectors", needed=(("vectors.txt",),), patterns=("vectors.txt",), load=load, recognises=recognises
)
mf.register_backend(WORD_VECTORS)


def alike(one: list[float], other: list[float]) -> float:
    """The cosine of the angle between two vectors of length 1."""
    return math.fsum(a * b for a, b in zip(one, other, strict=True))


def main() -> None:
    """Publish a tiny model on a Hub of this process, download it, load it, use it."""
    import tempfile  # noqa: PLC0415 - the demonstration's own

    from modelfetch.testing import LocalHub  # noqa: PLC0415 - the same

    table = b"king 1 2\nqueen 1 3\napple 5 0\n"
    with LocalHub() as hub, tempfile.TemporaryDirectory() as cache:
        hub.add_repo("me/words", {"vectors.txt": table, "README.md": b"word vectors"})
        plan = mf.plan_download("me/words", endpoint=hub.endpoint, cache_dir=cache)
        print(f"{plan.backend}: {plan.backend_reason}")
        mf.download(plan, cache_dir=cache)
        embed = mf.load_cached("me/words", cache_dir=cache)
    king, queen, apple = embed("the king"), embed("the queen"), embed("an apple")
    print(f"king and queen {alike(king, queen):.2f}, king and apple {alike(king, apple):.2f}")


if __name__ == "__main__":
    main()
