"""Content checks for the platform's people: what waits, showing and hiding, and taking either back."""

from typing import Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.certificates import masked
from app.foundation import avatars, moderation, privacy
from app.foundation.moderation import Checker, CheckState, ContentKind, Item, Reason
from app.foundation.privacy import LookedAt
from app.kernel.errors import DomainError
from app.views import listing
from app.views.console import Tone, age
from app.views.errors import NoSuchPage, NotSignedIn
from app.views.sharing.content_words import CHECKERS, LISTS, PURPOSES, REASONS
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.requests import cookies
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import STAFF, shown_name, shown_roles, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator import unmasking
from app.web.operator.moderation.views import CheckCard, ModerationPage

HERE: Final = "/operator/moderation"
_SHOWN: Final = {"waiting": CheckState.WAITING, "recent": None, "refused": CheckState.REFUSED}
_SHOWERS_MOST: Final = 500
"""Persons whom one look is written down about: a word that more show is hardly about one of them."""
_LOOK_S: Final = 600
_TONES: Final[dict[CheckState, Tone]] = {
    CheckState.WAITING: "todo", CheckState.PASSED: "done", CheckState.REFUSED: "void",
}  # fmt: skip


@get(HERE, include_in_schema=False, guards=[staff(*STAFF)])
async def list_checks(desk: NamedDependency[Desk]) -> Response[bytes]:
    """Those that wait, the oldest first; or the latest; or what is hidden."""
    return desk.page(await _page(desk, desk.request.query_params.get("show", "")))


@post(
    HERE,
    include_in_schema=False,
    guards=[staff(*moderation.DECIDERS), limited("moderation", 600, is_exact=True)],
    status_code=303,
)
async def decide(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes] | Redirect:
    """Show or hide one; it acts wherever it is shown within the second."""
    show = data.get("show", "")

    async def do() -> bool:
        try:
            check_id, state = UUID(data.get("check", "")), CheckState(data.get("state", ""))
        except ValueError:
            raise moderation.CheckUnknown from None
        if state is CheckState.WAITING:
            raise moderation.CheckUnknown
        reason = data.get("reason", "")
        return await moderation.decide(
            check_id,
            state,
            reason=Reason(reason) if reason in set(Reason) else None,
            seen=data.get("seen", "")[:8],
            by=desk.person_id,
        )

    return await desk.step(
        data, do, onward=_asked(desk, show).here, again=lambda fact: _page(desk, show, fact),
    )  # fmt: skip


@post(
    f"{HERE}/unmask",
    include_in_schema=False,
    guards=[staff(*moderation.DECIDERS), limited("moderation_unmask", 120, is_exact=True)],
    status_code=200,
)
async def unmask(desk: NamedDependency[Desk], data: forms.Fields) -> Response[bytes]:
    """One that is decided already, in full, once it is written down for everybody who shows it."""
    show, check_id = data.get("show", ""), _check_id(data)
    try:
        desk.demand_seal(data)
        ground = privacy.read_ground(data.get("reason", ""), data.get("said", ""))
        if check_id is None:
            raise moderation.CheckUnknown
        await moderation.find(check_id, keyring=desk.services.keyring)
        await privacy.write_look(
            [one.person_id for one in await moderation.showers_of(check_id, limit=_SHOWERS_MOST)], LookedAt.CONTENT, ground,
            by=desk.person_id, roles=moderation.DECIDERS, keyring=desk.services.keyring, about=f"content_check:{check_id}",
        )  # fmt: skip
    except DomainError as fact:
        return desk.page(await _page(desk, show, fact, asked_for=check_id, typed=data), fact)
    return desk.page(await _page(desk, show, unmasked=check_id))


@get(f"{HERE}/pictures/{{check_id:uuid}}", include_in_schema=False, guards=[staff(*STAFF)])
async def show_picture(desk: NamedDependency[Desk], check_id: FromPath[UUID]) -> Response[bytes]:
    """The picture that a check is about, while whoever may decide decides, or to whom it was unmasked a moment ago; nothing
    once its person has taken it down."""
    state = (await moderation.states_of([check_id])).get(check_id)
    may_see = state is CheckState.WAITING and bool(moderation.DECIDERS & await desk.roles())
    if not may_see and not _is_unmasked(desk, check_id, desk.request.query_params.get("look", "")):
        raise NoSuchPage
    picture = await avatars.fetch_checked(check_id, keyring=desk.services.keyring)
    if picture is None:
        raise NoSuchPage
    return Response(picture, media_type="image/webp", headers={"cache-control": "no-store"})


