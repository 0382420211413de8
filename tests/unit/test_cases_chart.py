from __future__ import annotations

import hashlib
import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from aggregator.cases import drawing
from aggregator.cases.chart import (
    ALT_CHARS_MAX,
    MARKS_MAX,
    MONTHS_MAX,
    WEEKS_MAX,
    Unit,
    alt_text,
    chart,
    chart_data,
    heading,
    legend,
    offset,
)
from aggregator.model import EventKind, Milestone, Severity
from tests.casefile import CASE, NOW, PAPERS, docket_entry, on, report, story

MONDAY = date(2024, 1, 1)
PHONE_PX = 360


def weeks(count, first=MONDAY, articles=3):
    return [(first + timedelta(weeks=n), articles + n % 5) for n in range(count)]


def elsewhere(code):
    """Run `code` in a process of its own, where `found` is the chart of a few weeks."""
    made = (
        "import sys, hashlib; from datetime import date, timedelta;"
        "from aggregator.cases.chart import available, chart, chart_data;"
        "from tests.casefile import CASE, NOW;"
        "weeks = [(date(2024, 1, 1) + timedelta(weeks=n), 3 + n % 5) for n in range(30)];"
        "found = chart_data(CASE, weeks, (), NOW);"
    )
    done = subprocess.run(
        [sys.executable, "-c", made + code], capture_output=True, check=True, text=True
    )
    return done.stdout.split()


def data(coverage, stories=(), case=CASE, now=NOW):
    return chart_data(case, coverage, stories, now)


def picture(png):
    with Image.open(io.BytesIO(png)) as image:
        return image.convert("RGB")


def test_a_bar_stands_for_each_week_and_a_week_without_articles_is_an_empty_one():
    known = replace(CASE, milestones=())
    found = data([(MONDAY, 2), (MONDAY + timedelta(weeks=3), 5)], case=known)
    assert [bar.count for bar in found.bars] == [2, 0, 0, 5]
    assert (found.unit, found.total) == (Unit.WEEK, 7)


def test_sixty_weeks_stay_weeks_and_ten_years_become_months_and_the_title_says_so():
    known = replace(CASE, milestones=())
    year = data(weeks(60), case=known)
    assert (year.unit, len(year.bars)) == (Unit.WEEK, 60)
    assert heading(year) == "Articles read per week, 1 Jan 2024 to 17 Feb 2025"
    decade = data(weeks(520, date(2014, 12, 29)), case=known)
    assert (decade.unit, len(decade.bars)) == (Unit.MONTH, 121)
    assert heading(decade) == (
        "Articles read per month, Dec 2014 to Dec 2024 (too many weeks to show each)"
    )
    assert decade.total == sum(count for _, count in weeks(520))


def test_a_feed_with_an_impossible_date_makes_years_and_not_a_thousand_bars():
    found = data([(date(1995, 1, 2), 1), (MONDAY, 3)])
    assert (found.unit, len(found.bars)) == (Unit.YEAR, 31)


def test_milestones_within_the_time_are_marked_and_those_before_it_are_listed():
    found = data(weeks(30, date(2024, 12, 2)))
    assert [mark.what for mark in found.marks] == ["Motion to dismiss denied in part (Dkt. 88)"]
    assert [mark.date for mark in found.before] == ["2023-06-05", "2024", "2024-03"]
    assert legend(found) == (
        "1 · 29 May 2025: Motion to dismiss denied in part (Dkt. 88)",
        "Before that:",
        "5 Jun 2023: Complaint filed",
        "2024: Discovery opens",
        "Mar 2024: Case stayed",
    )


def test_a_weighty_development_that_its_own_source_confirms_is_marked_too():
    entry = story(docket_entry("ORDER", at=on("2025-05-05"), severity=Severity.HIGH))
    rumour = story(report(at=on("2025-05-06"), severity=Severity.HIGH))
    small = story(docket_entry("MINUTE ORDER", at=on("2025-05-07")))
    found = data(weeks(30, date(2024, 12, 2)), [entry, rumour, small])
    assert found.marks[0].what == "ORDER"
    assert len(found.marks) == 2


