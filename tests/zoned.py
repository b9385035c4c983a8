"""A zone for tests that need one: its owner, its scenes, its file, agreed to by two."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from app.foundation.identity import OrganisationKind, Role
from app.foundation.identity.organisation_rules import credit_code
from app.kernel.clock import beijing_day
from app.kernel.text import Text
from app.programmes import zones
from app.programmes.zones import Zone, ZoneDocument
from app.scenarios import Draft, ScenarioKind, Setup
from tests.owning import as_owner
from tests.staff import opened, staff, verified

OWNER = Text(zh="示例运动会执委会", en="Sample Games Committee")
METHODS = ("wechatpay.native", "wechatpay.jsapi", "alipay.qr", "paypal.redirect")


def code_of(number: int) -> str:
    """An invented credit code whose check character is right."""
    return credit_code(f"91510100MA{number:07}")


async def owner(number: int = 77, name: Text = OWNER) -> UUID:
    """A verified organisation under an invented credit code."""
    organisation_id = await verified(name, OrganisationKind.ASSOCIATION)
    await as_owner(
        "UPDATE organisation SET country = 'CN', register_number = $2 WHERE id = $1", organisation_id, code_of(number)
    )
    return organisation_id


async def scene(organiser: UUID, code: str, *, title: Text | None = None) -> str:
    """A published scene of this organiser, open today."""
    today = beijing_day(datetime.now(UTC))
    return await opened(
        Draft(
            kind=ScenarioKind.EVENT, title=title or Text(zh="示例观赛", en="Sample spectators"), organiser=OWNER,
            organisation_id=organiser, starts_on=today, ends_on=today, setup=Setup(modes=("metro", "car")), code=code,
        )
    )  # fmt: skip


def file(*codes: str, slug: str = "games", number: int = 77, more: str = "", name: str = "示例运动会专区") -> bytes:
    """A zone's file with these scenes; `more` are lines before its first table."""
    scenes = "".join(f'[[scenes]]\ncode = "{code}"\n' for code in codes)
    return (
        f'slug = "{slug}"\nowner = "CN {code_of(number)}"\nlanguages = ["zh", "en"]\n'
        f"starts_on = 2026-01-01\nends_on = 2199-12-31\n{more}\n"
        f'[name]\nzh = "{name}"\nen = "Sample Games zone"\n'
        '[welcome]\nzh = "欢迎来到示例运动会。"\nen = "Welcome to the Sample Games."\n'
        f'[theme]\naccent = "teal"\nbackdrop = "hills"\n{scenes}'
        '[certificate]\naccent = "teal"\nseal.zh = "示例运动会"\nseal.en = "SAMPLE GAMES"\n'
        'line.zh = "示例运动会专区版"\nline.en = "Edition of the Sample Games"\n'
        "[emissions]\nmass_g = 374_600_000_000\nstated_on = 2026-11-20\n"
        'source.zh = "示例核算"\nsource.en = "Sample inventory"\n'
        '[reductions]\nmass_g = 32_500_000_000\nstated_on = 2026-11-20\nsource.zh = "示例总结"\nsource.en = "Sample report"\n'
    ).encode()


def read(content: bytes) -> ZoneDocument:
    """The document of a file."""
    return zones.read_zone(content, file="games.toml", methods=METHODS)


async def published(content: bytes, *, proposer: UUID | None = None) -> Zone:
    """What a file says, proposed by an operator and agreed to by a reviewer."""
    version = await zones.propose(read(content), by=proposer or await staff(Role.OPERATOR))
    assert version is not None, "the zone says all of it already"
    return await zones.approve(version.id, seen=version.sha256, by=await staff(Role.REVIEWER))


async def zone(codes: Sequence[str] = ("GAMES1", "GAMES2"), **more: str) -> Zone:
    """A zone with these new scenes."""
    owner_id = await owner()
    for code in codes:
        await scene(owner_id, code)
    return await published(file(*codes, **more))  # type: ignore[arg-type]
