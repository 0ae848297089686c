"""What loading real models takes in memory, beside what the backends estimate: ``python benchmarks/memory.py``.

Every row is a process of its own (Linux: ``VmRSS`` and ``VmHWM`` of ``/proc/self/status``), with models of random weights in
the shapes of real ones, which say nothing but take what real ones take. Needs ``modelfetch[whisper,mlx]``.
"""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelfetch.backends import find_backend
from modelfetch.testing.models import tiny_llama, write_big_whisper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modelfetch.core.models.fit import MemoryEstimate

MIB = 1 << 20
SECONDS_OF_SOUND = 30
PROMPT, ANSWER = 16, 2
"""Tokens; more take minutes where MLX has no GPU."""


def status(field: str) -> int:
    """Bytes, from a line such as ``VmRSS:   123 kB``."""
    found = re.search(rf"^{field}:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"), re.MULTILINE)
    assert found
    return int(found[1]) * 1024


def child(backend: str, folder: str, options: str) -> None:
    """Load, work, and tell: bytes once loaded, the most while loading, the most at work."""
    loaded = find_backend(backend).load(Path(folder), **json.loads(options))
    told = [status("VmRSS"), status("VmHWM")]
    transcribe(loaded) if backend == "ctranslate2" else talk(loaded)
    print(json.dumps([*told, status("VmHWM")]))


def transcribe(model: Any) -> None:
    import numpy as np

    segments, _ = model.transcribe(np.zeros(SECONDS_OF_SOUND * 16_000, np.float32), beam_size=5)
    list(segments)


def talk(loaded: Any) -> None:
    from mlx_lm import generate

    model, tokenizer = loaded
    generate(model, tokenizer, [3] * PROMPT, max_tokens=ANSWER)


def float16_whisper(source: Path, folder: Path) -> Path:
    """The same Whisper with its int8 matrices as float16, the type that faster-whisper's models have."""
    import numpy as np

    folder.mkdir()
    for file in source.iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    data = (source / "model.bin").read_bytes()
    variables = {name: value for name, *value in walk(data)}
    with (folder / "model.bin").open("wb") as out:
        head = data[: data.index(b"WhisperSpec\0") + 12 + 4]
        kept = {name: value for name, value in variables.items() if not name.endswith("_scale")}
        out.write(head + struct.pack("<I", len(kept)))
        for name, (shape, kind, raw) in kept.items():
            stored, data = kind, raw
            if kind == 1 and shape:
                scale = np.frombuffer(variables[name + "_scale"][2], "<f4").reshape(-1, 1)
                stored, data = 4, (np.frombuffer(raw, "i1").reshape(shape) / scale).astype("<f2").tobytes()
            elif len(shape) > 1:
                stored, data = 4, np.frombuffer(raw, "<f4").astype("<f2").tobytes()
            text = name.encode() + b"\0"
            form = f"<H{len(text)}sB{len(shape)}IBI"
            out.write(struct.pack(form, len(text), text, len(shape), *shape, stored, len(data)) + data)
        out.write(struct.pack("<I", 0))
    return folder


def walk(data: bytes) -> Iterator[tuple[str, tuple[int, ...], int, bytes]]:
    """The variables of a ``model.bin``."""
    at = data.index(b"WhisperSpec\0") + 12 + 4
    (count,) = struct.unpack_from("<I", data, at)
    at += 4
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 1 + length].decode()
        at += 2 + length
        rank = data[at]
        shape = struct.unpack_from(f"<{rank}I", data, at + 1)
        kind, size = struct.unpack_from("<BI", data, at + 1 + 4 * rank)
        at += 6 + 4 * rank
        yield name, shape, kind, data[at : at + size]
        at += size


