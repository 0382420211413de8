"""Who hears of what, and how each place wants to be told."""

from dataclasses import replace
from datetime import time, timedelta

import pytest

from aggregator.model import (
    ChatGone,
    DeliveryState,
    Mode,
    MuteKind,
    People,
    Place,
    PlaceSettings,
    Quiet,
    Schedule,
    Severity,
)
from tests.contract.made import (
    CASE,
    HERE,
    HOUR,
    NOW,
    OTHER,
    THERE,
    TOPIC,
    commit,
    deliver,
    delivery,
    follow,
    item,
    mute,
    queue,
    story,
    version,
    watch,
)

CHOSEN = PlaceSettings(
    place=TOPIC,
    zone="Europe/Berlin",
    quiet=Quiet(start=time(22, 30), end=time(7)),
    digest=Schedule(at=time(8, 15), weekday=0),
    digest_asked=True,
    never_repeat=True,
)


async def add_watch(store, made):
    return await store.add_watch(made, follow(made.place, made.target))


# --- settings ---------------------------------------------------------------------------------


async def test_a_place_that_never_chose_has_the_defaults(store):
    assert await store.settings_at(HERE) == PlaceSettings(place=HERE)
    assert (await store.people()).settings == {}


@pytest.mark.parametrize("chosen", [CHOSEN, replace(CHOSEN, quiet=None, digest=None)])
async def test_settings_come_back_as_they_were_put_and_the_last_ones_hold(store, chosen):
    await store.put_settings(replace(CHOSEN, zone="UTC", never_repeat=False))
    await store.put_settings(chosen)

    assert await store.settings_at(TOPIC) == chosen
    assert await store.settings_at(THERE) == PlaceSettings(place=THERE)
    assert (await store.people()).settings_of(TOPIC) == chosen


# --- mutes ------------------------------------------------------------------------------------


async def test_a_mute_holds_until_its_end(store):
    await store.mute(mute())

    assert await store.mutes_at(HERE, NOW + HOUR) == (mute(),)
    assert await store.mutes_at(HERE, NOW + 24 * HOUR) == ()
    assert await store.mutes_at(THERE, NOW) == ()


async def test_a_mute_of_the_same_kind_and_name_takes_the_place_of_the_old_one(store):
    case = {"kind": MuteKind.TARGET, "name": str(CASE)}
    await store.mute(mute(**case))
    await store.mute(mute(kind=MuteKind.SOURCE, name="Wire One"))
    longer = mute(**case, until=NOW + 48 * HOUR, keep_high=False)
    await store.mute(longer)

    assert await store.mutes_at(HERE, NOW) == (mute(kind=MuteKind.SOURCE, name="Wire One"), longer)


async def test_unmuting_ends_what_holds_once(store):
    await store.mute(mute())

    assert await store.unmute(HERE, MuteKind.ALL, "", NOW + HOUR)
    assert not await store.unmute(HERE, MuteKind.ALL, "", NOW + HOUR)
    assert not await store.unmute(HERE, MuteKind.STORY, "s1", NOW)
    assert await store.mutes_at(HERE, NOW + HOUR) == ()


async def test_a_mute_that_ended_is_still_known_for_the_next_digest(store):
    await store.mute(mute())
    await store.mute(mute(kind=MuteKind.STORY, name="s1", since=NOW + timedelta(days=7)))

    assert mute() in (await store.people()).mutes


# --- watches ----------------------------------------------------------------------------------


async def test_a_watch_comes_with_its_subscription(store):
    quiet = replace(follow(HERE, watch().target), mode=Mode.DIGEST, floor=Severity.HIGH)

    assert await store.add_watch(watch(), quiet)

    assert await store.watches_at(HERE) == (watch(),)
    assert await store.watches_at(THERE) == ()
    assert await store.subscriptions_at(HERE) == (quiet,)
    assert (await store.people()).watches == (watch(),)


async def test_the_id_of_a_watch_is_taken_everywhere(store):
    assert await add_watch(store, watch())

    assert not await add_watch(store, watch(place=THERE, query="another"))

    assert (await store.people()).watches == (watch(),)
    assert await store.subscriptions_at(THERE) == ()


async def test_watches_come_oldest_first(store):
    younger, older = watch("a", created=NOW + HOUR), watch("b")
    for each in (younger, older):
        await add_watch(store, each)

    assert await store.watches_at(HERE) == (older, younger)


async def test_unfollowing_a_watch_removes_its_query(store):
    await add_watch(store, watch())

    assert await store.unsubscribe(HERE, watch().target)

    assert await store.watches_at(HERE) == ()


async def test_another_place_cannot_remove_a_watch(store):
    await add_watch(store, watch())

    assert not await store.unsubscribe(THERE, watch().target)

    assert await store.watches_at(HERE) == (watch(),)


# --- subscriptions ----------------------------------------------------------------------------


