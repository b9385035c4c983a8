"""S2: a token that is forged, expired, revoked, an ended key's or of another kind opens no route: as if there were none."""

from app.foundation import identity
from app.foundation.identity import Role
from app.kernel.clock import utc_now
from app.kernel.text import Text
from tests.doors.conftest import OWN_PAGE, Door
from tests.doors.platform_work import WORK
from tests.doors.test_routes_matrix import MATRIX, ask
from tests.rooms.conftest import KEYRING
from tests.staff import member, staff, verified

CLOSED = {401, 303, 403}
"""How a route answers that a token would open."""
PUBLIC = {("GET", "/go"), ("POST", "/s/{code:str}")}
"""Lead on whoever asks."""
PLACES = {
    "live": "H7QP3K", "order_id": "ord_01JD8Q9T5K3V2M7N4P6R8S0W1X", "certificate_id": "crt_01JD8Q9T5K3V2M7N4P6R8S0W1X",
    "verify_code": "7K3M9QFX2R",
}  # fmt: skip


async def _tokens(door: Door) -> dict[str, str]:
    """One of each kind that must open nothing, each in the form of a good one."""
    now = utc_now()
    async with door.caller(**OWN_PAGE) as past, door.caller(**OWN_PAGE) as ended:
        await past.enter()
        await ended.enter()
        expired, revoked = (one.headers["authorization"].removeprefix("Bearer ") for one in (past, ended))
        assert (await ended.delete("/api/v1/sessions/current")).status_code == 204
    await door.as_superuser(
        "UPDATE identity_session SET created_at = now() - interval '2 days', expires_at = now() - interval '1 day'"
        " WHERE revoked_at IS NULL"
    )
    own = await verified(Text(zh="示例第三家", en="Sample Third"))
    maker = await member(own, Role.SPONSOR)
    key = await identity.keys.make(own, "已停用", [Role.SPONSOR], by=maker, now=now)
    await identity.keys.end(key.id, by=maker)
    inviter, exchange = await staff(Role.ADMINISTRATOR), await identity.find_exchange()
    assert exchange is not None
    link = await identity.invite(exchange, [Role.REVIEWER], by=inviter, keyring=KEYRING, now=now)
    return {
        "forged": expired[:-1] + ("A" if expired[-1] != "A" else "B"), "expired": expired, "revoked": revoked,
        "an ended key": key.text, "a forged key": key.text[:-1] + ("A" if key.text[-1] != "A" else "B"),
        "an invitation": link.token,
    }  # fmt: skip


async def test_no_token_that_is_not_good_opens_any_route(door: Door) -> None:
    tokens, wrong, asked = await _tokens(door), [], 0
    async with door.caller(**OWN_PAGE) as stranger:
        for (method, path), entry in MATRIX.items():
            if entry.nobody not in CLOSED or entry.stale not in CLOSED or (method, path) in PUBLIC:
                continue
            await door.as_superuser("DELETE FROM limit_count")
            for kind, token in tokens.items():
                stranger.headers["authorization"] = f"Bearer {token}"
                answer = await ask(stranger, method, path, entry, PLACES | {"live": door.live})
                stranger.cookies.clear()
                asked += 1
                if answer.status_code not in CLOSED:
                    wrong.append(f"{method} {path} with {kind}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert asked > 6 * 100


async def test_a_members_session_that_was_ended_opens_no_page_of_the_platform(door: Door) -> None:
    person = await staff(Role.OPERATOR)
    wrong = []
    async with door.caller(**OWN_PAGE) as browser:
        await browser.enter()
        await door.as_superuser(
            f"UPDATE identity_session SET kind = 'operator', person_id = '{person}', revoked_at = now()"
        )
        for method, path in WORK:
            answer = await ask(browser, method, path, MATRIX[method, path], PLACES)
            if answer.status_code not in CLOSED:
                wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
