"""Content checks: one for each text and purpose, never passed by silence, decided by people who have the power now."""

import asyncio
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from tortoise.exceptions import BaseORMException

from app.foundation import identity, moderation
from app.foundation.identity import Role, RoleMissing
from app.foundation.moderation import CheckState, ContentPurpose, Reason, WaitsFor
from app.gateways.database import constraint, fetch, fetch_value
from app.gateways.wechat import ContentAdvice, OpenidStale, PictureSeen
from app.kernel.clock import utc_now
from app.kernel.errors import Unavailable
from app.kernel.text import Language
from config.places import WORDS
from tests.conftest import Stand
from tests.owning import as_owner
from tests.rooms.conftest import KEYRING
from tests.staff import staff

APPID = "wx0000000000000001"
LIST = moderation.load_words(WORDS)
NAME = ContentPurpose.NAME


@dataclass
class FarSide:
    """What WeChat says next; it is asked through the same calls as the real one."""

    words: list[Any] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    appid: str = APPID

    async def check_text(self, text: str, *, openid: str) -> ContentAdvice:  # noqa: ARG002 - as the real one
        self.asked.append(text)
        return self._next()

    async def send_picture(self, url: str, *, openid: str) -> str:  # noqa: ARG002 - as the real one
        self.asked.append(url)
        return self._next()

    def _next(self) -> Any:
        word = self.words.pop(0)
        if isinstance(word, Exception):
            raise word
        return word


async def guest(*, openid: str | None = None) -> UUID:
    person_id = (await identity.open_guest_session(Language.ZH, keyring=KEYRING, now=utc_now())).session.person_id
    if openid is not None:
        assert await identity.keep_openid(person_id, openid, APPID, keyring=KEYRING, now=utc_now())
    return person_id


async def ask(text: str, person_id: UUID, *, by_wechat: bool = False) -> moderation.Standing:
    return await moderation.ask_text(person_id, text, NAME, words=LIST, by_wechat=by_wechat, keyring=KEYRING)


async def due(far: Any, picture_url: Any = None) -> int:
    await as_owner("UPDATE content_check SET due_at = clock_timestamp() WHERE due_at IS NOT NULL")
    return await moderation.ask_due(server=far, picture_url=picture_url, keyring=KEYRING)


async def one(check_id: UUID) -> moderation.Item:
    return await moderation.find(check_id, keyring=KEYRING)


async def events(check_id: UUID) -> list[str]:
    rows = await fetch("SELECT kind FROM outbox_message WHERE subject = $1 ORDER BY id", f"moderation:{check_id}")
    return [row["kind"] for row in rows]


@pytest.fixture(autouse=True)
def _tables(database: Stand) -> None:
    """Every test works on empty ones."""


async def test_what_a_guest_writes_waits_for_people() -> None:
    found = await ask("林小川", await guest())

    item = await one(found.check_id)
    assert (item.state, item.waits_for, item.text, item.persons) == (CheckState.WAITING, WaitsFor.PEOPLE, "林小川", 1)
    assert await moderation.count_waiting() == 1


async def test_a_word_of_the_list_is_refused_at_once_and_told() -> None:
    found = await ask("赌博", await guest(openid="oA"), by_wechat=True)

    item = await one(found.check_id)
    assert (found.state, item.reason, await events(found.check_id)) == (
        CheckState.REFUSED, Reason.ILLEGAL, ["moderation.refused"],
    )  # fmt: skip
    assert await due(FarSide()) == 0, "nobody else is asked"


async def test_the_same_name_of_two_people_is_one_check() -> None:
    first, second = await guest(), await guest()
    found = {(await ask("张三", person)).check_id for person in (first, second, first)}

    assert len(found) == 1
    assert (await one(found.pop())).persons == 2


async def test_many_who_ask_for_one_name_at_once_make_one_check() -> None:
    people = [await guest() for _ in range(8)]
    found = await asyncio.gather(*(ask("李四", person) for person in people))

    assert len({one.check_id for one in found}) == 1
    assert await fetch_value("SELECT count(*) FROM content_showing") == 8


