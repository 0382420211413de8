from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from aggregator.model import ChatGone, NotSent, Rejected, RetryAt, Sent, Unknown
from aggregator.telegram.outcome import Amend, NoRights, Remedy, TooMany, outcome


def caused(error, cause):
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "cause",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("slow"),
        httpx.PoolTimeout("busy"),
        httpx.ProxyError("no"),
        httpx.UnsupportedProtocol("x:"),
    ],
)
def test_what_never_left_is_not_sent(cause):
    assert isinstance(outcome(caused(NetworkError("x"), cause), None), NotSent)
    assert isinstance(outcome(caused(TimedOut(), cause), 7), NotSent)


@pytest.mark.parametrize(
    "cause",
    [
        httpx.ReadTimeout("slow"),
        httpx.WriteTimeout("slow"),
        httpx.ReadError("reset"),
        httpx.WriteError("reset"),
        httpx.RemoteProtocolError("half an answer"),
        ValueError("something new"),
        None,
    ],
)
def test_what_left_without_an_answer_is_unknown(cause):
    assert isinstance(outcome(caused(NetworkError("x"), cause), None), Unknown)
    assert isinstance(outcome(caused(TimedOut(), cause), None), Unknown)


@pytest.mark.parametrize(
    "error",
    [
        NetworkError("Bad Gateway (502)"),
        NetworkError("x"),
        TelegramError("Invalid server response"),
    ],
)
def test_a_proxys_answer_is_unknown(error):
    assert isinstance(outcome(error, None), Unknown)


def test_a_flood_says_how_long_to_wait():
    assert outcome(RetryAfter(17), None) == RetryAt(after=timedelta(seconds=17))


@pytest.mark.parametrize(
    "error",
    [
        Forbidden("Forbidden: bot was blocked by the user"),
        Forbidden("Forbidden: user is deactivated"),
        Forbidden("Forbidden: bot was kicked from the supergroup chat"),
        Forbidden("Forbidden: bot is not a member of the channel chat"),
        Forbidden("Forbidden: bot can't initiate conversation with a user"),
        BadRequest("Bad Request: chat not found"),
        BadRequest("Bad Request: private chat not found"),
        BadRequest("Bad Request: user not found"),
        BadRequest("Bad Request: group chat was deactivated"),
        Forbidden("Forbidden: the group chat was deleted"),
        Forbidden("Forbidden: bot was kicked from the channel chat"),
    ],
)
def test_a_chat_that_is_gone_is_gone(error):
    assert isinstance(outcome(error, None), ChatGone)


def test_a_migrated_chat_says_where_it_went():
    gone = outcome(ChatMigrated(-100123), None)
    assert isinstance(gone, ChatGone)
    assert gone.migrated_to == -100123


def test_an_edit_that_changes_nothing_is_there_already():
    same = BadRequest(
        "Bad Request: message is not modified: specified new message content and reply markup are "
        "exactly the same as a current content and reply markup of the message"
    )
    assert outcome(same, 42) == Sent(message_id=42)


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ('can\'t parse entities: Unsupported start tag "br" at byte offset 3', Remedy.PLAIN),
        ("message is too long", Remedy.SHORT),
        ("message thread not found", Remedy.NO_THREAD),
        ("TOPIC_CLOSED", Remedy.NO_THREAD),
        ("BUTTON_DATA_INVALID", Remedy.NO_BUTTONS),
        ("inline keyboard button URL 'http://x' is invalid: Wrong HTTP URL", Remedy.NO_BUTTONS),
        ("reply markup is too long", Remedy.NO_BUTTONS),
        ("message caption is too long", Remedy.SHORT),
        ("there is no caption in the message to edit", Remedy.NO_FILE),
        ("IMAGE_PROCESS_FAILED", Remedy.NO_FILE),
        ("SOMETHING_NEW", Remedy.BARE),
        ("message to be replied not found", Remedy.BARE),
        ("not enough rights to send photos to the chat", Remedy.NO_FILE),
    ],
)
def test_what_can_be_mended_says_how(said, remedy):
    mended = outcome(BadRequest(f"Bad Request: {said}"), None)
    assert isinstance(mended, Amend)
    assert mended.remedy is remedy


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("Too Many Requests: retry after 7", RetryAt(after=timedelta(seconds=7))),
        ("Too Many Requests: retry later", TooMany(detail="Too Many Requests: retry later")),
        ("Too Many Requests (429)", TooMany(detail="Too Many Requests (429)")),
    ],
)
def test_a_429_without_the_field_for_the_wait_is_a_refusal_all_the_same(said, meant):
    assert outcome(NetworkError(said), None) == meant


@pytest.mark.parametrize(
    "said", ["message to edit not found", "message can't be edited", "message text is empty", "new"]
)
def test_another_refusal_of_an_edit_is_final(said):
    assert isinstance(outcome(BadRequest(f"Bad Request: {said}"), 7), Rejected)


@pytest.mark.parametrize(
    "error",
    [
        BadRequest("Bad Request: not enough rights to send text messages to the chat"),
        BadRequest("Bad Request: need administrator rights in the channel chat"),
        BadRequest("Bad Request: have no rights to send a message"),
        BadRequest("Bad Request: CHAT_WRITE_FORBIDDEN"),
        Forbidden("Forbidden: not enough rights to send messages"),
    ],
)
def test_a_chat_that_took_our_right_to_write_is_told_from_one_that_is_gone(error):
    assert isinstance(outcome(error, None), NoRights)


@pytest.mark.parametrize(
    ("said", "for_good"),
    [("message thread not found", True), ("TOPIC_DELETED", True), ("TOPIC_CLOSED", False)],
)
def test_a_deleted_topic_is_told_from_one_that_may_open_again(said, for_good):
    mended = outcome(BadRequest(f"Bad Request: {said}"), None)
    assert mended == Amend(remedy=Remedy.NO_THREAD, detail=mended.detail, for_good=for_good)


def test_a_bad_token_and_a_conflict_sent_nothing():
    assert isinstance(outcome(Conflict("Conflict: terminated"), None), NotSent)
    assert isinstance(outcome(InvalidToken("Unauthorized"), None), NotSent)


def test_no_outcome_carries_the_token():
    token = "123456789:AAF-abcdefghijklmnopqrstuvwxyz0123"
    for error in (
        InvalidToken(f"The token `{token}` was rejected by the server."),
        NetworkError(f"httpx.ConnectError: https://api.example/bot{token}/getMe"),
        BadRequest(f"Bad Request: {token}"),
    ):
        assert token not in repr(outcome(error, None))
