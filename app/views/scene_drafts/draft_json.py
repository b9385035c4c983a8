"""A draft as JSON tells it, and as JSON asks for it."""

from datetime import date
from typing import Annotated, Final
from uuid import UUID

import msgspec

from app import scenarios
from app.kernel import ids
from app.kernel.clock import rfc3339
from app.kernel.days import is_plausible
from app.kernel.graphemes import tidied
from app.kernel.text import Language
from app.programmes.gifts import AmountKind
from app.scenarios import DraftState, KeptDraft, ScenarioKind
from app.views import estimates
from app.views.claim_json import OrganisationId
from app.views.prices import offers
from app.views.scene_drafts import checking
from app.views.scene_drafts.answering import STAFF, VISITORS, layers_of
from app.views.scene_drafts.content import ACTIVITIES, KINDS, MODES, TEMPLATES, Content, Payer, Step, read
from app.views.scene_drafts.counting import example, host_figure, scene_of
from app.views.scene_drafts.errors import SceneDraftUnfit
from app.views.scene_drafts.proposing import organiser_of
from app.views.services import Services

_ACTIVITIES: Final = tuple(one.field for one in ACTIVITIES)
_REVISION = Annotated[int, msgspec.Meta(ge=1, examples=[3])]


class NewDraftForm(Content, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A draft for an organisation of yours."""

    organisation: OrganisationId


class DraftForm(Content, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What changes of a draft: fields that are left out stay, `null` takes one away."""

    revision: _REVISION
    """Of the draft that you read: another one means that somebody saved in between."""


class ProposeForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which revision is put forward."""

    revision: _REVISION


class Missing(msgspec.Struct, frozen=True, kw_only=True):
    """Something that stands in the way of putting the draft forward."""

    field: Annotated[str, msgspec.Meta(examples=["/title_en"])]
    message: str


class DraftView(msgspec.Struct, frozen=True, kw_only=True):
    """A draft, how it counts, and what became of it."""

    id: Annotated[str, msgspec.Meta(examples=["sdr_01JD8Q9T5K3V2M7N4P6R8S0W1X"])]
    organisation: OrganisationId
    state: DraftState
    revision: int
    content: Content
    missing: tuple[Missing, ...]
    """Empty: it can be put forward."""
    example_grams: int | None
    """Of somebody who comes the first way, as far as is usual; None where that cannot be computed yet."""
    host_grams: int | None
    """What the host itself emits; None where nothing was said."""
    stated_grams: int | None
    """Of everybody whom the organiser answers for; None where one of them is not stated, or there is nobody."""
    changed_at: str
    code: str | None = None
    """Of the scene, once it was put forward; it opens when the platform agrees."""
    gift: str | None = None
    """The campaign that is set up when it is put forward; None where the organiser gives nothing."""
    waits_since: str | None = None
    returned_because: str | None = None


class DraftsView(msgspec.Struct, frozen=True, kw_only=True):
    """Drafts, saved last first."""

    drafts: tuple[DraftView, ...]


EXAMPLE: Final = DraftView(
    id="sdr_01JD8Q9T5K3V2M7N4P6R8S0W1X", organisation="org_01JD8Q9T5K3V2M7N4P6R8S0W1X", state=DraftState.DRAFT,
    revision=3,
    content=Content(
        kind=ScenarioKind.EVENT, title_zh="示例职工欢乐跑", title_en="Sample Workers' Fun Run", starts_on=date(2027, 4, 17),
        ends_on=date(2027, 4, 18), modes=TEMPLATES[0].modes, default_km=15, most_km=100, activities={"meals_mixed": "1"},
        groups=(VISITORS, msgspec.structs.replace(STAFF, is_covered=True, stated_grams=1_200_000)),
        payer=Payer.GIFT, amount=AmountKind.COVER, each_grams=20_000,
    ),
    missing=(Missing(field="/people", message="请填预计多少人"),), example_grams=3_087, host_grams=None, stated_grams=1_200_000,
    changed_at="2027-03-01T09:12:00+08:00",
)  # fmt: skip


def draft_id(shown: str) -> UUID:
    """The draft behind `sdr_…`.

    Raises:
        SceneDraftUnknown: it is no such id at all.
    """
    uuid = ids.parse("sdr", shown)
    if uuid is None:
        raise scenarios.SceneDraftUnknown
    return uuid


def changed(old: Content, form: Content, body: bytes) -> Content:
    """The content with what the body says of it, and nothing else."""
    said = msgspec.json.decode(body, type=dict[str, msgspec.Raw]).keys() & set(Content.__struct_fields__)
    values = {name: getattr(form, name) for name in said}
    if "groups" in values:
        values["groups"] = tuple(
            msgspec.structs.replace(one, **{name: tidied(getattr(one, name)) for name in checking.GROUP_NAMES})
            for one in values["groups"]
        )
    return msgspec.structs.replace(
        old, **{name: tidied(value) if name in checking.NAMES else value for name, value in values.items()}
    )


def demand_fit(content: Content) -> None:
    """Refuse what no draft says: a field of another calculator, a kind that takes the platform's help, a year of no event.

    Raises:
        SceneDraftUnfit: the field is named.
    """
    known = {
        "kind": (content.kind is None or content.kind in KINDS, KINDS),
        "modes": (not set(content.modes) - set(MODES), MODES),
        "activities": (not set(content.activities) - set(_ACTIVITIES), _ACTIVITIES),
    }
    for field, (is_known, choices) in known.items():
        if not is_known:
            names = ", ".join(choices)
            raise SceneDraftUnfit(field=f"/{field}", problem_zh=f"只能是：{names}", problem_en=f"One of: {names}")
    for field in ("starts_on", "ends_on", "gift_starts_at", "gift_ends_at"):
        if (when := getattr(content, field)) is not None and not is_plausible(when):
            raise SceneDraftUnfit(
                field=f"/{field}", problem_zh=checking.NO_SUCH_YEAR.zh, problem_en=checking.NO_SUCH_YEAR.en
            )


async def view(kept: KeptDraft, language: Language, services: Services) -> DraftView:
    """As JSON tells it."""
    content, today = read(kept.content), estimates.today()
    organiser = await organiser_of(kept)
    offered = await offers.offer(content.programme.value, today=today)
    found = example(scene_of(kept, content, organiser, today=today), offered, language, services)
    host = None if checking.host_fault(content, services.factor_set) else host_figure(content, language, services)
    layers = layers_of(content, services.factor_set)
    missing = checking.faults(content, Step.REVIEW, services.factor_set, today=today)
    return DraftView(
        id=ids.public("sdr", kept.id),
        organisation=ids.public("org", kept.organisation_id),
        state=kept.state,
        revision=kept.revision,
        content=content,
        missing=tuple(Missing(field=f"/{name}", message=text.in_(language)) for name, text in missing.items()),
        example_grams=found.grams if found else None,
        host_grams=host.grams if host else None,
        stated_grams=layers.stated_g if layers else None,
        changed_at=rfc3339(kept.changed_at),
        code=kept.code,
        gift=ids.public("gca", kept.gift_id) if kept.code and content.gives else None,
        waits_since=rfc3339(kept.waits_since) if kept.waits_since else None,
        returned_because=kept.reason,
    )