async def test_wechats_yes_passes_and_its_risk_is_refused_for_its_reason() -> None:
    person = await guest(openid="oA")
    good, bad = await ask("甲", person, by_wechat=True), await ask("乙", person, by_wechat=True)
    await due(FarSide([ContentAdvice("pass", 100), ContentAdvice("risky", 20002)]))

    states = await moderation.states_of([good.check_id, bad.check_id])
    assert sorted(states.values()) == [CheckState.PASSED, CheckState.REFUSED]
    refused = next(id_ for id_, state in states.items() if state is CheckState.REFUSED)
    assert (await one(refused)).reason is Reason.SEXUAL
    assert sorted(await events(good.check_id) + await events(bad.check_id)) == [
        "moderation.passed",
        "moderation.refused",
    ]


@pytest.mark.parametrize(
    "word", [ContentAdvice("review", 20003), ContentAdvice("fine", 100), ContentAdvice("PASS", 100), OpenidStale()]
)
async def test_anything_but_a_clear_word_goes_to_people(word: Any) -> None:
    found = await ask("甲", await guest(openid="oA"), by_wechat=True)
    await due(FarSide([word]))

    assert (await one(found.check_id)).waits_for is WaitsFor.PEOPLE


async def test_silence_is_asked_again_three_times_and_then_goes_to_people() -> None:
    found = await ask("甲", await guest(openid="oA"), by_wechat=True)
    far = FarSide([Unavailable("x")] * 3)
    for _ in range(3):
        await due(far)
        assert (await one(found.check_id)).waits_for is WaitsFor.WECHAT
    await due(far)

    assert (await one(found.check_id)).waits_for is WaitsFor.PEOPLE
    assert len(far.asked) == 3


async def test_without_a_server_or_an_openid_people_decide() -> None:
    for server, openid in ((None, "oA"), (FarSide(), None)):
        found = await ask(f"甲{openid}", await guest(openid=openid), by_wechat=True)
        await due(server)
        assert (await one(found.check_id)).waits_for is WaitsFor.PEOPLE


async def test_a_picture_is_sent_and_decided_by_what_is_pushed_once() -> None:
    person = await guest(openid="oA")
    found = await moderation.ask_picture(person, b"picture", ContentPurpose.AVATAR, by_wechat=True, keyring=KEYRING)
    far = FarSide(["trace-1"])
    await due(far, lambda check_id: f"https://x/{check_id}")
    seen = PictureSeen("trace-1", ContentAdvice("pass", 100))

    assert far.asked == [f"https://x/{found.check_id}"]
    assert [await moderation.record_advice(seen), await moderation.record_advice(seen)] == [True, False]
    assert (await one(found.check_id)).state is CheckState.PASSED
    assert not await moderation.record_advice(PictureSeen("trace-2", ContentAdvice("pass", 100))), (
        "nothing was sent under it"
    )


async def test_a_push_repeated_after_people_hid_the_picture_changes_nothing() -> None:
    person, moderator = await guest(openid="oA"), await staff(Role.REVIEWER)
    found = await moderation.ask_picture(person, b"picture", ContentPurpose.AVATAR, by_wechat=True, keyring=KEYRING)
    await due(FarSide(["trace-1"]), str)
    seen = PictureSeen("trace-1", ContentAdvice("pass", 100))
    await moderation.record_advice(seen)
    await moderation.decide(found.check_id, CheckState.REFUSED, reason=Reason.OTHER, seen="passed", by=moderator)

    assert not await moderation.record_advice(seen)
    assert (await one(found.check_id)).state is CheckState.REFUSED
    assert await events(found.check_id) == ["moderation.passed", "moderation.refused"]


async def test_a_picture_about_which_nothing_is_pushed_goes_to_people() -> None:
    person = await guest(openid="oA")
    found = await moderation.ask_picture(person, b"picture", ContentPurpose.AVATAR, by_wechat=True, keyring=KEYRING)
    await due(FarSide(["trace-1"]), str)
    await due(FarSide())

    assert (await one(found.check_id)).waits_for is WaitsFor.PEOPLE
    assert await moderation.record_advice(PictureSeen("trace-1", ContentAdvice("risky", 20002))), (
        "late, and still taken"
    )


async def test_a_person_shows_hides_and_shows_again_and_each_is_written_down() -> None:
    found, moderator = await ask("甲", await guest()), await staff(Role.OPERATOR)
    for state, reason, seen in (
        (CheckState.PASSED, None, "waiting"), (CheckState.REFUSED, Reason.ABUSE, "passed"),
        (CheckState.PASSED, None, "refused"),
    ):  # fmt: skip
        assert await moderation.decide(found.check_id, state, reason=reason, seen=seen, by=moderator)
    assert not await moderation.decide(found.check_id, CheckState.PASSED, reason=None, seen="passed", by=moderator)

    rows = await fetch("SELECT state, decider_id FROM content_decision WHERE check_id = $1 ORDER BY id", found.check_id)
    assert [(row["state"], row["decider_id"]) for row in rows] == [
        ("passed", moderator), ("refused", moderator), ("passed", moderator),
    ]  # fmt: skip
    assert len(await events(found.check_id)) == 3


