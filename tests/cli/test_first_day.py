"""A stranger's first day at the terminal, in the production profile: set up, come in, let people in, open a scene."""

import json
import re
import time
from datetime import timedelta

import pyotp
import pytest

from app.kernel.clock import beijing_day, utc_now
from tests.cli.conftest import diandian
from tests.conftest import Stand

PASSWORD = "a long enough sample password"
NAMES = ("--name-zh", "示例环境交易所", "--name-en", "Sample Exchange")
SET_UP = ("setup", *NAMES, "--register-number", "91350100M000100Y43")


class Person:
    """Somebody with an email, a password and an authenticator."""

    def __init__(self, day: "Day", email: str) -> None:
        self.day, self.email = day, email
        self.codes: list[str] = []

    def join(self, link: str) -> None:
        """Take an invitation as a person without a browser would; the authenticator is read from what is shown."""
        # The code cannot be known before the secret is shown, so the factor is set up through the room.
        told = self.day.run("join", link, "--name", "李娜", "--email", self.email, code="000000")
        assert told.returncode == 1 and "IDENTITY_CODE_WRONG".lower().replace("_", ".", 1) in told.stderr, told.stderr
        secret = re.findall(r"^[A-Z2-7]{32}$", told.stderr, re.MULTILINE)
        self.totp = pyotp.TOTP(secret[-1])

    def token(self) -> str:
        """Signed in for the day."""
        told = self.day.run("sign-in", "--by", self.email, code=self.codes.pop())
        assert told.returncode == 0, told.stderr
        return told.stdout.rpartition("=")[2].strip()


class Day:
    """The verbs, as their environment makes them."""

    def __init__(self, production: dict[str, str], stand: Stand) -> None:
        self.environment = production | {"DATABASE_OWNER_URL": stand.owner_url}

    def run(self, *arguments: str, code: str = "", token: str = "", by: str = "", **more: str):
        own = {
            "DIANDIAN_OPERATOR_PASSWORD": PASSWORD,
            "DIANDIAN_OPERATOR_EMAIL": by,
            "DIANDIAN_OPERATOR_CODE": code,
            "DIANDIAN_OPERATOR_TOKEN": token,
        } | more
        return diandian(*arguments, environment=self.environment | {name: v for name, v in own.items() if v})

    def good(self, *arguments: str, **more: str) -> str:
        told = self.run(*arguments, **more)
        assert told.returncode == 0, (arguments, told.stdout, told.stderr)
        return told.stdout


@pytest.fixture
async def day(production: dict[str, str], stand: Stand, database: Stand) -> Day:
    return Day(production, stand)


def links(told: str) -> list[str]:
    return re.findall(r"https://carbon\.example/join/\S+", told)


def waits(told: str) -> tuple[str, str]:
    """The approval that another administrator is asked for, and its digest."""
    found = re.search(r"^  (\S{36})\n  sha256 (\S+)", told, re.MULTILINE)
    assert found, told
    return found[1], found[2]


def invited_by_two(day: Day, maker: tuple[str, str], checker: tuple[str, str]) -> str:
    """A link for an operator: made by one administrator, of no use to anybody until the other has agreed."""
    (one, one_token), (two, two_token) = maker, checker
    told = day.good("invite", "--role", "operator", "--for", "王经办", by=one, token=one_token)
    (link,) = links(told)
    assert "once another administrator has agreed" in told
    listed = day.good("invitation", "list", by=two, token=two_token)
    assert "王经办" in listed and "waiting" in listed
    early = day.run("join", link, "--name", "李娜", "--email", "operator@carbon.example")
    assert early.returncode == 1 and "identity.invitation_waiting" in early.stderr
    id_, sha256 = waits(told)
    shown = day.good("approvals", "show", id_)
    assert all(text in shown for text in ("proposed by: 李娜", "For whom: 王经办", "Roles: operator", "Good until"))
    alone = day.run("approvals", "approve", id_, sha256, "--by", one, token=one_token)
    assert alone.returncode == 1 and "approval.same_person" in alone.stderr
    day.good("approvals", "approve", id_, sha256, "--by", two, token=two_token)
    return link


