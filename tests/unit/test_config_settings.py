import contextlib
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.config.settings import Access, LogStyle, Settings
from aggregator.config.variables import VARIABLES
from aggregator.errors import ConfigError
from aggregator.model import Place

TOKEN = "123456:made-up_TOKEN"


def faults(env: dict[str, str]) -> list[tuple[str, str]]:
    with pytest.raises(ConfigError) as caught:
        Settings.from_env(env)
    assert "made-up" not in str(caught.value)
    return [(fault.file, fault.what) for fault in caught.value.faults]


def test_an_empty_environment_is_a_program_that_prints_to_the_console():
    settings = Settings.from_env({"CASEWIRE_ADMINS": " ", "TELEGRAM_BOT_TOKEN": ""})
    home = Path(__file__).parents[2]
    assert settings.token is None
    assert settings.api_base == "https://api.telegram.org"
    assert settings.database == "data/casewire.db"
    assert settings.feeds == (home / "feeds.yaml",)
    assert settings.rules == (home / "rules",)
    assert settings.access is Access.PRIVATE
    assert settings.log is LogStyle.TEXT
    assert settings == Settings()


def test_every_variable_arrives(tmp_path):
    settings = Settings.from_env(
        {
            "TELEGRAM_BOT_TOKEN": TOKEN,
            "TELEGRAM_API_BASE": "http://127.0.0.1:8081/",
            "DATABASE_URL": "sqlite:////var/lib/case%20wire.db",
            "CASEWIRE_FEEDS": f"ours.yaml{os.pathsep}yours.yaml",
            "CASEWIRE_RULES": str(tmp_path),
            "CASEWIRE_CONTACT": "ops@desk.example",
            "CASEWIRE_ADMINS": "1, 2 3",
            "CASEWIRE_USERS": "-100123 4",
            "CASEWIRE_ACCESS": "Open",
            "CASEWIRE_OPS_CHAT": "-1001234567890/5",
            "CASEWIRE_DEMO_CHAT": "77",
            "CASEWIRE_BACKUP": "/srv/backups",
            "CASEWIRE_KEEP_DAYS": "7",
            "CASEWIRE_KEEP_MATCHED_DAYS": "365",
            "CASEWIRE_LEDGER_DAYS": "3650",
            "CASEWIRE_LOG": "json",
            "CASEWIRE_HTTP": "[::1]:9464",
            "CASEWIRE_HEARTBEAT_URL": "https://alive.example/made-up?x=1",
        }
    )
    assert settings.http == ("::1", 9464)
    assert settings.heartbeat is not None
    assert settings.heartbeat.get_secret_value() == "https://alive.example/made-up?x=1"
    assert "alive.example" not in repr(settings)
    assert settings.token is not None
    assert settings.token.get_secret_value() == TOKEN
    assert settings.api_base == "http://127.0.0.1:8081"
    assert settings.database == "/var/lib/case wire.db"
    assert settings.feeds == (Path("ours.yaml"), Path("yours.yaml"))
    assert settings.rules == (tmp_path,)
    assert settings.contact == "ops@desk.example"
    assert settings.backup == Path("/srv/backups")
    kept = (settings.keep, settings.keep_matched, settings.keep_ledger)
    assert kept == tuple(timedelta(days=days) for days in (7, 365, 3650))
    assert settings.admins == {1, 2, 3}
    assert settings.users == {-100123, 4}
    assert settings.access is Access.OPEN
    assert settings.ops_chat == Place(chat_id=-1001234567890, thread_id=5)
    assert settings.demo_chat == Place(chat_id=77)
    assert settings.log is LogStyle.JSON
    assert settings.unknown == ()


def test_a_token_can_live_in_a_file(tmp_path):
    (tmp_path / "token").write_text(f"  {TOKEN}\n", encoding="ascii")
    settings = Settings.from_env({"TELEGRAM_BOT_TOKEN_FILE": str(tmp_path / "token")})
    assert settings.token is not None
    assert settings.token.get_secret_value() == TOKEN


def test_a_token_is_never_printed():
    settings = Settings.from_env({"TELEGRAM_BOT_TOKEN": TOKEN})
    assert "made-up" not in f"{settings!r} {settings} {settings.token!r} {settings.token}"


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (b"made-up token", "copy it whole from BotFather"),
        (b" \n", "write the token into it"),
        (b"1:made-up" * 500, "the file holds the token and no more"),
        (b"\xff\xfe1:made-up", "copy it whole from BotFather"),
    ],
    ids=["prose", "nothing", "a book", "the wrong encoding"],
)
def test_a_faulty_token_file_is_explained_without_its_content(tmp_path, content, remedy):
    (tmp_path / "token").write_bytes(content)
    ((name, what),) = faults({"TELEGRAM_BOT_TOKEN_FILE": str(tmp_path / "token")})
    assert name == "TELEGRAM_BOT_TOKEN_FILE"
    assert remedy in what


