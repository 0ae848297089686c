"""The state diagram of a file, drawn from the table itself: ``{transfer-states}``.

Rule: the page says what each state means, ``core.transfer.file.TABLE`` says what leads where, and the build fails when they do
not speak of the same states. States stand in a column, in their order: what leads on runs down on the right, what
leads back runs up on the left, and the shorter way is the inner one.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from modelfetch.core.transfer.file import TABLE, State

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROW, BOX, HALF, LANE = 80, (116, 44), 22, 46
"""Pixels: from state to state, a box, half its height, from lane to lane."""

STYLE = "font: 12px var(--font-stack--monospace, monospace); max-width: 100%; height: auto; color: inherit"
HALO = 'paint-order="stroke" stroke="var(--color-background-primary, #fff)" stroke-width="4" stroke-linejoin="round"'


@dataclass(frozen=True, slots=True)
class Edge:
    """From one state to another, by whichever of ``moves``; ``lane``: how far out it runs, 0 for straight down."""

    start: int
    end: int
    moves: tuple[str, ...]
    lane: int = 0

    @property
    def span(self) -> tuple[int, int]:
        """The rows that it passes, the upper one first."""
        return min(self.start, self.end), max(self.start, self.end)


def edges() -> list[Edge]:
    """Every row of the table, those between the same two states together."""
    order = list(State)
    pairs: dict[tuple[int, int], list[str]] = {}
    for state, moves in TABLE.items():
        for move, after in moves.items():
            pairs.setdefault((order.index(state), order.index(after)), []).append(move.value)
    found = [Edge(start, end, tuple(moves)) for (start, end), moves in pairs.items()]
    straight = [edge for edge in found if edge.end == edge.start + 1]
    onward = [edge for edge in found if edge.end > edge.start + 1]
    back = [edge for edge in found if edge.end < edge.start]
    loops = [edge for edge in found if edge.end == edge.start]
    return [*straight, *loops, *_in_lanes(onward), *_in_lanes(back)]


def _in_lanes(given: list[Edge]) -> list[Edge]:
    """Each in the innermost lane that is free along all of its way, the shorter ones first."""
    placed: list[Edge] = []
    for edge in sorted(given, key=lambda edge: (edge.span[1] - edge.span[0], edge.span)):
        taken = {other.lane for other in placed if _meet(edge.span, other.span)}
        lane = next(lane for lane in range(1, len(given) + 1) if lane not in taken)
        placed.append(Edge(edge.start, edge.end, edge.moves, lane))
    return placed


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def diagram() -> str:
    """The picture, as SVG that takes its colours from the page."""
    every = edges()
    left = max((edge.lane for edge in every if edge.end < edge.start), default=0) * LANE + 60
    right = max((edge.lane for edge in every if edge.end > edge.start), default=0) * LANE + 60
    width, height = left + BOX[0] + right, ROW * len(State)
    drawn = [_edge(edge, left, every) for edge in every]
    boxes = "".join(_box(row, state.value, left) for row, state in enumerate(State))
    title = f"{len(State)} states of a file and {sum(map(len, TABLE.values()))} moves between them"
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" style="{STYLE}" role="img" aria-label="{title}">'
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="currentColor"/></marker></defs>'
        f'<g fill="none" stroke="currentColor" marker-end="url(#tip)">{"".join(line for line, _ in drawn)}</g>'
        f'{boxes}<g fill="currentColor" text-anchor="middle">{"".join(word for _, word in drawn)}</g></svg>'
    )


def _box(row: int, name: str, left: int) -> str:
    y = row * ROW + ROW // 2
    return (
        f'<rect x="{left}" y="{y - HALF}" width="{BOX[0]}" height="{BOX[1]}" rx="8" stroke="currentColor" '
        'fill="var(--color-background-secondary, #f8f8f8)"/>'
        f'<text x="{left + BOX[0] / 2}" y="{y + 4}" text-anchor="middle" fill="currentColor" font-weight="bold">{name}</text>'
    )


def _edge(edge: Edge, left: int, every: list[Edge]) -> tuple[str, str]:
    """A line with its tip, and its word."""
    middle = left + BOX[0] // 2
    if edge.start == edge.end:
        x, y = left + BOX[0], edge.start * ROW + ROW // 2 - HALF + 6
        return f'<path d="M{x} {y}c34 -14 34 22 2 10"/>', _word(edge, x + 30, y - 8)
    if not edge.lane:
        top = edge.start * ROW + ROW // 2 + HALF
        word = _word(edge, middle, top + (ROW - BOX[1]) // 2 + 2)
        return f'<path d="M{middle} {top}V{top + ROW - BOX[1] - 1}"/>', word
    down = edge.end > edge.start
    side, way = (left + BOX[0], 1) if down else (left, -1)
    x = side + way * (edge.lane * LANE + 24)
    begin, finish = _port(edge, edge.start, every), _port(edge, edge.end, every)
    turn = 10 if finish > begin else -10
    path = (
        f"M{side} {begin}H{x - way * 10}q{way * 10} 0 {way * 10} {turn}V{finish - turn}"
        f"q0 {turn} {-way * 10} {turn}H{side + way}"
    )
    return f'<path d="{path}"/>', _word(edge, x, (begin + finish) // 2 + 4)


def _port(edge: Edge, row: int, every: list[Edge]) -> float:
    """Where on its box's side a line ends: those to higher rows above those to lower ones, none upon another."""
    down = edge.end > edge.start
    here = [other for other in every if other.lane and (other.end > other.start) is down and row in other.span]
    here.sort(key=lambda other: (sum(other.span) - row, other.lane))
    step = (BOX[1] - 6) / (len(here) + 1)
    return row * ROW + ROW // 2 - HALF + 3 + step * (here.index(edge) + 1)


def _word(edge: Edge, x: float, y: float) -> str:
    return f'<text x="{x}" y="{y}" {HALO}>{escape(", ".join(edge.moves))}</text>'


class TransferStates(SphinxDirective):
    """The diagram, then a table; its content is a line ``state: what it means`` for each state, in their order."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """The nodes. Fails the build when the states of the page are not those of the table."""
        meanings = dict(line.split(": ", 1) for line in self.content if line.strip())
        if list(meanings) != [state.value for state in State]:
            message = f"the page explains {list(meanings)}, but the states are {[state.value for state in State]}"
            raise self.error(message)
        rows = [f"| {state.value} | {meanings[state.value]} | {_onward(state)} |" for state in State]
        table = ["| state | meaning | what may happen, and what it becomes |", "| --- | --- | --- |", *rows]
        figure = nodes.raw("", f'<figure style="overflow-x: auto">{diagram()}</figure>', format="html")
        parsed = nodes.container()
        self.state.nested_parse(StringList(table), self.content_offset, parsed)
        return [figure, *parsed.children]


def _onward(state: State) -> str:
    return ", ".join(f"{move.value} → {after.value}" for move, after in TABLE[state].items()) or "nothing more"


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("transfer-states", TransferStates)
    return {"parallel_read_safe": True}
