"""Asking WeChat, and taking its word. Silence is never a yes: after three questions, or half an hour, people decide."""

from collections.abc import Callable
from typing import Final
from uuid import UUID

from app.foundation import identity
from app.foundation.identity import Keyring
from app.foundation.moderation import deciding
from app.foundation.moderation.asking import TEXT_PURPOSE
from app.foundation.moderation.reading import showers_of
from app.foundation.moderation.rules import (
    AGAIN_AFTER,
    PICTURE_WAIT,
    WECHAT_TRIES_MOST,
    CheckState,
    ContentKind,
    Suggestion,
    decided,
)
from app.gateways.database import fetch, fetch_value
from app.gateways.wechat import ContentAdvice, ContentServer, OpenidStale, PictureSeen
from app.kernel.errors import Unavailable

_AT_ONCE: Final = 20
PictureAddress = Callable[[UUID], str]
"""Where WeChat may fetch the picture of a check, for as long as it looks at it."""


async def ask_due(*, server: ContentServer | None, picture_url: PictureAddress | None, keyring: Keyring) -> int:
    """Ask WeChat about everything that is due, outside any transaction; how many there were.

    Without a server all of it goes to people, and without `picture_url` every picture. A picture is only sent: its word
    comes as a push (`record_advice`).
    """
    due = await fetch("SELECT * FROM moderation.take_due($1, $2)", AGAIN_AFTER, _AT_ONCE)
    for row in due:
        check_id: UUID = row["id"]
        is_text = row["kind"] == ContentKind.TEXT
        if server is None or row["reference"] is not None or row["tries"] > WECHAT_TRIES_MOST:
            await deciding.hand_over(check_id)
            continue
        try:
            if is_text:
                await _ask_text(check_id, server, keyring)
            elif picture_url is None:
                await deciding.hand_over(check_id)
            else:
                await _send_picture(check_id, server, picture_url(check_id), keyring)
        except OpenidStale:
            await deciding.hand_over(check_id)  # they have not been in the mini-program for two hours
        except Unavailable:
            continue  # due again in a moment, and given to people after the last try
    return len(due)


async def record_advice(seen: PictureSeen) -> bool:
    """What WeChat saw in a picture, told by a push; whether that decided anything. Repeated: it does not.

    A push about what we did not send, or what was decided meanwhile, changes nothing.
    """
    check_id = await fetch_value("SELECT id FROM content_check WHERE reference = $1", seen.trace_id)
    return False if check_id is None else await _take(check_id, seen.advice)


async def _ask_text(check_id: UUID, server: ContentServer, keyring: Keyring) -> None:
    for shower in await showers_of(check_id):
        openid = await identity.openid_of(shower.person_id, server.appid, keyring=keyring)
        if openid is None or shower.sealed is None:
            continue
        text = await identity.unseal(shower.person_id, shower.sealed, purpose=TEXT_PURPOSE, keyring=keyring)
        if text is not None:
            await _take(check_id, await server.check_text(text, openid=openid))
            return
    await deciding.hand_over(check_id)


async def _send_picture(check_id: UUID, server: ContentServer, url: str, keyring: Keyring) -> None:
    for shower in await showers_of(check_id):
        openid = await identity.openid_of(shower.person_id, server.appid, keyring=keyring)
        if openid is not None:
            trace_id = await server.send_picture(url, openid=openid)
            await fetch("SELECT moderation.note_sent($1, $2, $3)", check_id, trace_id, PICTURE_WAIT)
            return
    await deciding.hand_over(check_id)


async def _take(check_id: UUID, advice: ContentAdvice) -> bool:
    """`review`, and a word that we do not know, wait for people."""
    if advice.suggestion not in set(Suggestion):
        return await deciding.hand_over(check_id)
    state, reason = decided(Suggestion(advice.suggestion), advice.label)
    if state is CheckState.WAITING:
        return await deciding.hand_over(check_id)
    return await deciding.decide_by_wechat(check_id, state, reason)
