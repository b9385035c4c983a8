"""What a joint order says: read from JSON by the API and by the command line, and who may place it."""

from collections.abc import Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from app import scenarios
from app.commerce import orders
from app.commerce.orders import NewHoldLine, NewJointOrder, NewLine, NewRetireLine
from app.commerce.orders.rules import GRAMS_MOST, LINES_MOST
from app.foundation import identity
from app.kernel import ids
from app.kernel.mass import GRAMS_PER_KG, to_retire_g
from app.kernel.money import Currency
from app.kernel.text import Language
from app.registry import claims, holdings
from app.registry.claims import Mandate
from app.views import estimates
from app.views.account_json import AccountId, Grams, account_id
from app.views.claim_json import ClaimForm, Name, OrganisationId, ProfileName, asked
from app.views.orders.mixes import MixForm, SchemeName, read_mix, scheme_of


class MandateForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """On which ground the payer pays for another. All of it is public."""

    ground: Annotated[Name, msgspec.Meta(examples=["受托代购协议 2023-07"])]
    document: Name | None = None
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")] | None = None
    """Of the document, which stays with you."""


class RetireLineForm(
    ClaimForm, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="fulfil", tag="retire"
):
    """What shall be retired for one beneficiary: one claim, one retirement, one certificate."""

    grams: Annotated[int, msgspec.Meta(ge=1, le=GRAMS_MOST)] | None = None
    """What is retired; left out, the emission rounded up to a kilogram."""
    mix: MixForm
    """Which programmes it takes from: by share, by mass, or in order of preference."""
    scheme: SchemeName | None = None
    """For this line instead of the order's."""
    mandate: MandateForm | None = None


class HoldLineForm(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="fulfil", tag="hold"
):
    """What shall be held in one account."""

    grams: Grams
    mix: MixForm
    account: AccountId | None = None
    """Of the payer; left out, its holding, which is opened where it has none."""


LineForm = RetireLineForm | HoldLineForm


class JointOrderForm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An order of an organisation. Prices are computed here, never accepted."""

    payer: OrganisationId
    """The organisation that pays; you order for it as its operator or sponsor."""
    lines: Annotated[tuple[LineForm, ...], msgspec.Meta(min_length=1, max_length=LINES_MOST)]
    """Each is retired for a beneficiary, or held in an account of the payer; `fulfil` says which."""
    scheme: SchemeName | None = None
    """The recognition scheme (互认方案) that must accept every programme; left out, whatever we sell may be ordered."""
    currency: Currency = Currency.CNY
    """What it is paid in; it never changes. US dollars go by a price list of their own, or by the exchange rate of the day."""
    profile: ProfileName | None = None
    """The rule profile (规则档) by which what the beneficiaries claim is judged; left out, the platform's own."""


JOINT_ORDER: Final[dict[str, Any]] = {
    "payer": "org_01JD8Q9T5K3V2M7N4P6R8S0W1X",
    "scheme": "chuanyu",
    "lines": [
        {
            "fulfil": "retire",
            "scene": "H7QP3K",
            "purpose": "organisation",
            "beneficiary": "org_01JD8QB2F7M4X9C1T6W3Z8K5PV",
            "subject": "2022 年度生产经营活动",
            "period_from": "2022-01-01",
            "period_to": "2022-12-31",
            "emission_grams": 87_790_000,
            "mix": [{"programme": "CCER"}],
            "mandate": {"ground": "受托代购协议 2023-07"},
        },
        {
            "fulfil": "retire",
            "scene": "H7QP3K",
            "purpose": "organisation",
            "beneficiary": "org_01JD8QD6R0N5Y8G2S4V7X1M9QK",
            "subject": "2022 年度生产经营活动",
            "period_from": "2022-01-01",
            "period_to": "2022-12-31",
            "emission_grams": 857_000_000,
            "mix": [{"programme": "CDCER"}],
            "mandate": {"ground": "受托代购协议 2023-07"},
        },
    ],
}
"""The joint case: each beneficiary its own line, programme and statement."""


