"""JSON for whoever draws a form: the calculators as data, in the reader's language."""

from typing import Annotated

import msgspec
from litestar import Response, Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from app import footprint
from app.footprint import Field, Form
from app.kernel.text import Language
from app.views.errors import FieldsInvalid
from app.web.kit.responses.answers import answers

_KEPT = {"cache-control": "private, max-age=300"}
"""Forms change with a release; the language is in the address or in a cookie."""


class BoundView(msgspec.Struct, frozen=True, kw_only=True):
    """What a field takes, both ends included."""

    mode: Annotated[str, msgspec.Meta(examples=["day"])]
    """The mode it holds in; `any` for all."""
    minimum: Annotated[str, msgspec.Meta(examples=["0"])]
    maximum: Annotated[str, msgspec.Meta(examples=["300"])]
    times: tuple[str, ...] = ()
    """Fields whose values multiply the maximum."""
    confirm_above: str | None = None
    """Above this the reader is asked whether it is meant."""


class ChoiceView(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a choice."""

    value: Annotated[str, msgspec.Meta(examples=["economy"])]
    label: str


class DefaultView(msgspec.Struct, frozen=True, kw_only=True):
    """What a field left out means, in a mode."""

    mode: str
    value: str | int | bool


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """One input."""

    name: Annotated[str, msgspec.Meta(examples=["metro_km"])]
    label: str
    kind: Annotated[str, msgspec.Meta(examples=["quantity"])]
    """`quantity` a decimal string, `count` an integer, `tick` a boolean, `choice`, `words`, `list` an array."""
    group: str
    required: bool
    unit: str | None = None
    places: int | None = None
    """Most decimals of a quantity."""
    bounds: tuple[BoundView, ...] = ()
    defaults: tuple[DefaultView, ...] = ()
    choices: tuple[ChoiceView, ...] = ()
    items: "tuple[FieldView, ...]" = ()
    """The fields of each object of a list."""


class GroupView(msgspec.Struct, frozen=True, kw_only=True):
    """Fields that belong together."""

    code: str
    label: str


class CalculatorView(msgspec.Struct, frozen=True, kw_only=True):
    """One calculator in its present version."""

    name: Annotated[str, msgspec.Meta(examples=["personal"])]
    """What `POST /api/v1/footprints` takes as `calculator`."""
    version: str
    title: str
    groups: tuple[GroupView, ...]
    fields: tuple[FieldView, ...]
    """In the order a page shows them."""


class CalculatorList(msgspec.Struct, frozen=True, kw_only=True):
    """All of them."""

    items: tuple[CalculatorView, ...]


_EXAMPLE = CalculatorView(
    name="personal",
    version="1",
    title="个人碳足迹",
    groups=(GroupView(code="travel", label="行"),),
    fields=(
        FieldView(
            name="metro_km",
            label="地铁",
            kind="quantity",
            group="travel",
            required=False,
            unit="人公里",
            places=6,
            bounds=(BoundView(mode="day", minimum="0", maximum="300", confirm_above="30"),),
        ),
    ),
)


@get(
    "/calculators",
    operation_id="listCalculators",
    summary="The calculators' forms / 计算器表单",
    responses=answers(CalculatorList(items=(_EXAMPLE,))),
)
async def list_calculators(language: NamedDependency[Language]) -> Response[CalculatorList]:
    """Every calculator with its fields, bounds, units and choices, labelled in the reader's language."""
    found = CalculatorList(items=tuple(_calculator(form, language) for form in footprint.FORMS.values()))
    return Response(found, headers=_KEPT)


@get(
    "/calculators/{name:str}",
    operation_id="getCalculator",
    summary="One calculator's form",
    responses=answers(_EXAMPLE, FieldsInvalid, footprint.CalculatorUnknown),
)
async def get_calculator(name: FromPath[str], language: NamedDependency[Language]) -> Response[CalculatorView]:
    """One of them."""
    form = footprint.FORMS.get(name)
    if form is None:
        raise footprint.CalculatorUnknown(calculator=name[:32])
    return Response(_calculator(form, language), headers=_KEPT)


def _calculator(form: Form, language: Language) -> CalculatorView:
    return CalculatorView(
        name=form.calculator,
        version=form.version,
        title=form.title.in_(language),
        groups=tuple(GroupView(code=one.code, label=one.category.in_(language)) for one in form.groups),
        fields=tuple(_field(one, language) for one in form.fields),
    )


def _field(one: Field, language: Language) -> FieldView:
    return FieldView(
        name=one.name,
        label=one.label.in_(language),
        kind=one.kind.value,
        group=one.group,
        required=one.required,
        unit=one.unit.in_(language) if one.unit else None,
        places=one.places if one.kind.value == "quantity" else None,
        bounds=tuple(
            BoundView(
                mode=mode,
                minimum=f"{limit.minimum:f}",
                maximum=f"{limit.maximum:f}",
                times=limit.times,
                confirm_above=f"{limit.alarm:f}" if limit.alarm is not None else None,
            )
            for mode, limit in one.limits.items()
        ),
        defaults=tuple(DefaultView(mode=mode, value=value) for mode, value in one.defaults.items()),
        choices=tuple(ChoiceView(value=choice.value, label=choice.label.in_(language)) for choice in one.choices),
        items=tuple(_field(item, language) for item in one.items),
    )


routes = Router("/api/v1", route_handlers=[list_calculators, get_calculator], tags=["scenes"])