async def confirm(day: Day, person: Person) -> None:
    """What the browser's page does with the first code; gives the recovery codes to sign in with."""
    from app.foundation import identity
    from app.wiring import keyring
    from config.loading import load

    ring = keyring(load(day.environment))
    person_id = await identity.find_operator(person.email, keyring=ring)
    code = person.totp.at(time.time())
    person.codes = await identity.set_factor_up(person_id, code, keyring=ring, now=utc_now())


async def came(day: Day, email: str, link: str) -> tuple[str, str]:
    """Somebody new, signed in: their email and token."""
    person = Person(day, email)
    person.join(link)
    await confirm(day, person)
    return email, person.token()


async def test_a_platform_begins_from_nothing_at_the_terminal(day: Day, tmp_path) -> None:
    told = day.good(*SET_UP)
    first, second = links(told)
    assert "diandian invite" in told
    assert max(map(len, told.splitlines())) <= 80, told

    again = day.run(*SET_UP)
    assert again.returncode == 1 and "identity.exchange_known" in again.stderr

    one, one_token = await came(day, "one@carbon.example", first)
    two, two_token = await came(day, "two@carbon.example", second)
    late = day.run("setup", "--links")
    assert late.returncode == 1 and "identity.administrators_complete" in late.stderr

    link = invited_by_two(day, (one, one_token), (two, two_token))
    operator, operator_token = await came(day, "operator@carbon.example", link)
    assert "none is open" in day.good("invitation", "list", by=two, token=two_token)
    listed = json.loads(day.good("operator", "list", "--json", by=one, token=one_token))
    assert [one["has_second_factor"] for one in listed] == [True, True, True]

    proposed = day.good(
        "organisation", "add", "--name-zh", "示例总工会", "--name-en", "Sample Union", "--kind", "association",
        "--register-number", "91110000802100433B", "--papers", "法人登记证书", by=operator, token=operator_token,
    )  # fmt: skip
    id_, sha256 = re.search(r"^(\S{36}) .*\n  sha256 (\S+)", proposed).groups()
    own = day.run("organisation", "verify", id_, sha256, by=operator, token=operator_token)
    assert own.returncode == 1 and "approval." in own.stderr
    day.good("organisation", "verify", id_, sha256, by=two, token=two_token)
    cards = json.loads(day.good("organisation", "list", "总工会", "--json"))
    assert [card["is_verified"] for card in cards] == [True]

    (link,) = links(day.good("invite", "--role", "sponsor", "--organisation", cards[0]["id"], by=one, token=one_token))
    sponsor, sponsor_token = await came(day, "sponsor@carbon.example", link)
    (link,) = links(
        day.good("invite", "--role", "finance", "--organisation", cards[0]["id"], by=sponsor, token=sponsor_token)
    )
    assert link

    scene = json.loads(day.good("scene", "publish", "--example"))
    today = beijing_day(utc_now())
    scene |= {
        "organisation": cards[0]["id"], "starts_on": today.isoformat(),
        "ends_on": (today + timedelta(days=1)).isoformat(),
    }  # fmt: skip
    file = tmp_path / "scene.json"
    file.write_text(json.dumps(scene), "utf-8")
    asked = day.good("scene", "publish", "--file", str(file), by=sponsor, token=sponsor_token)
    assert asked == day.good("scene", "publish", "--file", str(file), by=operator, token=operator_token)
    assert "nobody enters before that" in asked
    code, (id_, sha256) = asked.split()[0], re.search(r"^  (\S{36})\n  sha256 (\S+)", asked, re.MULTILINE).groups()
    assert code not in day.good("scene", "list")
    assert (
        "approval.role" in day.run("approvals", "approve", id_, sha256, "--by", operator, token=operator_token).stderr
    )
    told = day.good("invite", "--role", "reviewer", by=one, token=one_token)
    day.good("approvals", "approve", *waits(told), "--by", two, token=two_token)
    reviewer, reviewer_token = await came(day, "reviewer@carbon.example", links(told)[0])
    day.good("approvals", "approve", id_, sha256, "--by", reviewer, token=reviewer_token)
    assert code in day.good("scene", "list")
    told = day.good("scene", "publish", "--file", str(file), by=sponsor, token=sponsor_token)
    assert told.split() == [code, f"https://carbon.example/s/{code}"]

    reset = day.run(
        "operator", "reset", operator, "--second", two, by=one, token=one_token, DIANDIAN_SECOND_PASSWORD="wrong"
    )
    assert reset.returncode == 1 and "identity.wrong_credentials" in reset.stderr
    ended = day.run("invite", "--role", "operator", by=two, token=one_token)
    assert ended.returncode == 1 and "token.expired" in ended.stderr
    assert day.good("sign-out", token=one_token) == "unset DIANDIAN_OPERATOR_EMAIL DIANDIAN_OPERATOR_TOKEN\n"
    assert day.run("invite", "--role", "operator", by=one, token=one_token).returncode == 1


