"""The verbs of the first day and of letting people in: setup, invite, join, invitation, operator, sign-in."""

import json
import os
import shlex
import sys
from typing import TYPE_CHECKING

import click

from app.cli.arguments import SpokenCommand, TypedGroup
from app.cli.listing import limited
from app.cli.output import line, say
from app.cli.setup import OWN_EMAIL, OWN_TOKEN, credentials, done, fail, read_language, read_settings
from app.cli.words import word

if TYPE_CHECKING:
    from app.foundation.identity import SetUp

_ROLES = click.Choice(["sponsor", "operator", "reviewer", "finance", "auditor", "court", "administrator"])
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
_BY = click.option("--by", "email", required=True, envvar=OWN_EMAIL, help="The email you sign in with.")
_ORGANISATION = click.option("--organisation", metavar="ORG", help="org_…; without it, who runs the platform.")
_PASSWORD = "DIANDIAN_OPERATOR_PASSWORD"  # noqa: S105 - the name of a variable


@click.command(cls=SpokenCommand)
@click.option("--name-zh", help="Who runs the platform, in Chinese.")
@click.option("--name-en", help="The same in English.")
@click.option("--country", default="CN", show_default=True, help="Two letters, ISO 3166-1.")
@click.option("--register-number", help="In China the unified social credit code (统一社会信用代码).")
@click.option("--links", "is_renewing", is_flag=True, help="New links for administrators who never came.")
@_AS_JSON
def setup(
    *,
    name_zh: str | None,
    name_en: str | None,
    country: str,
    register_number: str | None,
    is_renewing: bool,
    as_json: bool,
) -> None:
    """Begin, once: who runs the platform, and links for its first two administrators (DATABASE_OWNER_URL)."""
    settings = read_settings()
    owner_url = settings.database_owner_url
    if not owner_url:
        raise click.UsageError(
            say(
                "没有设置 DATABASE_OWNER_URL：首次设置以表的所有者身份进行。",
                "DATABASE_OWNER_URL is not set: setting up is done as the owner of the tables.",
            )
        )
    from app.cli.access import people
    from app.kernel.text import Text

    if is_renewing:
        made = done(people.renew(owner_url))
    else:
        name = Text(
            zh=name_zh or click.prompt(say("交易所中文名", "Name in Chinese"), err=True),
            en=name_en or click.prompt(say("交易所英文名", "Name in English"), err=True),
        )
        number = register_number or click.prompt(say("统一社会信用代码", "Register number"), err=True)
        made = done(people.set_up(owner_url, name, country, number))
    _print_set_up(made, settings.public_url, as_json=as_json)


def _print_set_up(made: "SetUp", public_url: str, *, as_json: bool) -> None:
    from app.cli.access.people import JOIN
    from app.kernel import ids

    links = [f"{public_url}{JOIN}{link.token}" for link in made.links]
    shown = ids.public("org", made.organisation_id)
    if as_json:
        click.echo(json.dumps({"organisation": shown, "links": links}, indent=2))
        return
    line(say(f"平台已设置：{shown}", f"The platform is set up: {shown}"))
    line(
        say(
            "管理员链接，每个只能用一次，七天内有效，请分别交给不同的人：",
            "Links for the administrators. Each is good once, for seven days;\ngive them to different people:",
        )
    )
    for number, link in enumerate(links, start=1):
        line(f" {number} {link}")
    line(
        say(
            "接下来：\n"
            " 1. 启动服务（diandian serve、worker、worker --render）。\n"
            " 2. 两位管理员打开各自的链接：设置密码，用验证器扫码，保存恢复码。\n"
            "    没有浏览器时：diandian join 链接\n"
            " 3. 管理员邀请经办与复核：diandian invite --role operator --by 邮箱\n"
            "    另一位管理员同意后链接生效：diandian approvals list --kind role\n"
            " 4. 录入并核验机构，邀请它的第一位成员，发布场景。\n"
            " 全文见 docs/runbooks/install.md。链接丢失：diandian setup --links",
            "Next:\n"
            " 1. Begin the processes (diandian serve, worker, worker --render).\n"
            " 2. Both administrators open their links: password, authenticator,\n"
            "    recovery codes. Without a browser: diandian join LINK\n"
            " 3. They invite an operator and a reviewer:\n"
            "    diandian invite --role operator --by EMAIL\n"
            "    The other agrees, and the link opens:\n"
            "    diandian approvals list --kind role\n"
            " 4. Write down and verify organisations, invite their first members,\n"
            "    publish scenes.\n"
            " All of it: docs/runbooks/install.md.\n"
            " Links lost: diandian setup --links",
        )
    )


