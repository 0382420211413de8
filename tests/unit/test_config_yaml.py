import os
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from aggregator.config import yamltree
from aggregator.config.yamlfile import (
    Unreadable,
    YamlFile,
    load_yaml,
    read_yaml,
    shown,
    yaml_bytes_max,
)


def loaded(text: str) -> YamlFile:
    file = load_yaml(text.encode(), "x.yaml")
    assert isinstance(file, YamlFile), file
    return file


def faults(raw: str | bytes) -> list[str]:
    file = load_yaml(raw if isinstance(raw, bytes) else raw.encode(), "x.yaml")
    assert isinstance(file, Unreadable), file
    return [str(fault) for fault in file.faults]


FAULTY = {
    "a tab for indentation": ("feeds:\n\t- a", 2, "indent with spaces"),
    "an at sign without quotes": ("a: 1\nwhen: @sec", 2, 'put it in quotes: "@sec"'),
    "an at sign in a list without quotes": ("any: [x, @sec, y]", 1, 'put it in quotes: "@sec"'),
    "a backtick": ("a: `x`", 1, "put it in quotes"),
    "a colon inside a value": ("a: 1\ntitle: SEC: the case", 2, "put the value in quotes"),
    "a key without a space after its colon": ("a: 1\nb:2\nc: 3", 2, "a space after the colon"),
    "a line indented too far": ("a: 1\n   b: 2", 2, "indent it like its neighbours"),
    "a line indented too little": ("a:\n    b: 1\n  c: 2", 3, "indent it like its neighbours"),
    "a list beside keys": ("- a\nb: 1", 2, "indent it like its neighbours"),
    "text after a closed quote": ('a: "x" y', 1, "whole value in one pair of quotes"),
    "an apostrophe inside single quotes": ("a: 'it's'", 1, "' is written twice"),
    "a quote that never closes": ('a: 1\nb: "open\nc: 2\n', 2, "close it"),
    "a list that never closes": ("a: 1\nb: [x, y\nc: 2\n", 2, "write `[one, two]`"),
    "a bracket before the end": ("a: 1\nb: [", 2, "close the bracket"),
    "a mapping that never closes": ("a: 1\nb: {x: y\nc: 2\n", 2, "write `{key: value"),
    "a list on the line of its key": ("a: - b", 1, "on the next line"),
    "a bracket where a value belongs": ("a: ]", 1, "a value is missing"),
    "an escape that does not exist": ('a: "\\q"', 1, "write \\\\"),
    "half a character": ('a: 1\nb: "\\ud83d"', 2, "write the character itself"),
    "a character beyond Unicode": ('a: "\\UFFFFFFFF"', 1, "look for odd \\U escapes"),
    "a control character": ("a: 1\nb: \x01", 2, "remove it"),
    "an escaped control character": ('a: 1\nb: "\\0"', 2, "write the character itself"),
    "a key given twice": ("a: 1\nb: 2\na: 3", 3, "first on line 1): keep one"),
    "a list as a key": ("a: 1\n? [b]\n: c", 2, "write `key: value`"),
    "an empty key": ('a: 1\n"": c', 2, "a key is missing"),
    "a merge key": ("a: &x {b: 1}\nc:\n  <<: *x", 3, "write the keys out"),
    "a star without quotes": ("a: 1\nb: *foo", 2, '"*foo"'),
    "a lone star": ("a: 1\nb: *", 2, "put the text in quotes"),
    "an anchor inside itself": ("a: 1\nb: &x [*x]", 2, "write it out"),
    "a tag": ("a: 1\nb: !!python/object:os.system x", 2, "remove it"),
    "a tag on a list": ("a: 1\nb: !!set {c}", 2, "remove it"),
    "an exclamation mark": ("a: 1\nb: !%zz", 2, "put the text in quotes"),
    "text after a block sign": ("a: 1\nb: |x\n c", 2, "in quotes, or on the next lines"),
    "a second document": ("a: 1\n---\nb: 2", 2, "remove the `---`"),
    "a version of YAML that does not exist": ("%YAML 3.0\n---\na: 1", 1, "remove the `%YAML`"),
    "a list at the top": ("# feeds\n- a", 2, "write `key: value` lines"),
    "a single text at the top": ("hello", 1, "write `key: value` lines"),
    "an empty file": ("", 1, "write `key: value` lines"),
    "a file of comments": ("# one\n# two\n", 1, "write `key: value` lines"),
    "a nest too deep": ("a: " + "[" * 40 + "]" * 40, 1, "write it flatter"),
}


@pytest.mark.parametrize(("text", "line", "remedy"), FAULTY.values(), ids=FAULTY.keys())
def test_faulty_yaml_is_one_line_with_its_place_and_its_remedy(text, line, remedy):
    found = faults(text)
    assert len(found) == 1
    assert found[0].startswith(f"x.yaml:{line}: ")
    assert remedy in found[0]
    assert "\n" not in found[0]


def test_several_faults_that_leave_the_file_readable_are_all_told():
    assert [fault.split(":")[1] for fault in faults("a: 1\na: 2\nb: !x 1\nb: 3")] == ["2", "3", "4"]


def test_bytes_that_are_not_utf_8_name_the_line_and_the_encoding():
    assert faults("a: 1\nb: café".encode("latin-1")) == [
        "x.yaml:2: is not UTF-8 text: save the file in the encoding UTF-8"
    ]