async def test_a_subscription_keeps_its_wishes(store):
    wished = replace(follow(), floor=Severity.MEDIUM, mode=Mode.DIGEST, paused=True)
    await store.subscribe(wished)

    assert await store.subscriptions_at(HERE) == (wished,)
    assert await store.subscriptions() == (wished,)


async def test_a_changed_subscription_takes_the_place_of_the_old_one(store):
    await store.subscribe(follow())
    changed = replace(follow(), since=NOW + HOUR, floor=Severity.HIGH, paused=True)

    assert await store.change(changed)
    assert not await store.change(replace(changed, target=OTHER))

    assert await store.subscriptions() == (changed,)


async def test_places_of_a_chat_are_those_that_follow_something(store):
    for each in (follow(TOPIC), follow(TOPIC, OTHER), follow(THERE), follow(HERE)):
        await store.subscribe(each)

    assert await store.places_of(THERE.chat_id) == {THERE: 1, TOPIC: 2}
    assert await store.places_of(999) == {}


async def test_a_target_moves_to_one_place_of_its_chat_with_its_wishes(store):
    first = replace(follow(THERE), floor=Severity.HIGH)
    second = replace(follow(replace(TOPIC, thread_id=9)), since=NOW + HOUR)
    for each in (first, second, follow(HERE)):
        await store.subscribe(each)

    assert await store.move(THERE.chat_id, CASE, TOPIC)

    assert await store.subscriptions() == (replace(first, place=TOPIC), follow(HERE))


async def test_a_place_that_followed_already_keeps_its_own_wishes_when_others_stop(store):
    own = replace(follow(TOPIC), mode=Mode.DIGEST, since=NOW + HOUR)
    for each in (follow(THERE), own):
        await store.subscribe(each)

    assert await store.move(THERE.chat_id, CASE, TOPIC)

    assert await store.subscriptions() == (own,)


async def test_nothing_moves_where_nowhere_else_followed(store):
    await store.subscribe(follow(TOPIC))
    await store.subscribe(follow(HERE))
    before = await version(store)

    assert not await store.move(THERE.chat_id, CASE, TOPIC)
    assert not await store.move(THERE.chat_id, OTHER, TOPIC)

    assert await version(store) == before


async def test_what_is_queued_where_it_is_followed_no_more_is_dropped_when_it_moves(store):
    await store.subscribe(follow(THERE))
    await commit(store, stories=(story(),), deliveries=(delivery(THERE),))

    await store.move(THERE.chat_id, CASE, TOPIC)

    assert await store.deliveries(5) == ()


async def test_a_watch_moves_with_its_subscription(store):
    await add_watch(store, watch(place=THERE))

    assert await store.move(THERE.chat_id, watch().target, TOPIC)

    assert await store.watches_at(TOPIC) == (watch(place=TOPIC),)
    assert await store.watches_at(THERE) == ()


# --- everyone ---------------------------------------------------------------------------------


async def test_people_are_everyone_who_takes_messages(store):
    await store.subscribe(follow())
    await store.put_settings(PlaceSettings(place=HERE, zone="Asia/Tokyo"))
    await store.mute(mute())
    await add_watch(store, watch())
    everyone = await store.people()
    assert everyone.subscriptions == (follow(), follow(HERE, watch().target))

    await store.chat_gone(HERE.chat_id, "bot was blocked")
    assert await store.people() == People()

    await store.revive_chat(HERE.chat_id)
    assert await store.people() == everyone