async def test_somebody_else_acts_in_a_signed_in_shell_with_their_own_password_and_code(day: Day) -> None:
    first, second = links(day.good(*SET_UP))
    one, token = await came(day, "one@carbon.example", first)
    other = Person(day, "two@carbon.example")
    other.join(second)
    await confirm(day, other)
    invite = ("invite", "--role", "operator", "--by", other.email)

    alone = day.run(*invite, by=one, token=token, code="000000")
    assert alone.returncode == 1 and "identity.code_wrong" in alone.stderr

    assert links(day.good(*invite, by=one, token=token, code=other.codes.pop()))
    assert links(day.good("invite", "--role", "reviewer", by=one, token=token))


async def test_links_of_administrators_who_never_came_are_renewed_and_the_old_ones_end(day: Day) -> None:
    told = day.run("setup", "--links")
    assert told.returncode == 1 and "identity.exchange_unknown" in told.stderr
    first, second = links(day.good(*SET_UP))
    renewed = links(day.good("setup", "--links"))
    assert len(renewed) == 2 and {first, second}.isdisjoint(renewed)
    old = day.run("join", first, "--name", "李娜", "--email", "a@carbon.example")
    assert old.returncode == 1 and "identity.invitation_over" in old.stderr
    await came(day, "one@carbon.example", renewed[0])
    assert len(links(day.good("setup", "--links"))) == 1


async def test_setting_up_names_what_is_wrong_and_writes_nothing(day: Day) -> None:
    wrong = day.run("setup", *NAMES, "--register-number", "91350100M000100Y44")
    assert wrong.returncode == 1 and "/register_number" in wrong.stderr
    wrong = day.run("setup", *NAMES, "--country", "China", "--register-number", "1")
    assert wrong.returncode == 1 and "/country" in wrong.stderr
    as_application = day.run(*SET_UP, DATABASE_OWNER_URL=day.environment["DATABASE_URL"])
    assert as_application.returncode == 1 and "DATABASE_OWNER_URL for the" in as_application.stderr
    assert "[]" in day.good("organisation", "list", "--json")


async def test_a_scene_file_names_the_field_at_fault_and_nothing_is_opened(day: Day, tmp_path) -> None:
    good = json.loads(day.good("scene", "publish", "--example"))
    file = tmp_path / "scene.json"
    for change, named in (
        ({"ends_on": "2020-01-01"}, "/ends_on"),
        ({"modes": ["metro", "rocket"]}, "/modes/1"),
        ({"default_km": 200}, "/default_km"),
        ({"extras": {"gold_kg": "1"}}, "gold_kg"),
        ({"programme": "XYZ"}, "programme"),
        ({"colour": "red"}, "colour"),
    ):
        file.write_text(json.dumps(good | change), "utf-8")
        told = day.run("scene", "publish", "--file", str(file), by="x@carbon.example")
        assert told.returncode == 1 and named in told.stderr, (change, told.stderr)
        assert "scenario.file_unfit" in told.stderr


async def test_the_first_administrator_lets_people_in_alone_until_the_second_has_come(day: Day) -> None:
    first, second = links(day.good(*SET_UP))
    one, one_token = await came(day, "one@carbon.example", first)
    alone = day.good("invite", "--role", "operator", by=one, token=one_token)
    assert "another administrator" not in alone
    await came(day, "operator@carbon.example", links(alone)[0])
    await came(day, "two@carbon.example", second)
    made = json.loads(day.good("invite", "--role", "operator", "--json", by=one, token=one_token))
    assert made["approval"] is not None
    taken = day.good("invitation", "revoke", made["id"], by=one, token=one_token)
    assert "taken back" in taken and "nothing waits" in day.good("approvals", "list", "--kind", "role")
