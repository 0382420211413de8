import pytest

from aggregator.matching import language, shape, tree
from aggregator.matching.query import (
    All,
    Any,
    Docket,
    Entity,
    Family,
    InField,
    Near,
    Not,
    Phrase,
)


def word(text, **more):
    return Phrase(text=text, **more)


@pytest.mark.parametrize(
    ("line", "query"),
    [
        ("settle", word("settle")),
        ("SEC", word("SEC", cased=True)),
        ("AT&T", word("AT&T", cased=True)),
        ("BINANCE", word("BINANCE")),
        ('"settle"', word("settle", exact=True)),
        ("“price prediction”", word("price prediction", exact=True)),
        ("regulat*", word("regulat", prefix=True)),
        ("@sec", Entity(slug="sec")),
        ("@Binance-US", Entity(slug="binance-us")),
        ("~sue", Family(name="sue")),
        ("a b", All(parts=(word("a"), word("b")))),
        ("a AND b", All(parts=(word("a"), word("b")))),
        ("a OR b c", Any(parts=(word("a"), All(parts=(word("b"), word("c")))))),
        ("(a OR b) c", All(parts=(Any(parts=(word("a"), word("b"))), word("c")))),
        ("a NOT b", All(parts=(word("a"), Not(part=word("b"))))),
        ("NOT b AND a", All(parts=(word("a"), Not(part=word("b"))))),
        ("a NEAR/3 b", Near(parts=(word("a"), word("b")), words=3)),
        ("a NEAR b", Near(parts=(word("a"), word("b")), words=10)),
        ("a ONEAR/3 b", Near(parts=(word("a"), word("b")), words=3, ordered=True)),
        ("a NEAR/3 b NEAR/3 c", Near(parts=(word("a"), word("b"), word("c")), words=3)),
        ("title:a", InField(field="title", part=word("a"))),
        ("Title: a b", All(parts=(InField(field="title", part=word("a")), word("b")))),
        ("court:dcd", InField(field="court", part=word("dcd", exact=True))),
        ("docket:1:23-cv-01599", Docket(number="23-cv-01599")),
        ('docket:"23 Civ. 1599 (AT)"', Docket(number="23-cv-01599")),
        ("docket:23-cv-1599 court:dcd", Docket(number="23-cv-01599", court="dcd")),
        ("court:dcd AND docket:23-cv-1599", Docket(number="23-cv-01599", court="dcd")),
        ("AND* OR b", None),
    ],
)
def test_a_line_means_what_it_says(line, query):
    if query is None:
        with pytest.raises(language.QueryError):
            language.parse(line)
    else:
        assert language.parse(line) == query


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        ("", 1, "empty"),
        ("binance AND", 12, "something must follow AND"),
        ("AND binance", 1, "AND needs a term on its left"),
        ("a OR OR b", 6, "OR needs a term on its left"),
        ("(a OR) b", 6, "something must follow OR"),
        ("a ()", 4, "nothing inside"),
        ("(binance", 1, "never closed"),
        ("binance)", 8, "closes nothing"),
        ('binance "price', 9, "quote is never closed"),
        ("NOT airdrop", 1, "only what must be absent"),
        ("a OR NOT b", 6, "only what must be absent"),
        ("sec and binance", 5, "AND in capitals"),
        ("sec or binance", 5, "OR in capitals"),
        ("a near/3 b", 3, "NEAR/3 in capitals"),
        ("a NEAR/ 3 b", 3, "right after the slash"),
        ("a NEAR/26 b", 1, "at most 25"),
        ("a NEAR/3 (b AND c)", 11, "near takes terms"),
        ("a NEAR/3 b NEAR/4 c", 12, "one chain"),
        ("a title:(b title:c)", 10, "another field"),
        ("sue*", 1, "at least 4 letters"),
        ("a re*gulat", 3, "only stands at the end"),
        ('"regulat*"', 1, "inside quotes"),
        ("titel:binance", 1, "unknown field 'titel'"),
        ("a docket:foo", 10, "no docket number"),
        ("court:d.c.d.", 7, "no court id"),
        ("@", 1, "names nothing"),
        ("a ... b", 3, "letter or a digit"),
        ("(" * 21 + "a" + ")" * 21, 21, "groups within groups"),
        ("a " * 1001, 2001, "at most 2000"),
    ],
)
def test_a_faulty_line_is_refused_at_its_column(line, column, said):
    with pytest.raises(language.QueryError) as refused:
        language.parse(line)
    assert said in refused.value.message
    assert refused.value.column == column


@pytest.mark.parametrize(
    "line", ["/se[ck]/", "/sec", r"\bsec\b", "se.*c", "sec|cftc", "[Ss]ec", "^sec"]
)
def test_a_regular_expression_is_refused_by_name(line):
    with pytest.raises(language.QueryError, match="regular expressions are not supported"):
        language.parse(line)
    with pytest.raises(language.QueryError, match="regular expressions are not supported"):
        language.term(line)


