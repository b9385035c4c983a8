"""The first day: set up by the owner once, administrators invited, organisations verified by two, members by members."""

import asyncio
from datetime import timedelta

import asyncpg
import pyotp
import pytest

from app.foundation import audit, identity
from app.foundation.approvals import ApprovalChanged, ApprovalDecided, ApprovalRoleMissing, SamePerson, State
from app.foundation.fonts import NotPrintable
from app.foundation.identity import (
    EmailTaken,
    InvitationOver,
    InvitationUnknown,
    InviterMissing,
    LastAdministrator,
    NameMissing,
    OrganisationKind,
    OrganisationKnown,
    OrganisationUnverified,
    OwnInvitation,
    OwnRole,
    PapersMissing,
    PasswordUnfit,
    PowerMissing,
    Role,
    SecondPersonNeeded,
    read_register,
)
from app.gateways.database import fetch, fetch_value
from app.kernel.text import Language, Text
from tests import staff as rows
from tests.rooms.conftest import connected, refusal

PASSWORD = "correct horse 电池"
CODE = "91350100M000100Y43"
NAME = Text(zh="示例环境交易所", en="Sample Exchange")
DAY = timedelta(days=1)


@pytest.fixture
async def links(stand, now):
    """What the owner's set-up gives; the function itself is the owner's, its rows are the application's to use."""
    return (await as_owner(stand, now)).links


async def as_owner(stand, now):
    """Set up as the tables' owner, in SQL: the application's pool can do neither half of it."""
    from app.foundation.identity.access.setting_up import SetUp
    from app.foundation.identity.access_rules import ADMINISTRATORS, INVITATION_LIFETIME, Link
    from app.foundation.identity.keeping_sessions import hash_token, new_token
    from app.kernel.ids import uuid7

    organisation_id = uuid7()
    async with connected(stand.owner_url) as owner:
        await owner.execute(
            "SELECT identity.found_exchange($1, $2, $3, 'CN', $4)", organisation_id, NAME.zh, NAME.en, CODE
        )
        made = [Link(uuid7(), new_token(), now + INVITATION_LIFETIME) for _ in range(ADMINISTRATORS)]
        await owner.executemany(
            "INSERT INTO invitation (id, token_hash, organisation_id, roles, made_at, expires_at)"
            " VALUES ($1, $2, $3, '{administrator}', $4, $5)",
            [(link.id, hash_token(link.token), organisation_id, now, link.expires_at) for link in made],
        )
    return SetUp(organisation_id, tuple(made))


async def enter(link, keyring, now, email, name="李娜"):
    opened = await identity.accept_invitation(
        link.token, name=name, email=email, password=PASSWORD, language=Language.ZH, keyring=keyring, now=now
    )
    return opened.session.person_id


@pytest.fixture
async def administrators(links, keyring, now):
    return [await enter(link, keyring, now, f"admin{n}@x.example") for n, link in enumerate(links)]


@pytest.fixture
async def exchange(administrators):
    return await fetch_value("SELECT id FROM organisation WHERE kind = 'exchange'")


async def staff(exchange, administrators, keyring, now, role, email):
    link = await identity.invite(exchange, [role], by=administrators[0], keyring=keyring, now=now)
    await agreed(link, administrators[1], now)
    return await enter(link, keyring, now, email)


async def agreed(link, by, now):
    """Another administrator lets the link open."""
    await identity.approve_invitation(link.waits.id, seen=link.waits.sha256, by=by, now=now)


async def verified_company(administrators, now, number="91110000802100433B"):
    organisation_id, verification_id = await identity.add_organisation(
        Text(zh="示例公司", en="Sample Company"),
        kind=OrganisationKind.COMPANY,
        register=read_register("CN", number),
        papers="营业执照",
        by=administrators[0],
        now=now,
    )
    seen = (await identity.find_verification(verification_id)).sha256
    await identity.verify_organisation(verification_id, seen=seen, by=administrators[1])
    return organisation_id