async def test_of_two_who_decide_otherwise_at_once_the_second_is_told() -> None:
    found = await ask("甲", await guest())
    first, second = await staff(Role.OPERATOR), await staff(Role.REVIEWER)
    await moderation.decide(found.check_id, CheckState.PASSED, reason=None, seen="waiting", by=first)

    with pytest.raises(moderation.DecisionOvertaken):
        await moderation.decide(found.check_id, CheckState.REFUSED, reason=Reason.OTHER, seen="waiting", by=second)
    assert (await one(found.check_id)).state is CheckState.PASSED


@pytest.mark.parametrize("roles", [(), (Role.AUDITOR,), (Role.FINANCE,), (Role.ADMINISTRATOR,)])
async def test_whoever_has_not_the_role_decides_nothing(roles: tuple[Role, ...]) -> None:
    found = await ask("甲", await guest())
    stranger = await staff(*roles) if roles else await guest()

    with pytest.raises(RoleMissing):
        await moderation.decide(found.check_id, CheckState.PASSED, reason=None, seen="waiting", by=stranger)


async def test_hiding_wants_a_reason_and_a_check_that_is_there() -> None:
    found, moderator = await ask("甲", await guest()), await staff(Role.OPERATOR)

    with pytest.raises(moderation.HidingReasonMissing):
        await moderation.decide(found.check_id, CheckState.REFUSED, reason=None, seen="waiting", by=moderator)
    with pytest.raises(moderation.CheckUnknown):
        await moderation.decide(uuid4(), CheckState.PASSED, reason=None, seen="waiting", by=moderator)
    with pytest.raises(moderation.CheckUnknown):
        await one(uuid4())


async def test_of_somebody_who_is_forgotten_no_word_is_left() -> None:
    person = await guest()
    found = await ask("周听雨", person)
    await identity.destroy_key(person)

    assert (await one(found.check_id)).text is None
    rows = await fetch(
        "SELECT row_to_json(c)::text AS row FROM content_check c UNION ALL SELECT row_to_json(s)::text FROM content_showing s"
    )
    assert not [row for row in rows if "周听雨" in row["row"] or "周听雨".encode().hex() in row["row"]]


async def test_the_list_begins_with_what_has_waited_longest() -> None:
    person = await guest()
    for text in ("甲", "乙", "丙"):
        await ask(text, person)

    waiting = await moderation.list_recent(CheckState.WAITING, keyring=KEYRING)
    recent = await moderation.list_recent(None, keyring=KEYRING)
    assert [item.text for item in waiting] == ["甲", "乙", "丙"]
    assert [item.text for item in recent] == ["丙", "乙", "甲"]


@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("UPDATE content_decision SET state = 'passed'", "content_decision_stays"),
        ("DELETE FROM content_showing", "content_showing_stays"),
        ("DELETE FROM content_check", "content_check_stays"),
        ("UPDATE content_check SET state = 'passed', waits_for = NULL", "content_check_decided_check"),
        (
            (
                "UPDATE content_check SET state = 'passed', waits_for = NULL, due_at = NULL, decided_by = 'words',"
                " decided_at = now() WHERE state = 'waiting'"
            ),
            "content_check_words_refuse_check",
        ),
        (
            (
                "UPDATE content_check SET state = 'passed', waits_for = NULL, due_at = NULL, decided_by = 'person',"
                " decided_at = now() WHERE state = 'waiting'"
            ),
            "content_check_decider_check",
        ),
    ],
)
async def test_postgresql_refuses_the_owner_too(statement: str, refused: str) -> None:
    found = await ask("甲", await guest())
    await moderation.decide(
        found.check_id, CheckState.PASSED, reason=None, seen="waiting", by=await staff(Role.OPERATOR)
    )
    await ask("乙", await guest())

    with pytest.raises((asyncpg.PostgresError, BaseORMException)) as refusal:
        await as_owner(statement)
    assert constraint(refusal.value) == refused