def test_a_small_alias_bomb_is_a_fault_and_not_a_bomb():
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)
    )
    (fault,) = faults(bomb)
    assert "aliases written out: split the file" in fault


def test_a_file_above_the_limit_is_a_fault():
    (fault,) = faults(b"#" * (yaml_bytes_max + 1))
    assert "split it into several files" in fault


def test_an_alias_gives_what_it_names():
    assert loaded("a: &x [b, c]\nd: *x").data == {"a": ["b", "c"], "d": ["b", "c"]}


UNMANGLED = {
    "docket": "1:23-cv-01599",
    "filed": "2023-06-05",
    "month": "2023-06",
    "clock": "1:23",
    "answer": "yes",
    "refusal": "no",
    "switch": "on",
    "fraction": "23.10",
    "padded": "0256060",
    "octal": "0o17",
    "underscored": "1_000",
    "huge": "9" * 30,
    "moment": "2023-09-18T14:00:00Z",
    "infinity": ".inf",
    "exponent": "1e3",
    "minus": "-0",
}


@pytest.mark.parametrize("value", UNMANGLED.values(), ids=UNMANGLED.keys())
def test_what_yaml_1_1_would_mangle_stays_the_text_that_was_written(value):
    assert loaded(f"a: {value}").data == {"a": value}


def test_numbers_switches_and_nothing_are_what_they_say():
    text = "a: 10\nb: true\nc: false\nd: null\ne:\nf: ~\ng: -3\nh: '10'\ni: \"true\"\nj: !!str 7"
    assert loaded(text).data == {
        "a": 10, "b": True, "c": False, "d": None, "e": None, "f": None, "g": -3, "h": "10",
        "i": "true", "j": "7",
    }  # fmt: skip


def test_keys_are_always_text():
    assert loaded("1: a\ntrue: b\n~x: c\n").data == {"1": "a", "true": "b", "~x": "c"}


def test_every_value_and_key_keeps_its_line():
    file = loaded(
        "feeds:\n  - id: a\n    url: x\n  - id: b\n    url:\n      y\n    tags: [p,\n q]\n"
    )
    assert file.line(("feeds",)) == 1
    assert file.line(("feeds", 0)) == 2
    assert file.line(("feeds", 1, "url")) == 6
    assert file.key_line(("feeds", 1, "url")) == 5
    assert file.line(("feeds", 1, "tags")) == 7
    assert file.line(("feeds", 1, "tags", 1)) == 8
    assert file.line(("feeds", 1, "missing", 3)) == 4


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_counted_as_editors_do(end):
    text = f'a: "x\u2028y"{end}b: "\u0085"{end}c: 1{end}c: 2'
    assert faults(text)[0].startswith("x.yaml:4: `c` is given twice (first on line 3)")


def test_a_byte_order_mark_is_no_part_of_the_first_key():
    assert loaded("\ufeffa: 1").data == {"a": 1}


def test_the_digest_changes_with_the_bytes_only():
    assert loaded("a: 1").digest == loaded("a: 1").digest != loaded("a: 2").digest


def test_files_that_cannot_be_read_say_what_to_do(tmp_path: Path):
    def fault(path: Path) -> str:
        file = read_yaml(path, remedy="write `feeds:`")
        assert isinstance(file, Unreadable)
        return str(file.faults[0])

    os.mkfifo(tmp_path / "pipe")
    assert "there is no such file: write `feeds:`" in fault(tmp_path / "none.yaml")
    assert "is a folder, not a file" in fault(tmp_path)
    assert "is no ordinary file" in fault(tmp_path / "pipe")
    assert "cannot be read" in fault(tmp_path / "none.yaml" / "x\0")


def test_files_under_the_working_directory_are_named_relative_to_it(tmp_path: Path):
    assert shown(Path("rules") / "words.yaml") == str(Path("rules/words.yaml"))
    assert shown(Path.cwd() / "a" / ".." / "b.yaml") == "b.yaml"
    assert shown(tmp_path / "x.yaml") == str(tmp_path / "x.yaml")


YAML_LIKE = st.text(alphabet="ab1:-?,[]{}#&*!|>'\"%@`~<. \n\t\\uU0é\u2028\x00", max_size=60)


@given(st.one_of(st.binary(max_size=200), YAML_LIKE.map(str.encode)))
@example(b'a: "\\UFFFFFFFF"')
@example(b"%YAML 1." + b"9" * 5_000 + b"\n--- a")
@example(b"[" * 5_000)
@example(b"- " * 5_000)
@example(b"? " * 5_000)
@example(b"!%ff a")
@example(b"\xff\xfea\x00")
def test_no_bytes_make_the_loader_raise(raw: bytes):
    match load_yaml(raw, "x.yaml"):
        case YamlFile() as file:
            assert isinstance(file.data, dict)
        case Unreadable(faults=found):
            lines = raw.count(b"\n") + raw.count(b"\r") + 1
            assert found
            for fault in found:
                assert 1 <= fault.line <= lines
                assert "\n" not in fault.what
                str(fault).encode()


@given(YAML_LIKE)
def test_both_parsers_read_the_same(text: str):
    text = text.replace("\x00", "")
    trees = []
    for loader in (yaml.SafeLoader, yamltree.LOADERS[0]):
        builder = yamltree.Builder(text)
        try:
            builder.take(yaml.parse(text, Loader=loader))
        except (yaml.YAMLError, ValueError, OverflowError):
            return
        trees.append(None if builder.root is None else builder.root.plain())
    assert trees[0] == trees[1]
