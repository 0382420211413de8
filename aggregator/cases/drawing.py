"""Drawing a chart with matplotlib, the extra `charts`; import this only to draw.

The picture brings its own solid background, so it reads the same in a dark and a light chat, and
letters large enough for 1080 pixels shown on a screen 360 wide.  Only matplotlib's own fonts are
used and its global state (pyplot, rcParams) is never touched: pictures may be drawn in threads,
and look the same everywhere.
"""

from __future__ import annotations

import io
import unicodedata
from functools import cache
from itertools import groupby
from typing import Final

from matplotlib import get_data_path
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.ft2font import FT2Font
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from aggregator.cases import words
from aggregator.cases.chart import ChartData, heading, legend, offset, tick

WIDTH_PX, HEIGHT_PX, DPI = 1080, 1440, 100
MARGIN_PX = 54
FONT_PT, TITLE_PT = 26, 34
"""36 and 47 pixels: 12 and 16 where the picture is 360 wide."""
LINE_PX = 46
TITLE_TOP_PX, HEADING_TOP_PX, HEADING_LINES = 40, 108, 2
PLOT: Final = (140, 735, 886, 480)
"""Left, bottom (from the picture's foot), width and height of the plot in pixels."""
LEGEND_TOP_PX = 815
BAR_PX_MAX = 70
LEGEND_LINES, LINES_PER_MARK = 13, 2
TICKS_MAX = 3
LEVELS, LEVEL_PX, LEVEL_APART_PX = 3, 46, 56
"""The numbers of marks stand in rows above the bars, so that neighbours do not cover each other."""
TEXT_CHARS_MAX = 300

BACKGROUND: Final = "#1b2433"
TEXT: Final = "#f2f5f9"
FAINT: Final = "#b9c4d3"
BAR: Final = "#5aa9ff"
MARK: Final = "#ffc857"


def draw(data: ChartData) -> bytes:
    """Return the chart as PNG, `WIDTH_PX` by `HEIGHT_PX`; the same data give the same bytes."""
    figure = Figure(figsize=(WIDTH_PX / DPI, HEIGHT_PX / DPI), dpi=DPI, facecolor=BACKGROUND)
    FigureCanvasAgg(figure)
    _text(figure, wrapped(data.title, TITLE_PT, 1), TITLE_TOP_PX, TITLE_PT, TEXT)
    _text(
        figure,
        wrapped("" if not data.bars else heading(data), FONT_PT, HEADING_LINES),
        HEADING_TOP_PX,
        FONT_PT,
        FAINT,
    )
    if data.bars:
        _plot(figure, data)
    else:
        middle = (WIDTH_PX / 2, PLOT[1] + PLOT[3] / 2)
        _write(figure, middle, words.NOTHING_READ, TITLE_PT, FAINT)
    _text(figure, _legend(data), LEGEND_TOP_PX, FONT_PT, TEXT)
    out = io.BytesIO()
    # The program's version would change the bytes with every update of the library.
    figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def legible(text: str) -> str:
    """Return `text` as one line of characters that the font has; others are dropped, so that a
    text in a script it lacks becomes short or empty rather than boxes.
    """
    known = _glyphs()
    plain = unicodedata.normalize("NFC", text[:TEXT_CHARS_MAX])
    # Marks stacked on a letter would run over the lines above.
    plain = "".join(char for char in plain if not unicodedata.category(char).startswith("M"))
    kept = "".join(char if _drawn(char, known) else " " for char in plain)
    return " ".join(kept.split())


