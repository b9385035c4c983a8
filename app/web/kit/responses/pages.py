"""Pages: templates, their texts in two languages, their figures, their styles; from a view to bytes.

`render` is all a handler needs. Templates, texts and styles are read and compiled once per process (`warm` does it at
start). Styles stand inside the page, which saves a round trip before the first paint; `content_security_policy`
allows exactly those by their hash. Scripts are files under /static, with the digest of their content in the query.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import quote

import msgspec
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, pass_context
from jinja2.ext import Extension
from jinja2.runtime import Context
from markupsafe import Markup, escape

from app.kernel import mass
from app.kernel.clock import BEIJING
from app.kernel.drawing import logo_svg
from app.kernel.graphemes import isolated
from app.kernel.ids import grouped
from app.kernel.money import Currency
from app.kernel.money import text as money_text
from app.kernel.text import Language

HERE: Final = Path(__file__).parents[2]
TEMPLATES: Final = HERE / "templates"
STATIC: Final = HERE / "static"
LOCALES: Final = HERE / "locales"

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OTHER_TEMPLATE: Final = re.compile(r'{% (?:extends|from|import|include) "([^"]+)"')
_STYLE_SHEET: Final = re.compile(r'style\("([^"]+)"\)')
_PLACEHOLDER: Final = re.compile(r"\{(\w+)\}")


def render(template: str, view: object, language: Language) -> bytes:
    """The page as UTF-8: `template` (`citizen/scene.html`) filled with `view`, its texts in `language`.

    A template may use nothing but `view`, `language` and the helpers below; a name it does not find is an error.
    """
    return _template(template).render(view=view, language=language).encode()


def warm() -> int:
    """Compile every template now and return how many; at start, so that no reader waits for it."""
    names = [name for name in _environment().list_templates() if name.endswith(".html")]
    for name in names:
        _template(name)
    return len(names)


def phrase(key: str, language: Language, **values: object) -> str:
    """One text as plain characters, for what is not a page (a JSON field, a picture).

    With `count` = 1 the text `<key>.one` is taken where there is one. An unknown key or a missing value is an error.
    """
    return _PLACEHOLDER.sub(lambda found: isolated(str(values[found[1]])), _text(key, language, values))


def static_url(name: str) -> str:
    """The address of a file below `static/`; its query changes with its content, so it may be kept for ever."""
    return f"/static/{name}?v={_digest(name)}"


@cache
def content_security_policy(template: str, *, frame_ancestors: str = "'none'") -> str:
    """The policy of the pages of a template: own files, and those styles, by their hash, that it or what it extends and
    imports can hold; shown within no other page, unless `frame_ancestors` names whose.

    There is no `form-action`: browsers apply it to redirects too, and paying leads to the channel's page.
    """
    digests = (hashlib.sha256(_styles()[name].encode()).digest() for name in _styles_of(template))
    hashes = sorted(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return (
        "default-src 'self'; img-src 'self' data:; script-src 'self'; "
        f"style-src 'self' {' '.join(hashes)}; object-src 'none'; base-uri 'none'; "
        f"frame-ancestors {frame_ancestors}"
    )


# ---- figures --------------------------------------------------------------------------------------------------------


class _Amount(Protocol):
    @property
    def minor(self) -> int: ...
    @property
    def currency(self) -> Currency: ...


def _mass(mass_g: int) -> str:
    """The friendly figure, never broken between number and unit."""
    return mass.text(mass_g).replace(" ", "\N{NO-BREAK SPACE}")


def _money(amount: _Amount) -> str:
    return money_text(amount.minor, amount.currency)


def _number(value: int) -> str:
    return f"{value:,}"


@pass_context
def _day(context: Context, day: date) -> str:
    """`2024-04-27`, or `27 Apr 2024`; of an instant its day in Beijing."""
    if isinstance(day, datetime):
        day = day.astimezone(BEIJING).date()
    return day.isoformat() if _is_zh(context) else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


@pass_context
def _month(context: Context, month: str) -> str:
    """`2024 年 4 月`, or `Apr 2024`, of `2024-04`."""
    year, number = month.split("-")
    return f"{year} 年 {int(number)} 月" if _is_zh(context) else f"{_MONTHS[int(number) - 1]} {year}"


@pass_context
def _moment(context: Context, instant: datetime) -> str:
    """Day and minute in Beijing."""
    return f"{_day(context, instant)} {instant.astimezone(BEIJING):%H:%M}"


@pass_context
def _second(context: Context, instant: datetime) -> str:
    """Day and second in Beijing, with the offset: for what must be exact."""
    return f"{_day(context, instant)} {instant.astimezone(BEIJING):%H:%M:%S} (UTC+8)"


def _clock(instant: datetime) -> str:
    return f"{instant.astimezone(BEIJING):%H:%M}"


def _in_language(here: str, tag: str) -> str:
    """The address of the same page in another language."""
    return f"{here}{'&' if '?' in here else '?'}lang={quote(tag)}"


def _is_zh(context: Context) -> bool:
    return bool(context["language"] is Language.ZH)


# ---- texts ----------------------------------------------------------------------------------------------------------


@pass_context
def _t(context: Context, key: str, **values: object) -> Markup:
    """A text of the page's language; our own `<b>` stands, every value is escaped, and none turns the words beside it."""
    text = _text(key, context["language"], values)
    return Markup(_PLACEHOLDER.sub(lambda found: isolated(str(escape(values[found[1]]))), text))  # noqa: S704  # locales are ours