@click.command(cls=SpokenCommand)
@click.option("--role", "roles", multiple=True, required=True, type=_ROLES, help="May be said several times.")
@_ORGANISATION
@click.option("--for", "label", default="", help="For whom, for your own list; kept sealed.")
@_BY
@_AS_JSON
def invite(*, roles: tuple[str, ...], organisation: str | None, label: str, email: str, as_json: bool) -> None:
    """A link that lets one person in, once, within seven days; copy it to them.

    To the platform it opens once another administrator has agreed: diandian approvals list --kind role.
    """
    from app.cli.access import people
    from app.cli.approvals import print_proposed
    from app.kernel import ids
    from app.kernel.clock import rfc3339

    settings = read_settings()
    link = done(people.invite(settings, organisation, roles, label, credentials(email)))
    url = f"{settings.public_url}{people.JOIN}{link.token}"
    if as_json:
        told = {
            "id": ids.public("inv", link.id),
            "link": url,
            "expires_at": rfc3339(link.expires_at),
            "approval": str(link.waits.id) if link.waits else None,
        }
        click.echo(json.dumps(told, indent=2))
        return
    line(url)
    line(say(f"{rfc3339(link.expires_at)} 前有效，只能用一次", f"good once, until {rfc3339(link.expires_at)}"))
    if link.waits is not None:
        line(say("另一位管理员同意之后才能使用", "it opens once another administrator has agreed"))
        print_proposed([link.waits])


@click.command(cls=SpokenCommand)
@click.argument("link")
@click.option("--name", help="How colleagues see you.")
@click.option("--email", help="What you will sign in with.")
def join(*, link: str, name: str | None, email: str | None) -> None:
    """Take an invitation or a reset without a browser: password, authenticator, recovery codes."""
    from app.cli.access import people

    settings, language = read_settings(), read_language()
    where = done(people.look(settings, link))
    if where is not None:
        line(where, err=True)
        name = name or click.prompt(say("姓名", "Name"), err=True)
        email = email or click.prompt(say("邮箱", "Email"), err=True)
    password = os.environ.get(_PASSWORD) or click.prompt(
        say("密码（至少 12 个字符）", "Password (12 characters or more)"),
        hide_input=sys.stdin.isatty(), confirmation_prompt=True, err=True,
    )  # fmt: skip
    joined = done(
        people.join(settings, link, name=name or "", email=email or "", password=str(password), language=language)
    )
    line(
        say(
            "已加入。恢复码只显示这一次，请抄下保存，每个只能用一次：",
            "You are in. Keep these recovery codes; they are shown this once,\nand each is good once:",
        )
    )
    for code in joined.codes:
        line(f"  {code}")


@click.group("invitation", cls=TypedGroup)
def invitation_group() -> None:
    """Invitations that nobody has used yet."""


@invitation_group.command("list")
@_ORGANISATION
@limited(500)
@_BY
@_AS_JSON
def list_invitations(*, organisation: str | None, limit: int, email: str, as_json: bool) -> None:
    """The open ones and those that ran out, newest first."""
    from app.cli.access import people
    from app.cli.access.printing import print_invitations

    found = done(people.invitations(read_settings(), organisation, credentials(email), limit=limit))
    print_invitations(found, as_json=as_json)


@invitation_group.command("revoke")
@click.argument("invitation")
@_BY
def revoke_invitation(*, invitation: str, email: str) -> None:
    """Take INVITATION (inv_…) back: its link opens nothing any more."""
    from app.cli.access import people

    done(people.revoke(read_settings(), invitation, credentials(email)))
    line(say("已收回", "taken back"))


@click.group("operator", cls=TypedGroup)
def operator_group() -> None:
    """People who sign in with a password."""