def wrapped(text: str, points: int, lines_max: int) -> list[str]:
    """Return `text` in lines that fit the picture's width, with an ellipsis where it was cut."""
    lines = [""]
    for word in legible(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or _fits(longer, points):
            lines[-1] = longer
        else:
            lines.append(word)
    cut = [_cut(line, points) for line in lines[:lines_max]]
    if len(lines) > lines_max and not cut[-1].endswith("…"):
        cut[-1] = _cut(f"{cut[-1]} …", points)
    return [line for line in cut if line]


def levels(places: list[float]) -> list[int]:
    """Return the row of each number, given where they stand in pixels, left to right."""
    ends = [float("-inf")] * LEVELS
    levels = []
    for place in places:
        free = [level for level, end in enumerate(ends) if place - end >= LEVEL_APART_PX]
        level = free[0] if free else min(range(LEVELS), key=ends.__getitem__)
        ends[level] = place
        levels.append(level)
    return levels


def _legend(data: ChartData) -> list[str]:
    """Return as many entries as there is room for, none of them cut off by the picture's foot."""
    lines: list[str] = []
    for entry in legend(data):
        added = wrapped(entry, FONT_PT, LINES_PER_MARK)
        if len(lines) + len(added) > LEGEND_LINES:
            break
        lines += added
    return lines


def _drawn(char: str, known: frozenset[int]) -> bool:
    return ord(char) in known and not unicodedata.category(char).startswith("C")


def _cut(line: str, points: int) -> str:
    if _fits(line, points):
        return line
    while line and not _fits(f"{line}…", points):
        line = line[:-1]
    return f"{line.rstrip()}…"


def _fits(line: str, points: int) -> bool:
    return _width_px(line, points) <= WIDTH_PX - 2 * MARGIN_PX


@cache
def _path() -> str:
    return f"{get_data_path()}/fonts/ttf/DejaVuSans.ttf"


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(FT2Font(_path()).get_charmap())


@cache
def _advance(char: str) -> float:
    """Return a character's width at one point and 72 dots an inch."""
    font = FT2Font(_path())
    font.set_size(100, 72)
    return font.load_char(ord(char)).linearHoriAdvance / 65536 / 100


def _width_px(line: str, points: int) -> float:
    return sum(map(_advance, line)) * points * DPI / 72


def _write(
    figure: Figure,
    at: tuple[float, float],
    text: str,
    points: int,
    color: str,
    *,
    ha: str = "center",
    va: str = "center",
) -> None:
    """Write at pixels from the left and the foot; "$" means a dollar."""
    x, y = at[0] / WIDTH_PX, at[1] / HEIGHT_PX
    font = FontProperties(fname=_path(), size=points)
    figure.text(x, y, text, fontproperties=font, color=color, ha=ha, va=va, parse_math=False)


def _text(figure: Figure, lines: list[str], top: float, points: int, color: str) -> None:
    for number, line in enumerate(lines):
        y = HEIGHT_PX - top - number * LINE_PX
        _write(figure, (MARGIN_PX, y), line, points, color, ha="left", va="top")


def _plot(figure: Figure, data: ChartData) -> None:
    left, bottom, width, height = PLOT
    count = len(data.bars)
    step = width / count
    rows = levels([(offset(data, mark.at) + 0.5) * step for mark in data.marks])
    room = height - LEVEL_PX * (1 + max(rows, default=-1)) - 10
    top = max(bar.count for bar in data.bars) or 1
    for number, bar in enumerate(data.bars):
        tall = bar.count / top * room
        wide = min(step * 0.76, BAR_PX_MAX)
        _box(figure, (left + (number + 0.5) * step - wide / 2, bottom), (wide, tall), BAR)
    _axis(figure, data, top, room)
    places = [
        (
            left + min(max(offset(data, mark.at) + 0.5, 0), count) * step,
            bottom + room + LEVEL_PX * (level + 0.5) + 10,
        )
        for mark, level in zip(data.marks, rows, strict=True)
    ]
    for x, y in places:
        _line(figure, [x, x], [bottom, y], MARK, 3)
    for number, (x, y) in enumerate(places, 1):
        # A neighbour's line may run behind the number.
        _box(figure, (x - 14, y - 20), (28, 40), BACKGROUND, above=True)
        _write(figure, (x, y), str(number), FONT_PT, MARK)


def _axis(figure: Figure, data: ChartData, top: int, room: float) -> None:
    left, bottom, width, _ = PLOT
    step = width / len(data.bars)
    _line(figure, [left, left + width], [bottom, bottom], FAINT, 2)
    for value in sorted({top, top // 2} - {0}):
        y = bottom + value / top * room
        _line(figure, [left, left + width], [y, y], FAINT, 0.6)
        _write(figure, (left - 14, y), _short(value), FONT_PT, FAINT, ha="right")
    labels = [(number, tick(bar.start, data.unit)) for number, bar in enumerate(data.bars)]
    # One label for each month or year, at its first bar.
    firsts = [next(same) for _, same in groupby(labels, key=lambda one: one[1])]
    every = -(-len(firsts) // TICKS_MAX)
    end = 0.0
    for number, label in firsts[::every]:
        half = _width_px(label, FONT_PT) / 2
        x = min(max(left + (number + 0.5) * step, left + half), left + width - half)
        if x - half > end:
            _write(figure, (x, bottom - 34), label, FONT_PT, FAINT)
            end = x + half + 20


def _short(value: int) -> str:
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**4, "k")):
        if value >= size:
            return f"{value // (1000 if letter == 'k' else size)}{letter}"
    return str(value)


def _box(
    figure: Figure,
    at: tuple[float, float],
    size: tuple[float, float],
    color: str,
    *,
    above: bool = False,
) -> None:
    corner = (at[0] / WIDTH_PX, at[1] / HEIGHT_PX)
    wide, tall = size[0] / WIDTH_PX, size[1] / HEIGHT_PX
    shape = Rectangle(corner, wide, tall, color=color, linewidth=0, zorder=2.5 if above else 1)
    figure.add_artist(shape)


def _line(figure: Figure, xs: list[float], ys: list[float], color: str, points: float) -> None:
    across = [x / WIDTH_PX for x in xs]
    up = [y / HEIGHT_PX for y in ys]
    figure.add_artist(
        Line2D(across, up, color=color, linewidth=points, zorder=2 if points > 1 else 0.5)
    )