async def _page(
    desk: Desk,
    show: str,
    fact: DomainError | None = None,
    *,
    asked_for: UUID | None = None,
    typed: dict[str, str] | None = None,
    unmasked: UUID | None = None,
) -> ModerationPage:
    asked = _asked(desk, show)
    found = await moderation.list_recent(_SHOWN[asked.chosen["show"]], keyring=desk.services.keyring)
    waiting = await moderation.count_waiting()
    roles = await desk.roles()
    return ModerationPage(
        **desk.frame(asked.here, fact),
        roles=shown_roles(roles),
        section=HERE,
        show=asked.chosen["show"],
        filters=tuple(
            asked.filter("show", name, LISTS[name].in_(desk.language), waiting if name == "waiting" else None)
            for name in _SHOWN
        ),
        cards=tuple(
            [
                await _card(
                    one,
                    desk,
                    asked.chosen["show"],
                    may_decide=bool(moderation.DECIDERS & roles),
                    is_unmasked=one.id == unmasked,
                    typed=typed if one.id == asked_for else None,
                )
                for one in found
            ]
        ),
        reasons=tuple((one.value, text.in_(desk.language)) for one, text in REASONS.items()),
        may_decide=bool(moderation.DECIDERS & roles),
    )


async def _card(
    one: Item, desk: Desk, show: str, *, may_decide: bool, is_unmasked: bool, typed: dict[str, str] | None
) -> CheckCard:
    """In full while somebody who may decides, and once it is unmasked; else as strangers would see it."""
    is_full = is_unmasked or (may_decide and one.state is CheckState.WAITING)
    seal = f"?look={_look_token(desk, one.id)}" if is_unmasked else ""
    has_picture = one.kind is ContentKind.PICTURE
    by = None
    if one.decider_id is not None:
        by = await shown_name(one.decider_id, desk.services)
    elif one.decided_by is not None and one.decided_by is not Checker.PERSON:
        by = CHECKERS[one.decided_by].in_(desk.language)
    return CheckCard(
        id=str(one.id),
        text=one.text if one.text is None or is_full else masked(one.text),
        picture_url=f"{HERE}/pictures/{one.id}{seal}" if has_picture and is_full else None,
        is_masked=not is_full and (has_picture or one.text is not None),
        unmask=(
            unmasking.form(f"{HERE}/unmask", desk.language, kept={"check": str(one.id), "show": show}, typed=typed)
            if may_decide and not is_full
            else None
        ),
        is_asked=typed is not None,
        purpose=PURPOSES[one.purpose].in_(desk.language),
        state=one.state.value,
        tone=_TONES[one.state],
        by=by,
        reason=REASONS[one.reason].in_(desk.language) if one.reason else None,
        persons=one.persons,
        age=age(one.asked_at, desk.now),
    )


def _check_id(data: dict[str, str]) -> UUID | None:
    try:
        return UUID(data.get("check", ""))
    except ValueError:
        return None


def _look_token(desk: Desk, check_id: UUID) -> str:
    """Lets this session fetch this picture for the minutes after its look was written down."""
    return forms.token(_look_text(desk, check_id, ago=0), key=desk.services.form_key)


def _is_unmasked(desk: Desk, check_id: UUID, given: str) -> bool:
    return any(
        forms.is_genuine(given, _look_text(desk, check_id, ago=ago), key=desk.services.form_key) for ago in (0, 1)
    )


def _look_text(desk: Desk, check_id: UUID, *, ago: int) -> str:
    session = cookies.read(desk.request.scope, cookies.SESSION) or ""
    return f"look {check_id} {int(desk.now.timestamp()) // _LOOK_S - ago} {session}"


def _asked(desk: Desk, show: str) -> listing.Asked:
    return listing.read(
        HERE, {"show": show, "page": desk.request.query_params.get("page", "")}, {"show": tuple(_SHOWN)}
    )


routes = Router(
    "/",
    route_handlers=[list_checks, decide, unmask, show_picture],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
