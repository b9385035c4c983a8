"""What a person shares, with whom, until when; what a reader is told, and what it is not."""

import asyncio
from uuid import uuid4

import asyncpg
import pytest
from tortoise.exceptions import BaseORMException

from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import constraint, fetch, fetch_value
from app.kernel.clock import utc_now
from app.kernel.text import Text
from app.programmes import sharing
from app.programmes.sharing import Book, Books, Granularity, Reading, ReadOutcome, ShareState
from tests.owning import as_owner
from tests.rooms.conftest import Crowd, connected, refusal
from tests.rooms.programmes.sharing.conftest import BOTH, MASS_G, Asking, enrolled_reader, key_of, today
from tests.staff import member, staff, verified


async def as_time_passes(days: int) -> None:
    """A request that ends that many days earlier: what an owner may do and the application may not."""
    await as_owner("ALTER TABLE share_request DISABLE TRIGGER share_request_words_go")
    try:
        await as_owner(
            "UPDATE share_request SET asked_at = asked_at - $1::int * interval '1 day', share_until = share_until - $1::int",
            days,
        )
    finally:
        await as_owner("ALTER TABLE share_request ENABLE TRIGGER share_request_words_go")


def told(reading: Reading) -> tuple[Books, object]:
    return reading.books, reading.pseudonym


async def test_a_reader_gets_the_books_that_were_granted_to_the_gram_and_no_other(asking: Asking) -> None:
    request = await asking.answered(Book.RETIRED)
    found = await asking.read(request)
    assert found.books.retired is not None
    assert (found.books.retired.total_g, found.books.retired.months) == (MASS_G, None)
    assert found.books.emitted is None and found.books.avoided is None
    assert found.pseudonym not in {None, asking.person_id}
    assert (await asking.read(request)).pseudonym == found.pseudonym


async def test_by_month_each_month_stands_beside_the_total(asking: Asking) -> None:
    request = await asking.answered(*BOTH, request=await asking.ask(granularity=Granularity.MONTHS))
    found = (await asking.read(request)).books
    for book in (found.emitted, found.retired):
        assert book is not None and book.months is not None
        assert [(one.month, one.mass_g) for one in book.months] == [(f"{today():%Y-%m}", MASS_G)]
        assert book.total_g == MASS_G


async def test_another_request_knows_the_same_person_by_another_name(asking: Asking) -> None:
    first, second = await asking.answered(*BOTH), await asking.answered(*BOTH)
    assert (await asking.read(first)).pseudonym != (await asking.read(second)).pseudonym


async def test_nobody_yet_a_no_and_somebody_with_nothing_look_the_same(asking: Asking) -> None:
    nobody = await asking.ask()
    refused = await asking.answered()
    poor = await asking.answered(*BOTH, by=await asking.river.guest())
    answers = [told(await asking.read(one)) for one in (nobody, refused, poor)]
    assert answers == [(Books(None, None), None)] * 3


async def test_a_revoked_grant_is_refused_at_the_next_read_and_the_person_sees_both(asking: Asking) -> None:
    request = await asking.answered(*BOTH)
    await asking.read(request)
    for _ in range(2):  # a repeat changes nothing
        await sharing.revoke(request.id, by=asking.person_id)
    with pytest.raises(sharing.ShareRevoked):
        await asking.read(request)
    reads = await sharing.reads_of(asking.person_id)
    assert [one.outcome for one in reads] == [ReadOutcome.REVOKED, ReadOutcome.FIGURES]
    assert {(one.organisation_id, one.key_id) for one in reads} == {(asking.bank.organisation_id, asking.bank.key_id)}
    (share,) = await sharing.shares_of(asking.person_id, today=today())
    assert share.state is ShareState.REVOKED and share.revoked_at is not None


async def test_after_its_last_day_a_request_is_refused_whoever_answered(asking: Asking) -> None:
    granted, nobody = await asking.answered(*BOTH, request=await asking.ask(days=0)), await asking.ask(days=0)
    await asking.read(granted)
    await as_time_passes(1)
    for request in (granted, nobody):
        with pytest.raises(sharing.ShareExpired):
            await asking.read(request)
    with pytest.raises(sharing.ShareUnknown):
        await asking.answered(*BOTH, request=nobody)
    (share,) = await sharing.shares_of(asking.person_id, today=today())
    assert share.state is ShareState.EXPIRED


