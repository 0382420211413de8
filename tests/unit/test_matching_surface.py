from hypothesis import given
from hypothesis import strategies as st

from aggregator.matching import text
from aggregator.matching.surface import Fields, Surface, haystack

CHARS = st.sampled_from(
    [*"aZ9 .'&-?_\t\n\x1f", *"é—…’“«\u00a0\u200b\u0301€Ђâвςİ\u212a", "\U0001f600"]
)
LINES = st.text(CHARS | st.characters(), max_size=12)


@given(LINES, LINES, LINES)
def test_joining_straightens_each_field_as_fold_does(title, summary, source):
    surface = Surface(Fields(title=title, summary=summary, source=source), ("source",))
    for field, said in (("title", title), ("summary", summary), ("source", source)):
        start, end = surface.bounds(field)
        assert surface.text[start:end] == text.fold(said).text


@given(LINES)
def test_what_is_scanned_has_one_byte_a_character_and_blanks_only_between_words(said):
    straight = text.fold(said).text
    scanned = haystack(straight)
    assert len(scanned) == len(straight)
    for char, byte in zip(straight, scanned, strict=True):
        assert (byte != ord(" ")) is text.in_word(char)


@given(LINES, st.integers(0, 3))
def test_near_counts_the_words_that_stand_wholly_between(said, words):
    surface = Surface(Fields(title=said), ())
    spans = [word.span() for word in text.WORD.finditer(surface.text)]
    for end in range(2, len(surface.text) - 1):
        for start in range(end, len(surface.text) - 1):
            between = sum(end <= first and last <= start for first, last in spans)
            assert surface.near(end, start, words) is (between <= words)
