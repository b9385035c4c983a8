"""The files of a certificate are its holder's, the same bytes for ever; its verification is everybody's."""

from hashlib import sha256
from pathlib import Path

import asyncpg
import pytest

from app import certificates
from app.certificates import Wanted
from app.foundation import identity
from app.gateways.database import fetch
from app.kernel.ids import ALPHABET, check_character, uuid7
from app.kernel.text import Language
from tests.flow import Flow
from tests.rooms.conftest import KEYRING
from workers.jobs import JOBS
from workers.subscriptions import RENDER

ZH = Language.ZH


async def _drawn(flow: Flow) -> certificates.CertificateFacts:
    """A certificate with a name and its PDF."""
    order = await flow.named("林小川")
    await flow.work()
    certificate = await flow.certificate(order)
    await flow.asks(certificate, "pdf")
    await _run(flow, "draw_wanted")
    return await flow.certificate(order)


async def _run(flow: Flow, job: str) -> None:
    await JOBS[RENDER][job](await flow.open_rows(job), flow.tools)


async def _a_minute_passes(flow: Flow) -> None:
    """Since whatever was asked for. A superuser's act, on a clock that cannot be moved."""
    connection = await asyncpg.connect(flow.river.stand.super_url)
    try:
        await connection.execute("UPDATE certificate_wanted SET wanted_at = wanted_at - interval '61 s'")
    finally:
        await connection.close()


async def _fetch(flow: Flow, certificate: certificates.CertificateFacts, language: Language = ZH) -> bytes | None:
    return await certificates.fetch_file(
        certificate.id, language, "pdf", by=certificate.holder_id, files=flow.tools.gateways.files, keyring=KEYRING
    )


async def test_drawing_again_gives_the_same_bytes_and_the_disk_holds_them_sealed(drawing: Flow, tmp_path: Path) -> None:
    certificate = await _drawn(drawing)
    first = await _fetch(drawing, certificate)
    assert first is not None
    assert first.startswith(b"%PDF")
    (on_disk,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert b"%PDF" not in on_disk.read_bytes()
    sealed_first = on_disk.read_bytes()

    assert drawing.tools.studio is not None
    (again,) = await certificates.draw([Wanted(certificate.id, ZH, "pdf")], studio=drawing.tools.studio)
    assert (again.sha256, again.size_bytes) == (sha256(first).digest(), len(first))
    assert await _fetch(drawing, certificate) == first
    assert on_disk.read_bytes() != sealed_first  # under a fresh nonce


@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied", "gone", "another's"])
async def test_a_damaged_file_is_never_given_out_and_is_drawn_again_on_demand(
    drawing: Flow, tmp_path: Path, damage: str
) -> None:
    certificate = await _drawn(drawing)
    whole = await _fetch(drawing, certificate)
    (on_disk,) = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    sealed = on_disk.read_bytes()
    match damage:
        case "flipped":
            on_disk.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]))
        case "cut":
            on_disk.write_bytes(sealed[: len(sealed) // 2])
        case "emptied":
            on_disk.write_bytes(b"")
        case "gone":
            on_disk.unlink()
        case _:
            (other,) = await identity.seal_files(
                [(certificate.holder_id, b"%PDF another file of the same person")],
                purpose="certificate.file", keyring=KEYRING,
            )  # fmt: skip
            assert other is not None
            on_disk.write_bytes(other)
    assert await _fetch(drawing, certificate) is None

    await _a_minute_passes(drawing)
    for _ in range(2):  # asked twice within a minute, drawn once
        await certificates.want(certificate.id, ZH, "pdf", by=certificate.holder_id)
    assert len(await drawing.open_rows("draw_wanted")) == 1
    await _run(drawing, "draw_wanted")
    assert await _fetch(drawing, certificate) == whole


async def test_the_other_language_is_drawn_when_it_is_asked_for(drawing: Flow) -> None:
    certificate = await _drawn(drawing)
    assert certificate.files == {("zh", "pdf")}
    assert await _fetch(drawing, certificate, Language.EN) is None
    await certificates.want(certificate.id, Language.EN, "pdf", by=certificate.holder_id)
    await _run(drawing, "draw_wanted")
    english = await _fetch(drawing, certificate, Language.EN)
    assert english not in {None, await _fetch(drawing, certificate)}


async def test_after_a_holders_key_is_destroyed_no_file_is_left_and_the_proof_still_holds(drawing: Flow) -> None:
    certificate = await _drawn(drawing)
    before = await certificates.verify(certificate.verify_code)

    await identity.destroy_key(certificate.holder_id)

    assert await _fetch(drawing, certificate) is None
    await _a_minute_passes(drawing)
    await drawing.asks(certificate, "pdf", "png")
    await _run(drawing, "draw_pictures")
    await _run(drawing, "draw_wanted")  # nothing to draw any more, and nobody stumbles over it
    assert await _fetch(drawing, certificate) is None
    assert await fetch("SELECT kind FROM certificate_file") == [{"kind": "pdf"}]
    after = await certificates.verify(certificate.verify_code)
    assert after == before
    assert sha256(after.record_json.encode()).digest() == after.record_sha256
    assert after.name_sealed is not None
    name = await identity.unseal(after.holder_id, after.name_sealed, purpose=certificates.NAME_PURPOSE, keyring=KEYRING)
    assert name is None


async def test_a_certificate_of_somebody_else_looks_like_none(drawing: Flow) -> None:
    certificate = await _drawn(drawing)
    stranger = await drawing.river.guest()
    files = drawing.tools.gateways.files
    for id_, by in ((certificate.id, stranger), (uuid7(), certificate.holder_id)):
        for call in (
            certificates.find(id_, by=by),
            certificates.want(id_, ZH, "pdf", by=by),
            certificates.fetch_file(id_, ZH, "pdf", by=by, files=files, keyring=KEYRING),
        ):
            with pytest.raises(certificates.CertificateUnknown):
                await call
    assert await certificates.list_of(stranger, limit=10) == []
    assert [one.id for one in await certificates.list_of(certificate.holder_id, limit=10)] == [certificate.id]


async def test_anybody_verifies_by_the_code_as_they_typed_it_and_one_wrong_character_finds_nothing(flow: Flow) -> None:
    order = await flow.paid()
    await flow.work()
    code = (await flow.certificate(order)).verify_code
    found = await certificates.verify(code)
    assert found.register_no == 1
    for typed in (code.lower(), f" {code[:4]}-{code[4:8]}-{code[8:]} ", code.replace("0", "O").replace("1", "l")):
        assert await certificates.verify(typed) == found

    for place in range(0, len(code), 3):  # its check character finds each of these out, and nobody is asked
        for letter in ALPHABET.replace(code[place], ""):
            with pytest.raises(certificates.CertificateUnknown):
                await certificates.verify(code[:place] + letter + code[place + 1 :])
    for letter in ALPHABET.replace(code[0], ""):  # two wrong characters may fit each other: looked up, and nobody's
        forged = letter + code[1:-1]
        if (fitting := check_character(forged)) in ALPHABET:
            with pytest.raises(certificates.CertificateUnknown):
                await certificates.verify(forged + fitting)
    for nothing in ("", code[:-1], code + "0", "访客", "' OR 1=1 --", "\x00" * 10):
        with pytest.raises(certificates.CertificateUnknown):
            await certificates.verify(nothing)