async def test_a_request_is_answered_once_and_by_one_person(asking: Asking) -> None:
    request = await asking.answered(Book.RETIRED)
    await asking.answered(Book.RETIRED, request=request)
    with pytest.raises(sharing.ShareAnswered):
        await asking.answered(*BOTH, request=request)
    with pytest.raises(sharing.ShareUnknown):
        await asking.answered(*BOTH, request=request, by=await asking.river.guest())
    assert await fetch_value("SELECT count(*) FROM share_grant") == 1


async def test_two_who_answer_at_once_are_one_answer(asking: Asking) -> None:
    request = await asking.ask()
    people = [asking.person_id, await asking.river.guest()]
    answers = await asyncio.gather(
        *(asking.answered(*BOTH, request=request, by=one) for one in people), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in answers) == ["Request", "ShareUnknown"]
    assert await fetch_value("SELECT count(DISTINCT person_id) FROM share_answer") == 1


async def test_what_was_not_asked_for_cannot_be_granted(asking: Asking) -> None:
    request = await asking.ask(books=(Book.RETIRED,))
    with pytest.raises(sharing.ShareUnknown):
        await asking.answered(*BOTH, request=request)
    await asking.answered(Book.RETIRED, request=request)
    statement = f"INSERT INTO share_grant (id, request_id, book) VALUES (gen_random_uuid(), '{request.id}', 'emitted')"
    async with connected(asking.river.stand.app_url) as connection:
        assert (await refusal(connection, statement))[1] == "share_grant_asked"


async def test_a_read_under_way_is_waited_for_and_none_follows_the_revoking(asking: Asking, crowd: Crowd) -> None:
    request = await asking.answered(*BOTH)
    async with crowd.transaction() as tx:
        (row,) = await fetch("SELECT * FROM sharing.begin_read($1, $2)", request.id, asking.bank.key_id, tx=tx)
        assert row["state"] == "open"
        revoking = asyncio.create_task(sharing.revoke(request.id, by=asking.person_id))
        await asyncio.sleep(0.2)
        assert not revoking.done(), "it waits for the read that began before"
    await revoking
    with pytest.raises(sharing.ShareRevoked):
        await asking.read(request)


async def test_a_read_that_met_a_revoking_sees_it(asking: Asking, crowd: Crowd) -> None:
    request = await asking.answered(*BOTH)
    async with crowd.transaction() as tx:
        await fetch("SELECT sharing.revoke($1, $2)", request.id, asking.person_id, tx=tx)
        reading = asyncio.create_task(asking.read(request))
        await asyncio.sleep(0.2)
        assert not reading.done(), "it waits for what becomes of the revoking"
    with pytest.raises(sharing.ShareRevoked):
        await reading


async def test_many_reads_and_one_revoking_leave_no_figures_after_it(asking: Asking) -> None:
    request = await asking.answered(*BOTH)
    outcomes = await asyncio.gather(
        *(asking.read(request) for _ in range(6)),
        sharing.revoke(request.id, by=asking.person_id),
        *(asking.read(request) for _ in range(6)),
        return_exceptions=True,
    )
    assert {type(one) for one in outcomes} <= {Reading, sharing.ShareRevoked, type(None)}
    revoked_at = await fetch_value("SELECT max(revoked_at) FROM share_grant")
    late = await fetch_value("SELECT count(*) FROM share_read WHERE outcome = 'figures' AND at > $1", revoked_at)
    assert late == 0


