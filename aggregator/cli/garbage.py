"""How often Python looks for garbage that goes in circles, and among what."""

from __future__ import annotations

import gc

START_OBJECTS = 50_000
"""New objects before a look at start; Python's own 700 costs a third of a start, in which a million
objects are made to stay."""

RUN_OBJECTS = 5_000
"""The same while running: with 50,000, as many as 14,000 dead objects were seen to wait for a look."""


def begins() -> None:
    """Look seldom: nearly all that is made now stays."""
    gc.set_threshold(START_OBJECTS, *gc.get_threshold()[1:])


def settles() -> None:
    """Leave what was made to stay out of every later look, and look often from here on.

    The rules and their index are some 180,000 objects that never go.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    # A full look is put off until a quarter of what the last one found is new; this one finds none.
    gc.collect()
    gc.set_threshold(RUN_OBJECTS, *gc.get_threshold()[1:])
