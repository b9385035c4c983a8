"""Consents: purpose by purpose, in the words that were shown, appended and never changed; the latest word counts."""

import asyncio
import tomllib
from dataclasses import replace
from datetime import date
from hashlib import sha256
from uuid import uuid4

import pytest

from app.foundation import consents, identity
from app.foundation.consents import (
    ConsenterGone,
    ConsentFileBroken,
    ConsentOutdated,
    ConsentPlace,
    ConsentPurpose,
    ConsentState,
    ConsentText,
    ConsentTexts,
)
from app.gateways.database import constraint, fetch, fetch_value, transaction
from app.kernel.clock import utc_now
from app.kernel.text import Language, Text
from config.places import CONSENTS
from tests.conftest import Stand
from tests.rooms.conftest import KEYRING, connected
from tests.rooms.foundation.identity.conftest import statements as statements  # noqa: PLC0414 - a fixture

WALL, BOARD = ConsentPurpose.WALL, ConsentPurpose.BOARD
_KEPT = consents.load_texts(CONSENTS)
TEXTS = ConsentTexts({purpose: versions[:1] for purpose, versions in _KEPT.versions.items()})
"""The first words of every purpose: what a second does is what some of these tests are about."""


@pytest.fixture(autouse=True)
def _on_real_tables(database: Stand) -> None:
    """Every test of this file starts on empty tables."""


async def somebody():
    opened = await identity.open_guest_session(Language.ZH, keyring=KEYRING, now=utc_now())
    return opened.session.person_id


async def give(person_id, purpose=WALL, *, version=1, language=Language.ZH, texts=TEXTS):
    await consents.give(
        person_id, purpose, version=version, language=language, place=ConsentPlace.PAGE, texts=texts
    )  # fmt: skip


async def state(person_id, purpose=WALL, *, texts=TEXTS):
    return (await consents.status_of(person_id, purpose, texts=texts)).state


async def rows(person_id):
    return [
        (row["purpose"], row["no"], row["state"], row["version"], row["place"])
        for row in await fetch("SELECT * FROM consent WHERE person_id = $1 ORDER BY id", person_id)
    ]


def with_second_version(texts=TEXTS):
    """The same texts, and a new one for the wall."""
    (first,) = texts.versions[WALL]
    second = replace(first, version=2, text=Text(zh="大屏显示名字和头像。", en="The wall shows name and picture."))
    return ConsentTexts({**texts.versions, WALL: (first, second)})


async def test_nobody_has_agreed_to_anything_until_they_say_so():
    person_id = await somebody()
    questions = await consents.ask(person_id, texts=TEXTS)
    assert [one.text.purpose for one in questions] == list(ConsentPurpose)
    assert {one.standing.state for one in questions} == {ConsentState.NEVER}
    assert not (await consents.status_of(person_id, WALL, texts=TEXTS)).is_given


async def test_each_purpose_is_agreed_to_by_itself():
    person_id = await somebody()
    await give(person_id, WALL)
    told = {one.text.purpose: one.standing for one in await consents.ask(person_id, texts=TEXTS)}
    assert told[WALL].is_given and told[WALL].version == 1 and told[WALL].at is not None
    assert {told[purpose].state for purpose in ConsentPurpose if purpose is not WALL} == {ConsentState.NEVER}


async def test_what_was_agreed_to_is_kept_with_the_digest_of_the_words_that_were_shown():
    person_id = await somebody()
    await give(person_id, language=Language.EN)
    text = TEXTS.present(WALL)
    (row,) = await fetch("SELECT language, digest, at FROM consent WHERE person_id = $1", person_id)
    assert (row["language"], row["digest"]) == ("en", sha256(f"{text.title.en}\n{text.text.en}".encode()).digest())
    assert abs((row["at"] - utc_now()).total_seconds()) < 5  # the database's clock


async def test_said_twice_it_is_one_row_and_taken_back_twice_it_is_one_more():
    person_id = await somebody()
    for _ in range(2):
        await give(person_id)
    for _ in range(2):
        await consents.withdraw(person_id, WALL, place=ConsentPlace.API)
    assert await rows(person_id) == [("wall", 1, "given", 1, "page"), ("wall", 2, "withdrawn", 1, "api")]
    assert await state(person_id) is ConsentState.WITHDRAWN


async def test_taking_back_what_was_never_given_writes_nothing():
    person_id = await somebody()
    await consents.withdraw(person_id, WALL, place=ConsentPlace.PAGE)
    assert await rows(person_id) == []
    assert await state(person_id) is ConsentState.NEVER


async def test_whoever_took_it_back_may_agree_again():
    person_id = await somebody()
    await give(person_id)
    await consents.withdraw(person_id, WALL, place=ConsentPlace.PAGE)
    await give(person_id)
    assert [row[2] for row in await rows(person_id)] == ["given", "withdrawn", "given"]
    assert await state(person_id) is ConsentState.GIVEN


async def test_taps_at_once_make_one_row():
    person_id = await somebody()
    await asyncio.gather(*(give(person_id) for _ in range(10)))
    assert len(await rows(person_id)) == 1