async def test_postgresql_refuses_a_read_without_a_grant_and_keeps_what_was_said(asking: Asking) -> None:
    refused, granted = await asking.answered(), await asking.answered(*BOTH)
    read = f"INSERT INTO share_read (request_id, key_id, outcome) VALUES ('{refused.id}', '{asking.bank.key_id}', 'figures')"
    async with connected(asking.river.stand.app_url) as connection:
        assert (await refusal(connection, read))[1] == "share_read_granted"
        for statement in (
            "UPDATE share_grant SET revoked_at = now()",
            "DELETE FROM share_read",
            "DELETE FROM share_answer",
        ):
            assert (await refusal(connection, statement))[0] == "42501"
    for statement, held in (
        ("UPDATE share_answer SET language = 'en'", "share_answer_stays"),
        ("DELETE FROM share_grant", "share_grant_stays"),
        ("UPDATE share_read SET outcome = 'blank'", "share_read_stays"),
        ("UPDATE share_grant SET revoked_at = NULL", "share_grant_stays"),
    ):
        with pytest.raises((asyncpg.PostgresError, BaseORMException)) as met:
            await as_owner(statement)
        assert constraint(met.value) == held
    assert (await asking.read(granted)).books.retired is not None


async def test_a_read_that_cannot_be_written_down_answers_nothing(asking: Asking) -> None:
    request = await asking.answered(*BOTH)
    await as_owner("REVOKE INSERT ON share_read FROM ddt_app")
    await as_owner("REVOKE INSERT (request_id, key_id, outcome) ON share_read FROM ddt_app")
    try:
        with pytest.raises((asyncpg.PostgresError, BaseORMException)):
            await asking.read(request)
    finally:
        await as_owner("GRANT INSERT (request_id, key_id, outcome) ON share_read TO ddt_app")


async def test_another_banks_key_finds_nothing_and_a_key_that_was_not_let_may_not(asking: Asking) -> None:
    request = await asking.answered(*BOTH)
    other = await enrolled_reader(Text(zh="示例城商银行", en="Sample City Bank"))
    with pytest.raises(sharing.ShareUnknown):
        await sharing.read(request.id, by=other.key_id)
    plain = await key_of(asking.bank.organisation_id, by=asking.bank.sponsor_id)
    with pytest.raises(sharing.ShareUnknown):
        await sharing.read(request.id, by=plain)
    with pytest.raises(sharing.SharePowerMissing):
        await asking.ask(by=plain)
    with pytest.raises(sharing.SharePowerMissing):
        await sharing.let_ask(other.key_id, asking.bank.organisation_id, by=asking.bank.sponsor_id)


async def test_only_whoever_gives_roles_there_now_lets_a_key_ask(asking: Asking) -> None:
    own, maker = asking.bank.organisation_id, await member(asking.bank.organisation_id, Role.SPONSOR)
    key_id = await key_of(own, by=asking.bank.sponsor_id)
    auditor = await member(own, Role.AUDITOR)
    await as_owner("DELETE FROM membership WHERE person_id = $1", maker)
    for by in (auditor, maker, key_id, asking.person_id):
        with pytest.raises(sharing.SharePowerMissing):
            await sharing.let_ask(key_id, own, by=by)
    assert await sharing.keys_that_ask([key_id]) == set()


async def test_nobody_reads_once_the_key_or_the_enrolment_has_ended(asking: Asking) -> None:
    request = await asking.answered(*BOTH)
    second = await key_of(asking.bank.organisation_id, by=asking.bank.sponsor_id)
    await sharing.let_ask(second, asking.bank.organisation_id, by=asking.bank.sponsor_id)
    await identity.keys.end(asking.bank.key_id, by=asking.bank.sponsor_id)
    with pytest.raises(sharing.ShareUnknown):
        await asking.read(request)
    assert (await sharing.read(request.id, by=second)).books.retired is not None
    with pytest.raises(identity.RoleMissing):
        await sharing.end_reader(asking.bank.reader_id, by=asking.bank.sponsor_id)
    await sharing.end_reader(asking.bank.reader_id, by=await staff(Role.REVIEWER))
    with pytest.raises(sharing.ShareUnknown):
        await sharing.read(request.id, by=second)
    with pytest.raises(sharing.ShareUnknown):
        await sharing.find_asked((await fetch_value("SELECT code FROM share_request")), by=None, today=today())