async def test_two_administrators_come_in_by_the_links_of_the_set_up(administrators, exchange):
    for person_id in administrators:
        assert await identity.platform_roles(person_id) == {Role.ADMINISTRATOR}
    assert await fetch_value("SELECT is_verified FROM organisation WHERE id = $1", exchange)


async def test_a_second_set_up_is_refused(links, stand, now):
    with pytest.raises(asyncpg.UniqueViolationError, match="there is an exchange"):
        await as_owner(stand, now)
    assert links


async def test_the_application_cannot_set_up(now):
    from app.foundation.identity import set_up

    with pytest.raises(Exception, match="permission denied"):
        await set_up(NAME, read_register("CN", CODE), now=now)


async def test_two_set_ups_at_once_make_one_exchange(stand, now, database):
    answers = await asyncio.gather(*(as_owner(stand, now) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, asyncpg.UniqueViolationError) for answer in answers) == 3
    assert await fetch_value("SELECT count(*) FROM organisation WHERE kind = 'exchange'") == 1


async def test_an_invitation_is_good_once_also_when_opened_by_many_at_once(links, keyring, now):
    answers = await asyncio.gather(
        *(enter(links[0], keyring, now, f"m{n}@x.example") for n in range(6)), return_exceptions=True
    )
    assert sum(isinstance(answer, InvitationOver) for answer in answers) == 5
    assert await fetch_value("SELECT count(*) FROM operator") == 1
    assert await fetch_value("SELECT count(*) FROM membership") == 1


async def test_an_invitation_is_good_for_seven_days_and_not_at_their_end(links, keyring, now):
    with pytest.raises(InvitationOver):
        await enter(links[0], keyring, now + 7 * DAY, "late@x.example")
    assert await enter(links[0], keyring, now + 7 * DAY - timedelta(microseconds=1), "last@x.example")


async def test_a_revoked_invitation_opens_nothing_and_is_listed_no_more(exchange, administrators, keyring, now):
    link = await identity.invite(
        exchange, [Role.OPERATOR], by=administrators[0], label="经办 王", keyring=keyring, now=now
    )
    (listed,) = await identity.pending_invitations(exchange, by=administrators[1], keyring=keyring, now=now)
    assert (listed.label, listed.roles) == ("经办 王", (Role.OPERATOR,))
    await identity.revoke_invitation(link.id, by=administrators[1], now=now)
    await identity.revoke_invitation(link.id, by=administrators[1], now=now)
    with pytest.raises(InvitationOver):
        await enter(link, keyring, now, "op@x.example")
    assert not await identity.pending_invitations(exchange, by=administrators[0], keyring=keyring, now=now)


async def test_an_unknown_link_opens_nothing(keyring, now):
    with pytest.raises(InvitationUnknown):
        await identity.find_invitation("x" * 43, now=now)


async def test_what_is_typed_wrong_leaves_the_invitation_as_it_was(links, keyring, now):
    async def try_(refusal, **typed):
        words = {"name": "李娜", "email": "a@x.example", "password": PASSWORD} | typed
        with pytest.raises(refusal):
            await identity.accept_invitation(links[0].token, **words, language=Language.ZH, keyring=keyring, now=now)

    await enter(links[1], keyring, now, "taken@x.example")
    for name in (" ", "\u200b", "\u2800\u00ad", "林" * 61, "👩\u200d👩\u200d👧" * 61):
        await try_(NameMissing, name=name)
    await try_(NotPrintable, name="李\U0001fffd")
    await try_(PasswordUnfit, password="short")
    await try_(EmailTaken, email="TAKEN@x.example")
    assert await enter(links[0], keyring, now, "a@x.example")


@pytest.mark.parametrize(
    "name", ["👩\u200d👩\u200d👧" * 60, "ที่" * 60, " 王\u200b𠮷👟 "], ids=["emoji", "Thai", "blanks"]
)
async def test_a_name_that_joins_is_counted_as_a_reader_counts_it(links, keyring, now, name):
    person_id = await enter(links[0], keyring, now, "a@x.example", name=name)
    assert await identity.name_of(person_id, keyring=keyring) == name.replace("\u200b", "").strip()


