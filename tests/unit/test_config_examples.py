from pathlib import Path

import pytest

from aggregator.config.examples import Verdict, check_examples
from aggregator.config.rules import LoadedRules, load_rules_with_lines
from aggregator.matching.rules import Example
from aggregator.model import Target

WATCHLIST = """\
title: Stablecoin law
when: stablecoin
examples:
  match:
    - Stablecoin bill passes
    - title: Second try
      summary: A stablecoin bill
  related:
    - Passing mention
  no_match:
    - Football scores
"""


def loaded(tmp_path: Path, text: str) -> LoadedRules:
    (tmp_path / "watchlists").mkdir()
    (tmp_path / "watchlists" / "stable.yaml").write_text(text, encoding="utf-8")
    return load_rules_with_lines([tmp_path])


def test_examples_that_hold_are_no_faults(tmp_path):
    def judge(example: Example, target: Target) -> Verdict:
        assert str(target) == "watchlist:stable"
        if example.title == "Passing mention":
            return "related"
        return "match" if "tablecoin" in example.title + example.summary else "no"

    report = check_examples(loaded(tmp_path, WATCHLIST), judge)
    assert (report.ran, report.faults, report.warnings) == (4, (), ())


@pytest.mark.parametrize(
    ("verdict", "expected"),
    [
        (
            "no",
            [
                (5, "“Stablecoin bill passes” should match but does not: widen `when`"),
                (6, "“Second try” should match but does not"),
                (9, "“Passing mention” should be related but does not match at all"),
            ],
        ),
        (
            "match",
            [
                (9, "“Passing mention” should only be related but matches: narrow `when`"),
                (11, "“Football scores” should not match but does: narrow `when`"),
            ],
        ),
        (
            "related",
            [
                (5, "should match but is only related"),
                (6, "should match but is only related"),
                (11, "should not match but is related: narrow `when`"),
            ],
        ),
    ],
)
def test_each_failing_example_is_a_fault_at_its_line(tmp_path, verdict, expected):
    report = check_examples(loaded(tmp_path, WATCHLIST), lambda example, target: verdict)
    assert [fault.line for fault in report.faults] == [line for line, _ in expected]
    for fault, (_, words) in zip(report.faults, expected, strict=True):
        assert words in fault.what
        assert fault.file.endswith("stable.yaml")


def test_a_rule_without_examples_is_a_warning(tmp_path):
    text = "title: A\nwhen: x\nexamples: {match: [x]}"
    report = check_examples(loaded(tmp_path, text), lambda example, target: "match")
    (warning,) = report.warnings
    assert "stable has no examples under `no_match`: add a title" in warning.what
    assert report.faults == ()


def test_a_long_title_is_shortened_in_the_fault(tmp_path):
    text = f"title: A\nwhen: x\nexamples: {{match: ['{'long ' * 40}'], no_match: [y]}}"
    (fault,) = check_examples(loaded(tmp_path, text), lambda example, target: "no").faults
    assert len(fault.what) < 200
    assert "…”" in fault.what
