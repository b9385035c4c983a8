"""Every page of the console, by somebody whose role at the platform was withdrawn a moment ago, and by a colleague."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from app.foundation import identity
from app.foundation.identity import Role
from app.gateways.database import fetch
from app.kernel import ids
from app.kernel.clock import utc_now
from app.web.kit.requests import cookies
from app.web.kit.security import forms
from tests.doors.conftest import Caller
from tests.doors.platform_work import WORK, Route
from tests.doors.test_pages_operator import Platform, platform, proposed, sold
from tests.doors.test_role_withdrawn import REFUSED, person_of, withdraw_all
from tests.staff import staff

__all__ = ["platform"]


@pytest.mark.parametrize("route", WORK, ids=" ".join)
async def test_who_lost_a_role_of_the_platform_is_refused_at_every_page_and_a_colleague_is_not(
    platform: Platform, route: Route
) -> None:
    (method, path), work = route, WORK[route]
    actor, colleague = await platform.come(work.role), await platform.come(work.role)
    exchange, inviter = UUID(str(platform.organisation_id)), await staff(Role.ADMINISTRATOR)
    link = await identity.invite(
        exchange, [Role.REVIEWER], by=inviter, keyring=platform.door.app.state.services.keyring, now=utc_now()
    )
    words = {"person": ids.public("per", await staff(Role.AUDITOR)), "invitation": ids.public("inv", link.id)}
    if "{reference:str}" in path:
        await sold(platform.door)
        path = path.replace("/operator/cancellations/{reference:str}", await proposed(actor))
    path = path.replace("{organisation:str}", ids.public("org", exchange)).replace(
        "{verification:uuid}", str(UUID(int=1))
    )
    path = path.replace("{approval:uuid}", str(UUID(int=1))).replace("{check_id:uuid}", str(UUID(int=1)))
    await withdraw_all(exchange, keep=await person_of(colleague), but=inviter)
    before = await _power()

    async def asked(browser: Caller) -> httpx.Response:
        form = None
        if work.form is not None:
            form = {name: text.format(**words) for name, text in work.form.items()}
            session = str(browser.cookies.get(cookies.SESSION))
            form[forms.FIELD] = forms.token(session, key=platform.door.app.state.services.form_key)
        return await browser.request(method, path, data=form)

    refused = await asked(actor)
    assert refused.status_code in REFUSED, (route, refused.status_code, refused.text)
    assert await _power() == before
    assert (await asked(colleague)).status_code != 403, route


async def _power() -> list[dict[str, Any]]:
    """Who may what, and who is asked to come."""
    return await fetch(
        "SELECT 'role' AS what, id::text, role::text AS state FROM membership UNION ALL"
        " SELECT 'invitation', id::text, (revoked_at IS NULL)::text FROM invitation UNION ALL"
        " SELECT 'organisation', id::text, is_verified::text FROM organisation ORDER BY 1, 2"
    )
