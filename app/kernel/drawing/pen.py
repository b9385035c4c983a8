"""What every picture needs: a stream of chance that never changes, and short SVG text."""

from hashlib import sha256
from struct import Struct
from typing import Final

_SCALE: Final = 2.0**-53
_WORDS: Final = Struct(">4Q").unpack


class Uniform:
    """Numbers in [0, 1) that follow from a seed alone, for ever.

    Block n is sha256(sha256(seed) ‖ n as 8 bytes, big-endian); each block gives four numbers, from the
    upper 53 bits of its four 64-bit words. Written out here because a library's generator may change
    between versions, and a fingerprint may not.
    """

    def __init__(self, seed: str) -> None:
        self._key = sha256(seed.encode()).digest()
        self._block = 0
        self._ready: list[float] = []

    def __call__(self) -> float:
        """The next number."""
        if not self._ready:
            first, second, third, fourth = _WORDS(sha256(self._key + self._block.to_bytes(8)).digest())
            self._block += 1
            self._ready = [
                (fourth >> 11) * _SCALE, (third >> 11) * _SCALE, (second >> 11) * _SCALE, (first >> 11) * _SCALE,
            ]  # fmt: skip
        return self._ready.pop()

    def between(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self()


def short(value: float, places: int = 1) -> str:
    """The number as SVG reads it, without a needless zero: `12`, `.5`, `-3.4`."""
    text = f"{value:.{places}f}".rstrip("0").removesuffix(".") if places else f"{value:.0f}"
    if -1 < value < 1:
        text = text.replace("0.", ".", 1)
        return "0" if text in {"", "-", "-0"} else text
    return text


def pair(x: float, y: float) -> str:
    """Two coordinates; the space is left out where a sign already parts them."""
    second = short(y)
    return short(x) + ("" if second.startswith("-") else " ") + second


def escaped(text: str) -> str:
    """Text that is safe inside an element or a double-quoted attribute."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def opening(width: float, height: float, *, label: str | None, extra: str = "") -> str:
    """The `<svg …>` tag: named for a screen reader by `label`, hidden from it without one."""
    reading = f'role="img" aria-label="{escaped(label)}"' if label else 'aria-hidden="true"'
    box = f"0 0 {short(width)} {short(height)}"
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" {reading}{extra}>'
