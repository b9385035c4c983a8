"""The page of content checks: one tap shows or hides, for whoever has the power now; what strangers wrote stays text."""

from html.parser import HTMLParser
from itertools import islice

from app.foundation import identity, moderation
from app.foundation.identity import Role
from app.foundation.moderation import CheckState, ContentPurpose
from app.gateways.database import fetch_value
from app.kernel.clock import utc_now
from app.kernel.text import Language
from tests.doors.conftest import Door
from tests.doors.test_pages_operator import Platform, fields, platform
from tests.pages.payloads import PAYLOADS
from tests.rules.hostile_pictures import plain

__all__ = ["platform"]
HERE = "/operator/moderation"


async def ask(door: Door, *texts: str) -> list[moderation.Standing]:
    services = door.app.state.services
    guest = await identity.open_guest_session(Language.ZH, keyring=services.keyring, now=utc_now())
    return [
        await moderation.ask_text(
            guest.session.person_id, text, ContentPurpose.NAME, words=services.words, by_wechat=False,
            keyring=services.keyring,
        )
        for text in texts
    ]  # fmt: skip


class Tags(HTMLParser):
    """What a browser would make of a page: its tags and the names of their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attrs}


async def test_a_name_is_shown_hidden_for_a_reason_and_shown_again(platform: Platform) -> None:
    (found,) = await ask(platform.door, "林小川")
    reviewer, told = await platform.come(Role.REVIEWER), []
    for form in ({"state": "passed"}, {"state": "refused", "reason": "abuse"}, {"state": "passed"}):
        page = await reviewer.get(HERE, params={"show": "recent"})
        state = (await moderation.states_of([found.check_id]))[found.check_id]
        assert ("林小川" in page.text) is (state is CheckState.WAITING), "masked once it is decided"
        answer = await reviewer.post(HERE, data=fields(page.text) | form)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{HERE}?show=recent"), answer.text
        told.append((await moderation.states_of([found.check_id]))[found.check_id])

    assert told == [CheckState.PASSED, CheckState.REFUSED, CheckState.PASSED]


async def test_what_somebody_else_decided_meanwhile_is_told_on_the_page(platform: Platform) -> None:
    await ask(platform.door, "林小川")
    first, second = await platform.two()
    form = fields((await first.get(HERE)).text)
    other = fields((await second.get(HERE)).text)
    assert (await first.post(HERE, data=form | {"state": "passed"})).status_code == 303
    late = await second.post(HERE, data=other | {"state": "refused", "reason": "abuse"})

    assert late.status_code == 409
    assert "刚刚已有人处理" in late.text


async def test_an_auditor_looks_and_decides_nothing(platform: Platform) -> None:
    await ask(platform.door, "林小川")
    auditor = await platform.come(Role.AUDITOR)
    page = await auditor.get(HERE)

    assert "林*" in page.text and "林小川" not in page.text
    assert 'name="state"' not in page.text
    assert (await auditor.post(HERE, data={"state": "passed"})).status_code == 403


async def test_hiding_without_a_reason_and_a_check_that_is_none_are_refused(platform: Platform) -> None:
    await ask(platform.door, "林小川")
    operator = await platform.come(Role.OPERATOR)
    form = fields((await operator.get(HERE)).text)

    for bent, status in (
        ({"state": "refused", "reason": ""}, 422), ({"state": "waiting"}, 404), ({"state": "passed", "check": "x"}, 404),
        ({"state": "passed", "csrf_token": "x"}, 403),
    ):  # fmt: skip
        answer = await operator.post(HERE, data=form | bent)
        assert answer.status_code == status, (bent, answer.status_code)


async def test_a_picture_is_seen_by_the_platforms_people_before_anybody_else(platform: Platform) -> None:
    async with platform.door.guest() as citizen:
        await citizen.post("/api/v1/me/avatar", files={"picture": ("x.png", plain("PNG"), "image/png")})
        check = await fetch_value("SELECT check_id FROM avatar")
        url = f"{HERE}/pictures/{check}"
        operator = await platform.come(Role.OPERATOR)

        assert url in (await operator.get(HERE)).text
        assert (await operator.get(url)).headers["content-type"] == "image/webp"
        assert (await citizen.get(url)).status_code == 401 or (await citizen.get(url)).is_redirect
        await citizen.delete("/api/v1/me/avatar")
        assert (await operator.get(url)).status_code == 404


async def test_names_that_try_to_run_stay_text(platform: Platform) -> None:
    """A sample of the 684; all of them in a browser: tests/pages/test_payloads_browser.py."""
    some = list(islice(PAYLOADS, 0, None, 15))[:45]
    for text in some:
        await ask(platform.door, text[:200])
    operator = await platform.come(Role.OPERATOR)
    plain_page = Tags((await operator.get(HERE, params={"show": "refused"})).text)
    page = await operator.get(HERE, params={"show": "recent"})
    poisoned = Tags(page.text)

    assert "hit()" in page.text or "hit.test" in page.text
    allowed = set(plain_page.tags) | {
        "ol",
        "li",
        "bdi",
        "select",
        "option",
        "label",
        "img",
        "div",
        "p",
        "span",
        "button",
        "form",
        "input",
    }
    assert set(poisoned.tags) <= allowed
    assert poisoned.tags.count("script") == plain_page.tags.count("script")
    assert not [name for name in poisoned.attributes if name.startswith("on") or name == "srcdoc"]
