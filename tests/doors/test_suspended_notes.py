"""A certificate stays valid when its methodology is suspended later, and the public is told."""

from app.kernel.clock import beijing_day, utc_now
from app.kernel.text import Text
from app.registry.credits import Programme, Suspension
from app.web.public import suspensions
from tests.doors.conftest import PAGE, Door
from tests.staff import suspended


async def test_a_suspension_is_told_beside_the_certificate_that_stays_valid(door: Door) -> None:
    suspensions._read.clear()
    async with door.guest() as owner, door.caller() as anybody:
        certificate_id = await door.paid((await owner.order(door.live)).json()["id"])
        mine = (await owner.get(f"/api/v1/certificates/{certificate_id}")).json()
        before = await anybody.get(f"/v/{mine['verify_code']}", headers=PAGE)
        assert "示例：已停用。" not in before.text
        await suspended(
            Suspension(
                programme=Programme.CDCER,
                code="CDCER-001",
                suspended_from=beijing_day(utc_now()),
                note=Text(zh="示例：已停用。", en="Sample: withdrawn."),
                source="示例公告",
            ),
        )
        suspensions._read.clear()
        for language, note in (("zh", "示例：已停用。"), ("en", "Sample: withdrawn.")):
            page = await anybody.get(f"/v/{mine['verify_code']}?lang={language}", headers=PAGE)
            assert page.status_code == 200
            assert note in page.text
        assert (await anybody.get(f"/api/v1/verify/{mine['verify_code']}")).json()["record"] == mine["record"]
        again = await owner.order(door.live)
        assert again.status_code == 409, again.text
    suspensions._read.clear()
