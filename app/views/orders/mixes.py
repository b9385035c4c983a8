"""How a line of a joint order says its mix of programmes and its recognition scheme."""

from collections.abc import Sequence
from typing import Annotated, TypeAlias

import msgspec

from app.commerce.orders.rules import GRAMS_MOST
from app.registry.credits import Programme
from app.registry.holdings import Mix, MixKind, MixUnfit, Part, Recognition, Scheme, choose_scheme
from app.registry.holdings.mix_rules import WHOLE_BP

SchemeName = Annotated[str, msgspec.Meta(min_length=1, max_length=40, examples=["chuanyu"])]
"""A scheme of `config/recognition`: `chuanyu` is the Sichuan–Chongqing joint service (川渝互认)."""


class MixPartForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one programme gives: a share or a mass; neither, where it is the only one and gives all."""

    programme: Programme
    share_bp: (
        Annotated[int, msgspec.Meta(ge=1, le=WHOLE_BP, description="Hundredths of a per cent; 万分之一")] | None
    ) = None
    grams: Annotated[int, msgspec.Meta(ge=1, le=GRAMS_MOST)] | None = None
    """Together with the others what the line retires, to the gram."""


class PreferenceForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What there is of the first programme, the rest from the second, and so on; the answer's lines say what came of it."""

    preference: Annotated[tuple[Programme, ...], msgspec.Meta(min_length=1, max_length=len(Programme))]


MixForm: TypeAlias = (
    Annotated[tuple[MixPartForm, ...], msgspec.Meta(min_length=1, max_length=len(Programme))] | PreferenceForm
)


def read_mix(form: MixForm, field: str) -> Mix:
    """The mix that a form says.

    Raises:
        MixUnfit: it says nothing, too much, or one programme twice; `field` is where it stands.
    """
    if isinstance(form, PreferenceForm):
        kind, parts = MixKind.PREFERENCE, tuple(Part(programme) for programme in form.preference)
    elif len(form) == 1 and form[0].share_bp is None and form[0].grams is None:
        kind, parts = MixKind.PREFERENCE, (Part(form[0].programme),)
    else:
        kind, parts = _amounts(form, field)
    try:
        return Mix(kind, parts)
    except MixUnfit as unfit:
        raise MixUnfit(field=field, **unfit.facts) from unfit


def scheme_of(name: str | None, field: str, recognition: Recognition) -> Scheme | None:
    """The scheme that was named; None where none was.

    Raises:
        SchemeUnknown: there is no such scheme; `field` is where it was named.
    """
    return None if name is None else choose_scheme(recognition, name, field=field)


def _amounts(form: Sequence[MixPartForm], field: str) -> tuple[MixKind, tuple[Part, ...]]:
    shares = [Part(one.programme, one.share_bp) for one in form if one.share_bp is not None and one.grams is None]
    masses = [Part(one.programme, one.grams) for one in form if one.grams is not None and one.share_bp is None]
    for kind, parts in ((MixKind.SHARE, shares), (MixKind.MASS, masses)):
        if len(parts) == len(form):
            return kind, tuple(parts)
    raise MixUnfit(
        field=field,
        problem_zh="各部分须都写份额（share_bp）或都写克数（grams）；按优先次序请用 preference",
        problem_en="every part says share_bp, or every part says grams; an order of preference is said by `preference`",
    )
