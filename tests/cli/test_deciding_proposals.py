"""Who may type and who may confirm, at the terminal: an operator by email and password, with the role for it."""

import base64
import json
from dataclasses import replace
from uuid import UUID

import click
import pytest

from app import wiring
from app.cli.approvals import print_approval, print_waiting
from app.cli.listing import Listed
from app.cli.signing_in import person_of
from app.foundation import approvals, identity
from app.foundation.identity import Role
from app.kernel.text import Text
from app.registry import credits
from app.views import inbox
from config.settings import Settings
from tests import staff
from tests.conftest import Stand
from tests.rooms.registry.credits.test_credits_two_people import LOT

MASTER, INDEX = (base64.b64encode(letter * 32).decode() for letter in (b"k", b"i"))
SETTINGS = Settings(
    master_keys=f"t={MASTER}", index_key=INDEX, password_memory_kib=64, password_passes=1, password_lanes=1
)  # what a hash costs by default is asked in tests/rooms/foundation/identity; here each would take 0.2 s
PASSWORD = "a long enough sample password"


async def enrolled(email: str, role: Role) -> None:
    await staff.enrolled(email, PASSWORD, await staff.exchange(), [role], keyring=wiring.keyring(SETTINGS))


async def test_only_the_role_for_it_types_or_confirms_and_the_session_ends_at_once(database: Stand) -> None:
    await enrolled("maker@carbon.example", Role.OPERATOR)
    await enrolled("checker@carbon.example", Role.REVIEWER)
    maker = await person_of(SETTINGS, ("maker@carbon.example", PASSWORD), Role.OPERATOR)
    checker = await person_of(SETTINGS, ("checker@carbon.example", PASSWORD), Role.REVIEWER)
    with pytest.raises(click.ClickException, match="reviewer"):
        await person_of(SETTINGS, ("maker@carbon.example", PASSWORD), Role.REVIEWER)
    with pytest.raises(identity.WrongCredentials):
        await person_of(SETTINGS, ("maker@carbon.example", PASSWORD + "!"), Role.OPERATOR)
    proposal = await credits.propose_lot(LOT, by=maker)
    await credits.approve(proposal.id, seen=proposal.sha256, by=checker)


async def test_whoever_confirms_is_shown_all_of_the_text_and_its_fingerprint(
    database: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    await enrolled("maker@carbon.example", Role.OPERATOR)
    maker = await person_of(SETTINGS, ("maker@carbon.example", PASSWORD), Role.OPERATOR)
    proposal = await credits.propose_lot(replace(LOT, labels=("ICVCM CCP",)), by=maker)
    print_approval((await inbox.open_one(proposal.id, maker, keyring=wiring.keyring(SETTINGS)), "李娜"), as_json=False)
    lines = capsys.readouterr().out
    assert proposal.sha256 in lines
    assert all(
        text in lines for text in ("SCLC-证-7", "120", "2023-01-01", "ICVCM CCP", LOT.serial, "proposed by: 李娜")
    )
    found = Listed([inbox.describe(one) for one in await approvals.list_waiting(kind="lot")], 1)
    print_waiting(found, as_json=False)
    lines = capsys.readouterr().out
    assert all(text in lines for text in (proposal.sha256, str(proposal.id)))
    print_waiting(found, as_json=True)
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["id"], told["payload"]["tonnes"]) == (str(proposal.id), 120)


async def test_a_role_in_somebody_elses_organisation_is_none_at_the_terminal(database: Stand) -> None:
    person_id = await joined_as("maker@carbon.example", Role.OPERATOR)
    with pytest.raises(click.ClickException, match="operator"):
        await person_of(SETTINGS, ("maker@carbon.example", PASSWORD), Role.OPERATOR)
    assert await identity.platform_roles(person_id) == frozenset()


async def joined_as(email: str, role: Role) -> UUID:
    company = await staff.verified(Text(zh="示例公司", en="Sample company"))
    return await staff.enrolled(email, PASSWORD, company, [role], keyring=wiring.keyring(SETTINGS))