def test_where_there_is_no_room_the_weightiest_and_newest_are_marked():
    steps = tuple(
        Milestone(date=f"2024-0{n}-10", what=f"Motion {n}", source=PAPERS, event=EventKind.MOTION)
        for n in range(1, 9)
    )
    verdict = Milestone(date="2024-01-05", what="Verdict", source=PAPERS, event=EventKind.VERDICT)
    found = data(weeks(50), case=replace(CASE, milestones=(*steps, verdict)))
    assert [mark.what for mark in found.marks] == ["Verdict", *(f"Motion {n}" for n in range(4, 9))]
    assert (len(found.marks), found.more) == (MARKS_MAX, 3)
    assert "and 3 more: see the timeline" in legend(found)


def test_what_lies_ahead_is_neither_counted_nor_marked():
    ahead = Milestone(date="2031-01-01", what="Ahead", source=PAPERS)
    found = data([(MONDAY, 2), (date(2030, 1, 7), 9)], case=replace(CASE, milestones=(ahead,)))
    assert (found.total, found.marks, found.before) == (2, (), ())


def test_a_mark_stands_over_the_week_it_belongs_to():
    found = data(weeks(4))
    assert offset(found, MONDAY) == -0.5
    assert 0.5 < offset(found, MONDAY + timedelta(days=11)) < 1.5


def test_without_coverage_the_chart_says_that_nothing_was_read():
    found = data([])
    assert (found.bars, found.marks, len(found.before)) == ((), (), 4)
    assert alt_text(found).startswith("SEC v. Harbor: Nothing read yet.\nOn file:\n")
    assert len(picture(chart(found)).getcolors(10**6)) > 1


def test_the_words_say_what_the_picture_shows():
    assert alt_text(data(weeks(30, date(2024, 12, 2)))) == (
        "SEC v. Harbor: Articles read per week, 2 Dec 2024 to 9 Jun 2025; 137 in all, "
        "most in the week from 30 Dec 2024: 7.\n"
        "1 · 29 May 2025: Motion to dismiss denied in part (Dkt. 88)\n"
        "Before that:\n"
        "5 Jun 2023: Complaint filed\n"
        "2024: Discovery opens\n"
        "Mar 2024: Case stayed"
    )


def test_the_same_data_give_the_same_bytes_in_every_process_and_thread():
    found = data(weeks(30))
    here = chart(found)
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(chart, [found] * 4)) == {here}
    other = elsewhere("print(hashlib.sha256(chart(found)).hexdigest())")
    assert other == [hashlib.sha256(here).hexdigest()]


def test_drawing_leaves_the_librarys_global_state_alone():
    assert elsewhere(
        "import matplotlib; before = matplotlib.rcParams.copy(); chart(found);"
        "print('matplotlib.pyplot' in sys.modules, dict.__eq__(before, matplotlib.rcParams))"
    ) == ["False", "True"]


def test_charts_are_available_here_and_need_nothing_loaded_until_one_is_drawn():
    assert elsewhere("print(available(), 'matplotlib' in sys.modules)") == ["True", "False"]


def luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(
    ("colour", "least"),
    [(drawing.TEXT, 7), (drawing.FAINT, 7), (drawing.BAR, 4.5), (drawing.MARK, 4.5)],
)
def test_everything_stands_out_from_the_pictures_own_background(colour, least):
    assert contrast(colour, drawing.BACKGROUND) >= least


def test_the_background_is_solid_so_a_dark_and_a_light_chat_show_the_same():
    image = picture(chart(data(weeks(5))))
    assert image.size == (drawing.WIDTH_PX, drawing.HEIGHT_PX)
    edges = {image.getpixel((x, y)) for x in (0, 1079) for y in (0, 1439)}
    assert edges == {tuple(int(drawing.BACKGROUND[at : at + 2], 16) for at in (1, 3, 5))}
    with Image.open(io.BytesIO(chart(data(weeks(5))))) as raw:
        assert raw.mode == "RGB" or raw.getextrema()[3] == (255, 255)


def test_letters_are_large_enough_on_a_phone():
    pixels = drawing.FONT_PT * drawing.DPI / 72 * PHONE_PX / drawing.WIDTH_PX
    assert pixels >= 12