def _text(key: str, language: Language, values: Mapping[str, object]) -> str:
    texts = _locales()[language]
    if values.get("count") == 1 and (singular := texts.get(f"{key}.one")) is not None:
        return singular
    return texts[key]


@cache
def _locales() -> Mapping[Language, Mapping[str, str]]:
    return {
        language: msgspec.json.decode((LOCALES / f"{language}.json").read_bytes(), type=dict[str, str])
        for language in Language
    }


# ---- templates and files --------------------------------------------------------------------------------------------


class _Dense(Extension):
    """Drops the indentation of templates before they are compiled: fewer bytes on the air, none of it at run time."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # noqa: ARG002  # Jinja's
        return re.sub(r"\n\s+", "\n", source)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        cache_size=-1,
        extensions=[_Dense],
    )
    environment.globals |= {"t": _t, "static_url": static_url, "style": _style, "logo": Markup(logo_svg())}  # noqa: S704  # our drawing
    environment.filters |= {
        "mass": _mass,
        "mass_parts": mass.friendly,
        "exact_kg": mass.exact_kg,
        "exact_t": mass.exact_t,
        "money": _money,
        "number": _number,
        "day": _day,
        "month": _month,
        "moment": _moment,
        "second": _second,
        "clock": _clock,
        "rfc3339": datetime.isoformat,
        "code": grouped,
        "in_language": _in_language,
    }
    return environment


@cache
def _template(name: str) -> Template:
    return _environment().get_template(name)


@cache
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def _style(name: str) -> Markup:
    """The style sheet below `static/` as an element of the page."""
    return Markup("<style>" + _styles()[name] + "</style>")  # noqa: S704  # our own file


def _styles_of(template: str) -> set[str]:
    """Names of the style sheets that a template can put into its page, whatever it is about."""
    text = (TEMPLATES / template).read_text("utf-8")
    others = (_styles_of(name) for name in _OTHER_TEMPLATE.findall(text))
    return set(_STYLE_SHEET.findall(text)).union(*others)


@cache
def _styles() -> Mapping[str, str]:
    return {str(path.relative_to(STATIC)): _smaller(path.read_text()) for path in STATIC.glob("*/*.css")}


def _smaller(css: str) -> str:
    """The sheet without comments and idle white space; spaces that mean something (` + ` in calc, ` .a`) stay."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    css = re.sub(r" ?([{};,>]) ?", r"\1", css)
    return re.sub(r"(?<=[\w-]): (?=[^{}]*[;}])", ":", css).replace(";}", "}").strip()
