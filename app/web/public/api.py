"""JSON for anybody: verifying a certificate."""

from typing import Annotated, Any, Final, Literal, cast

import msgspec
from litestar import Request, Response, Router, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from app import certificates
from app.certificates import ANONYMOUS, NAME_PURPOSE, Verified, beneficiary_name
from app.certificates.rules import masked, read_record
from app.foundation import identity
from app.gateways.replica import Reader
from app.kernel.text import Language
from app.programmes import donations, sharing
from app.views.certificates import contribution_form, record_form, statement_form
from app.views.certificates.contribution_form import VerifiedContribution
from app.views.certificates.coverage import COVERAGE_EXAMPLE, CoverageView, TextView
from app.views.certificates.figures import FigureView, coverage_now, figure_view, figures_of, title_view
from app.views.certificates.namings import NamingView, named, naming_view
from app.views.certificates.statement_form import VerifiedStatement
from app.views.certificates.upstream import EXAMPLE, UpstreamView, upstream_by
from app.views.errors import FieldsInvalid, RequestsTooMany
from app.views.services import Services
from app.web.kit.responses.answers import answers
from app.web.kit.services import provide_services
from app.web.public.looking_up import GUESSING, PAPERS, confirm, look_up, reader_of


class VerifiedView(msgspec.Struct, frozen=True, kw_only=True):
    """The public part of a certificate: its frozen record, its digest, and the holder's masked name."""

    paper: Literal["neutrality"] = "neutrality"
    valid: bool
    register_number: Annotated[str, msgspec.Meta(examples=["H-1286"])]
    holder: Annotated[str, msgspec.Meta(examples=["林*"])]
    record_sha256: str
    """Of the record's canonical JSON: sorted keys, no spaces, UTF-8."""
    record: record_form.Record
    superseded_by: str | None
    """Number of the latest version, where this is an earlier one."""
    upstream: UpstreamView
    naming: NamingView | None
    """Of an organisation: by whose word it is named, now; null of a person."""
    title: TextView
    """What the certificate calls itself; while its actual figure is short or lapsed, what it may be called today. The record
    keeps the name on the paper."""
    coverage: CoverageView
    """Today, by the actual figure where there is one."""
    figure: FigureView | None
    """How the claim stands by its actual figure; null while there is none and none is overdue."""


@get(
    "/verify/{code:str}",
    operation_id="verifyCertificate",
    summary="Verify a certificate / 证书验真",
    guards=[GUESSING.guard],
    responses=answers(
        VerifiedView(
            valid=True,
            register_number="H-1286",
            holder="林*",
            record_sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            record=record_form.EXAMPLE,
            superseded_by=None,
            upstream=EXAMPLE,
            naming=None,
            title=TextView(zh="碳中和电子荣誉证书", en="Certificate of Carbon Neutrality"),
            coverage=COVERAGE_EXAMPLE,
            figure=None,
        ),
        FieldsInvalid, certificates.CertificateUnknown, RequestsTooMany,
        of=VerifiedView | VerifiedContribution | VerifiedStatement,
    ),
)  # fmt: skip
async def verify(
    request: Request[Any, Any, Any], code: FromPath[str], services: NamedDependency[Services]
) -> Response[Any]:
    """What anybody may see behind a verification code, of every kind of certificate; unknown codes all look the same."""
    reader = reader_of(request, services)
    body = await _remembered(code, request, reader)
    if body is None:
        body = await _told(code, request, services, reader)
    return Response(body, media_type="application/json", headers={"cache-control": "public, max-age=10"})


_REMEMBERED_MOST: Final = 2000
_remembered_answers: dict[str, tuple[str, bytes]] = {}
"""By code: the stamp of what was read, and the answer made of it. Nothing is given out that one query does not confirm."""


async def _remembered(code: str, request: Request[Any, Any, Any], reader: Reader) -> bytes | None:
    """The answer as it was made before, if the certificate, its holder's key, its newest version, its cancellations, its
    naming, and of an organisation its actual figure, what is retired for it and the day are what they were."""
    plain = certificates.read_code(code)
    known = _remembered_answers.get(plain) if plain else None
    if known is None or await confirm(code, request, reader=reader) != known[0]:
        return None
    return known[1]


async def _told(code: str, request: Request[Any, Any, Any], services: Services, reader: Reader) -> bytes:
    found = await look_up(code, request, reader=reader, papers=PAPERS)
    record = read_record(found.record_json)
    if found.paper == donations.CONTRIBUTION.code:
        told = msgspec.json.encode(_contribution(found, record, services))
    elif found.paper == sharing.ACCOUNT_STATEMENT.code:
        told = msgspec.json.encode(_statement(found, record, services))
    else:
        told = msgspec.json.encode(await reader.ask(lambda: _neutrality(found, record, services)))
    while len(_remembered_answers) >= _REMEMBERED_MOST:
        del _remembered_answers[next(iter(_remembered_answers))]
    _remembered_answers[record["verify_code"]] = found.stamp, told
    return told


async def _neutrality(found: Verified, record: dict[str, Any], services: Services) -> VerifiedView:
    organisation = await named(record, found.holder_id)
    (figure,) = await figures_of([record])
    return VerifiedView(
        valid=True,
        register_number=f"{found.series}-{found.register_no}",
        holder=organisation.name.zh
        if organisation
        else masked_holder(found, services, Language.ZH),  # one answer for every reader, who may keep it
        record_sha256=found.record_sha256.hex(),
        record=cast("record_form.Record", msgspec.Raw(found.record_json.encode())),  # its very bytes
        superseded_by=found.superseded_by,
        upstream=upstream_by(record, found.cancellations),
        naming=naming_view(organisation),
        title=title_view(record, figure),
        coverage=coverage_now(record, figure),
        figure=figure_view(figure),
    )


def _contribution(found: Verified, record: dict[str, Any], services: Services) -> VerifiedContribution:
    donor = record["holder_name"]
    return VerifiedContribution(
        valid=True,
        register_number=f"{found.series}-{found.register_no}",
        holder=donor["zh"] if donor else masked_holder(found, services, Language.ZH),
        record_sha256=found.record_sha256.hex(),
        record=cast("contribution_form.ContributionRecord", msgspec.Raw(found.record_json.encode())),  # its very bytes
        superseded_by=found.superseded_by,
        title=TextView(zh=record["title"]["zh"], en=record["title"]["en"]),
    )


def _statement(found: Verified, record: dict[str, Any], services: Services) -> VerifiedStatement:
    return VerifiedStatement(
        valid=True,
        register_number=f"{found.series}-{found.register_no}",
        holder=masked_holder(found, services, Language.ZH),
        record_sha256=found.record_sha256.hex(),
        record=cast("statement_form.StatementRecord", msgspec.Raw(found.record_json.encode())),  # its very bytes
        title=TextView(zh=record["title"]["zh"], en=record["title"]["en"]),
    )


def masked_holder(found: Verified, services: Services, language: Language) -> str:
    """The holder as strangers see them: an organisation by its name; of a person the first character and a star, or
    访客 (in English Visitor), or nothing once erased."""
    if (name := beneficiary_name(read_record(found.record_json), language)) is not None:
        return name
    if found.name_sealed is None:
        return ANONYMOUS.in_(language)
    if found.key_wrapped is None:
        return ""
    name = identity.unseal_with(
        found.key_wrapped, found.holder_id, found.name_sealed, purpose=NAME_PURPOSE, keyring=services.keyring
    )
    return masked(name)


routes = Router(
    "/api/v1", route_handlers=[verify], dependencies={"services": Provide(provide_services)}, tags=["public"]
)
