"""Asking whether something may be shown to others."""

from collections.abc import Collection
from uuid import UUID

from app.foundation import identity, outbox
from app.foundation.identity import Keyring
from app.foundation.moderation.events import ContentRefused
from app.foundation.moderation.rules import Checker, CheckState, ContentKind, ContentPurpose, Reason, Standing, WaitsFor
from app.foundation.moderation.words import WordList
from app.gateways.database import Tx, fetch, fetch_one, fetch_value, transaction
from app.kernel.ids import uuid7

TEXT_PURPOSE = "moderation.text"
"""What a text is sealed for."""


async def ask_text(
    person_id: UUID, text: str, purpose: ContentPurpose, *, words: WordList, by_wechat: bool, keyring: Keyring
) -> Standing:
    """Ask for a text that this person wants others to see; asked again it is the same check, decided or not.

    The word list refuses at once. Else WeChat is asked where `by_wechat` (the person signed in through its mini-program), and
    people where not.

    Raises:
        PersonGone: the person's key is destroyed.
    """
    sealed = await identity.seal(person_id, text, purpose=TEXT_PURPOSE, keyring=keyring)
    digest = identity.blind_index("content", ContentKind.TEXT, purpose, text, keyring=keyring)
    return await _ask(
        ContentKind.TEXT, purpose, digest, person_id, sealed=sealed, by_wechat=by_wechat, reason=words.find(text)
    )


async def ask_picture(
    person_id: UUID, picture: bytes, purpose: ContentPurpose, *, by_wechat: bool, keyring: Keyring, tx: Tx | None = None
) -> Standing:
    """The same for a picture, which stays with the room that keeps it."""
    return await _ask(
        ContentKind.PICTURE, purpose, picture_digest(picture, purpose, keyring=keyring), person_id, sealed=None,
        by_wechat=by_wechat, reason=None, tx=tx,
    )  # fmt: skip


def picture_digest(picture: bytes, purpose: ContentPurpose, *, keyring: Keyring) -> bytes:
    """By what a picture is known here."""
    return identity.blind_index("content", ContentKind.PICTURE, purpose, picture.hex(), keyring=keyring)


async def find_text(text: str, purpose: ContentPurpose, *, keyring: Keyring) -> Standing | None:
    """How far the check of a text is; None where nobody asked."""
    digest = identity.blind_index("content", ContentKind.TEXT, purpose, text, keyring=keyring)
    row = await fetch_one(
        "SELECT id, state FROM content_check WHERE kind = 'text' AND purpose = $1 AND digest = $2", purpose, digest
    )
    return None if row is None else Standing(row["id"], CheckState(row["state"]))


async def find_texts(texts: Collection[str], purpose: ContentPurpose, *, keyring: Keyring) -> dict[str, Standing]:
    """The same of many, in one query; a text that nobody asked about is not in the answer."""
    by_digest = {
        identity.blind_index("content", ContentKind.TEXT, purpose, text, keyring=keyring): text for text in texts
    }
    rows = await fetch(
        "SELECT id, state, digest FROM content_check WHERE kind = 'text' AND purpose = $1 AND digest = ANY ($2)",
        purpose, list(by_digest),
    )  # fmt: skip
    return {by_digest[row["digest"]]: Standing(row["id"], CheckState(row["state"])) for row in rows}


async def _ask(
    kind: ContentKind,
    purpose: ContentPurpose,
    digest: bytes,
    person_id: UUID,
    *,
    sealed: bytes | None,
    by_wechat: bool,
    reason: Reason | None,
    tx: Tx | None = None,
) -> Standing:
    if tx is None:
        async with transaction() as own:
            return await _ask(
                kind, purpose, digest, person_id, sealed=sealed, by_wechat=by_wechat, reason=reason, tx=own
            )
    waits_for = WaitsFor.WECHAT if by_wechat and reason is None else WaitsFor.PEOPLE
    row = await fetch_one(
        "SELECT * FROM moderation.ask($1, $2, $3, $4, $5, $6, $7)",
        uuid7(), kind, purpose, digest, person_id, sealed, waits_for, tx=tx,
    )  # fmt: skip
    assert row is not None
    found = Standing(row["check_id"], CheckState(row["check_state"]))
    if reason is None or not row["is_new"]:
        return found
    await fetch_value(
        "SELECT moderation.decide($1, 'refused', $2, NULL, $3, NULL)", found.check_id, Checker.WORDS, reason, tx=tx
    )
    await outbox.record(ContentRefused(check_id=found.check_id, content_kind=kind.value, purpose=purpose.value), tx=tx)
    return Standing(found.check_id, CheckState.REFUSED)
