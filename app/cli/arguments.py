"""What somebody typed behind `diandian`, with a Chinese keyboard or out of a chat: one width before it is understood.

And how it is answered where it is not: every group and verb is one of these, so that help and refusals speak the
reader's language on lines that fit, and nothing that was typed ends in a trace.
"""

import io
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from app.cli.columns import WIDTH, columns, cut, padded, wrapped
from app.cli.output import fail, line, say
from app.cli.translation import speak
from app.kernel.typed import typed_code

_SHORT_COLUMNS = 60
"""Room for a verb's short help beside its name."""
_PIPE_CLOSED = 141
"""What a shell says of a program that was told SIGPIPE."""


class SpokenFormatter(click.HelpFormatter):
    """Help on lines of eighty columns, where a Chinese character takes two."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """How it is called; what does not fit goes below the first argument."""
        head = f"{prefix or say('用法：', 'Usage: ')}{prog} "
        for piece in wrapped(head + args, hang=min(columns(head), WIDTH // 2)):
            self.write(piece + "\n")

    def write_heading(self, heading: str) -> None:
        """What comes below."""
        self.write(f"{'':{self.current_indent}}{heading}{say('：', ':')}\n")

    def write_text(self, text: str) -> None:
        """Paragraphs, each wrapped."""
        for at, paragraph in enumerate(text.split("\n\n")):
            if at:
                self.write("\n")
            for piece in wrapped(" " * self.current_indent + " ".join(paragraph.split()), hang=0):
                self.write(piece + "\n")

    def write_dl(self, rows: Any, col_max: int = 30, col_spacing: int = 2) -> None:  # noqa: ANN401 - as click types it
        """Terms and what they mean, side by side."""
        rows = list(rows)
        first = min(max(columns(term) for term, _ in rows), col_max) + col_spacing
        left = self.current_indent + first
        for term, meaning in rows:
            head = " " * self.current_indent + term
            if columns(term) > first - col_spacing:
                self.write(head + "\n")
                head = ""
            pieces = list(wrapped(padded(head, left) + " ".join(meaning.split()), hang=0)) if meaning else [head]
            self.write(pieces[0] + "\n")
            for piece in pieces[1:]:
                self.write(" " * left + piece.strip() + "\n")


class SpokenContext(click.Context):
    """Where a verb is called."""

    formatter_class = SpokenFormatter


class SpokenCommand(click.Command):
    """One verb."""

    context_class = SpokenContext

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - click asks by columns of its own
        """Its first paragraph, as much as fits beside the verbs' names."""
        return _short(self.help)


class TypedGroup(click.Group):
    """A group that reads `——apply`, `Ｒ－２０２６` and `ord_…。` as they were meant."""

    context_class = SpokenContext
    command_class = SpokenCommand
    group_class = type

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - click asks by columns of its own
        """As a verb's."""
        return _short(self.help)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, the words folded first."""
        return super().parse_args(ctx, [folded(word) for word in args])

    def main(  # type: ignore[override]  # one signature for click's two overloads
        self,
        args: Sequence[str] | None = None,
        *,
        standalone_mode: bool = True,
        **more: Any,  # noqa: ANN401 - as click types it
    ) -> Any:  # noqa: ANN401 - the same
        """As click does; help and refusals in the reader's language, and no trace whatever was typed."""
        speak(self)
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **more)
        _be_lenient()
        try:
            sys.exit(_run_and_report(lambda: super(TypedGroup, self).main(args, standalone_mode=False, **more)))
        finally:
            _flush()

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - the same
        """As click does; whoever reads us may go before the end (`| head -1`)."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _hush()
            raise SystemExit(_PIPE_CLOSED) from None


def _short(text: str | None) -> str:
    return cut(" ".join((text or "").partition("\n\n")[0].split()).rstrip("。."), _SHORT_COLUMNS)


def _run_and_report(run: Callable[[], Any]) -> int:
    """The exit code of what is run; whatever stops it is told."""
    try:
        code = run()
    except click.ClickException as refusal:
        _print_refusal(refusal)
        return refusal.exit_code
    except click.Abort:
        line(say("已中止", "Aborted!"), err=True)
        return 1
    except Exception as trouble:  # noqa: BLE001 - told in a line: a trace helps nobody at a terminal
        _print_trouble(trouble)
    return code if isinstance(code, int) else 0


def _print_refusal(refusal: click.ClickException) -> None:
    """Wrong use: how it is called, and what is wrong."""
    ctx = refusal.ctx if isinstance(refusal, click.UsageError) else None
    if ctx is not None:
        click.echo(ctx.get_usage(), err=True)
        path = f"{ctx.command_path} {ctx.help_option_names[0]}"
        line(say(f"用法说明：{path}", f"Try '{path}' for help.") + "\n", err=True)
    line(f"✘ {refusal.format_message()}", err=True)


def _print_trouble(trouble: Exception) -> NoReturn:
    """What nobody foresaw: its kind and its place, enough to report it."""
    place = traceback.extract_tb(trouble.__traceback__)[-1]
    where = f"{Path(place.filename).name}:{place.lineno}"
    what = f"{type(trouble).__name__}: {trouble}"
    fail([say(f"出了意外（{where}）：{what}", f"unexpected ({where}): {what}")])


def _be_lenient() -> None:
    """A terminal of another encoding shows `?` for what it does not have."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _flush() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError):
        _hush()


def _hush() -> None:
    """Whoever read us has gone: what is still to be written goes nowhere, and Python does not complain at the end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        try:
            os.dup2(nowhere, stream.fileno())
        except (AttributeError, OSError, ValueError):  # none, or no file of the system's
            continue


def folded(word: str) -> str:
    """A number, a code or an option in half width. A file that is there keeps its name, and so do words of a language:
    whatever is not plain once it is folded, or has blanks in it, stays as it was typed."""
    if word.isascii() or Path(word).exists():
        return word
    plain = typed_code(word)
    if plain.startswith("-") and not plain.startswith("--") and word.startswith(("—", "–")) and len(plain) > 2:
        plain = "-" + plain  # keyboards make one long dash of two
    return plain if plain.isascii() and " " not in plain else word
