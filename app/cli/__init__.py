"""The command line: `diandian <verb>`, the same as `python -m app.cli <verb>`.

Exit 0 good, 1 fault found, 2 wrong use, 3 the address to listen on is taken.
"""

import asyncio
import sys

import click

from app.cli.access.access_verbs import (
    invitation_group,
    invite,
    join,
    operator_group,
    person_group,
    setup,
    sign_in,
    sign_out,
)
from app.cli.access.organisation_verbs import organisation_group
from app.cli.approval_verbs import approval_group
from app.cli.arguments import TypedGroup
from app.cli.bills.bill_verbs import bill_group
from app.cli.claims.claim_verbs import claims
from app.cli.credits.credit_verbs import import_group, lot_group, methodology_group, price_group
from app.cli.credits.rate_verbs import rate_group
from app.cli.holding_verbs import holding_group
from app.cli.listing import limited
from app.cli.operations.recovery_verb import recover
from app.cli.orders.invoice_verbs import invoice_group
from app.cli.orders.order_verbs import order_group
from app.cli.orders.payment_verbs import payment_group
from app.cli.output import line, say, why
from app.cli.scenes.scene_verbs import scene_group
from app.cli.setup import credentials, fail, refuse_settings
from app.cli.setup import done as _done
from app.cli.setup import read_language as _language
from app.cli.setup import read_settings as _settings
from app.cli.webhook_verbs import webhook_group
from app.cli.zones.zone_verbs import zone_group

ADDRESS_TAKEN = 3
"""How `serve` leaves where somebody listens already; a demo then takes the next port."""


