"""What the content check says of a name is done to its turn."""

import pytest

from app.foundation import identity, moderation
from app.foundation.identity import Role
from app.foundation.moderation import CheckState, ContentPurpose, Reason
from app.programmes import wall
from config.places import WORDS
from tests.rooms.conftest import KEYRING, River
from tests.rooms.programmes.wall.conftest import Hall, open_hall
from tests.staff import staff

LIST = moderation.load_words(WORDS)


async def check() -> int:
    return await wall.check_names(words=LIST, keyring=KEYRING)


async def states(hall: Hall) -> list[str]:
    return [row["moderation"] for row in await hall.turns()]


async def decide(name: str, state: CheckState, *, seen: CheckState) -> None:
    """One of the platform's people looks at it."""
    found = await moderation.find_text(name, ContentPurpose.NAME, keyring=KEYRING)
    assert found is not None
    reason = Reason.ABUSE if state is CheckState.REFUSED else None
    await moderation.decide(found.check_id, state, reason=reason, seen=seen, by=await staff(Role.OPERATOR))


@pytest.fixture
async def looking(river: River) -> Hall:
    """A scene that looks at names before they are shown."""
    return await open_hall(river, is_premoderated=True)


async def test_who_gave_no_name_waits_for_nothing(looking: Hall) -> None:
    await looking.lined(1)
    assert await check() == 1
    assert await states(looking) == ["shown"]
    assert await check() == 0


async def test_a_name_waits_until_somebody_looked_and_is_then_shown(looking: Hall) -> None:
    await looking.lined(2, name="林小川")
    assert await check() == 0
    assert await states(looking) == ["waiting", "waiting"]
    await decide("林小川", CheckState.PASSED, seen=CheckState.WAITING)
    assert await states(looking) == ["shown", "shown"]


async def test_a_name_on_the_list_is_shown_in_no_scene(hall: Hall) -> None:
    await hall.lined(1, name="草 泥 马")
    assert await check() == 1
    assert await states(hall) == ["hidden"]


async def test_a_name_that_is_refused_later_leaves_the_screens(looking: Hall) -> None:
    await looking.lined(1, name="林小川")
    await check()
    await decide("林小川", CheckState.PASSED, seen=CheckState.WAITING)
    await check()
    await decide("林小川", CheckState.REFUSED, seen=CheckState.PASSED)
    assert await states(looking) == ["hidden"]
    assert await check() == 0


async def test_whoever_was_erased_meanwhile_holds_nobody_up(looking: Hall) -> None:
    await looking.lined(1, name="林小川")
    await looking.lined(1)
    erased = (await looking.turns())[0]["person_id"]
    await identity.destroy_key(erased)
    assert await check() >= 1
    assert (await states(looking))[1] == "shown"
