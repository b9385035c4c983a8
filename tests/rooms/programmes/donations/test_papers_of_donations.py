"""The certificate of special contribution: whose it is, what it says before and after the retirement, and its files."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pypdfium2

from app import certificates
from app.certificates.rendering import Press
from app.foundation.identity import Role
from app.gateways.database import fetch, fetch_value
from app.gateways.files import FolderStore
from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Language
from app.programmes import donations
from app.programmes.donations import Asked
from app.wiring import PAPERS
from tests.cli.conftest import diandian
from tests.flow import press
from tests.rooms.conftest import KEYRING
from tests.rooms.programmes.donations.conftest import Donating
from tests.rooms.programmes.donations.helpers import TONNE, donor, gives
from tests.staff import member
from workers.jobs import JOBS
from workers.subscriptions import RENDER

__all__ = ["press"]


async def test_it_says_what_was_given_and_after_the_retirement_by_which_number_and_is_drawn_in_both_languages(
    donating: Donating, press: Press, tmp_path: Path
) -> None:
    zone, one = donating.zone, await donor(holds_t=40)
    await gives(zone, one, 40)
    await donating.work()
    code = await fetch_value("SELECT verify_code FROM certificate WHERE paper_id = 'contribution'")
    told = diandian("certificate", "verify", code, environment={"DATABASE_URL": donating.river.stand.app_url})
    assert (told.returncode, "40.00 t" in told.stdout) == (0, True), told.stdout + told.stderr
    owner = await member(zone.owner_id, Role.OPERATOR)
    asked = Asked(today=beijing_day(utc_now()), language="zh")
    await donations.retire(zone, asked, by=owner, key="all", limit_g=50 * TONNE)
    await donating.work()

    (given,) = await donations.list_of_donors([one.id])
    cause = donations.cause_of(given.id)
    id_ = (await certificates.newest_of(donations.CONTRIBUTION.code, [cause]))[cause].id
    paper = await certificates.find(id_, by=one.person_id, paper=donations.CONTRIBUTION.code)
    assert (paper.holder_id, paper.version, paper.record["holder_name"]["zh"]) == (one.id, 2, "示例能源集团")
    assert paper.record["retirement_number"] == given.retirement_number
    assert [line["mass_g"] for line in paper.record["lines"]] == [40 * TONNE]

    store = FolderStore(tmp_path)
    studio = certificates.Studio(
        press=press, papers=PAPERS, threads=ThreadPoolExecutor(1), files=store, keyring=KEYRING
    )
    tools = replace(donating.tools, studio=studio)
    texts: dict[Language, str] = {}
    for language in Language:
        await certificates.want(id_, language, "pdf", by=one.person_id)
        rows = await fetch("SELECT id FROM outbox_message WHERE job = 'draw_wanted' AND done_at IS NULL")
        await JOBS[RENDER]["draw_wanted"]([row["id"] for row in rows], tools)
        data = await certificates.fetch_file(id_, language, "pdf", by=one.person_id, files=store, keyring=KEYRING)
        assert data is not None
        texts[language] = _text(data)
        (tmp_path / f"{language.value}.pdf").write_bytes(data)
    for language, words in (
        (Language.ZH, ("特别贡献证书", "示例能源集团", "示例运动会低碳专区", "40", "-CT-")),
        (Language.EN, ("Certificate of Special Contribution", "Sample Games low-carbon zone", "Receiver")),
    ):
        for word in (*words, str(given.retirement_number)):
            assert word.replace(" ", "") in texts[language], word


def _text(data: bytes) -> str:
    document: Any = pypdfium2.PdfDocument(data)
    return "".join(document[0].get_textpage().get_text_range().split())  # letters are spaced out in a title
