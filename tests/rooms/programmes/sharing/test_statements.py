"""A statement of an account: its figures stay as they were, on paper and in the record, whatever comes later."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pypdfium2
import pytest

from app import certificates
from app.certificates.rendering import Press
from app.foundation import identity
from app.gateways.database import fetch
from app.gateways.files import FolderStore
from app.kernel.clock import utc_now
from app.kernel.days import Period
from app.kernel.text import Language
from app.programmes import sharing
from app.programmes.sharing import Granularity, NewStatement
from app.wiring import PAPERS
from tests.flow import press
from tests.rooms.conftest import KEYRING, connected, refusal
from tests.rooms.foundation.privacy.leaks import dump, found
from tests.rooms.programmes.sharing.conftest import MASS_G, TOOLS, Asking, today
from workers.jobs import JOBS
from workers.subscriptions import RENDER

__all__ = ["press"]


async def stated(asking: Asking, *, key: str = "s1", name: str = "林小川", **more: Period) -> UUID:
    sealed = await identity.seal(asking.person_id, name, purpose=certificates.NAME_PURPOSE, keyring=KEYRING)
    new = NewStatement(
        period=more.get("period") or Period(date(today().year, 1, 1), today()),
        granularity=Granularity.MONTHS, name_sealed=sealed, language="zh",
    )  # fmt: skip
    return await sharing.make_statement(new, by=asking.person_id, key=key, today=today())


async def paper_of(asking: Asking, statement_id: UUID) -> certificates.CertificateFacts:
    await asking.work()
    kind, cause = sharing.ACCOUNT_STATEMENT.code, sharing.cause_of(statement_id)
    id_ = (await certificates.newest_of(kind, [cause]))[cause].id
    return await certificates.find(id_, by=asking.person_id, paper=kind)


async def test_what_comes_later_is_not_in_it_and_a_second_one_has_it(asking: Asking) -> None:
    first = await stated(asking)
    assert await stated(asking) == first, "sent twice, made once"
    paper = await paper_of(asking, first)
    await asking.retired(1_000)
    assert (await paper_of(asking, first)).record == paper.record
    later = await paper_of(asking, await stated(asking, key="s2"))
    totals = [one.record["books"]["retired"]["total_g"] for one in (paper, later)]
    assert totals == [MASS_G, MASS_G + 1_000]
    assert paper.record["books"]["avoided"] is None
    assert (paper.number[12:14], later.verify_code != paper.verify_code) == ("PA", True)


async def test_another_period_under_the_same_key_and_a_period_to_come_are_refused(asking: Asking) -> None:
    await stated(asking)
    with pytest.raises(sharing.ShareKeyUsedOtherwise):
        await stated(asking, period=Period(today(), today()))
    with pytest.raises(sharing.ShareUnfit):
        await stated(asking, key="s2", period=Period(today(), today() + timedelta(days=1)))


async def test_postgresql_keeps_a_statement_as_it_was_and_none_is_newer_than_its_data(asking: Asking) -> None:
    await stated(asking)
    ahead = (
        "INSERT INTO account_statement (id, person_id, intent_key, granularity, period_from, period_to, figures, language)"
        f" VALUES ('{uuid4()}', '{asking.person_id}', 'x', 'totals', current_date, current_date + 2, '{{}}', 'zh')"
    )
    async with connected(asking.river.stand.app_url) as connection:
        assert (await refusal(connection, ahead))[1] == "account_statement_past_check"
    async with connected(asking.river.stand.owner_url) as connection:
        for change in ("UPDATE account_statement SET figures = '{}'", "DELETE FROM account_statement"):
            assert (await refusal(connection, change))[1] == "account_statement_stays"


async def test_paper_and_record_agree_to_the_gram_in_both_languages(
    asking: Asking, press: Press, tmp_path: Path
) -> None:
    paper = await paper_of(asking, await stated(asking))
    store = FolderStore(tmp_path)
    studio = certificates.Studio(
        press=press, papers=PAPERS, threads=ThreadPoolExecutor(1), files=store, keyring=KEYRING
    )
    for language, words in (
        (Language.ZH, ("个人碳账户声明", "林小川", "从不相抵", "排放", "注销")),
        (Language.EN, ("Statement of a Personal Carbon Account", "never netted", "Emitted", "Retired")),
    ):
        await certificates.want(paper.id, language, "pdf", by=asking.person_id)
        rows = await fetch("SELECT id FROM outbox_message WHERE job = 'draw_wanted' AND done_at IS NULL")
        await JOBS[RENDER]["draw_wanted"]([row["id"] for row in rows], replace(TOOLS, studio=studio))
        data = await certificates.fetch_file(
            paper.id, language, "pdf", by=asking.person_id, files=store, keyring=KEYRING
        )
        assert data is not None
        text = pypdfium2.PdfDocument(data)[0].get_textpage().get_text_range().replace("\r\n", "")
        for word in (*words, f"{MASS_G:,} g", paper.number, f"{today():%Y-%m}"):
            assert word.replace(" ", "") in text.replace(" ", ""), word
    assert paper.record["books"]["emitted"]["total_g"] == MASS_G


async def test_after_its_person_is_forgotten_it_still_verifies_without_a_name(asking: Asking) -> None:
    paper = await paper_of(asking, await stated(asking))
    await identity.destroy_key(asking.person_id)
    found = await certificates.verify(paper.verify_code)
    assert found.record_sha256 == paper.record_sha256
    assert found.key_wrapped is None


async def test_the_name_on_a_statement_goes_with_its_person_and_the_paper_still_verifies(asking: Asking) -> None:
    name = {"name": "欧阳听雨".encode()}
    paper = await paper_of(asking, await stated(asking, name="欧阳听雨"))
    assert paper.name_sealed is not None
    await identity.erase(asking.person_id, now=utc_now())
    assert found(name, await dump(asking.river.stand.super_url)) == []
    assert str(paper.record["number"]) in (await certificates.verify(paper.verify_code)).record_json
