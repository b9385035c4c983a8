"""The command line: `diandian <verb>`, the same as `python -m app.cli <verb>`. Exit 0 good, 1 fault found, 2 wrong use."""

import asyncio
import os
import sys

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """点点 Diandian: compute, retire and certify carbon."""


@main.command()
def migrate() -> None:
    """Bring the database up to this program (DATABASE_OWNER_URL)."""
    from app.cli.migrating import migrate as run

    owner_url = os.environ.get("DATABASE_OWNER_URL")
    if not owner_url:
        raise click.UsageError("DATABASE_OWNER_URL is not set: migrations run as the owner of the tables.")
    asyncio.run(run(owner_url))
    click.echo("database is up to date")


@main.command()
@click.option("--render", "is_rendering", is_flag=True, help="Draw certificates instead of settling.")
def worker(*, is_rendering: bool) -> None:
    """Run one worker process until it is told to stop."""
    from config.settings import SettingsUnfit
    from workers.main import MapOutdated
    from workers.main import main as run
    from workers.subscriptions import RENDER, SETTLE

    try:
        run(RENDER if is_rendering else SETTLE)
    except SettingsUnfit as unfit:
        fail(unfit.faults)
    except MapOutdated:
        fail(["the database knows another map of jobs: run `diandian migrate` first"])


def fail(faults: list[str]) -> None:
    """Print each fault on a line of its own and leave with 1."""
    for fault in faults:
        click.echo(f"✘ {fault}", err=True)
    sys.exit(1)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--processes", default=1, show_default=True, type=click.IntRange(1, 64), help="Worker processes.")
def serve(*, host: str, port: int, processes: int) -> None:
    """Serve the API and the pages until it is told to stop."""
    from app.cli.serving import serve as run
    from config.settings import SettingsUnfit, load

    try:
        run(load(), host=host, port=port, processes=processes)
    except SettingsUnfit as unfit:
        fail(unfit.faults)


@main.command()
def seed() -> None:
    """Load the report's closed cases, and a live event of an invented organiser (never in production)."""
    from app.cli.seeding import seed as run
    from config.settings import SettingsUnfit, load

    try:
        settings = load()
    except SettingsUnfit as unfit:
        fail(unfit.faults)
        return
    if not settings.is_sandbox:
        fail(["the demo's invented organisations are not for production"])
    done = asyncio.run(run(settings))
    click.echo(f"{done.cases} new cases, live scene {done.code}")


@main.command()
@click.option("--walk-only", is_flag=True, help="Walk the citizen's way once and leave; exit 0 only if all was verified.")
@click.option("--no-walk", is_flag=True, help="Start and serve without walking.")
@click.option("--no-qr", is_flag=True, help="Do not print the QR code.")
@click.option("--lan", is_flag=True, help="Listen on every address, so that a phone in this network can scan.")
@click.option("--reset", is_flag=True, help="Erase the demo's data first.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def demo(*, walk_only: bool, no_walk: bool, no_qr: bool, lan: bool, reset: bool, port: int) -> None:
    """Start everything on this machine, walk the citizen's way, and keep serving until Ctrl-C."""
    from app.cli.demo import Wishes
    from app.cli.demo import demo as run

    sys.exit(run(Wishes(walk_only=walk_only, walk=not no_walk, qr=not no_qr, lan=lan, reset=reset, port=port)))