async def test_an_invitation_ends_with_the_power_of_whoever_made_it(exchange, administrators, keyring, now):
    first, second = administrators
    third = await staff(exchange, administrators, keyring, now, Role.ADMINISTRATOR, "third@x.example")
    link = await identity.invite(exchange, [Role.FINANCE], by=third, keyring=keyring, now=now)
    await agreed(link, second, now)
    await identity.take_role(third, exchange, Role.ADMINISTRATOR, by=first)
    with pytest.raises(InvitationOver):
        await enter(link, keyring, now, "late@x.example")


async def test_nobody_accepts_an_invitation_that_they_made_or_agreed_to(exchange, administrators, keyring, now):
    third = await staff(exchange, administrators, keyring, now, Role.ADMINISTRATOR, "third@x.example")
    link = await identity.invite(exchange, [Role.OPERATOR], by=administrators[0], keyring=keyring, now=now)
    await agreed(link, administrators[1], now)
    for own in administrators:
        with pytest.raises(OwnInvitation):
            await identity.join_as(link.token, own, now=now)
    await identity.join_as(link.token, third, now=now)
    assert await identity.platform_roles(third) == {Role.ADMINISTRATOR, Role.OPERATOR}


async def test_only_administrators_let_people_into_the_platform(exchange, administrators, keyring, now):
    operator = await staff(exchange, administrators, keyring, now, Role.OPERATOR, "op@x.example")
    with pytest.raises(InviterMissing):
        await identity.invite(exchange, [Role.OPERATOR], by=operator, keyring=keyring, now=now)
    with pytest.raises(InviterMissing):
        await identity.list_members(exchange, by=operator, keyring=keyring)


async def test_an_organisation_is_verified_by_two_people_and_then_takes_members(exchange, administrators, keyring, now):
    organisation_id, verification_id = await identity.add_organisation(
        Text(zh="示例公司", en="Sample Company"),
        kind=OrganisationKind.COMPANY,
        register=read_register("cn", " 91110000 802100433b "),
        papers="营业执照副本",
        by=administrators[0],
        now=now,
    )
    with pytest.raises(OrganisationUnverified):
        await identity.invite(organisation_id, [Role.SPONSOR], by=administrators[0], keyring=keyring, now=now)
    waiting = await identity.find_verification(verification_id)
    with pytest.raises(SamePerson):
        await identity.verify_organisation(verification_id, seen=waiting.sha256, by=administrators[0])
    with pytest.raises(ApprovalChanged):
        await identity.verify_organisation(verification_id, seen="00" * 32, by=administrators[1])
    await identity.verify_organisation(verification_id, seen=waiting.sha256, by=administrators[1])
    with pytest.raises(ApprovalDecided):
        await identity.verify_organisation(verification_id, seen=waiting.sha256, by=administrators[1])

    card = await identity.find_organisation(organisation_id)
    assert card is not None and card.is_verified and card.register is not None
    assert card.register.number == "91110000802100433B"
    link = await identity.invite(organisation_id, [Role.SPONSOR], by=administrators[0], keyring=keyring, now=now)
    sponsor = await enter(link, keyring, now, "sponsor@x.example", "赵一")
    theirs = await identity.invite(organisation_id, [Role.FINANCE], by=sponsor, keyring=keyring, now=now)
    await enter(theirs, keyring, now, "money@x.example", "钱二")
    members = await identity.list_members(organisation_id, by=sponsor, keyring=keyring)
    assert [(one.name, one.email, one.roles) for one in members] == [
        ("赵一", "sponsor@x.example", (Role.SPONSOR,)),
        ("钱二", "money@x.example", (Role.FINANCE,)),
    ]
    assert exchange not in {card.id for card, _ in await identity.own_organisations(sponsor)}


