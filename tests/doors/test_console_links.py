"""Where each of the platform's people comes in, and whether every link at the foot of a console leads its reader on."""

import re

import pytest

from app.foundation.identity import Role
from tests.doors.test_pages_operator import Platform, platform

__all__ = ["platform"]

_FOOT = re.compile(r'<footer class="foot">.*?</footer>', re.DOTALL)


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.REVIEWER, Role.AUDITOR, Role.FINANCE, Role.ADMINISTRATOR])
async def test_whoever_comes_in_reaches_their_work_and_every_link_of_it_opens(platform: Platform, role: Role) -> None:
    reader = await platform.come(role)

    home = await reader.get("/operator", follow_redirects=True)

    assert home.status_code == 200 and home.url.path.startswith("/operator/"), home.url
    (foot,) = _FOOT.findall(home.text)
    links = re.findall(r'href="(/operator/[^"]+)"', foot)
    assert "/operator/inbox" in links
    assert ("/operator/people" in links) == (role is Role.ADMINISTRATOR)
    for link in links:
        there = await reader.get(link, follow_redirects=True)
        assert there.status_code == 200, link
        assert re.findall(r'href="(/operator/[^"]+)"', *_FOOT.findall(there.text)) == links, link
