"""How each page of the wizard is filled from a draft."""

from dataclasses import replace
from typing import Any

from app.foundation.identity import OrganisationCard
from app.kernel import ids
from app.kernel.errors import DomainError
from app.kernel.text import Language, Text
from app.registry.credits import Programme
from app.scenarios import DraftState, KeptDraft
from app.views import estimates
from app.views.prices import offers
from app.views.scene import Estimate
from app.views.scene_drafts import checking, counting, paying
from app.views.scene_drafts.answering import layers_of
from app.views.scene_drafts.checking import Faults
from app.views.scene_drafts.content import KINDS, MODES, TEMPLATES, Content, Payer, Step, read
from app.views.scene_drafts.counting import HostFigure
from app.web.kit.desk import Desk
from app.web.organiser.scene_drafts import forms, groups, host
from app.web.organiser.scene_drafts.views import (
    CountingPage,
    GroupsPage,
    HostPage,
    KindPage,
    PayingPage,
    Problem,
    ProgrammeChoice,
    ReviewPage,
    TemplateChip,
    WizardPage,
)

LIST = "/organiser/scenes"


async def page_of(
    desk: Desk, kept: KeptDraft, step: str, organiser: OrganisationCard, fact: DomainError | None = None, *,
    typed: dict[str, str] | None = None, faults: Faults | None = None,
) -> WizardPage:  # fmt: skip
    """The page of a step; after a refusal with what was typed, and why at its field."""
    content, language = read(kept.content), desk.language
    here = f"{LIST}/{ids.public('sdr', kept.id)}"
    said = {name: text.in_(language) for name, text in (faults or {}).items()}
    base: dict[str, Any] = {
        **desk.frame(f"{here}/{step}", fact),
        "section": LIST,
        "roles": (),
        "door": "organiser",
        "draft": ids.public("sdr", kept.id),
        "step": Step.COUNTING if step in {"host", "groups"} else Step(step),
        "title": content.title.in_(language),
        "organiser": organiser.name.in_(language),
        "revision": kept.revision,
        "saved_at": kept.changed_at,
        "state": kept.state,
        "action": f"{here}/{step}",
        "preview_url": f"{here}/preview",
        "typed": forms.typed(content) if typed is None else typed,
        "faults": said | _named(said),
    }
    if step == "host":
        return _host(desk, content, base, typed)
    if step == "groups":
        return _groups(desk, content, base, typed)
    filling = {Step.KIND: _kind, Step.COUNTING: _counting, Step.PAYING: _paying, Step.REVIEW: _review}
    return await filling[Step(step)](desk, kept, content, organiser, base)


def _named(said: dict[str, str]) -> dict[str, str]:
    """Fields that a form has under another name."""
    return {"each_kg": said["each_grams"]} if "each_grams" in said else {}


async def _kind(
    desk: Desk, kept: KeptDraft, content: Content, organiser: OrganisationCard, base: dict[str, Any]
) -> WizardPage:
    assert desk.person_id and kept.id and content is not None and organiser.id
    return KindPage(**base, kinds=tuple(one.value for one in KINDS))


async def _counting(
    desk: Desk, kept: KeptDraft, content: Content, organiser: OrganisationCard, base: dict[str, Any]
) -> WizardPage:
    language, services = desk.language, desk.services
    estimate = await _estimate(desk, kept, content, organiser)
    every = estimates.modes(replace(counting.setup_of(content), modes=MODES), language)
    return CountingPage(
        **base,
        templates=tuple(
            TemplateChip(one.key, one.name.in_(language), one.icon, one.key == content.template) for one in TEMPLATES
        ),
        modes=every,
        firsts=tuple((one.key, one.label) for one in every),
        rows=counting.activity_rows(content, language, services),
        estimate=estimate,
        host=_figure(content, desk),
        host_url=f"{LIST}/{base['draft']}/host",
        layers=layers_of(content, services.factor_set),
    )


def _host(desk: Desk, content: Content, base: dict[str, Any], typed: dict[str, str] | None) -> WizardPage:
    shown = host.typed(content) if typed is None else typed
    return HostPage(
        **base | {"typed": shown},
        groups=host.groups(desk.language),
        travel_modes=host.travel_modes(desk.language),
        travel_rows=host.rows(shown, "travel"),
        materials=host.materials(desk.services.factor_set, desk.language),
        material_rows=host.rows(shown, "materials"),
        host=_figure(content, desk),
        back_url=f"{LIST}/{base['draft']}/counting",
    )