def test_bars_of_the_longest_chart_of_each_unit_can_be_told_apart_on_a_phone():
    step = drawing.PLOT[2] / max(WEEKS_MAX, MONTHS_MAX) * PHONE_PX / drawing.WIDTH_PX
    assert step > 1.5


def test_text_is_wrapped_within_the_picture_and_cut_with_an_ellipsis():
    lines = drawing.wrapped("word " * 100, drawing.FONT_PT, 2)
    assert len(lines) == 2
    assert lines[1].endswith("…")
    assert drawing.wrapped("W" * 300, drawing.FONT_PT, 2)[0].endswith("…")
    assert drawing.wrapped("short", drawing.FONT_PT, 2) == ["short"]
    assert drawing.wrapped("", drawing.FONT_PT, 2) == []


def test_nothing_is_written_past_the_edges_or_the_foot():
    wide = replace(
        CASE,
        title="W" * 200,
        milestones=tuple(
            Milestone(date=f"2024-02-1{n}", what="Wide words " * 20, source=PAPERS)
            for n in range(9)
        ),
    )
    image = picture(chart(data(weeks(60), case=wide)))
    back = image.getpixel((0, 0))
    border = [image.getpixel((x, y)) for x in (3, 1076) for y in range(0, 1440, 3)]
    border += [image.getpixel((x, 1437)) for x in range(0, 1080, 3)]
    assert set(border) == {back}


def test_a_dollar_sign_is_a_dollar_and_starts_no_formula():
    priced = replace(CASE, title="SEC seeks $x^2 of $\\frac{1}")
    plain = replace(CASE, title="SEC seeks x^2 of \\frac{1}")
    assert chart(data(weeks(3), case=priced)) != chart(data(weeks(3), case=plain))


def test_marks_stacked_on_letters_and_scripts_the_font_lacks_are_left_out():
    assert drawing.legible("Z\u0335\u0321a\u0301\u0338l\u202eg\x00o\n中文 ok") == "Zál g o ok"


HOSTILE = [
    "",
    "$" * 50,
    "\\" * 30,
    "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
    "هيئة الأوراق المالية تسقط الدعوى",
    "\u202eevil\u2066",
    "证券交易委员会诉币安",
    "🚨🚨 breaking 🚨",
    "\x00\x1b[31m\ud800",
    "x" * 10_000,
    "a\u0301" * 5_000,
    "{}%s{0}_^&#~",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_drawn_without_failing(text):
    case = replace(
        CASE,
        title=text,
        milestones=(Milestone(date="2024-02-10", what=text, source=PAPERS),),
    )
    for coverage in (weeks(8), []):
        found = data(coverage, case=case)
        assert chart(found).startswith(b"\x89PNG")
        assert 0 < len(alt_text(found)) <= ALT_CHARS_MAX


@given(
    st.lists(
        st.tuples(st.dates(date(1970, 1, 5), date(2040, 1, 1)), st.integers(-5, 10**12)),
        max_size=30,
    ),
    st.lists(st.tuples(st.text(max_size=10), st.text(max_size=400)), max_size=15),
)
@settings(max_examples=60, deadline=None)
def test_any_coverage_and_any_dates_make_a_bounded_chart_that_counts_everything(coverage, steps):
    milestones = tuple(Milestone(date=at, what=what, source=PAPERS) for at, what in steps)
    found = data(coverage, case=replace(CASE, milestones=milestones))
    assert len(found.bars) <= max(WEEKS_MAX, MONTHS_MAX)
    counted = [count for at, count in coverage if at <= NOW.date() and count > 0]
    assert (found.total > 0) == bool(counted)
    assert len(found.marks) + len(found.before) <= MARKS_MAX
    assert len(alt_text(found)) <= ALT_CHARS_MAX
    if found.bars:
        assert all(-0.5 <= offset(found, mark.at) < len(found.bars) for mark in found.marks)


def test_numbers_of_neighbours_stand_in_different_rows():
    steps = tuple(
        Milestone(date=f"2024-02-1{n}", what=str(n), source=PAPERS, event=EventKind.ORDER)
        for n in range(3)
    )
    case = replace(CASE, milestones=steps)
    marks = data(weeks(60), case=case).marks
    assert len(marks) == 3
    assert drawing.levels([10.0, 12.0, 14.0, 300.0]) == [0, 1, 2, 0]