async def test_agreeing_and_taking_back_at_once_stay_in_turn():
    person_id = await somebody()
    words = [
        give(person_id) if n % 2 else consents.withdraw(person_id, WALL, place=ConsentPlace.API) for n in range(12)
    ]
    await asyncio.gather(*words)
    kept = await rows(person_id)
    assert [row[1] for row in kept] == list(range(1, len(kept) + 1))
    assert [row[2] for row in kept] == (["given", "withdrawn"] * len(kept))[: len(kept)]


async def test_a_new_version_asks_again_and_the_old_yes_does_not_count_meanwhile():
    person_id = await somebody()
    await give(person_id)
    newer = with_second_version()
    assert await state(person_id, texts=newer) is ConsentState.OUTDATED
    assert not (await consents.status_of(person_id, WALL, texts=newer)).is_given
    with pytest.raises(ConsentOutdated) as refused:
        await give(person_id, version=1, texts=newer)
    assert refused.value.facts == {"version": 2}
    await give(person_id, version=2, texts=newer)
    assert await state(person_id, texts=newer) is ConsentState.GIVEN
    assert [row[2:4] for row in await rows(person_id)] == [("given", 1), ("given", 2)]


async def test_an_outdated_yes_can_be_taken_back():
    person_id = await somebody()
    await give(person_id)
    await consents.withdraw(person_id, WALL, place=ConsentPlace.PAGE)
    assert await state(person_id, texts=with_second_version()) is ConsentState.WITHDRAWN


async def test_a_process_of_the_older_release_cannot_write_an_older_version_over_a_newer():
    person_id = await somebody()
    await give(person_id, version=2, texts=with_second_version())
    with pytest.raises(ConsentOutdated) as refused:
        await give(person_id, version=1)
    assert refused.value.facts == {"version": 2}
    assert len(await rows(person_id)) == 1


async def test_many_persons_are_asked_after_in_one_statement(statements):
    people = [await somebody() for _ in range(5)]
    await give(people[0])
    await give(people[1])
    await consents.withdraw(people[1], WALL, place=ConsentPlace.PAGE)
    await give(people[2], BOARD)
    stranger = uuid4()
    statements.clear()
    told = await consents.status_of_many([*people, stranger], WALL, texts=TEXTS)
    assert len(statements) == 1
    assert [told[one].state for one in (*people, stranger)] == [
        "given", "withdrawn", "never", "never", "never", "never",
    ]  # fmt: skip
    assert await consents.status_of_many([], WALL, texts=TEXTS) == {}


async def test_standing_is_read_by_the_index_of_numbers(database: Stand):
    person_id = await somebody()
    await give(person_id)
    async with connected(database.owner_url) as owner, owner.transaction():
        await owner.execute("SET LOCAL enable_seqscan = off")
        for statement in (
            f"SELECT state FROM consent WHERE person_id = '{person_id}' AND purpose = 'wall' ORDER BY no DESC LIMIT 1",
            (
                "SELECT c.state FROM unnest(ARRAY[gen_random_uuid()]) p (id), LATERAL (SELECT state FROM consent"
                " WHERE person_id = p.id AND purpose = 'wall' ORDER BY no DESC LIMIT 1) c"
            ),
        ):
            plan = "\n".join(row[0] for row in await owner.fetch(f"EXPLAIN {statement}"))
            assert "consent_no_key" in plan and "Sort" not in plan


async def test_being_forgotten_takes_every_consent_back_and_keeps_the_rows_which_tell_nothing_personal():
    person_id = await somebody()
    await give(person_id, WALL)
    await give(person_id, BOARD)
    await consents.withdraw(person_id, BOARD, place=ConsentPlace.PAGE)
    await identity.destroy_key(person_id)
    await identity.destroy_key(person_id)
    assert sorted(await rows(person_id)) == [
        ("board", 1, "given", 1, "page"),
        ("board", 2, "withdrawn", 1, "page"),
        ("wall", 1, "given", 1, "page"),
        ("wall", 2, "withdrawn", 1, "erasure"),
    ]
    columns = await fetch_value(
        "SELECT array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns"
        " WHERE table_name = 'consent'"
    )
    assert columns == ["id", "person_id", "purpose", "no", "version", "language", "digest", "state", "at", "place"]


async def test_nobody_agrees_for_somebody_who_is_being_forgotten_or_is_not_there():
    person_id = await somebody()
    await identity.destroy_key(person_id)
    for nobody in (person_id, uuid4()):
        with pytest.raises(ConsenterGone):
            await give(nobody)


