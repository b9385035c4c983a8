"""What a channel's package hands to the table of channels: what it says of itself, its settings, and how it is built."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from app.gateways.channels.base import Channel, Opening
from app.gateways.channels.methods import Method
from app.kernel.money import Currency
from app.kernel.text import Text

Values = Mapping[str, str]
"""The settings of one channel by their knobs' names; one that is not set is missing, or has its default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """One setting of a channel: `mchid` of `wechatpay` is the environment's `DIANDIAN_WECHATPAY_MCHID`."""

    name: str
    about: str
    """One sentence."""
    found: Text
    """Where an operator finds the value."""
    default: str = ""
    is_required: bool = False
    """Without it the channel cannot be used."""
    is_address: bool = False
    """An `http(s)` address, in production `https`."""
    sandbox_start: str = ""
    """How the sandbox marks its own: production refuses what begins so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a channel may know besides its own settings."""

    notify_url: str
    """Where its notices arrive."""
    mini_program_appid: str
    account_appid: str | None
    """Of the official account whose pages know their reader inside WeChat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A row of the table of channels."""

    name: str
    label: Text
    mark: str
    methods: tuple[Method, ...]
    knobs: tuple[Knob, ...]
    build: Callable[[Values, Surroundings], Channel]
    """Raises ValueError with what does not fit."""
    also_required: Callable[[Values], Iterator[str]] = lambda _: iter(())
    """Knobs that these values call for besides those that are always required."""
    rehearsed: Callable[[Values], Iterator[tuple[str, Text]]] = lambda _: iter(())
    """What of the values production must not use, beyond `sandbox_start`: the knob, and why, after its name."""

    certificates_end: Callable[[Values], Iterator[tuple[str, datetime]]] = lambda _: iter(())
    """Until when the certificates among the values hold, by their knobs; what cannot be read is left to `build`."""
    bill_after: timedelta | None = timedelta(hours=10)
    """How long after the end of a day of Beijing its bill may be asked for; None: there is none to fetch."""

    sandbox_page: Callable[[Opening], str | None] = lambda _: None
    """The path of the sandbox's page that stands for what nobody's phone would show in a rehearsal: a code to scan, a
    sheet to confirm."""

    @property
    def currencies(self) -> list[Currency]:
        """Those that any of its methods takes."""
        return sorted({currency for method in self.methods for currency in method.currencies})

    def is_set_up(self, values: Values) -> bool:
        """Whether somebody wants to use it."""
        return any(values.get(knob.name, "") not in {"", knob.default} for knob in self.knobs)

    def lacking(self, values: Values) -> list[str]:
        """The knobs without which it cannot be used as it is set up, in their order."""
        wanted = {knob.name for knob in self.knobs if knob.is_required} | set(self.also_required(values))
        return [knob.name for knob in self.knobs if knob.name in wanted and not values.get(knob.name, knob.default)]

    def rehearsal_url(self, opening: Opening, sandbox_url: str, *, back: str) -> str | None:
        """The address of that page, from where one comes back to `back`; None outside a rehearsal (no `sandbox_url`)."""
        path = self.sandbox_page(opening) if sandbox_url else None
        if path is None:
            return None
        return f"{sandbox_url}{path}" + (f"?{urlencode({'redirect_url': back})}" if opening.call_up else "")
