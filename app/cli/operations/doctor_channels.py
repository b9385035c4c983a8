"""What the doctor sees of ways to be paid beyond their settings: how long their certificates hold."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from app.cli.reporting import Check, State
from app.gateways.channels.kinds import Kind
from app.gateways.channels.table import CHANNELS
from app.kernel.clock import beijing_day
from app.kernel.text import Text
from config.settings import Settings, environment_name

_SOON: Final = timedelta(days=30)
"""How long before its end a certificate is worth a note: a new one takes days to be issued."""


def look_at_certificates(settings: Settings, *, now: datetime, kinds: Sequence[Kind] = CHANNELS) -> Iterator[Check]:
    """Of each certificate that is set, until when it holds; past that nothing it signs is believed."""
    for kind in kinds:
        for knob, ends_at in kind.certificates_end(settings.channels.get(kind.name, {})):
            name, day = environment_name(f"{kind.name}_{knob}"), beijing_day(ends_at)
            state: State = "fault" if ends_at <= now else "note" if ends_at - now <= _SOON else "good"
            said = (
                Text(zh=f"{name} 已于 {day} 到期", en=f"{name} ended on {day}")
                if state == "fault"
                else Text(zh=f"{name} 有效至 {day}", en=f"{name} holds until {day}")
            )
            fix = Text(
                zh=f"换上新的证书，再重启各进程：{_found(kind, knob).zh}",
                en=f"put the new one there and restart every process: {_found(kind, knob).en}",
            )
            yield Check("certificate of a channel", state, said, fix)


def _found(kind: Kind, knob: str) -> Text:
    return next(one.found for one in kind.knobs if one.name == knob)
