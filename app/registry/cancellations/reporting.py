"""By hand: what the registry answered, with the proof."""

from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

import msgspec
from tortoise.exceptions import IntegrityError

from app.foundation import approvals
from app.foundation.approvals import Proposal
from app.gateways.database import constraint, fetch_one, transaction
from app.gateways.files import FileStore
from app.kernel.clock import beijing_day, utc_now
from app.registry.cancellations.checking import refuse_state
from app.registry.cancellations.errors import NotTheMaker, ReferenceUsed
from app.registry.cancellations.paper_rules import (
    Evidence,
    Reported,
    cancelling_day,
    evidence_kind,
    payload,
    plain_name,
    plain_reference,
    told,
)
from app.registry.cancellations.reading import find
from app.registry.cancellations.rules import KIND, Mode, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it came; neither its name nor what it says it is is believed."""

    name: str
    data: bytes


async def report(
    reference: str, *, registry_reference: str, cancelled_on: str, proof: Upload, by: UUID, files: FileStore
) -> None:
    """Write down what the registry answered and let a second person look at it; the proof is kept by its content.

    All texts as they were typed. The file is there before the row says so: a proof without a row harms nobody.

    Raises:
        CancellationUnknown: no such number.
        NotTheMaker: another person proposed it.
        AlreadyDecided: it is not waiting for a report, or goes by wire.
        ReferenceUnfit, DayUnfit, EvidenceTooLarge, EvidenceUnfit: what was typed or uploaded.
        ReferenceUsed: the registry's number proves another cancellation.
        Unavailable: the file could not be kept.
    """
    found = await find(reference)
    if found.maker_id != by:
        raise NotTheMaker
    if found.state is not State.PROPOSED or found.mode is not Mode.HAND:
        refuse_state(found.state)
    number = plain_reference(registry_reference)
    day = cancelling_day(cancelled_on, issued_on=found.issued_on, today=beijing_day(utc_now()))
    evidence = Evidence(
        sha256=sha256(proof.data).digest(),
        name=plain_name(proof.name),
        kind=evidence_kind(proof.data),
        size=len(proof.data),
    )
    await files.keep(evidence.file_name, proof.data)
    said = payload(told(found.payload), Reported(registry_reference=number, cancelled_on=day, evidence=evidence))
    try:
        async with transaction() as tx:
            wanted = Proposal(subject=reference, payload=msgspec.json.decode(said))
            await approvals.propose(KIND, wanted, by=by, replaces=True, tx=tx)
            row = await fetch_one(
                "UPDATE upstream_cancellation SET state = 'reported', registry_reference = $2, cancelled_on = $3,"
                " evidence_sha256 = $4, evidence_name = $5, evidence_kind = $6, evidence_size = $7, payload = $8::text,"
                " payload_sha256 = sha256(convert_to($8::text, 'UTF8')), reported_at = clock_timestamp()"
                " WHERE id = $1 AND state = 'proposed' RETURNING id",
                found.id, number, day, evidence.sha256, evidence.name, evidence.kind.value, evidence.size, said, tx=tx,
            )  # fmt: skip
    except IntegrityError as refusal:
        if constraint(refusal) == "upstream_cancellation_proof_key":
            raise ReferenceUsed(number=number) from refusal
        raise
    if row is None:
        refuse_state((await find(reference)).state)