@operator_group.command("list")
@_ORGANISATION
@limited(500)
@_BY
@_AS_JSON
def list_operators(*, organisation: str | None, limit: int, email: str, as_json: bool) -> None:
    """Who acts for the platform, or for an organisation, with their roles."""
    from app.cli.access import people
    from app.cli.access.printing import print_members

    found = done(people.members(read_settings(), organisation, credentials(email), limit=limit))
    print_members(found, as_json=as_json)


@operator_group.command("take-role")
@click.argument("operator")
@click.argument("role", type=_ROLES, metavar="ROLE")
@_ORGANISATION
@_BY
def take_role(*, operator: str, role: str, organisation: str | None, email: str) -> None:
    """Take a ROLE away from the OPERATOR (an email), from the next request on."""
    from app.cli.access import people

    done(people.take_role(read_settings(), organisation, operator, role, credentials(email)))
    line(say(f"{operator} 不再是{word(role)}", f"{operator} is no {word(role)} any more"))


@operator_group.command("reset")
@click.argument("operator")
@_BY
@click.option(
    "--second", required=True, envvar="DIANDIAN_SECOND_EMAIL", help="The second person, who signs in here as well."
)
def reset_operator(*, operator: str, email: str, second: str) -> None:
    """A link with which the OPERATOR (an email) chooses a new password and authenticator; two others make it.

    You are an administrator (--by); somebody else of the platform (--second) signs in at this terminal, too:
    DIANDIAN_SECOND_PASSWORD and DIANDIAN_SECOND_CODE, or asked for. Their sessions end at once.
    """
    from app.cli.access import people
    from app.kernel.clock import rfc3339

    settings = read_settings()
    who, other = credentials(email), credentials(second, password_from="DIANDIAN_SECOND_PASSWORD")  # noqa: S106 - a name
    link = done(people.reset(settings, operator, who, other))
    line(f"{settings.public_url}{people.RESET}{link.token}")
    line(say(f"{rfc3339(link.expires_at)} 前有效，只能用一次", f"good once, until {rfc3339(link.expires_at)}"))


@operator_group.command("disable")
@click.argument("operator")
@_BY
def disable_operator(*, operator: str, email: str) -> None:
    """Sign the OPERATOR (an email) out everywhere and never let them in again; what they did stays."""
    from app.cli.access import people

    done(people.shut_out(read_settings(), operator, credentials(email)))
    line(say(f"{operator} 已停用", f"{operator} is disabled"))


@click.group("person", cls=TypedGroup)
def person_group() -> None:
    """Persons, whose names are masked."""


@person_group.command("see")
@click.argument("number")
@click.option(
    "--reason", required=True, type=click.Choice(["asked", "complaint", "authority", "fault"]), help="Why, in a word."
)
@click.option("--said", required=True, help="Why, in your words, 4 to 200 characters; the person reads them.")
@_BY
def see_person(*, number: str, reason: str, said: str, email: str) -> None:
    """Show the name behind NUMBER, an order (ord_…) or a certificate's code. It is written down and told to the person."""
    from app.cli.access import names

    names.print_name(done(names.see(read_settings(), number, credentials(email), reason=reason, said=said)))


@click.command("sign-in", cls=SpokenCommand)
@_BY
def sign_in(*, email: str) -> None:
    """Sign this shell in for twelve hours: eval "$(diandian sign-in --by EMAIL)"."""
    from app.cli.access import people

    os.environ.pop(OWN_TOKEN, None)
    token = done(people.open_day(read_settings(), credentials(email)))
    click.echo(f"export {OWN_EMAIL}={shlex.quote(email)} {OWN_TOKEN}={token}")


@click.command("sign-out", cls=SpokenCommand)
def sign_out() -> None:
    """End this shell's session: eval "$(diandian sign-out)"."""
    from app.cli.access import people

    token = os.environ.get(OWN_TOKEN)
    if not token:
        fail([say(f"没有 {OWN_TOKEN}：这个终端没有登录", f"{OWN_TOKEN} is not set: this shell is not signed in")])
    done(people.end_day(read_settings(), token))
    click.echo(f"unset {OWN_EMAIL} {OWN_TOKEN}")