CHANGES = {
    "follow": lambda store: store.subscribe(follow(HERE, OTHER)),
    "unfollow": lambda store: store.unsubscribe(HERE, CASE),
    "change": lambda store: store.change(replace(follow(), paused=True)),
    "settings": lambda store: store.put_settings(CHOSEN),
    "mute": lambda store: store.mute(mute(until=NOW + 99 * HOUR)),
    "unmute": lambda store: store.unmute(HERE, MuteKind.STORY, "s1", NOW),
    "watch": lambda store: add_watch(store, watch("w2")),
    "move": lambda store: store.move(HERE.chat_id, CASE, Place(chat_id=HERE.chat_id, thread_id=3)),
    "forget": lambda store: store.forget(HERE.chat_id, NOW),
    "chat gone": lambda store: store.chat_gone(HERE.chat_id, "bot was blocked"),
    "chat moved": lambda store: store.chat_moved(HERE.chat_id, -300),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
async def test_whatever_changes_who_hears_of_what_moves_the_version_and_is_seen(store, change):
    await store.subscribe(follow())
    await store.mute(mute(kind=MuteKind.STORY, name="s1"))
    before, people = await version(store), await store.people()

    await change(store)

    assert await version(store) > before
    assert await store.people() != people


async def test_news_leaves_people_as_they_were(store):
    await store.subscribe(follow())
    people = await store.people()

    await commit(store, items=(item("one"),), stories=(story(),))

    assert await store.people() == people


# --- moving and forgetting --------------------------------------------------------------------


async def test_a_chat_that_moved_takes_all_its_wishes_along(store):
    new = Place(chat_id=-1_000_000_000_300)
    await store.subscribe(replace(follow(THERE), floor=Severity.HIGH))
    await store.put_settings(PlaceSettings(place=THERE, zone="Asia/Tokyo"))
    await store.mute(mute(THERE))
    await add_watch(store, watch(place=THERE))
    await store.put_setting(f"digest:case:x:{THERE.chat_id}:0", "told")

    await store.chat_moved(THERE.chat_id, new.chat_id)

    everyone = await store.people()
    assert {each.place for each in everyone.subscriptions} == {new}
    assert everyone.settings == {new: PlaceSettings(place=new, zone="Asia/Tokyo")}
    assert everyone.mutes == (mute(new),)
    assert everyone.watches == (watch(place=new),)
    assert await store.setting(f"digest:case:x:{new.chat_id}:0") == "told"
    assert await store.setting(f"digest:case:x:{THERE.chat_id}:0") is None


async def test_a_move_into_a_chat_with_its_own_wishes_keeps_those(store):
    new = Place(chat_id=-300)
    for place, zone in ((THERE, "Asia/Tokyo"), (new, "Europe/Berlin")):
        await store.put_settings(PlaceSettings(place=place, zone=zone))
        await store.mute(mute(place))

    await store.chat_moved(THERE.chat_id, new.chat_id)

    assert (await store.people()).settings == {new: PlaceSettings(place=new, zone="Europe/Berlin")}
    assert (await store.people()).mutes == (mute(new),)


async def test_a_forgotten_chat_leaves_nothing_but_its_admins(store):
    await store.subscribe(follow())
    await store.subscribe(follow(THERE))
    await store.put_settings(PlaceSettings(place=HERE, zone="Asia/Tokyo"))
    await store.mute(mute())
    await add_watch(store, watch())
    await store.put_setting(f"digest:case:x:{HERE.chat_id}:0", "told")
    await store.add_admin(HERE.chat_id, NOW)
    await deliver(store, delivery(key="sent"))
    await queue(store, delivery(key="queued"), delivery(THERE, "theirs"))

    await store.forget(HERE.chat_id, NOW)

    assert await store.people() == People(subscriptions=(follow(THERE),))
    assert await store.settings_at(HERE) == PlaceSettings(place=HERE)
    assert [one.key for one in await store.deliveries(9)] == ["theirs"]
    assert await store.setting(f"digest:case:x:{HERE.chat_id}:0") is None
    assert await store.admins() == {HERE.chat_id}


async def test_a_chat_with_a_longer_id_is_not_forgotten_with_it(store):
    longer = f"digest:case:x:{HERE.chat_id}5:0"
    await store.put_setting(longer, "told")

    await store.forget(HERE.chat_id, NOW)

    assert await store.setting(longer) == "told"


async def test_who_was_forgotten_may_come_back_with_nothing(store):
    await store.subscribe(follow(HERE, OTHER))
    await store.forget(HERE.chat_id, NOW)

    assert await store.subscribe(follow())

    assert await store.subscriptions_at(HERE) == (follow(),)


async def test_a_message_under_way_when_its_chat_was_forgotten_does_not_come_back(store):
    await queue(store, delivery())
    (claimed,) = await store.claim(NOW, 1)
    await store.forget(HERE.chat_id, NOW)

    await store.settle(claimed, ChatGone(detail="bot was blocked"), NOW)

    assert await store.deliveries(9) == ()


# --- what only edits --------------------------------------------------------------------------


async def test_what_only_edits_is_dropped_where_nothing_was_told(store):
    await queue(store, delivery(edit_only=True))
    await store.enqueue([delivery(key="other", edit_only=True)])
    await store.renew([delivery(key="third", edit_only=True)])

    assert await store.deliveries(5) == ()


async def test_what_only_edits_gives_a_queued_message_its_text_and_lets_it_go_out(store):
    await queue(store, delivery())

    await queue(store, delivery(html="more outlets", edit_only=True))

    (claimed,) = await store.claim(NOW, 5)
    assert (claimed.message.html, claimed.message_id) == ("more outlets", None)


async def test_what_only_edits_brings_a_sent_message_up_to_date(store):
    await deliver(store, delivery())

    await queue(store, delivery(html="more outlets", edit_only=True))

    (claimed,) = await store.claim(NOW, 5)
    assert (claimed.message.html, claimed.message_id) == ("more outlets", 11)


async def test_renewing_queues_what_is_new_and_edits_what_is_there(store):
    await deliver(store, delivery(key="a"))

    await store.renew([delivery(key="a", html="again"), delivery(key="b", html="new")])

    states = {one.key: (one.state, one.message.html) for one in await store.deliveries(5)}
    assert states == {
        "a": (DeliveryState.QUEUED, "again"),
        "b": (DeliveryState.QUEUED, "new"),
    }
