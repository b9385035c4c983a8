"""Content checks for the platform's people: what waits, showing and hiding, and taking either back."""

from typing import Final
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath
from litestar.response import Redirect

from app.foundation import avatars, moderation
from app.foundation.moderation import Checker, CheckState, ContentKind, Item, Reason
from app.kernel.errors import DomainError
from app.views import listing
from app.views.console import Tone, age
from app.views.errors import NoSuchPage, NotSignedIn
from app.views.sharing.content_words import CHECKERS, LISTS, PURPOSES, REASONS
from app.web.kit.desk import Desk, provide_desk
from app.web.kit.security import forms
from app.web.kit.security.limits import limited
from app.web.kit.security.signing_in import STAFF, shown_name, shown_roles, staff, to_sign_in
from app.web.kit.services import provide_services
from app.web.operator.moderation.views import CheckCard, ModerationPage

HERE: Final = "/operator/moderation"
_SHOWN: Final = {"waiting": CheckState.WAITING, "recent": None, "refused": CheckState.REFUSED}
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


@get(f"{HERE}/pictures/{{check_id:uuid}}", include_in_schema=False, guards=[staff(*STAFF)])
async def show_picture(desk: NamedDependency[Desk], check_id: FromPath[UUID]) -> Response[bytes]:
    """The picture that a check is about; nothing once its person has taken it down."""
    picture = await avatars.fetch_checked(check_id, keyring=desk.services.keyring)
    if picture is None:
        raise NoSuchPage
    return Response(picture, media_type="image/webp", headers={"cache-control": "no-store"})


async def _page(desk: Desk, show: str, fact: DomainError | None = None) -> ModerationPage:
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
        cards=tuple([await _card(one, desk) for one in found]),
        reasons=tuple((one.value, text.in_(desk.language)) for one, text in REASONS.items()),
        may_decide=bool(moderation.DECIDERS & roles),
    )


async def _card(one: Item, desk: Desk) -> CheckCard:
    by = None
    if one.decider_id is not None:
        by = await shown_name(one.decider_id, desk.services)
    elif one.decided_by is not None and one.decided_by is not Checker.PERSON:
        by = CHECKERS[one.decided_by].in_(desk.language)
    return CheckCard(
        id=str(one.id),
        text=one.text,
        picture_url=f"{HERE}/pictures/{one.id}" if one.kind is ContentKind.PICTURE else None,
        purpose=PURPOSES[one.purpose].in_(desk.language),
        state=one.state.value,
        tone=_TONES[one.state],
        by=by,
        reason=REASONS[one.reason].in_(desk.language) if one.reason else None,
        persons=one.persons,
        age=age(one.asked_at, desk.now),
    )


def _asked(desk: Desk, show: str) -> listing.Asked:
    return listing.read(
        HERE, {"show": show, "page": desk.request.query_params.get("page", "")}, {"show": tuple(_SHOWN)}
    )


routes = Router(
    "/",
    route_handlers=[list_checks, decide, show_picture],
    dependencies={"services": Provide(provide_services), "desk": Provide(provide_desk)},
    exception_handlers={NotSignedIn: to_sign_in},
    include_in_schema=False,
)