async def test_two_who_verify_at_once_verify_once(administrators, exchange, keyring, now):
    reviewer = await staff(exchange, administrators, keyring, now, Role.REVIEWER, "r@x.example")
    _, verification_id = await identity.add_organisation(
        NAME, kind=OrganisationKind.COMPANY, register=read_register("CN", "91110000802100433B"), papers="营业执照",
        by=administrators[0], now=now,
    )  # fmt: skip
    seen = (await identity.find_verification(verification_id)).sha256
    answers = await asyncio.gather(
        *(
            identity.verify_organisation(verification_id, seen=seen, by=by)
            for by in (administrators[1], reviewer, administrators[1], reviewer)
        ),
        return_exceptions=True,
    )
    assert sum(answer is None for answer in answers) == 1
    assert sum(isinstance(answer, ApprovalDecided) for answer in answers) == 3


async def test_who_lost_the_role_a_moment_ago_verifies_nothing(administrators, exchange, keyring, now):
    reviewer = await staff(exchange, administrators, keyring, now, Role.REVIEWER, "r@x.example")
    _, verification_id = await identity.add_organisation(
        NAME, kind=OrganisationKind.COMPANY, register=read_register("CN", "91110000802100433B"), papers="营业执照",
        by=administrators[0], now=now,
    )  # fmt: skip
    seen = (await identity.find_verification(verification_id)).sha256
    await identity.take_role(reviewer, exchange, Role.REVIEWER, by=administrators[1])
    with pytest.raises(ApprovalRoleMissing):
        await identity.verify_organisation(verification_id, seen=seen, by=reviewer)


@pytest.mark.parametrize(
    ("name", "field"),
    [(Text(zh="示例\u202e公司", en="Sample"), "/name_zh"), (Text(zh="示例公司", en="Sample \U0001fffd"), "/name_en")],
)
async def test_an_organisation_whose_name_no_paper_could_show_is_refused_by_field(
    administrators, stand, now, name, field
):
    with pytest.raises(NotPrintable) as refused:
        await identity.add_organisation(
            name, kind=OrganisationKind.COMPANY, register=read_register("CN", "91110000802100433B"), papers="营业执照",
            by=administrators[0], now=now,
        )  # fmt: skip
    assert refused.value.field == field
    with pytest.raises(NotPrintable):
        await identity.set_up(name, read_register("CN", "91110000802100433B"), now=now)
    assert await fetch_value("SELECT count(*) FROM organisation") == 1


async def test_an_organisations_name_loses_what_nobody_sees(administrators, now):
    organisation_id, _ = await identity.add_organisation(
        Text(zh=" 示例\u200b公司\n", en="Sample \t Company"), kind=OrganisationKind.COMPANY,
        register=read_register("CN", "91110000802100433B"), papers="营业执照", by=administrators[0], now=now,
    )  # fmt: skip
    found = await identity.find_organisation(organisation_id)
    assert found is not None and found.name == Text(zh="示例公司", en="Sample Company")


async def test_an_organisation_sent_back_may_be_proposed_again(administrators, now):
    organisation_id, verification_id = await identity.add_organisation(
        NAME, kind=OrganisationKind.COMPANY, register=read_register("CN", "91110000802100433B"), papers="营业执照",
        by=administrators[0], now=now,
    )  # fmt: skip
    state = await identity.end_verification(verification_id, reason="看不清", by=administrators[1])
    assert (state, await identity.open_verifications()) == (State.RETURNED, [])
    again = await identity.propose_verification(organisation_id, papers="新的扫描件", by=administrators[1])
    (waiting,) = await identity.open_verifications()
    assert waiting.id == again
    assert await identity.end_verification(again, reason="", by=administrators[1]) is State.WITHDRAWN


async def test_one_register_number_is_one_organisation(administrators, now):
    await verified_company(administrators, now)
    with pytest.raises(OrganisationKnown):
        await identity.add_organisation(
            Text(zh="另一名称", en="Another name"), kind=OrganisationKind.COMPANY,
            register=read_register("CN", "91110000802100433B"), papers="营业执照", by=administrators[0], now=now,
        )  # fmt: skip
    with pytest.raises(PapersMissing):
        await identity.add_organisation(
            NAME, kind=OrganisationKind.COMPANY, register=read_register("SG", "201912345K"), papers=" ",
            by=administrators[0], now=now,
        )  # fmt: skip


