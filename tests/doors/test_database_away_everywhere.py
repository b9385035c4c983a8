"""PostgreSQL away at every route there is, also in the middle of a request: 503 with Retry-After, never 500."""

import random
from uuid import UUID

import httpx

from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import fetch
from app.kernel import ids
from app.kernel.clock import utc_now
from app.web.kit.requests import cookies
from app.web.kit.security import forms
from tests.away import far_postgres, through
from tests.doors.conftest import OWN_PAGE, Door
from tests.doors.platform_work import WORK
from tests.doors.test_pages_operator import Platform, platform, proposed, sold
from tests.doors.test_routes_matrix import MATRIX, ask
from tests.staff import staff

__all__ = ["platform"]

NO_ROWS = {
    *(
        ("GET", path)
        for path in (
            "/static/{folder:str}/{name:str}", "/favicon.ico", "/robots.txt", "/kit", "/{name:str}", "/operator/code",
            "/operator/sign-in", "/demo/{role:str}/{given:str}", "/api/v1/calculators", "/api/v1/calculators/{name:str}",
            "/api/v1/errors", "/errors", "/errors/{code:str}", "/docs", "/docs/{path:str}", "/docs/openapi.json",
            "/static/docs/{name:str}", "/livez", "/metrics", "/move", "/me/footprint",
        )
    ),
    *(("POST", path) for path in ("/operator/code", "/operator/factor", "/operator/factor/later")),
    ("POST", "/notify/{channel:str}"),
    *((method, "/notify/wechat/messages") for method in ("GET", "POST")),
    ("GET", "/avatars/check/{check_id:uuid}/{name:str}"),
}  # fmt: skip
"""What is answered without a row: files, documents, and forms and notices that nobody sealed or signed."""


def _is_503(answer: httpx.Response) -> bool:
    return answer.status_code == 503 and 1 <= int(answer.headers.get("retry-after", "0")) <= 10


async def test_with_the_database_away_every_route_is_503_with_a_time_to_come_again(door: Door) -> None:
    words = {
        "live": door.live, "verify_code": "7K3M9QFX2R",
        "order_id": "ord_01JD8Q9T5K3V2M7N4P6R8S0W1X", "certificate_id": "crt_01JD8Q9T5K3V2M7N4P6R8S0W1X",
    }  # fmt: skip
    wrong: list[str] = []
    async with door.caller(**OWN_PAGE) as known, door.caller(**OWN_PAGE) as nobody, far_postgres(door.stand) as far:
        await known.enter()
        await far.be("refuse")
        async with through(far.url, wait_s=1):
            for (method, path), entry in MATRIX.items():
                answer = await ask(known, method, path, entry, words)
                if _is_503(answer) == ((method, path) in NO_ROWS) or answer.status_code == 500:
                    wrong.append(f"{method} {path} of somebody known: {answer.status_code}")
                answer = await ask(nobody, method, path, entry, words)
                nobody.cookies.clear()
                if answer.status_code >= 500 and not _is_503(answer):
                    wrong.append(f"{method} {path} of nobody: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


async def test_a_database_that_goes_away_in_the_middle_of_a_request_is_503_at_every_page_of_the_console(
    platform: Platform,
) -> None:
    exchange, inviter = UUID(str(platform.organisation_id)), await staff(Role.ADMINISTRATOR)
    services = platform.door.app.state.services
    link = await identity.invite(exchange, [Role.REVIEWER], by=inviter, keyring=services.keyring, now=utc_now())
    words = {"person": ids.public("per", await staff(Role.AUDITOR)), "invitation": ids.public("inv", link.id)}
    await sold(platform.door)
    actors = {role: await platform.come(role) for role in {work.role for work in WORK.values()}}
    reference = await proposed(actors[Role.OPERATOR])
    chance, broken, wrong = random.Random(8), 0, []
    async with far_postgres(platform.door.stand) as far:
        for (method, path), work in WORK.items():
            url = path.replace("/operator/cancellations/{reference:str}", reference)
            url = url.replace("{organisation:str}", ids.public("org", exchange))
            for name in ("verification", "approval"):
                url = url.replace(f"{{{name}:uuid}}", str(UUID(int=1)))
            actor, form = actors[work.role], None
            if work.form is not None:
                session = str(actor.cookies.get(cookies.SESSION))
                form = {name: text.format(**words) for name, text in work.form.items()}
                form[forms.FIELD] = forms.token(session, key=services.form_key)
            far.passes_still = None
            await far.be("pass")
            async with through(far.url, wait_s=5):
                await fetch("SELECT 1")
                far.passes_still = chance.randint(3, 16)
                answer = await actor.request(method, url, data=form)
                broken += _is_503(answer)
            if answer.status_code >= 500 and not _is_503(answer):
                wrong.append(f"{method} {path}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    assert broken > len(WORK) // 2
