"""The pages of sharing in the reader's language, with their forms."""

from datetime import date
from typing import Final

from app.kernel import ids
from app.kernel.clock import beijing_day
from app.kernel.errors import DomainError
from app.kernel.text import Language
from app.programmes import sharing
from app.programmes.sharing import Request
from app.views.account_sharing.own import HERE, OwnSharing, names_of, sharing_of, statements_of
from app.views.account_sharing.pages import AskPage, RevokePage, ShareCard, SharingPage, StatementLine
from app.views.services import Services
from app.web.kit.security import forms
from app.web.kit.security.guards import Session

_STATEMENTS_SHOWN: Final = 5


def today(services: Services) -> date:
    """The present day in Beijing."""
    return beijing_day(services.gateways.clock())


async def sharing_page(
    visitor: Session | None,
    language: Language,
    services: Services,
    *,
    fact: DomainError | None = None,
    typed: dict[str, str] | None = None,
) -> SharingPage:
    """What this person shares, and with whom; empty for somebody whom nobody knows yet."""
    own, now = OwnSharing(shares=(), reads=()), today(services)
    statements: tuple[StatementLine, ...] = ()
    if visitor is not None:
        own = await sharing_of(visitor.person_id, language, today=now)
        statements = await statements_of(visitor.person_id, most=_STATEMENTS_SHOWN)
    intent = str(ids.uuid7())
    return SharingPage(
        here=HERE,
        sandbox=services.issuer.is_sandbox,
        is_known=visitor is not None,
        shares=own.shares,
        reads=own.reads,
        statements=statements,
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
        typed=typed or {"period_from": date(now.year, 1, 1).isoformat(), "period_to": now.isoformat()},
        notice=fact.message().in_(language) if fact else None,
        fault_field=(fact.field or "").lstrip("/") if fact else "",
    )


async def ask_page(
    one: Request, visitor: Session | None, language: Language, services: Services, *, fact: DomainError | None = None
) -> AskPage:
    """A request as the person reads it before they answer."""
    names = await names_of([one.organisation_id])
    intent = str(ids.uuid7())
    return AskPage(
        here=f"{HERE}/ask?code={one.code}",
        sandbox=services.issuer.is_sandbox,
        is_known=visitor is not None,
        may_answer=visitor is not None and await sharing.may_share(visitor.person_id),
        code=one.code,
        organisation=names[one.organisation_id][language],
        purpose=one.purpose.in_(language),
        books=tuple(book.value for book in one.books),
        granularity=one.granularity,
        period_from=one.period_from,
        period_to=one.period_to,
        until=one.share_until,
        asked_at=one.asked_at,
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
        notice=fact.message().in_(language) if fact else None,
    )


def revoke_page(shown: ShareCard, services: Services) -> RevokePage:
    """What taking one back means."""
    intent = str(ids.uuid7())
    return RevokePage(
        here=f"{HERE}/{shown.id}/revoke",
        sandbox=services.issuer.is_sandbox,
        share=shown,
        intent=intent,
        csrf_token=forms.token(intent, key=services.form_key),
    )