def _groups(desk: Desk, content: Content, base: dict[str, Any], typed: dict[str, str] | None) -> WizardPage:
    shown = groups.typed(content) if typed is None else typed
    return GroupsPage(
        **base | {"typed": shown},
        rows=groups.rows(shown),
        host=_figure(content, desk),
        layers=layers_of(content, desk.services.factor_set),
        back_url=f"{LIST}/{base['draft']}/counting",
    )


async def _paying(
    desk: Desk, kept: KeptDraft, content: Content, organiser: OrganisationCard, base: dict[str, Any]
) -> WizardPage:
    estimate = await _estimate(desk, kept, content, organiser)
    offered = await offers.offer(content.programme.value, today=estimates.today())
    return PayingPage(
        **base,
        payers=tuple(one.value for one in Payer),
        programmes=await programmes(desk.language, content),
        estimate=estimate,
        cost=paying.gift_cost(content, estimate, offered),
    )


async def programmes(language: Language, content: Content) -> tuple[ProgrammeChoice, ...]:
    """Those with a price and something for sale now, and the one that was chosen."""
    found = []
    for one in Programme:
        offered = await offers.offer(one.value, today=estimates.today())
        if offered.is_open or one is content.programme:
            price = paying.price(1_000_000, offered)
            found.append(ProgrammeChoice(one.value, one.text.in_(language), price, offered.supply.open_g))
    return tuple(found)


async def _review(
    desk: Desk, kept: KeptDraft, content: Content, organiser: OrganisationCard, base: dict[str, Any]
) -> WizardPage:
    language, here = desk.language, f"{LIST}/{base['draft']}"
    offered = await offers.offer(content.programme.value, today=estimates.today())
    estimate = await _estimate(desk, kept, content, organiser)
    missing = checking.faults(content, Step.REVIEW, desk.services.factor_set, today=estimates.today())
    span = paying.window(content) if content.gives else None
    is_over = kept.state in {DraftState.OPEN, DraftState.ENDED}
    return ReviewPage(
        **base,
        name=_said(content.title),
        place=_said(Text(zh=content.place_zh, en=content.place_en)),
        scene_kind=content.kind.value if content.kind else "",
        starts_on=content.starts_on,
        ends_on=content.ends_on,
        modes=tuple(estimates.mode_name(mode) for mode in content.modes),
        default_km=content.default_km,
        most_km=content.most_km,
        activities=_said(counting.in_words(content)),
        estimate=estimate,
        host=_figure(content, desk),
        layers=layers_of(content, desk.services.factor_set),
        payer=content.payer.value if content.payer else "",
        programme=content.programme.text.in_(language),
        cost=paying.gift_cost(content, estimate, offered),
        gift_kind=content.amount.value,
        gift_delivers=content.delivers.value,
        each_g=content.each_grams if content.gives else None,
        gift_starts_at=span[0] if span else None,
        gift_ends_at=span[1] if span else None,
        message=_said(Text(zh=content.message_zh, en=content.message_en)) if content.gives else None,
        problems=() if is_over else tuple(_problem(name, text, here, language) for name, text in missing.items()),
        is_verified=organiser.is_verified,
        has_changed=kept.has_changed,
        waits_since=kept.waits_since,
        decided_at=kept.decided_at,
        reason=kept.reason,
        code=kept.code,
        scan_url=f"{desk.services.issuer.public_url}/s/{kept.code}" if kept.code else "",
        urls={one: f"{here}/{one}" for one in (*(step.value for step in Step), "host", "groups")},
    )


def _said(text: Text) -> Text | None:
    return text if text.zh or text.en else None


def _problem(name: str, text: Text, here: str, language: Language) -> Problem:
    step = checking.step_of(name)
    where = "host" if name.startswith("event") else "groups" if name.startswith("groups") else step.value
    return Problem(text=text.in_(language), step=step, url=f"{here}/{where}")


async def _estimate(desk: Desk, kept: KeptDraft, content: Content, organiser: OrganisationCard) -> Estimate | None:
    today = estimates.today()
    offered = await offers.offer(content.programme.value, today=today)
    scene = counting.scene_of(kept, content, organiser, today=today)
    return counting.example(scene, offered, desk.language, desk.services)


def _figure(content: Content, desk: Desk) -> HostFigure | None:
    if checking.host_fault(content, desk.services.factor_set) is not None:
        return None
    return counting.host_figure(content, desk.language, desk.services)
