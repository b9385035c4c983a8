"""A campaign's logo: drawn, named, told in the history, taken away at any time, and never left half."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.foundation import audit
from app.foundation.identity import Role, RoleMissing
from app.gateways.files import FileStore, FolderStore
from app.kernel.errors import Unavailable
from app.kernel.text import Text
from app.programmes import gifts
from app.programmes.gifts import Logo
from app.programmes.gifts.logo_rules import draw
from tests.rooms.conftest import connected, refusal
from tests.rooms.programmes.gifts.conftest import Giving, draft
from tests.staff import member, verified


def png(colour: str = "#0B5D46", size: tuple[int, int] = (960, 240)) -> bytes:
    file = BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FolderStore(tmp_path)


async def logo_of(giving: Giving) -> Logo | None:
    return (await giving.campaign()).logo


async def history(giving: Giving) -> list[tuple[Any, Any, Any]]:
    lines = await audit.history(about=str(giving.campaign_id))
    return [(one.actor_id, one.before, one.after) for one in lines if "logo" in (one.after or {})][::-1]


async def test_a_logo_is_read_by_anybody_as_long_as_a_campaign_names_it(giving: Giving, files: FileStore) -> None:
    await gifts.set_logo(giving.campaign_id, png(), by=giving.by, files=files)
    first = await logo_of(giving)
    assert first is not None
    assert (first.width, first.height) == (480, 120)
    drawn = await gifts.read_logo(first.sha256, files=files)
    assert drawn is not None and drawn.startswith(b"\x89PNG")
    (mine,) = await giving.collect(await giving.wish())
    assert mine.id is not None
    assert (await gifts.latest(giving.campaign_id, limit=1))[0].logo == first

    await gifts.set_logo(giving.campaign_id, png("#C8445B"), by=giving.by, files=files)
    second = await logo_of(giving)
    assert second is not None and second != first
    assert await gifts.read_logo(first.sha256, files=files) is None  # the file is there; nobody is shown it
    await gifts.drop_logo(giving.campaign_id, by=giving.by)
    assert (await logo_of(giving), await gifts.read_logo(second.sha256, files=files)) == (None, None)


async def test_every_change_stands_in_the_history_and_a_repeat_does_not(giving: Giving, files: FileStore) -> None:
    await gifts.drop_logo(giving.campaign_id, by=giving.by)
    for colour in ("#0B5D46", "#0B5D46", "#C8445B"):
        await gifts.set_logo(giving.campaign_id, png(colour), by=giving.by, files=files)
    logo = await logo_of(giving)
    assert logo is not None
    colleague = await member(giving.sponsor_id, Role.SPONSOR)
    await gifts.drop_logo(giving.campaign_id, by=colleague)
    await gifts.drop_logo(giving.campaign_id, by=colleague)
    one, two, three = await history(giving)
    assert (one[0], one[1], two[0]) == (giving.by, {"logo": None}, giving.by)
    assert (two[1], two[2]) == (one[2], {"logo": logo.sha256.hex()})
    assert three == (colleague, two[2], {"logo": None})


async def test_who_does_not_run_it_changes_nothing_and_nothing_is_drawn(giving: Giving, tmp_path: Path) -> None:
    other = await member(await verified(Text(zh="示例第二家", en="Sample Second")), Role.SPONSOR)
    auditor = await member(giving.sponsor_id, Role.AUDITOR)
    for by, fact in ((other, gifts.CampaignUnknown), (auditor, RoleMissing)):
        with pytest.raises(fact):
            await gifts.set_logo(giving.campaign_id, png(), by=by, files=FolderStore(tmp_path))
        with pytest.raises(fact):
            await gifts.drop_logo(giving.campaign_id, by=by)
    assert await logo_of(giving) is None
    assert not any(tmp_path.glob("*"))  # noqa: ASYNC240 - an empty folder


async def test_a_disk_that_refuses_leaves_the_logo_that_was_there(giving: Giving, tmp_path: Path) -> None:
    await gifts.set_logo(giving.campaign_id, png(), by=giving.by, files=FolderStore(tmp_path))
    before = await logo_of(giving)
    name = draw(png("#C8445B")).logo.sha256.hex()
    (tmp_path / name[-2:] / f"{name}.png").mkdir(parents=True)  # in the way: it cannot be written there
    with pytest.raises(Unavailable):
        await gifts.set_logo(giving.campaign_id, png("#C8445B"), by=giving.by, files=FolderStore(tmp_path))
    assert await logo_of(giving) == before


async def test_a_gift_that_has_ended_gets_no_logo_and_loses_one(giving: Giving, files: FileStore) -> None:
    await gifts.set_logo(giving.campaign_id, png(), by=giving.by, files=files)
    await gifts.end(giving.campaign_id, by=giving.by)
    with pytest.raises(gifts.CampaignOver):
        await gifts.set_logo(giving.campaign_id, png("#C8445B"), by=giving.by, files=files)
    async with connected(giving.river.stand.app_url) as application:
        said = await refusal(
            application, f"UPDATE gift_campaign SET logo_sha256 = sha256('x') WHERE id = '{giving.campaign_id}'"
        )
        assert said == ("23514", "gift_campaign_step_check")
    await gifts.drop_logo(giving.campaign_id, by=giving.by)
    assert await logo_of(giving) is None


async def test_an_edit_keeps_the_logo(giving: Giving, files: FileStore) -> None:
    await gifts.set_logo(giving.campaign_id, png(), by=giving.by, files=files)
    before = await logo_of(giving)
    await gifts.edit(giving.campaign_id, draft(most_people=9), by=giving.by)
    assert await logo_of(giving) == before is not None


async def test_postgresql_keeps_a_whole_logo_or_none(giving: Giving) -> None:
    async with connected(giving.river.stand.app_url) as application:
        for values in (
            "sha256('x'), 480, NULL", "NULL, 480, 160", "sha256('x'), 481, 160", "sha256('x'), 480, 161", "'x', 480, 160",
            "sha256('x'), 0, 160",
        ):  # fmt: skip
            said = await refusal(
                application,
                f"UPDATE gift_campaign SET (logo_sha256, logo_width, logo_height) = ROW({values})"
                f" WHERE id = '{giving.campaign_id}'",
            )
            assert said == ("23514", "gift_campaign_logo_check"), values
