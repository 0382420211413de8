"""Asked for, agreed, ended, ruled on: told apart by who acts in a headline."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.stories.phase import Phase, Said, apart, said, turned


@pytest.mark.parametrize(
    ("title", "phase"),
    [
        ("SEC and Binance ask court to pause lawsuit", Phase.AHEAD),
        ("Binance, SEC jointly seek 60-day stay", Phase.AHEAD),
        ("Binance files motion to dismiss SEC lawsuit", Phase.AHEAD),
        ("SEC and Coinbase reach settlement in principle", Phase.AHEAD),
        ("SEC to drop Coinbase lawsuit", Phase.AHEAD),
        ("SEC and Ripple agree to settle", Phase.AGREED),
        ("Ripple and SEC sign settlement", Phase.AGREED),
        ("SEC drops lawsuit against Coinbase", Phase.ENDED),
        ("Judge pauses SEC lawsuit against Binance", Phase.RULED),
        ("Court signs off on deal between SEC and Binance.US", Phase.RULED),
        ("SEC bid for access to Binance.US software denied", Phase.RULED),
        ("SEC v. Binance lawsuit paused for 60 days", Phase.RULED),
        ("House passes stablecoin bill", Phase.PASSED),
        ("President signs stablecoin act into law", Phase.SIGNED),
        ("Judge may approve settlement between SEC and Ripple", None),
        ("Judge makes no ruling on SEC request to examine Binance.US", None),
        ("XRP climbs by a tenth after judge approves settlement", None),
        ("", None),
    ],
)
def test_a_headline_tells_its_phase_by_its_news_and_not_by_its_background(title, phase):
    assert said(title).phase is phase


def test_what_is_asked_for_and_what_is_ruled_are_two_and_two_requests_may_be_one():
    asked, ruled = said("SEC asks court to stay case"), said("Judge stays SEC case")
    assert apart(asked, ruled)
    assert apart(ruled, asked)
    assert not apart(asked, said("SEC and Binance seek stay"))
    assert not apart(asked, Said())


@given(st.sampled_from([None, *Phase]), st.sampled_from([None, *Phase]))
def test_phases_are_apart_in_both_directions_or_in_none_and_never_from_themselves(one, two):
    first, second = Said(phase=one), Said(phase=two)
    assert apart(first, second) == apart(second, first)
    assert not apart(first, first)
    assert not apart(first, Said())


def test_a_ruling_turns_only_on_another_thing_than_the_parties_and_the_lawsuit():
    granted = said("Judge grants SEC motion to compel depositions in Ripple case")
    denied = said("Judge denies SEC motion to seal exhibits in Ripple case")
    half = said("Judge denies Ripple motion against depositions")
    names = ("sec", "ripple")
    assert turned(granted, denied, names)
    assert not turned(granted, half, names), "the same thing, told by what the other side got"
    assert not turned(granted, granted, names)
    assert not turned(granted, Said(), names)
