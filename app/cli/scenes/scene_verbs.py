"""`diandian scene …`: which scenes there are, opening one, its code, and what is printed for it."""

from pathlib import Path

import click

from app.cli.arguments import TypedGroup
from app.cli.documents import read_document
from app.cli.listing import limited
from app.cli.output import line, say, why
from app.cli.setup import OWN_EMAIL, credentials, done, read_settings


@click.group("scene", cls=TypedGroup)
def scene_group() -> None:
    """Scenes: what a QR code opens."""


@scene_group.command("list")
@limited(50)
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead of lines.")
def list_scenes(*, limit: int, as_json: bool) -> None:
    """The scenes open today, then the closed cases; at most --limit of each."""
    from app.cli.scenes.showing_scenes import print_scenes, scenes

    print_scenes(done(scenes(read_settings(), limit=limit)), as_json=as_json)


@scene_group.command("publish")
@click.option("--file", "path", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The scene as JSON.")
@click.option("--by", "email", envvar="DIANDIAN_OPERATOR_EMAIL", help="The email you sign in with.")
@click.option("--example", "is_example", is_flag=True, help="Print a file to begin with, and do nothing else.")
def publish_scene(*, path: Path | None, email: str | None, is_example: bool) -> None:
    """Ask for a scene to be opened, as an operator of the platform or a sponsor of its organiser; a reviewer agrees.

    The same file again is the same scene, where it names its code.
    """
    from app.cli.scenes import publishing_scenes

    if is_example:
        click.echo(publishing_scenes.EXAMPLE)
        return
    if path is None or not email:
        raise click.UsageError(
            say(
                "用 --file 给出场景、用 --by 给出您的邮箱，或用 --example 看范例。",
                "Name the scene with --file and yourself with --by, or say --example.",
            )
        )
    raw = read_document(path)
    published = done(publishing_scenes.publish(read_settings(), raw, credentials(email)))
    publishing_scenes.tell(published, read_settings().public_url)


@scene_group.command("qr")
@click.argument("code")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="file.svg or file.png")
def draw_scene(*, code: str, output: Path | None) -> None:
    """The QR code of the scene CODE, on the terminal or in a file."""
    from app.cli.scenes.showing_scenes import address, draw, print_code

    url = done(address(read_settings(), code))
    if output is None:
        print_code(url)
    else:
        try:
            draw(url, output)
        except OSError as refusal:
            raise click.UsageError(why(refusal)) from refusal
        except ValueError as refusal:
            raise click.UsageError(say("文件名应以 .svg 或 .png 结尾", "write .svg or .png")) from refusal
    line(url)


@scene_group.command("screen")
@click.argument("code")
@click.option("--label", required=True, help="The name of the screen, such as: Main hall, left.")
@click.option(
    "--by", "email", required=True, envvar=OWN_EMAIL, help="The email you sign in with; the password is asked for."
)
def make_screen(*, code: str, label: str, email: str) -> None:
    """Make a link for one big screen of the scene CODE, as a sponsor of its organiser; printed this once.

    Open it in a browser at the venue. The first link also opens the scene's screen. Ended at /organiser/CODE/wall.
    """
    from app.cli.scenes.screens import make

    line(done(make(read_settings(), code, label, who=credentials(email))))


@scene_group.command("poster")
@click.argument("code")
@click.option(
    "--kind",
    default="poster",
    show_default=True,
    type=click.Choice(["poster", "tent", "stickers"]),
    help="A poster, a table tent, or twelve stickers.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The PDF; CODE-KIND.pdf where left out.")
def print_scene(*, code: str, kind: str, out: Path | None) -> None:
    """Print what hangs at the scene CODE, as PDF on A4 in both languages; it says whether its gift is open now."""
    from app.cli.scenes.printing_scenes import sheet

    scene_code, pdf = done(sheet(read_settings(), code, kind))
    path = out or Path(f"{scene_code}-{kind}.pdf")
    try:
        path.write_bytes(pdf)
    except OSError as refusal:
        raise click.UsageError(why(refusal)) from refusal
    line(str(path))
