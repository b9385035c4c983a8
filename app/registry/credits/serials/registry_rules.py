"""The registries that number tonnes, by the marks in their serials. Pure.

A tonne is known by its registry, the series it is counted in, and its number there; never by a programme of ours.
"""

from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Final

from app.kernel.text import Text


class Registry(StrEnum):
    """Who numbered a tonne. The value stands before the series: `VERRA:19328`."""

    CCER = "CCER"
    CDCER = "CDCER"
    CQCER = "CQCER"
    SCLC = "SCLC"
    VERRA = "VERRA"
    GOLD_STANDARD = "GS"
    ACR = "ACR"
    CAR = "CAR"
    CERCARBONO = "CERCARBONO"

    @property
    def text(self) -> Text:
        """Its name, with the letters its serials begin with."""
        return _NAMES[self]


_NAMES: Final = {
    Registry.CCER: Text(zh="全国温室气体自愿减排注册登记系统（CCER）", en="the national CCER registry (CCER)"),
    Registry.CDCER: Text(zh="成都碳惠天府登记（CDCER）", en="the Chengdu registry (CDCER)"),
    Registry.CQCER: Text(zh="重庆碳惠通登记（CQCER）", en="the Chongqing registry (CQCER)"),
    Registry.SCLC: Text(zh="四川林草碳普惠登记（SCLC）", en="the Sichuan forestry registry (SCLC)"),
    Registry.VERRA: Text(zh="Verra（VCU）", en="Verra (VCU)"),
    Registry.GOLD_STANDARD: Text(zh="黄金标准 Gold Standard（GS）", en="Gold Standard (GS)"),
    Registry.ACR: Text(zh="美国碳登记 ACR", en="the American Carbon Registry (ACR)"),
    Registry.CAR: Text(zh="气候行动储备 CAR", en="the Climate Action Reserve (CAR)"),
    Registry.CERCARBONO: Text(zh="Cercarbono（CDC）", en="Cercarbono (CDC)"),
}

OURS: Final = (Registry.CCER, Registry.CDCER, Registry.CQCER, Registry.SCLC)
"""Those whose serials our import sheet writes `LETTERS-year-batch-first-last`, since they publish no form."""

_FIRST: Final = {"ACR": Registry.ACR, "CAR": Registry.CAR, "CDC": Registry.CERCARBONO}


def registry_named(tokens: Sequence[str]) -> Registry | None:
    """The registry whose marks a serial bears, also where the serial itself cannot be read; tokens are runs of one kind."""
    for mark in OURS:
        if mark.value in tokens:
            return mark
    if "VCU" in tokens or tokens[:1] == ["VCS"]:
        return Registry.VERRA
    if any(one == "GS" and other.isdigit() for one, other in pairwise(tokens)):
        return Registry.GOLD_STANDARD
    return _FIRST.get(tokens[0]) if tokens else None