@click.group(cls=TypedGroup, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """点点 Diandian: compute, retire and certify carbon."""


for verbs in (
    approval_group, bill_group, claims, holding_group, import_group, invitation_group, invoice_group,
    invite, join, lot_group, methodology_group, operator_group, person_group,
    order_group, organisation_group, payment_group, price_group, rate_group, recover, scene_group, setup, sign_in, sign_out,
    webhook_group, zone_group,
):  # fmt: skip
    main.add_command(verbs)


@main.command()
def migrate() -> None:
    """Bring the database up to this program (DATABASE_OWNER_URL)."""
    from app.cli.operations.migrating import migrate as run
    from app.kernel.mass import GRAMS_PER_TONNE
    from config.loading import examine

    settings = examine()[0]
    owner_url = settings.database_owner_url
    if not owner_url:
        raise click.UsageError(
            say(
                "没有设置 DATABASE_OWNER_URL：迁移以表的所有者身份运行。",
                "DATABASE_OWNER_URL is not set: migrations run as the owner of the tables.",
            )
        )
    app_url = settings.database_direct_url or settings.database_url

    def waits(seconds: float) -> None:
        line(say(f"  表正在使用，{seconds:.1f} 秒后再试", f"  a table is in use; again in {seconds:.1f} s"), err=True)

    left = _done(
        run(
            owner_url, alone_g=settings.retire_alone_tonnes * GRAMS_PER_TONNE, app_url=app_url, begins=line, waits=waits,
            makes_places=True,
        )
    )  # fmt: skip
    line(say("数据库已是最新", "database is up to date"))
    if left:
        line(
            say(
                "应用角色还缺以下设置，请由管理员执行：",
                "The application's role lacks settings; an administrator says:",
            ),
            err=True,
        )
        for statement in left:
            line(f"{statement};", err=True)
        raise SystemExit(1)


@main.command()
@click.option("--render", "is_rendering", is_flag=True, help="Draw certificates instead of settling.")
@click.option("--port", type=click.IntRange(1, 65535), help="Port for health and metrics; without it there is none.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of that port.")
def worker(*, is_rendering: bool, host: str, port: int | None) -> None:
    """Run one worker process until it is told to stop."""
    from config.settings import SettingsUnfit
    from workers.main import MapOutdated, ReleaseOutdated
    from workers.main import main as run
    from workers.probes import PortTaken
    from workers.subscriptions import RENDER, SETTLE

    try:
        run(RENDER if is_rendering else SETTLE, host=host, port=port)
    except SettingsUnfit as unfit:
        refuse_settings(unfit.faults)
    except PortTaken as taken:
        fail([f"{host}:{port}: {why(taken.trouble)}"])
    except ReleaseOutdated:
        fail(
            [
                say(
                    "数据库已升级到本版本不再支持的程度：请用新版本启动",
                    "the database has gone on to where this release does not work: begin a newer one",
                )
            ]
        )
    except MapOutdated:
        fail(
            [
                say(
                    "数据库缺少本程序需要的表或任务：先运行 diandian migrate",
                    "the database lacks tables or jobs that this release needs: run `diandian migrate` first",
                )
            ]
        )


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
def serve(*, host: str, port: int, processes: int) -> None:
    """Serve the API and the pages until it is told to stop."""
    settings = _settings()
    from app.cli.operations.serving import AddressTaken
    from app.cli.operations.serving import serve as run
    from config.settings import SettingsUnfit

    try:
        run(settings, host=host, port=port, processes=processes)
    except SettingsUnfit as unfit:
        refuse_settings(unfit.faults)
    except AddressTaken:
        line(
            say(
                f"✘ {host}:{port} 已有程序在监听：换一个 --port，或先停掉它",
                f"✘ somebody listens on {host}:{port} already: another --port, or stop it first",
            ),
            err=True,
        )
        sys.exit(ADDRESS_TAKEN)
    except OSError as refusal:
        fail([say(f"不能监听 {host}:{port}：{why(refusal)}", f"cannot listen on {host}:{port}: {why(refusal)}")])


@main.command()
@click.option("--production", "as_production", is_flag=True, help="Judge as production would, whatever the profile.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def doctor(*, as_production: bool, as_json: bool) -> None:
    """Look at this installation: a line for each check, with what to do where it is not well."""
    from app.cli.operations.doctor import look
    from app.cli.reporting import report

    sys.exit(report(asyncio.run(look(as_production=as_production)), as_json=as_json))


@main.command()
@click.option("--lot", metavar="ID|CODE", help="One lot only, and all that hangs on it.")
@click.option("--all", "is_whole", is_flag=True, help="Orders, money, reservations, certificates and claims, too.")
@click.option(
    "--day", "is_of_day", is_flag=True, help="What was written since the last sealed checkpoint; seals the next."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def prove(*, lot: str | None, is_whole: bool, is_of_day: bool, as_json: bool) -> None:
    """Prove that every gram and every entry adds up, from the first one on; name what does not."""
    from app.cli.operations.proving import print_run
    from app.cli.operations.proving import prove as run

    if is_of_day and (is_whole or lot is not None):
        raise click.UsageError(say("--day 不与 --all 或 --lot 同用。", "--day goes with neither --all nor --lot."))
    only_grams = lot is None and not is_whole
    found = _done(run(_settings(), lot, _language(), only_grams=only_grams, is_of_day=is_of_day))
    sys.exit(print_run(found, _language(), as_json=as_json))


@main.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
@click.pass_context
def verify(ctx: click.Context, *, as_json: bool) -> None:
    """The same as `prove --all`."""
    ctx.invoke(prove, lot=None, is_whole=True, is_of_day=False, as_json=as_json)


@main.command()
@click.option("--all", "is_whole", is_flag=True, help="Prove everything, and compare every projection.")
@click.option("--minutes", default=15, show_default=True, type=click.IntRange(1, 44_640), help="How far back to look.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def reconcile(*, is_whole: bool, minutes: int, as_json: bool) -> None:
    """Add up again what moved lately: balances, cursors, certificates, tallies. The settling worker does it by itself."""
    from app.cli.operations.proving import print_run
    from app.cli.operations.proving import reconcile as run

    sys.exit(print_run(_done(run(_settings(), None if is_whole else minutes)), _language(), as_json=as_json))


@main.group()
def certificate() -> None:
    """Certificates."""


@certificate.command("verify")
@click.argument("code")
@click.option("--json", "as_json", is_flag=True, help="The whole record.")
def verify_certificate(*, code: str, as_json: bool) -> None:
    """Ask the register for the certificate behind CODE, with or without dashes; exit 1 where there is none."""
    from app.cli.claims.certificates import print_verification, verify

    sys.exit(print_verification(_done(verify(_settings(), code)), as_json=as_json))


@main.group("cancellations")
def upstream() -> None:
    """Upstream cancellation: what was retired here, cancelled at its registry in whole tonnes."""


@upstream.command("list")
@limited(200)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_cancellations(*, limit: int, as_json: bool) -> None:
    """Each lot with its gap, then what waits for somebody and what is over."""
    from app.cli.credits.cancellations import everything, print_cancellations

    print_cancellations(_done(everything(_settings(), limit=limit)), as_json=as_json)


@upstream.command("propose")
@click.argument("lot")
@click.option("--by", "email", required=True, envvar="DIANDIAN_OPERATOR_EMAIL", help="The email you sign in with.")
@click.option("--wire", "by_wire", is_flag=True, help="Let the registry be asked by wire instead of by hand.")
def propose_cancellation(*, lot: str, email: str, by_wire: bool) -> None:
    """Propose the next whole tonnes of LOT; another person reviews it on the operators' pages."""
    from app.cli.credits.cancellations import propose

    email, password = credentials(email)
    line(_done(propose(_settings(), lot, email=email, password=password, by_wire=by_wire)))


@main.command("rewrap-keys")
def rewrap_keys() -> None:
    """Wrap every data key anew under the current master key, as after adding a new one; says how many of each kind."""
    from app import wiring
    from app.cli.operations.rewrapping import print_rewrapped, rewrap

    settings = _settings()
    print_rewrapped(_done(rewrap(settings)), wiring.keyring(settings).current)


@main.group()
def outbox() -> None:
    """Work that was set aside: rows whose job failed, or whose worker died, eight times."""


@outbox.command("dead")
@limited(100)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_dead(*, limit: int, as_json: bool) -> None:
    """The rows set aside, the longest first; exit 1 where there is one."""
    from app.cli.operations.replaying import dead, print_dead

    sys.exit(print_dead(_done(dead(_settings(), limit=limit)), as_json=as_json))


@outbox.command("replay")
@click.argument("ids", nargs=-1, type=click.IntRange(1, (1 << 63) - 1))
@click.option("--all", "is_all", is_flag=True, help="Every row that is set aside.")
def replay_dead(*, ids: tuple[int, ...], is_all: bool) -> None:
    """Try rows again from the beginning, after the cause was mended; exit 1 where one was not set aside."""
    if bool(ids) == is_all:
        raise click.UsageError(
            say(
                "按 diandian outbox dead 列出的编号指定，或用 --all。",
                "Name rows as `diandian outbox dead` shows them, or say --all.",
            )
        )
    from app.cli.operations.replaying import print_replayed, replay

    sys.exit(print_replayed(ids, _done(replay(_settings(), ids))))


@main.command()
def seed() -> None:
    """Load the report's closed cases, and a live event of an invented organiser (never in production)."""
    from app.cli.seeding.scenes import seed as run

    settings = _settings()
    if not settings.is_sandbox:
        fail([say("演示用的虚构机构不进正式环境", "the demo's invented organisations are not for production")])
    done = _done(run(settings))
    line(say(f"新增 {done.cases} 个案例，开放的场景 {done.code}", f"{done.cases} new cases, live scene {done.code}"))


@main.command()
@click.option(
    "--walk-only", is_flag=True, help="Walk the citizen's way once and leave; exit 0 only if all was verified."
)
@click.option("--no-walk", is_flag=True, help="Start and serve without walking.")
@click.option("--no-qr", is_flag=True, help="Do not print the QR code.")
@click.option("--lan", is_flag=True, help="Listen on every address, so that a phone in this network can scan.")
@click.option("--reset", is_flag=True, help="Erase the demo's data first.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help="Port to listen on.")
def demo(*, walk_only: bool, no_walk: bool, no_qr: bool, lan: bool, reset: bool, port: int) -> None:
    """Start everything on this machine, walk the citizen's way, and keep serving until Ctrl-C."""
    from app.cli.demo import Wishes
    from app.cli.demo import demo as run

    sys.exit(run(Wishes(walk_only=walk_only, walk=not no_walk, qr=not no_qr, lan=lan, reset=reset, port=port)))