FAULTY = {
    "a token with a space": ("TELEGRAM_BOT_TOKEN", "123:made-up x", "copy it whole"),
    "a missing token file": ("TELEGRAM_BOT_TOKEN_FILE", "/nowhere/x", "a file that holds the"),
    "an API that is no address": ("TELEGRAM_API_BASE", "localhost:8081", "http://127.0.0.1:8081"),
    "an API with a query": ("TELEGRAM_API_BASE", "http://x/?y=1", "path only"),
    "an API with a password": ("TELEGRAM_API_BASE", "http://u:p@x", "path only"),
    "an API with a broken port": ("TELEGRAM_API_BASE", "http://x:y", "http://127.0.0.1:8081"),
    "PostgreSQL": ("DATABASE_URL", "postgresql://u:pw@db/x", "PostgreSQL is not supported yet"),
    "another database": ("DATABASE_URL", "mysql://db/x", "sqlite:///data/casewire.db"),
    "two slashes": ("DATABASE_URL", "sqlite://data/x.db", "three slashes and a path"),
    "no database file": ("DATABASE_URL", "sqlite:///", "names no file"),
    "no places": ("CASEWIRE_RULES", os.pathsep, "names no path"),
    "a contact beyond ASCII": ("CASEWIRE_CONTACT", "é@desk.example", "write plain ASCII"),
    "a contact of two lines": ("CASEWIRE_CONTACT", "a\nb", "write plain ASCII"),
    "a long contact": ("CASEWIRE_CONTACT", "a" * 201, "shorten it"),
    "an admin by name": ("CASEWIRE_ADMINS", "@someone", "the number that /id answers"),
    "a group as admin": ("CASEWIRE_ADMINS", "-100123", "write the ids of people"),
    "user zero": ("CASEWIRE_USERS", "0", "the number that /id answers"),
    "an id beyond Telegram's": ("CASEWIRE_USERS", str(2**52), "the number that /id answers"),
    "a third kind of access": ("CASEWIRE_ACCESS", "public", "write private or open"),
    "a chat by name": ("CASEWIRE_OPS_CHAT", "@channel", "the number that /id answers"),
    "a topic by name": ("CASEWIRE_OPS_CHAT", "-1001/news", "id/thread such as -1001234/5"),
    "a topic zero": ("CASEWIRE_DEMO_CHAT", "-1001/0", "id/thread such as -1001234/5"),
    "no days": ("CASEWIRE_KEEP_DAYS", "0", "a whole number of days, 1 to 36500"),
    "days in words": ("CASEWIRE_LEDGER_DAYS", "forever", "a whole number of days, 1 to 36500"),
    "days while stories live": ("CASEWIRE_KEEP_MATCHED_DAYS", "3", "14 to 36500"),
    "a third kind of log": ("CASEWIRE_LOG", "xml", "write text or json"),
}


@pytest.mark.parametrize(("name", "value", "remedy"), FAULTY.values(), ids=FAULTY.keys())
def test_a_faulty_setting_names_the_variable_and_the_remedy(name, value, remedy):
    ((variable, what),) = faults({name: value})
    assert variable == name
    assert remedy in what


def test_a_password_in_a_database_address_is_not_repeated():
    ((_, what),) = faults({"DATABASE_URL": "mysql://user:hunter2@db/x"})
    assert "hunter2" not in what


def test_a_token_given_twice_is_a_fault():
    ((name, what),) = faults({"TELEGRAM_BOT_TOKEN": TOKEN, "TELEGRAM_BOT_TOKEN_FILE": "x"})
    assert name == "TELEGRAM_BOT_TOKEN_FILE"
    assert "unset one of the two" in what


def test_all_faulty_settings_are_told_at_once():
    found = faults({"CASEWIRE_LOG": "x", "CASEWIRE_ACCESS": "x", "DATABASE_URL": "x"})
    assert {name for name, _ in found} == {"CASEWIRE_LOG", "CASEWIRE_ACCESS", "DATABASE_URL"}


def test_a_misspelt_setting_is_a_warning_with_the_right_name():
    settings = Settings.from_env({"CASEWIRE_FEED": "x", "CASEWIRE_ZZZZ": "y", "HOME": "/root"})
    assert settings.unknown == (
        "CASEWIRE_FEED is no setting of this program: did you mean `CASEWIRE_FEEDS`?",
        "CASEWIRE_ZZZZ is no setting of this program: it does nothing",
    )


def test_every_setting_is_in_the_table_once_with_its_meaning():
    names = [variable.name for variable in VARIABLES]
    assert len(set(names)) == len(names) > 13
    assert all(variable.default and variable.meaning for variable in VARIABLES)
    assert Settings.from_env(dict.fromkeys(names, "")).unknown == ()


@given(st.dictionaries(st.sampled_from([row.name for row in VARIABLES]), st.text(max_size=30)))
def test_no_environment_makes_it_raise_anything_else(env):
    with contextlib.suppress(ConfigError):
        assert Settings.from_env(env).unknown == ()


@pytest.mark.parametrize(
    "text", ["9464", ":9464", "localhost", "::1:9464", "h:0", "h:65536", "a b:1"]
)
def test_what_is_no_host_and_port_is_refused(text):
    ((variable, what),) = faults({"CASEWIRE_HTTP": text})
    assert variable == "CASEWIRE_HTTP"
    assert "127.0.0.1:9464" in what


@pytest.mark.parametrize(
    "text", ["made-up", "ftp://made-up.example", "https://[made-up", "https://me:made-up@a.example",
             "https://a.example/made-up x"],
)  # fmt: skip
def test_an_address_that_cannot_be_asked_is_refused_without_being_shown(text):
    ((variable, _),) = faults({"CASEWIRE_HEARTBEAT_URL": text})
    assert variable == "CASEWIRE_HEARTBEAT_URL"