async def test_a_sponsor_has_a_say_in_their_own_organisation_only(administrators, exchange, keyring, now):
    company = await verified_company(administrators, now)
    other = await verified_company(administrators, now, "91440300708461136T")
    link = await identity.invite(company, [Role.SPONSOR], by=administrators[0], keyring=keyring, now=now)
    sponsor = await enter(link, keyring, now, "s@x.example")
    for elsewhere in (other, exchange):
        with pytest.raises(InviterMissing):
            await identity.invite(elsewhere, [Role.FINANCE], by=sponsor, keyring=keyring, now=now)
    with pytest.raises(InviterMissing):
        await identity.invite(company, [Role.REVIEWER], by=sponsor, keyring=keyring, now=now)
    theirs = await identity.invite(other, [Role.SPONSOR], by=administrators[0], keyring=keyring, now=now)
    with pytest.raises(InvitationUnknown):
        await identity.revoke_invitation(theirs.id, by=sponsor, now=now)


async def test_nobody_takes_their_own_role_and_the_last_administrator_stays(administrators, exchange):
    first, second = administrators
    with pytest.raises(OwnRole):
        await identity.take_role(first, exchange, Role.ADMINISTRATOR, by=first)
    answers = await asyncio.gather(
        identity.take_role(first, exchange, Role.ADMINISTRATOR, by=second),
        identity.take_role(second, exchange, Role.ADMINISTRATOR, by=first),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, LastAdministrator | InviterMissing) for answer in answers) == 1
    assert await fetch_value("SELECT count(*) FROM membership WHERE role = 'administrator'") == 1


async def test_who_gave_and_who_took_a_role_stays_written(administrators, exchange, keyring, now):
    operator = await staff(exchange, administrators, keyring, now, Role.OPERATOR, "op@x.example")
    for _ in range(2):  # taken twice it is one line
        await identity.take_role(operator, exchange, Role.OPERATOR, by=administrators[1])
    taken, given = await audit.history(noun="role", limit=2)
    assert (given.action, given.actor_id, given.after) == ("role.granted", administrators[0], {"role": "operator"})
    assert (taken.action, taken.actor_id, taken.before) == ("role.withdrawn", administrators[1], {"role": "operator"})
    assert given.about == taken.about


async def test_the_database_keeps_the_two_people_apart_and_ends_links_once(administrators, exchange, keyring, now):
    link = await identity.invite(exchange, [Role.OPERATOR], by=administrators[0], keyring=keyring, now=now)
    with pytest.raises(Exception, match="two_people_check"):
        await fetch("UPDATE invitation SET accepted_at = now(), acceptor_id = inviter_id WHERE id = $1", link.id)
    for maker, checker in ((0, 0), (1, 1), (1, 0)):
        with pytest.raises(Exception, match="two_people_check"):
            await fetch(
                "INSERT INTO operator_reset (id, token_hash, person_id, maker_id, checker_id, made_at, expires_at)"
                " VALUES ($1, sha256('x'), $2, $3, $4, $5, $5::timestamptz + interval '1 day')",
                link.id, administrators[0], administrators[maker], administrators[checker], now,
            )  # fmt: skip
    await identity.revoke_invitation(link.id, by=administrators[0], now=now)
    with pytest.raises(Exception, match="has ended"):
        await fetch("UPDATE invitation SET revoked_at = NULL WHERE id = $1", link.id)


async def test_a_link_is_kept_as_its_hash_and_its_label_sealed(exchange, administrators, keyring, now):
    link = await identity.invite(
        exchange, [Role.OPERATOR], by=administrators[0], label="王小明", keyring=keyring, now=now
    )
    (row,) = await fetch("SELECT i::text AS row FROM invitation i WHERE id = $1", link.id)
    assert link.token not in row["row"] and "王小明" not in row["row"] and "王小明".encode().hex() not in row["row"]
    assert link.token not in repr(link)