@pytest.mark.parametrize(
    ("line", "node"),
    [
        (
            '(@sec NEAR/10 @binance) AND NOT title:"price prediction"',
            {"near": ["@sec", "@binance"], "none": ['title:"price prediction"']},
        ),
        ("a b c", {"all": ["a", {"all": ["b", "c"]}]}),
        ("a OR b OR c", {"any": [{"any": ["a", "b"]}, "c"]}),
        ("a NOT b NOT c", {"all": ["a"], "none": ["b", "c"]}),
        ("a NOT (b OR c)", {"none": ["b", "c"], "all": ["a"]}),
        ("docket:23-cv-1599 court:dcd", {"court": "dcd", "docket": "1:23-cv-01599"}),
        ("a ONEAR/2 (b OR c)", {"near": ["a", {"any": ["b", "c"]}], "words": 2, "ordered": True}),
        ("title:(a OR b) regulat*", {"title": {"any": ["a", "b"]}, "all": ["regulat*"]}),
        ("source:wire tag:crypto", {"source": "wire", "tag": "crypto"}),
        ("a b", "a b"),
        ("a b", {"query": "a b"}),
        ("(a)", {"any": ["a"]}),
        ("a a", {"all": ["a", "a"]}),
    ],
)
def test_both_spellings_are_one_tree(line, node):
    assert language.parse(line) == tree.build(node)


def test_several_words_in_a_list_are_one_phrase():
    assert tree.build({"all": ["motion to dismiss"]}) == word("motion to dismiss")


def test_several_words_after_a_field_in_a_list_are_one_phrase():
    assert tree.build({"all": ["title:price prediction"]}) == InField(
        field="title", part=word("price prediction")
    )


@pytest.mark.parametrize(
    ("node", "path", "said"),
    [
        ({"al": ["a"]}, ("al",), "unknown key 'al'"),
        ({"all": []}, ("all",), "empty list"),
        ({"all": "a"}, ("all",), "takes a list"),
        ({"none": ["a"]}, (), "only what must be absent"),
        ({"all": [{"none": ["a"]}]}, (), "only what must be absent"),
        ({"any": ["a", {"none": ["b"]}]}, ("any", 1), "any text would do"),
        ({"near": ["a", "b"], "words": 26}, ("words",), "0 to 25"),
        ({"near": ["a", "b"], "words": True}, ("words",), "0 to 25"),
        ({"near": ["a", "b"], "ordered": "yes"}, ("ordered",), "true or false"),
        ({"near": ["a"]}, ("near",), "at least two"),
        ({"near": ["a", {"all": ["b", "c"]}]}, ("near", 1), "near takes terms"),
        ({"all": ["a"], "words": 3}, ("words",), "beside near"),
        ({"all": ["a", "sue*"]}, ("all", 1), "at least 4 letters"),
        ({"any": [{"all": ["a", "/b/"]}]}, ("any", 0, "all", 1), "regular expressions"),
        ({"all": ["a AND b"]}, ("all", 0), "one-line query"),
        ({"all": [True]}, ("all", 0), "true or false"),
        ({"all": [2023]}, ("all", 0), "put it in quotes"),
        ({"all": [None]}, ("all", 0), "nothing here"),
        ({"title": {"title": "a"}}, ("title",), "another field"),
        ({"docket": "foo"}, ("docket",), "no docket number"),
        ({"docket": 23}, ("docket",), "in quotes"),
        ({"query": ["a"]}, ("query",), "in quotes"),
        ({}, (), "empty mapping"),
        (["a"], (), "needs all: or any:"),
        (None, (), "nothing here"),
    ],
)
def test_a_faulty_tree_is_refused_where_it_is_faulty(node, path, said):
    with pytest.raises(tree.TreeError) as refused:
        tree.build(node, path=("when",))
    assert said in refused.value.message
    assert refused.value.path == ("when", *path)


def test_a_fault_in_a_string_of_a_tree_has_its_column():
    with pytest.raises(tree.TreeError) as refused:
        tree.build({"title": "a AND"})
    assert (refused.value.path, refused.value.column) == (("title",), 6)


def test_a_tree_without_end_is_refused_before_the_stack_is():
    node = {"all": ["a"]}
    for _ in range(500):
        node = {"all": [node]}
    with pytest.raises(tree.TreeError, match="groups within groups"):
        tree.build(node)


def test_the_names_a_query_uses_can_be_listed():
    query = language.parse("(@sec NEAR/3 (~sue OR b)) NOT title:@binance")
    assert set(shape.leaves(query)) == {
        Entity(slug="sec"),
        Family(name="sue"),
        word("b"),
        Entity(slug="binance"),
    }
    assert shape.fields(query) == {"title"}
