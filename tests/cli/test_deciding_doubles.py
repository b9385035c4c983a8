"""Doubles at the terminal: what they are, who may say what they are, and that another person confirms it."""

import json

import pytest

from app.cli import doubles
from app.cli.signing_in import person_of
from app.foundation.identity import Role
from app.registry import credits
from app.registry.credits import DoubleDecision
from tests.cli.test_deciding_proposals import PASSWORD, SETTINGS, enrolled
from tests.conftest import Stand
from tests.rooms.conftest import connected, open_lot


async def test_a_double_is_told_with_the_lot_it_meets_and_with_its_decision(
    database: Stand, capsys: pytest.CaptureFixture[str]
) -> None:
    doubles.print_doubles(await credits.list_doubles(), as_json=False)
    assert "no lot holds tonnes of another" in capsys.readouterr().out
    first, second = await open_lot("FIRST", "CDCER-2022-0113-1-3"), await open_lot("SECOND", "CDCER-2022-0114-1-3")
    async with connected(database.super_url) as admin:
        await admin.execute(
            "INSERT INTO credit_double (lot_id, first_lot_id, found) VALUES ($1, $2, 'CDCER 2022-113 [1,4)')",
            second,
            first,
        )
    doubles.print_doubles(await credits.list_doubles(), as_json=False)
    lines = capsys.readouterr().out
    assert all(text in lines for text in ("SECOND", "FIRST", "CDCER-2022-0114-1-3", "[1,4)", "waits for two people"))
    assert max(map(len, lines.splitlines())) <= 80
    await enrolled("maker@carbon.example", Role.OPERATOR)
    await enrolled("checker@carbon.example", Role.REVIEWER)
    await decided(DoubleDecision.SAME)
    doubles.print_doubles(await credits.list_doubles(), as_json=True)
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["lot"], told["first"], told["decision"]) == ("SECOND", "FIRST", "same")


async def decided(decision: DoubleDecision) -> None:
    maker = await person_of(SETTINGS, ("maker@carbon.example", PASSWORD), Role.OPERATOR)
    checker = await person_of(SETTINGS, ("checker@carbon.example", PASSWORD), Role.REVIEWER)
    proposal = await credits.propose_double("SECOND", decision, note="looked at the registry's paper", by=maker)
    await credits.approve(proposal.id, seen=proposal.sha256, by=checker)
