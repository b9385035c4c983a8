"""A kind of paper that its owner brings: issued, superseded, drawn, verified and erased like any other.

The kind is a receipt of what somebody brought: its causes are `bag:<name>`, its owner is this file.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pypdfium2
import pytest

from app import certificates
from app.certificates import NEUTRALITY, Freezing, Frozen, PaperKind
from app.foundation import identity
from app.gateways.database import constraint, fetch, transaction
from app.kernel.text import Language
from tests.conftest import Stand
from tests.flow import ISSUER, Flow, at_once
from tests.rooms.conftest import KEYRING
from workers.jobs import JOBS
from workers.subscriptions import RENDER

ZH, EN = Language.ZH, Language.EN


@dataclass
class Bags:
    """The owner of the causes: what was brought, and by whom."""

    flow: Flow
    found: dict[str, tuple[UUID, int, bytes | None]] = field(default_factory=dict)

    @property
    def kind(self) -> PaperKind:
        """The kind that it hands in."""
        return PaperKind(
            code="receipt",
            letters="RC",
            series=frozenset({"R"}),
            languages=frozenset({ZH, EN}),
            freeze=self._freeze,
            template=Path(__file__).with_name("receipt.typ"),
            sheet=_sheet,
        )

    async def _freeze(self, asked: Freezing) -> Sequence[Frozen]:
        return [
            Frozen(
                cause=cause,
                series="R",
                holder_id=person,
                record={"title": {"zh": "收据", "en": "Receipt"}, "grams": grams},
                language=ZH,
                name_sealed=name,
            )
            for cause in asked.causes
            if cause in self.found
            for person, grams, name in (self.found[cause],)
            if cause not in asked.earlier or asked.earlier[cause].record["grams"] != grams
        ]

    async def bring(self, cause: str, grams: int, name: str | None = None) -> UUID:
        """Somebody new brings a bag."""
        person = await self.flow.river.guest()
        sealed = await identity.seal(person, name, purpose=certificates.NAME_PURPOSE, keyring=KEYRING) if name else None
        self.found[cause] = (person, grams, sealed)
        return person

    async def issue(self, *causes: str) -> list[UUID]:
        """In a transaction of its own."""
        async with transaction() as tx:
            return await certificates.issue(self.kind, causes, issuer=ISSUER, tx=tx)

    async def supersede(self, *causes: str) -> list[UUID]:
        """The same."""
        async with transaction() as tx:
            return await certificates.supersede(self.kind, causes, issuer=ISSUER, tx=tx)


def _sheet(record: Any, language: Language) -> dict[str, Any]:
    what = f"{record['grams']} 克" if language is ZH else f"{record['grams']} g"
    return {"title": record["title"][language], "number": record["number"], "what": what, "lang": language.value,
            "url": record["verify_url"]}  # fmt: skip


@pytest.fixture
async def bags(drawing: Flow, stand: Stand) -> Bags:
    """The kind is known to the database, as a migration of its owner would make it, and to the drawing worker."""
    owner = await asyncpg.connect(stand.owner_url)
    try:
        await owner.execute("INSERT INTO paper_kind (code) VALUES ('receipt') ON CONFLICT DO NOTHING")
        await owner.execute(
            "INSERT INTO certificate_series (name, next_no, paper_id) VALUES ('R', 1, 'receipt') ON CONFLICT DO NOTHING"
        )
    finally:
        await owner.close()
    own = Bags(drawing)
    studio = drawing.tools.studio
    assert studio is not None
    drawing.tools = replace(drawing.tools, studio=replace(studio, papers={**studio.papers, "receipt": own.kind}))
    return own


async def test_papers_of_two_kinds_have_registers_of_their_own_without_a_gap(bags: Bags) -> None:
    await bags.flow.paid_by_word("k1")
    await bags.flow.work()
    for number in range(3):
        await bags.bring(f"bag:{number}", 100 + number)
    async with transaction() as tx:  # numbers taken and given back
        await certificates.issue(bags.kind, ["bag:0"], issuer=ISSUER, tx=tx)
        await tx.rollback()
    issued = await at_once(lambda: bags.issue("bag:0", "bag:1", "bag:2", "bag:unknown"), 3)

    assert sorted(map(len, issued)) == [0, 0, 3]  # once, whoever asks again
    rows = await fetch("SELECT series, register_no, paper_id, version FROM certificate ORDER BY series, register_no")
    assert [tuple(row.values()) for row in rows] == [
        ("H", 1, "neutrality", 1), *(("R", number, "receipt", 1) for number in (1, 2, 3)),
    ]  # fmt: skip


async def test_a_record_holds_what_its_owner_says_and_what_every_paper_tells(bags: Bags) -> None:
    person = await bags.bring("bag:1", 250, "林小川")
    (id_,) = await bags.issue("bag:1")
    paper = await certificates.find(id_, by=person, paper="receipt")
    assert (paper.paper, paper.cause, paper.retirement_id) == ("receipt", "bag:1", None)
    assert paper.number.startswith("DD-")
    assert "-RC-" in paper.number
    assert paper.record == {
        "title": {"zh": "收据", "en": "Receipt"}, "grams": 250, "number": paper.number, "verify_code": paper.verify_code,
        "verify_url": f"HTTPS://DD.EXAMPLE.ORG/V/{paper.verify_code}", "edition": 1, "supersedes": None,
        "issued_at": paper.record["issued_at"], "issuer": {"zh": ISSUER.name.zh, "en": ISSUER.name.en}, "sandbox": True,
    }  # fmt: skip
    stranger = await bags.flow.river.guest()
    for by, kind in ((stranger, "receipt"), (person, NEUTRALITY.code)):
        with pytest.raises(certificates.CertificateUnknown):
            await certificates.find(id_, by=by, paper=kind)


async def test_it_is_superseded_where_it_has_something_new_to_say_and_verifies_as_what_it_is(bags: Bags) -> None:
    person = await bags.bring("bag:1", 250)
    (first,) = await bags.issue("bag:1")
    assert await bags.supersede("bag:1", "bag:never") == []  # nothing new
    bags.found["bag:1"] = (person, 260, None)
    assert sorted(map(len, await at_once(lambda: bags.supersede("bag:1"), 3))) == [0, 0, 1]

    rows = await fetch(
        "SELECT c.id, c.verify_code, c.version, c.register_no, c.number, c.record FROM certificate c ORDER BY c.version"
    )
    assert [(row["version"], row["register_no"]) for row in rows] == [(1, 1), (2, 2)]
    old, new = [await certificates.verify(row["verify_code"]) for row in rows]
    assert (old.paper, old.superseded_by, new.superseded_by) == ("receipt", rows[1]["number"], None)
    assert sha256(old.record_json.encode()).digest() == old.record_sha256
    assert json.loads(new.record_json)["supersedes"] == rows[0]["number"]
    assert json.loads(old.record_json)["grams"] == 250
    assert first == rows[0]["id"]


@pytest.mark.parametrize("language", [ZH, EN])
async def test_it_is_drawn_by_its_own_template_when_its_holder_asks_and_unreadable_once_they_are_erased(
    bags: Bags, language: Language
) -> None:
    person = await bags.bring("bag:1", 250, "林小川")
    (id_,) = await bags.issue("bag:1")

    async def file(kind: certificates.FileKind) -> bytes | None:
        store = bags.flow.tools.gateways.files
        return await certificates.fetch_file(id_, language, kind, by=person, files=store, keyring=KEYRING)

    assert await bags.flow.open_rows("draw_wanted") == []
    for kind in ("pdf", "png"):
        await certificates.want(id_, language, kind, by=person)
    for job in JOBS[RENDER]:
        await JOBS[RENDER][job](await bags.flow.open_rows(job), bags.flow.tools)
    pdf, png = await file("pdf"), await file("png")
    assert pdf is not None
    assert png is not None
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    for said in ("林小川", "-RC-", {ZH: "收据", EN: "Receipt"}[language], {ZH: "250 克", EN: "250 g"}[language]):
        assert said in text
    assert png.startswith(b"\x89PNG")

    await identity.destroy_key(person)
    assert await file("pdf") is await file("png") is None


async def test_postgresql_refuses_a_paper_in_another_kinds_register_and_a_cause_that_has_one(bags: Bags) -> None:
    await bags.bring("bag:1", 250)
    await bags.issue("bag:1")
    superuser = await asyncpg.connect(bags.flow.river.stand.super_url)
    copy = (
        "INSERT INTO certificate (id, paper_id, cause, holder_id, series, register_no, number, verify_code, version, figures,"
        " record_sha256, language, issued_at) SELECT gen_random_uuid(), {paper}, {cause}, holder_id, {series}, 9, 'DD-X', 'X',"
        " {version}, r, sha256(convert_to(r, 'UTF8')), language, issued_at"
        ' FROM certificate, (SELECT \'{{"number":"DD-X"}}\' AS r) AS said'
    )
    try:
        for given, refused in (
            ({"series": "'H'", "cause": "'bag:2'"}, "certificate_series_paper_fkey"),
            ({"paper": "'neutrality'", "series": "'H'"}, "certificate_neutrality_check"),
            ({"paper": "'evil'"}, "certificate_(paper_id|series_paper)_fkey"),
            ({}, "certificate_cause_paper_version_key"),
        ):
            words = {"paper": "'receipt'", "cause": "cause", "series": "'R'", "version": 1} | given
            with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refusal:
                await superuser.execute(copy.format(**words))
            assert re.fullmatch(refused, constraint(refusal.value) or "")
    finally:
        await superuser.close()


async def test_a_kind_that_breaks_its_own_word_is_a_fault_before_anything_is_frozen(bags: Bags) -> None:
    await bags.bring("bag:1", 250)
    for change, fault in ((("series", frozenset({"X"})), "no register"), (("languages", frozenset({EN})), "not drawn")):
        kind = replace(bags.kind, **dict([change]))
        with pytest.raises(AssertionError, match=fault):
            async with transaction() as tx:
                await certificates.issue(kind, ["bag:1"], issuer=ISSUER, tx=tx)
    assert await bags.flow.count("certificate") == 0
