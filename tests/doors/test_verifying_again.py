"""A verification is remembered and each time confirmed: what has changed since is in the very next answer."""

from pathlib import Path
from typing import Any

import pytest

from app import certificates
from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.gateways.files import FolderStore
from app.web.public import api
from tests.doors.conftest import Caller, Door
from tests.rooms.registry.cancellations.conftest import Desk
from tests.staff import staff


@pytest.fixture(autouse=True)
def forgotten() -> None:
    """Whatever an earlier test left in this process."""
    api._remembered_answers.clear()


async def certified(door: Door, citizen: Caller) -> str:
    order = await citizen.order(door.live, name="林小川")
    await door.paid(order.json()["id"])
    return str(await fetch_value("SELECT verify_code FROM certificate"))


async def verified(anybody: Caller, code: str) -> Any:
    answer = await anybody.get(f"/api/v1/verify/{code}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_record_is_read_once_and_then_only_confirmed(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 0
    read = certificates.verify

    async def counted(typed: str) -> certificates.Verified:
        nonlocal reads
        reads += 1
        return await read(typed)

    monkeypatch.setattr(certificates, "verify", counted)
    async with door.guest() as citizen:
        code = await certified(door, citizen)
        answers = {(await citizen.get(f"/api/v1/verify/{typed}")).content for typed in (code, code.lower(), code, code)}
        assert len(answers) == 1
        wrong = code[:-1] + ("B" if code.endswith("A") else "A")  # one code in thirty-two ends with an A itself
        assert (await citizen.get(f"/api/v1/verify/{wrong}")).status_code == 404
    assert reads == 2  # once for the code that is one, once for the one that is not


async def test_an_erased_name_is_gone_at_the_next_read(door: Door) -> None:
    async with door.guest() as citizen:
        code = await certified(door, citizen)
        for _ in range(2):
            assert (await verified(citizen, code))["holder"] == "林*"
        holder = await fetch_value("SELECT holder_id FROM certificate")

        await identity.destroy_key(holder)

        assert (await verified(citizen, code))["holder"] == ""
        assert "林" not in (await citizen.get(f"/v/{code}", headers={"accept": "text/html"})).text
        assert not any("林*".encode() in told for _, told in api._remembered_answers.values())


async def test_a_later_version_and_an_upstream_cancellation_are_told_at_the_next_read(
    door: Door, tmp_path: Path
) -> None:
    async with door.guest() as citizen:
        code = await certified(door, citizen)
        for _ in range(2):
            told = await verified(citizen, code)
            assert (told["superseded_by"], told["upstream"]["state"]) == (None, "pooled")
        await door.as_superuser(
            "SET session_replication_role = replica; INSERT INTO certificate SELECT made.* FROM certificate c,"
            " jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(), 'version', 2, 'number', 'DD-NEXT',"
            " 'verify_code', '0000000000', 'register_no', 2)) AS made"
        )
        assert (await verified(citizen, code))["superseded_by"] == "DD-NEXT"

        desk = Desk(None, await staff(Role.OPERATOR), await staff(Role.REVIEWER), FolderStore(tmp_path))  # type: ignore[arg-type] # it retires nothing
        lot = await fetch_value("SELECT l.code FROM credit_lot l JOIN retirement_slice s ON s.lot_id = l.id")
        reference = await desk.propose(lot=lot)
        assert (await verified(citizen, code))["upstream"]["state"] == "pooled"  # ours alone yet
        await desk.report(reference, number="VN-1")
        assert (await verified(citizen, code))["upstream"]["state"] == "submitted"
        await desk.approve(reference)
        told = (await verified(citizen, code))["upstream"]
        assert told["state"] == "cancelled"
        assert [proof["registry_reference"] for proof in told["proofs"]] == ["VN-1"]
        page = await citizen.get(f"/v/{code}", headers={"accept": "text/html"})
        assert "VN-1" in page.text


async def test_so_many_answers_are_remembered_and_no_more(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_REMEMBERED_MOST", 1)
    async with door.guest() as citizen:
        for _ in range(2):
            order = await citizen.order(door.live, name="林小川")
            await door.paid(order.json()["id"])
        codes = [row["verify_code"] for row in await fetch("SELECT verify_code FROM certificate")]
        for code in codes * 2:
            assert (await verified(citizen, code))["valid"] is True
            assert list(api._remembered_answers) == [code]
