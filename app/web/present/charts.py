"""Charts: shapes for an SVG that fills its place, and the same as a table. Words stand beside the shapes, not in them,
so that they keep their size on a phone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

WIDE, HIGH = 720, 140
_AIR = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar, and what it says."""

    x: float
    y: float
    wide: float
    high: float
    title: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line, in pieces where values are missing; ``look`` is 1 for the first of a chart, 2 for the second."""

    name: str
    look: int
    pieces: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    """Values without a neighbour: no line goes through them."""


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart. ``spoken`` says what it shows; ``top`` is the value at its upper edge; ``head`` and ``rows`` are the
    same as a table, ``rows`` with what is at all."""

    title: str
    spoken: str
    top: str
    first: str
    last: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    bars: tuple[Bar, ...] = ()
    curves: tuple[Curve, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """What is shown at one place: its name, and a value with its words for each column; None where there is none."""

    name: str
    values: tuple[float | None, ...]
    words: tuple[str, ...]


def bars(title: str, spoken: str, top: str, head: Sequence[str], points: Sequence[Point]) -> Chart:
    """The first value of each point as a bar."""
    most = max([one.values[0] or 0 for one in points] + [0]) or 1
    wide = WIDE / max(len(points), 1)
    found = []
    for step, one in enumerate(points):
        value = one.values[0]
        if value:
            high = (HIGH - _AIR) * value / most
            title_ = f"{one.name}: {', '.join(one.words)}"
            found.append(
                Bar(round(wide * (step + 0.1), 2), round(HIGH - high, 1), round(wide * 0.8, 2), round(high, 1), title_)
            )
    return _chart(title, spoken, top, head, points, tuple(found), ())


def curves(title: str, spoken: str, top: str, head: Sequence[str], points: Sequence[Point]) -> Chart:
    """Each value of the points as a line of its own; the first of ``head`` names the places, the others the lines."""
    most = max([value or 0 for one in points for value in one.values] + [0]) or 1
    lines = tuple(
        _curve(head[1 + which], 1 + which, [one.values[which] for one in points], most)
        for which in range(len(head) - 1)
    )
    return _chart(title, spoken, top, head, points, (), lines)


def with_column(chart: Chart, head: str) -> Chart:
    """The chart, with a name for a last column of its table that is not drawn."""
    return replace(chart, head=(*chart.head, head))


def _curve(name: str, look: int, values: Sequence[float | None], most: float) -> Curve:
    wide = WIDE / max(len(values), 1)
    pieces: list[list[tuple[float, float]]] = [[]]
    for step, value in enumerate(values):
        if value is None:
            pieces.append([])
        else:
            pieces[-1].append((round(wide * (step + 0.5), 2), round(HIGH - (HIGH - _AIR) * value / most, 1)))
    return Curve(
        name,
        look,
        tuple(" ".join(f"{x},{y}" for x, y in piece) for piece in pieces if len(piece) > 1),
        tuple(piece[0] for piece in pieces if len(piece) == 1),
    )


def _chart(
    title: str,
    spoken: str,
    top: str,
    head: Sequence[str],
    points: Sequence[Point],
    shapes: tuple[Bar, ...],
    lines: tuple[Curve, ...],
) -> Chart:
    return Chart(
        title=title,
        spoken=spoken,
        top=top,
        first=points[0].name if points else "",
        last=points[-1].name if points else "",
        head=tuple(head),
        rows=tuple((one.name, *one.words) for one in points if any(value is not None for value in one.values)),
        bars=shapes,
        curves=lines,
    )