async def read_joint(
    form: JointOrderForm,
    *,
    by: UUID | None,
    recognition: holdings.Recognition,
    profiles: claims.ProfileSet,
    rate_days: int,
    language: Language,
) -> NewJointOrder:
    """What the form asks for. `by` is the person who acts; None where nothing will be placed.

    Raises:
        PartyUnknown, RoleMissing: no such payer, or `by` may not order for it.
        SchemeUnknown, ProfileUnknown, ScenarioUnknown, MassUnfit, MixUnfit, PartyUnknown, AccountUnknown:
            with the field at fault.
    """
    payer_id = _party(form.payer, "/payer")
    if by is not None:
        await may_order(form, by)
    scheme = scheme_of(form.scheme, "/scheme", recognition)
    profile = profile_of(form.profile, "/profile", profiles)
    own_id = await _own_account(form.lines, payer_id)
    lines: list[NewLine] = []
    for at, line in enumerate(form.lines):
        field = f"/lines/{at}"
        if isinstance(line, HoldLineForm):
            lines.append(_hold(line, field, own_id=own_id, accepting=scheme))
            continue
        accepting = scheme_of(line.scheme, f"{field}/scheme", recognition) or scheme
        named = profile_of(line.profile, f"{field}/profile", profiles) or profile
        lines.append(
            await _retire(line, field, payer_id=payer_id, accepting=accepting, profile=named, language=language)
        )
    return NewJointOrder(
        payer_id=payer_id, lines=tuple(lines), currency=form.currency, rate_days=rate_days, language=language.value
    )


async def read_holds(forms: Sequence[HoldLineForm], *, payer_id: UUID) -> tuple[NewHoldLine, ...]:
    """Lines that are all held. Where one names no account, the payer's holding is opened if need be, which is harmless.

    Raises:
        AccountUnknown, MixUnfit: with the field at fault.
    """
    own_id = await _own_account(forms, payer_id)
    return tuple(_hold(form, f"/lines/{at}", own_id=own_id, accepting=None) for at, form in enumerate(forms))


async def _own_account(forms: Sequence[LineForm], payer_id: UUID) -> UUID | None:
    """The payer's own holding, if a line is held there."""
    is_used = any(isinstance(form, HoldLineForm) and form.account is None for form in forms)
    return (await holdings.open_holding(payer_id)).id if is_used else None


def _hold(form: HoldLineForm, field: str, *, own_id: UUID | None, accepting: holdings.Scheme | None) -> NewHoldLine:
    return NewHoldLine(
        account_id=own_id if own_id and form.account is None else account_id(form.account or "", f"{field}/account"),
        mass_g=form.grams,
        mix=read_mix(form.mix, f"{field}/mix"),
        accepting=accepting,
    )


async def may_order(form: JointOrderForm, by: UUID) -> None:
    """Refuse whoever may not order for the payer now.

    Raises:
        PartyUnknown, RoleMissing: no such payer, or not theirs.
    """
    await identity.demand_role(by, _party(form.payer, "/payer"), *identity.ORDERING, field="/payer")


def profile_of(name: str | None, field: str, profiles: claims.ProfileSet) -> str | None:
    """The profile that was named; None where none was.

    Raises:
        ProfileUnknown: there is no such profile; `field` is where it was named.
    """
    return None if name is None else claims.choose(profiles.profiles, name, field=field).name


async def _retire(
    form: RetireLineForm,
    field: str,
    *,
    payer_id: UUID,
    accepting: holdings.Scheme | None,
    profile: str | None,
    language: Language,
) -> NewRetireLine:
    try:
        scene = await scenarios.open_scene(form.scene, today=estimates.today())
    except scenarios.ScenarioUnknown:
        raise scenarios.ScenarioUnknown(field=f"{field}/scene") from None
    if form.grams is None and form.emission_grams == 0:
        raise orders.MassUnfit(field=f"{field}/grams", most=GRAMS_MOST)
    # The order's own is meant for what is claimed; a donation beside it claims nothing.
    own = profile if form.profile or not form.funding.is_given else None
    mandate = form.mandate
    return NewRetireLine(
        claim=asked(
            form,
            scene=scene,
            beneficiary_id=payer_id if form.beneficiary is None else _party(form.beneficiary, f"{field}/beneficiary"),
            profile=own,
            language=language,
        ),
        mandate=Mandate(mandate.ground, mandate.document, bytes.fromhex(mandate.sha256) if mandate.sha256 else None)
        if mandate
        else None,
        funding=form.funding,
        mass_g=form.grams or to_retire_g(form.emission_grams, step_g=GRAMS_PER_KG),
        mix=read_mix(form.mix, f"{field}/mix"),
        accepting=accepting,
    )


def _party(shown: str, field: str) -> UUID:
    uuid = ids.parse("org", shown)
    if uuid is None:
        raise orders.PartyUnknown(field=field)
    return uuid
