import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.cyrillic import SAMPLE_BYTES_MAX, charset_of

RUSSIAN = (
    "Верховный суд в понедельник не принял решения по жалобе биржи на отказ Центробанка РФ выдать "
    "лицензию. Представитель компании «Северный обмен» сообщил, что юристы подготовят новое "
    "заявление до конца месяца, а Минфин и ФНС пока не комментируют ход дела о налогах"
)
UKRAINIAN = (
    "Верховний суд у понеділок не ухвалив рішення щодо скарги біржі на відмову НБУ видати "
    "ліцензію. Представник компанії «Північний обмін» повідомив, що юристи підготують нову заяву "
    "до кінця місяця, а Мінфін поки не коментує перебіг справи про податки з нових монет"
)
BULGARIAN = (
    "Върховният съд в понеделник не взе решение по жалбата на борсата срещу отказа на БНБ да "
    "издаде лиценз. Представител на дружеството Северен обмен съобщи, че юристите ще подготвят "
    "ново заявление до края на месеца, а министерството засега не коментира делото за данъци"
)
REAL = ("cp1251", "koi8-u", "iso8859-5", "cp866", "mac-cyrillic")


@pytest.mark.parametrize("text", [RUSSIAN, UKRAINIAN, BULGARIAN], ids=["ru", "uk", "bg"])
@pytest.mark.parametrize("real", REAL)
def test_a_title_of_any_length_is_read_in_its_own_charset(text, real):
    """From the first two words on, as a title begins; a single word can be several."""
    words = text.split()
    for count in range(2, 41):
        title = " ".join(words[:count])
        try:
            sample = title.encode(real)
        except UnicodeEncodeError:
            continue  # cp866 has neither quotes nor the Ukrainian i
        found = charset_of(sample)
        assert found is not None, title
        assert sample.decode(found) == title


@pytest.mark.parametrize("text", [RUSSIAN, BULGARIAN], ids=["ru", "bg"])
def test_four_words_from_anywhere_are_enough_for_the_windows_charset(text):
    words = text.split()
    for start in range(len(words) - 3):
        title = " ".join(words[start : start + 4])
        assert charset_of(title.encode("cp1251")) == "cp1251", title


@pytest.mark.parametrize(
    ("text", "real"),
    [
        ("Où l’été déjà coûte : ÉTÉ À NOËL", "cp1252"),
        ("Größe über Öl, señor, ação, kjøpe på børsen", "cp1252"),
        ("Sąd oddalił skargę giełdy, Łódź żąda zmian", "cp1250"),
        ("Mahkeme borsanın başvurusu hakkında karar vermedi", "cp1254"),
        ("Το δικαστήριο δεν αποφάσισε τη Δευτέρα για την προσφυγή", "cp1253"),
        ("裁判所は月曜日に取引所の訴えについて判断を示さず", "cp932"),
        ("裁判所は月曜日に取引所の訴えについて判断を示さず", "euc_jp"),
        ("法院周一没有就交易所的诉讼作出裁决", "gbk"),
        ("법원은 월요일 거래소의 소송에 대해 판단을 내리지 않았다", "cp949"),
        ("لم تبت المحكمة يوم الاثنين في دعوى المنصة وستنشر الهيئة", "cp1256"),
        ("plain", "ascii"),
        ("", "ascii"),
    ],
)
def test_what_is_not_cyrillic_is_in_no_cyrillic_charset(text, real):
    assert charset_of(text.encode(real)) is None


@given(st.binary(max_size=200))
def test_any_bytes_get_a_verdict_and_only_their_beginning_counts(sample: bytes):
    found = charset_of(sample)
    assert found is None or found in REAL
    long = sample.ljust(SAMPLE_BYTES_MAX)
    assert charset_of(long + b"\xd1\xf3\xe4") == charset_of(long)