async def test_an_operator_is_reset_by_an_administrator_and_a_second_person(administrators, exchange, keyring, now):
    operator = await staff(exchange, administrators, keyring, now, Role.OPERATOR, "op@x.example")
    reviewer = await staff(exchange, administrators, keyring, now, Role.REVIEWER, "r@x.example")
    secret = (await identity.offer_factor(operator, issuer="x", keyring=keyring, now=now)).secret
    pending = await identity.begin_sign_in(
        "op@x.example", PASSWORD, place="", needs_factor=True, keyring=keyring, now=now
    )
    session = await identity.find_pending(pending.token, now)
    assert session is not None
    opened, _ = await identity.finish_with_factor(
        pending.token, session, pyotp.TOTP(secret).at(now), place="", keyring=keyring, now=now
    )
    assert await identity.find_operator("OP@x.example", keyring=keyring) == operator
    for by, second in ((administrators[0], administrators[0]), (operator, reviewer), (administrators[0], operator)):
        with pytest.raises(SecondPersonNeeded):
            await identity.reset_operator(operator, by=by, second=second, now=now)
    stranger = await rows.member(await rows.verified(Text(zh="示例公司", en="Sample company")), Role.ADMINISTRATOR)
    for by, second in ((reviewer, administrators[0]), (administrators[0], stranger), (stranger, administrators[0])):
        with pytest.raises(PowerMissing):
            await identity.reset_operator(operator, by=by, second=second, now=now)

    link = await identity.reset_operator(operator, by=administrators[0], second=reviewer, now=now)
    assert await identity.find_session(opened.token, now) is None
    await identity.use_reset(link.token, "another long password", keyring=keyring, now=now)
    assert not await identity.has_factor(operator) and await identity.codes_left(operator) == 0
    with pytest.raises(identity.WrongCredentials):
        await identity.sign_in_operator("op@x.example", PASSWORD, keyring=keyring, now=now)
    assert await identity.sign_in_operator("op@x.example", "another long password", keyring=keyring, now=now)
    with pytest.raises(InvitationOver):
        await identity.use_reset(link.token, "one more long password", keyring=keyring, now=now)


async def test_a_reset_is_good_for_a_day(administrators, exchange, keyring, now):
    operator = await staff(exchange, administrators, keyring, now, Role.OPERATOR, "op@x.example")
    link = await identity.reset_operator(operator, by=administrators[0], second=administrators[1], now=now)
    with pytest.raises(InvitationOver):
        await identity.use_reset(link.token, PASSWORD, keyring=keyring, now=now + DAY)


async def test_postgresql_knows_the_same_rule_of_who_gives_which_roles(stand, database):
    company = await rows.verified(Text(zh="示例公司", en="Sample company"))
    court = await rows.verified(Text(zh="示例法院", en="Sample court"), OrganisationKind.COURT)
    house = await rows.exchange()
    people = [
        await rows.member(organisation_id, *roles)
        for organisation_id in (company, court, house)
        for roles in ([Role.ADMINISTRATOR], [Role.SPONSOR], [Role.OPERATOR], [Role.REVIEWER, Role.FINANCE])
    ]
    asked, told = "SELECT identity.may_give($1, $2, $3)", set()
    async with connected(stand.owner_url) as owner:
        for organisation_id in (company, court, house):
            for person_id in people:
                may = await identity.may_give(person_id, organisation_id)
                for role in Role:
                    found = await owner.fetchval(asked, person_id, organisation_id, [role.value])
                    assert found == (role in may), (person_id, organisation_id, role)
                    told.add(found)
                assert not may or await owner.fetchval(asked, person_id, organisation_id, sorted(may))
    assert told == {True, False}


async def test_nobody_gives_roles_in_an_organisation_that_two_people_have_not_verified(stand, administrators, now):
    organisation_id = await identity.enrol_organisation(NAME, kind=OrganisationKind.COMPANY, now=now)
    async with connected(stand.app_url) as app:
        refused = await refusal(
            app,
            "INSERT INTO invitation (id, token_hash, organisation_id, roles, inviter_id, made_at, expires_at)"
            f" VALUES (gen_random_uuid(), sha256('x'), '{organisation_id}', '{{sponsor}}', '{administrators[0]}', now(),"
            " now() + interval '7 days')",
        )
    assert refused == ("42501", "invitation_power")