async def test_enrolling_takes_two_of_ours_and_a_verified_organisation(asking: Asking) -> None:
    other = await verified(Text(zh="示例雇主", en="Sample Employer"))
    maker = await staff(Role.OPERATOR, Role.REVIEWER)
    proposed = await sharing.propose_reader(other, "员工碳账户", by=maker)
    with pytest.raises(Exception, match="same_person"):
        await sharing.approve_reader(proposed.id, seen=proposed.sha256, by=maker)
    with pytest.raises(identity.RoleMissing):
        await sharing.propose_reader(other, "员工碳账户", by=await member(other, Role.OPERATOR))
    with pytest.raises(sharing.ReaderUnfit):
        await sharing.propose_reader(asking.bank.organisation_id, "再开通一次", by=maker)
    assert await sharing.reader_of(other) is None
    insert = f"INSERT INTO share_reader (id, organisation_id, ground, approval_id) VALUES (gen_random_uuid(), '{other}', '自己', '{uuid4()}')"  # noqa: E501
    with pytest.raises((asyncpg.PostgresError, BaseORMException)) as met:
        await as_owner(insert)
    assert constraint(met.value) == "share_reader_two_people"


async def test_whoever_is_forgotten_shares_nothing_any_more(asking: Asking) -> None:
    request = await asking.answered(*BOTH)
    await asking.read(request)
    await as_owner("UPDATE person SET state = 'erasing' WHERE id = $1", asking.person_id)
    with pytest.raises(sharing.ShareRevoked):
        await asking.read(request)
    with pytest.raises(sharing.ShareNotAllowed):
        await asking.answered(*BOTH)


async def test_whoever_says_that_they_are_under_fourteen_shares_nothing_and_says_yes_to_nothing(asking: Asking) -> None:
    given, asked = await asking.answered(*BOTH), await asking.ask()
    await identity.set_under_14(asking.person_id, is_under_14=True)
    with pytest.raises(sharing.ShareRevoked):
        await asking.read(given)
    assert not await sharing.may_share(asking.person_id)
    with pytest.raises(sharing.ShareNotAllowed):
        await asking.answered(*BOTH, request=asked)
    said = (
        "INSERT INTO share_answer (request_id, person_id, pseudonym, language)"
        f" VALUES ('{asked.id}', '{asking.person_id}', '{uuid4()}', 'zh')"
    )
    grant = f"INSERT INTO share_grant (id, request_id, book) VALUES ('{uuid4()}', '{asked.id}', 'retired')"
    async with connected(asking.river.stand.app_url) as connection:
        assert (await refusal(connection, f"{said}; {grant}")) == ("23514", "share_grant_allowed")


async def test_the_same_key_asks_once(asking: Asking) -> None:
    first, again = await asking.ask(key="loan-1"), await asking.ask(key="loan-1")
    assert first == again
    with pytest.raises(sharing.ShareKeyUsedOtherwise):
        await asking.ask(key="loan-1", books=(Book.RETIRED,))


async def test_a_code_is_read_as_people_type_it(asking: Asking) -> None:
    request = await asking.ask()
    typed = f" {request.code[:4].lower()}-{request.code[4:].lower()} "
    assert (await sharing.find_asked(typed, by=None, today=today())).id == request.id
    for wrong in ("", "12345678", request.code[:-1]):
        with pytest.raises(sharing.ShareUnknown):
            await sharing.find_asked(wrong, by=None, today=today())


async def test_why_a_reader_asked_somebody_goes_with_them_and_nothing_else_of_a_request_changes(asking: Asking) -> None:
    kept, gone = await asking.ask(), await asking.answered(Book.EMITTED)
    async with connected(asking.river.stand.owner_url) as owner:
        change = "UPDATE share_request SET purpose_zh = '——', purpose_en = '——'"
        assert (await refusal(owner, change))[1] == "share_request_stays"
    await identity.erase(asking.person_id, now=utc_now())
    told = {row["id"]: (row["purpose_zh"], row["purpose_en"]) for row in await fetch("SELECT * FROM share_request")}
    assert told == {kept.id: ("绿色消费贷评估", "To assess a green loan"), gone.id: ("——", "——")}
    async with connected(asking.river.stand.owner_url) as owner:
        change = f"UPDATE share_request SET share_until = share_until + 1, purpose_zh = '——' WHERE id = '{gone.id}'"
        assert (await refusal(owner, change))[1] == "share_request_stays"
