import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.charset import decode

RUSSIAN = "Суд не вынес решения по запросу комиссии о документах биржи в понедельник вечером"
JAPANESE = "裁判所は月曜日に委員会の請求について何の決定も下さなかった①"
CHINESE = "法院周一没有就委员会的请求作出任何裁决，双方将再次会面㐀"
WESTERN = "Le juge “n’a pas” tranché — l’enquête coûte 5 €"


def document(title: str, encoding: str | None) -> str:
    prolog = f'<?xml version="1.0" encoding="{encoding}"?>' if encoding else '<?xml version="1.0"?>'
    return f"{prolog}<rss><channel><item><title>{title}</title></item></channel></rss>"


def title_in(text: str) -> str:
    return text.partition("<title>")[2].partition("</title>")[0]


@pytest.mark.parametrize(
    ("title", "prolog", "real", "header"),
    [
        (WESTERN, "iso-8859-1", "utf-8", ""),
        (WESTERN, "utf-8", "utf-8", "text/xml; charset=iso-8859-1"),
        (WESTERN, "iso-8859-1", "cp1252", ""),
        (WESTERN, None, "cp1252", "text/xml; charset=ISO-8859-1"),
        (WESTERN, "utf-8", "cp1252", ""),
        (WESTERN, "utf-16", "utf-8", ""),
        (WESTERN, "utf-16", "utf-16", "text/xml; charset=iso-8859-1"),
        (WESTERN, "utf-16", "utf-16-le", ""),
        (WESTERN, "utf-16", "utf-16-be", ""),
        (WESTERN, "utf-8", "utf-32", ""),
        (WESTERN, "utf-8", "utf-8-sig", ""),
        (CHINESE, "gb2312", "gb18030", ""),
        (JAPANESE, "Shift_JIS", "cp932", ""),
        (JAPANESE, "Shift_JIS", "cp932", "text/xml; charset=iso-8859-1"),
        (JAPANESE[:-1], "iso-2022-jp", "iso2022_jp", ""),
        (RUSSIAN, None, "cp1251", ""),
        (RUSSIAN, "windows-1251", "cp1251", ""),
        (RUSSIAN, "koi8-r", "koi8-r", 'text/xml; charset="koi8-r"'),
        (RUSSIAN, "windows-1251", "cp1251", "text/xml; charset=iso-8859-1"),
        (RUSSIAN, "windows-1251", "cp1251", "text/xml; charset=windows-1252"),
        (RUSSIAN, "koi8-r", "koi8-r", "text/xml; charset=ISO-8859-1"),
        (CHINESE, "gb2312", "gb18030", "text/xml; charset=iso-8859-1"),
        (RUSSIAN, "iso-8859-1", "cp1251", ""),
        (WESTERN, "gb2312", "cp1252", "text/xml; charset=iso-8859-1"),
        (WESTERN, None, "cp1252", ""),
        ("Суд отклонил жалобу", None, "cp1251", ""),
        ("ЦБ и ФНС: новые формы отчётов для бирж", None, "cp1251", ""),
        (RUSSIAN, "no-such-charset", "utf-8", "text/xml; charset=zlib"),
    ],
)
def test_e03_the_charset_that_fits_the_bytes_wins(title, prolog, real, header):
    body = document(title, prolog).encode(real)
    assert title_in(decode(body, content_type=header)) == title


def test_e02_one_strange_byte_among_utf8_leaves_its_neighbours_alone():
    body = document("café X naïve — “ok”", "utf-8").encode().replace(b"X", b"\x92")
    assert title_in(decode(body, content_type="")) == "café ’ naïve — “ok”"


@pytest.mark.parametrize(
    ("title", "real"),
    [
        ("裁判所は月曜日に取引所の訴えについて判断を示さず、金融庁は月末に規則を公表する", "cp932"),
        (
            "裁判所は月曜日に取引所の訴えについて判断を示さず、金融庁は月末に規則を公表する",
            "euc_jp",
        ),
        ("法院周一没有就交易所的诉讼作出裁决，监管机构预计将在本月底之前公布新规则", "gbk"),
        ("Το δικαστήριο δεν αποφάσισε τη Δευτέρα για την προσφυγή του κλάδου", "cp1253"),
    ],
)
def test_other_scripts_without_a_declaration_are_still_told_apart(title, real):
    body = document(title, None).encode(real)
    assert title_in(decode(body, content_type="")) == title


@given(st.binary(max_size=300), st.sampled_from(["", "text/xml; charset=utf-16", "x; charset=hz"]))
def test_any_bytes_become_some_text(body: bytes, header: str):
    assert isinstance(decode(body, content_type=header), str)


@given(st.text(alphabet=st.characters(exclude_categories=["Cc", "Cs"]), max_size=200))
def test_utf8_comes_back_as_it_was(text: str):
    assert decode(codecs.BOM_UTF8 + text.encode(), content_type="") == text
    assert title_in(decode(document("é" + text, None).encode(), content_type="")).startswith("é")