async def test_a_consent_lives_and_dies_with_the_transaction_it_is_given_in():
    person_id = await somebody()

    async def given_and_broken():
        async with transaction() as tx:
            await consents.give(
                person_id, WALL, version=1, language=Language.ZH, place=ConsentPlace.API, texts=TEXTS, tx=tx
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await given_and_broken()
    assert await rows(person_id) == []


async def test_a_version_that_was_shown_cannot_be_given_other_words():
    first, second = await somebody(), await somebody()
    await give(first)
    (text,) = TEXTS.versions[WALL]
    changed = ConsentTexts({**TEXTS.versions, WALL: (replace(text, text=Text(zh="别的话。", en="Other words.")),)})
    with pytest.raises(Exception) as refused:  # noqa: PT011 - which kind of error is Tortoise's business
        await give(second, texts=changed)
    assert constraint(refused.value) == "consent_text_stays"
    assert await rows(second) == []


WORD = "INSERT INTO consent (person_id, purpose, no, version, language, digest, state, place) SELECT {} FROM consent"


@pytest.mark.parametrize(
    ("statement", "wanted"),
    [
        ("UPDATE consent SET state = 'withdrawn'", "consent_stays"),
        ("DELETE FROM consent", "consent_stays"),
        ("TRUNCATE consent", "consent_stays"),
        ("UPDATE consent_text SET digest = sha256('other')", "consent_text_stays"),
        ("DELETE FROM consent_text", "consent_text_stays"),
        (
            "INSERT INTO consent_text SELECT id + 1, purpose, version, language, digest FROM consent_text",
            "consent_text_key",
        ),
        (WORD.format("person_id, purpose, 3, version, language, digest, 'withdrawn', place"), "consent_follows"),
        (WORD.format("person_id, purpose, 2, version, language, digest, 'given', place"), "consent_version_ascends"),
        (
            WORD.format("person_id, 'board', 1, version, language, digest, 'withdrawn', place"),
            "consent_withdraws_given",
        ),
        (WORD.format("person_id, 'board', 1, version, language, digest, 'given', place"), "consent_words_fkey"),
        (
            WORD.format("gen_random_uuid(), purpose, 1, version, language, digest, 'given', place"),
            "consent_person_fkey",
        ),
    ],
)
async def test_postgresql_refuses_the_owner_too(database: Stand, statement, wanted):
    await give(await somebody())
    async with connected(database.owner_url) as owner:
        with pytest.raises(Exception) as refused:  # noqa: PT011 - of any kind, by this name
            await owner.execute(statement)
    assert constraint(refused.value) == wanted


def toml(*, effective_on="2026-11-29", title="名", text="话", sha=None, more=""):
    digest = sha or sha256(f"{title}\n{text}".encode()).hexdigest()
    words = f'title = "{title}"\ntext = "{text}"\nsha256 = "{digest}"\n'
    return f"effective_on = {effective_on}\n{more}[zh]\n{words}[en]\n{words}"


@pytest.fixture
def folder(tmp_path):
    for purpose in ConsentPurpose:
        (tmp_path / purpose).mkdir()
        (tmp_path / purpose / "1.toml").write_text(toml(), "utf-8")
    return tmp_path


def test_all_versions_are_read_and_the_highest_is_asked(folder):
    (folder / "wall" / "2.toml").write_text(toml(effective_on="2027-01-01", text="新"), "utf-8")
    texts = consents.load_texts(folder)
    assert [one.version for one in texts.versions[WALL]] == [1, 2]
    assert texts.present(WALL) == ConsentText(
        WALL, 2, date(2027, 1, 1), Text(zh="名", en="名"), Text(zh="新", en="新")
    )  # fmt: skip
    assert texts.present(BOARD).version == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("wall/1.toml", toml(sha="0" * 64)),
        ("wall/1.toml", toml(text=" ")),
        ("wall/1.toml", toml(more="author = 1\n")),
        ("wall/1.toml", toml(effective_on='"soon"')),
        ("wall/1.toml", "not toml"),
        ("wall/1.toml", "effective_on = 2026-11-29\nzh = 1\nen = 2\n"),
        ("wall/3.toml", toml()),
        ("wall/draft.toml", toml()),
        ("wall/2.toml", toml(effective_on="2026-01-01")),
        ("other/1.toml", toml()),
    ],
)
def test_a_file_that_is_not_as_it_must_be_stops_the_start(folder, name, content):
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(content, "utf-8")
    with pytest.raises(ConsentFileBroken):
        consents.load_texts(folder)


def test_a_purpose_without_a_text_stops_the_start(folder):
    (folder / "notices" / "1.toml").unlink()
    with pytest.raises(ConsentFileBroken):
        consents.load_texts(folder)


def test_the_error_names_the_digest_that_new_words_have(folder):
    (folder / "wall" / "1.toml").write_text(toml(sha="0" * 64), "utf-8")
    with pytest.raises(ConsentFileBroken, match=sha256("名\n话".encode()).hexdigest()):
        consents.load_texts(folder)


def test_the_shipped_texts_fit_a_phone_and_say_that_they_can_be_taken_back():
    for versions in TEXTS.versions.values():
        for one in versions:
            assert len(one.title.zh) <= 16 and len(one.title.en) <= 40
            assert "随时可以收回" in one.text.zh and "take this back at any time" in one.text.en
    assert tomllib.loads((CONSENTS / "wall" / "1.toml").read_text("utf-8"))["effective_on"] == date(2026, 11, 29)


async def test_many_who_agree_to_new_words_in_the_same_moment_have_all_agreed():
    people = [await somebody() for _ in range(10)]
    await asyncio.gather(*(give(one) for one in people))
    assert [await state(one) for one in people] == [ConsentState.GIVEN] * 10