def big_llama(folder: Path, *, layers: int, width: int, bits: int | None = None) -> Path:
    """A llama of this shape with the tokens of the tiny one; random weights, float16 or ``bits`` a weight."""
    folder.mkdir()
    files = tiny_llama(quantized=bits is not None)
    config = json.loads(files["config.json"])
    heads, key_heads, hidden, words = width // 64, width // 256, 4 * width, 32_000
    config |= {"hidden_size": width, "intermediate_size": hidden, "num_hidden_layers": layers, "vocab_size": words}
    config |= {"num_attention_heads": heads, "num_key_value_heads": key_heads, "head_dim": 64}
    if bits is not None:
        config["quantization"] = config["quantization_config"] = {"group_size": 64, "bits": bits}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    matrices = {"model.embed_tokens": (words, width), "lm_head": (words, width)}
    for layer in (f"model.layers.{number}" for number in range(layers)):
        for name in "qo":
            matrices[f"{layer}.self_attn.{name}_proj"] = (width, width)
        for name in "kv":
            matrices[f"{layer}.self_attn.{name}_proj"] = (key_heads * 64, width)
        matrices |= {f"{layer}.mlp.{name}_proj": (hidden, width) for name in ("gate", "up")}
        matrices[f"{layer}.mlp.down_proj"] = (width, hidden)
    norms = [
        f"model.layers.{number}.{name}"
        for number in range(layers)
        for name in ("input_layernorm", "post_attention_layernorm")
    ]
    write_safetensors(folder / "model.safetensors", matrices, [*norms, "model.norm"], width, bits)
    return folder


def write_safetensors(
    path: Path, matrices: dict[str, tuple[int, int]], norms: list[str], width: int, bits: int | None
) -> None:
    parts: list[tuple[str, str, tuple[int, ...], int]] = [
        (f"{norm}.weight", "F16", (width,), 2 * width) for norm in norms
    ]
    for name, (rows, columns) in matrices.items():
        if bits is None:
            parts.append((f"{name}.weight", "F16", (rows, columns), 2 * rows * columns))
        else:
            parts.append((f"{name}.weight", "U32", (rows, columns * bits // 32), rows * columns * bits // 8))
            parts += [
                (f"{name}.{kind}", "F16", (rows, columns // 64), rows * columns // 32) for kind in ("scales", "biases")
            ]
    header: dict[str, object] = {"__metadata__": {"format": "mlx"}}
    end = 0
    for name, kind, shape, size in parts:
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": (end, end + size)}
        end += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    small = struct.pack("<e", 0.01) * (MIB // 2)
    with path.open("wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        for start in range(0, end, MIB):
            out.write(small[: min(MIB, end - start)])


def estimated(backend: str, folder: Path, options: dict[str, Any]) -> MemoryEstimate:
    one = find_backend(backend)
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()}
    estimate = one.estimate(sizes, options, one.facts(folder))
    assert estimate
    return estimate


def row(what: str, backend: str, folder: Path, options: dict[str, Any]) -> None:
    command = [sys.executable, __file__, backend, str(folder), json.dumps(options)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    loaded, loading, working = json.loads(done.stdout.splitlines()[-1])
    told = estimated(backend, folder, options)
    size = sum(
        file.stat().st_size for file in folder.iterdir() if file.name.startswith("model") and file.suffix != ".json"
    )
    peak = max(loading, working)
    figures = (size, loaded, told.resident, loading, working, told.peak)
    numbers = " | ".join(f"{figure / MIB:,.0f}" for figure in figures)
    print(f"| {what} | {numbers} | {told.resident / loaded:.2f} | {told.peak / peak:.2f} |", flush=True)


def main() -> None:
    print("| model | file | loaded | estimate | peak loading | peak at work | estimate | loaded: ratio | peak: ratio |")
    print("| --- | --: | --: | --: | --: | --: | --: | --: | --: |")
    with tempfile.TemporaryDirectory(prefix="modelfetch-memory-") as name:
        whispers(Path(name))
        llamas(Path(name))


def whispers(root: Path) -> None:
    for size in (75_000_000, 250_000_000, 800_000_000):
        folder = write_big_whisper(root / f"whisper-{size}", size)
        half = float16_whisper(folder, root / f"whisper-{size}-float16")
        for stored, place, computed in (
            ("int8", folder, ("default", "int8", "float32")),
            ("float16", half, ("default", "int8")),
        ):
            for compute in computed:
                row(
                    f"Whisper, {stored}, compute_type={compute}",
                    "ctranslate2",
                    place,
                    {"device": "cpu", "compute_type": compute},
                )
        for place in (folder, half):
            (place / "model.bin").unlink()


def llamas(root: Path) -> None:
    for layers, width, bits in ((8, 1024, None), (12, 2048, None), (4, 2048, 4)):
        folder = big_llama(root / f"llama-{layers}-{width}-{bits}", layers=layers, width=width, bits=bits)
        row(f"llama, {layers} layers of {width}, {'float16' if bits is None else f'{bits} bits'}", "mlx", folder, {})
        (folder / "model.safetensors").unlink()


if __name__ == "__main__":
    child(*sys.argv[1:]) if len(sys.argv) > 1 else main()
