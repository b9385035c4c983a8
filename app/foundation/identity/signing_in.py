"""How citizens come in: through WeChat or another app around a mini-program, or as a guest of whom nothing is known."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.foundation.identity import envelope
from app.foundation.identity.admitting import admit, index_of, keep_datum, purpose
from app.foundation.identity.envelope import Keyring
from app.foundation.identity.errors import BeingErased
from app.foundation.identity.keeping_sessions import open_session
from app.foundation.identity.rules import DatumKind, PersonState, SessionKind, SignedIn
from app.gateways.channels.sign_in import AppIdentity, SignIn
from app.gateways.database import fetch, transaction
from app.gateways.wechat import WeChatLogin
from app.kernel.text import Language


class _Overtaken(Exception):
    """Another first sign-in of the same openid or unionid was faster."""


async def sign_in_with_wechat(
    js_code: str,
    *,
    wechat: WeChatLogin,
    appid: str,
    keyring: Keyring,
    now: datetime,
    language: Language = Language.ZH,
    device: str | None = None,
) -> SignedIn:
    """Exchange what `wx.login` gave the phone for a session of ours; a first sign-in makes the person.

    Asks WeChat first, outside any transaction. Two first sign-ins at once give one person. Somebody known by
    unionid from another appid is the same person and this openid is added to them. `language` counts for a new
    person only.

    Raises:
        BeingErased: the person's data is being destroyed.
        Unavailable: WeChat did not answer.
    """
    return await _sign_in(await wechat.exchange(js_code), appid, keyring, now, language, device)


async def sign_in_with_app(
    code: str,
    *,
    app: SignIn,
    keyring: Keyring,
    now: datetime,
    language: Language = Language.ZH,
    device: str | None = None,
) -> SignedIn:
    """Exchange what the app around a mini-program gave the phone for a session of ours; as `sign_in_with_wechat`.

    Raises:
        BeingErased: the person's data is being destroyed.
        AppCodeRefused: the app's own no to the code.
        Unavailable: the app did not answer.
    """
    return await _sign_in(await app.exchange(code), app.app_id, keyring, now, language, device)


async def open_guest_session(
    language: Language, *, keyring: Keyring, now: datetime, device: str | None = None
) -> SignedIn:
    """A session for a browser that has not said who it is: a new person each time, with no personal datum."""
    async with transaction() as tx:
        person_id = await admit(language=language, keyring=keyring, now=now, tx=tx)
        return await open_session(
            person_id, kind=SessionKind.GUEST, language=language, now=now, is_new=True, device=device, tx=tx
        )


async def openid_of(person_id: UUID, appid: str, *, keyring: Keyring) -> str | None:
    """The person's id within one app, for a payment inside it; None when they never signed in there."""
    rows = await fetch(
        "SELECT d.person_id, d.sealed, k.wrapped FROM person_pii d JOIN keys.person_key k ON k.person_id = d.person_id"
        " WHERE d.person_id IN (SELECT identity.persons_of($1)) AND d.kind = 'openid' AND d.scope = $2"
        " ORDER BY d.person_id = $1 DESC LIMIT 1",
        person_id,
        appid,
    )
    if not rows:
        return None
    whose = rows[0]["person_id"]
    data_key = envelope.unwrap(rows[0]["wrapped"], whose, keyring=keyring)
    return envelope.open_(rows[0]["sealed"], data_key, whose, purpose=purpose(DatumKind.OPENID, appid))


async def keep_openid(person_id: UUID, openid: str, appid: str, *, keyring: Keyring, now: datetime) -> bool:
    """Write down who a person is within an appid; False where that openid is somebody else's, or theirs is another.

    Joining persons is not done here: whoever cannot keep it may still pay with it once.

    Raises:
        PersonGone: the person's key was destroyed meanwhile.
    """
    async with transaction() as tx:
        await keep_datum(person_id, DatumKind.OPENID, openid, scope=appid, keyring=keyring, now=now, tx=tx)
    return await openid_of(person_id, appid, keyring=keyring) == openid


async def _sign_in(
    identity: AppIdentity,
    appid: str,
    keyring: Keyring,
    now: datetime,
    language: Language,
    device: str | None,
) -> SignedIn:
    while True:
        if (person := await _find(identity, appid, keyring)) is not None:
            return await _welcome_back(person, identity, appid, keyring, now, device)
        try:
            return await _welcome(identity, appid, keyring, now, language, device)
        except _Overtaken:
            continue  # the faster one has committed, so the next look finds it


async def _find(identity: AppIdentity, appid: str, keyring: Keyring) -> dict[str, Any] | None:
    """The person behind the openid, else behind the unionid, and which of the two are known."""
    openid = index_of(DatumKind.OPENID, identity.openid, scope=appid, keyring=keyring)
    unionid = identity.unionid and index_of(DatumKind.UNIONID, identity.unionid, keyring=keyring)
    rows = await fetch(
        "SELECT p.id AS person_id, d.kind, p.state, p.language FROM person_pii d"
        " JOIN person p ON p.id = identity.kept_of(d.person_id) WHERE d.blind_index = ANY($1::bytea[])",
        [openid, unionid] if unionid else [openid],
    )
    if not rows:
        return None
    person = min(rows, key=lambda row: row["kind"] != DatumKind.OPENID)
    return person | {"known": {row["kind"] for row in rows}}


async def _welcome_back(
    person: dict[str, Any],
    identity: AppIdentity,
    appid: str,
    keyring: Keyring,
    now: datetime,
    device: str | None,
) -> SignedIn:
    """A session for somebody known; what WeChat newly tells about them is kept.

    An openid and a unionid that belong to two persons stay with them: joining persons is not done here.
    """
    if person["state"] != PersonState.ACTIVE:
        raise BeingErased
    person_id: UUID = person["person_id"]
    async with transaction() as tx:
        for kind, value, scope in _data(identity, appid):
            if kind not in person["known"]:
                await keep_datum(person_id, kind, value, scope=scope, keyring=keyring, now=now, tx=tx)
        return await open_session(
            person_id,
            kind=SessionKind.CITIZEN,
            language=Language(person["language"]),
            now=now,
            is_new=False,
            device=device,
            tx=tx,
        )


async def _welcome(
    identity: AppIdentity,
    appid: str,
    keyring: Keyring,
    now: datetime,
    language: Language,
    device: str | None,
) -> SignedIn:
    """A new person with a session, or nothing at all if somebody else has just written them down."""
    async with transaction() as tx:
        person_id = await admit(language=language, keyring=keyring, now=now, tx=tx)
        for kind, value, scope in _data(identity, appid):
            if not await keep_datum(person_id, kind, value, scope=scope, keyring=keyring, now=now, tx=tx):
                raise _Overtaken
        return await open_session(
            person_id, kind=SessionKind.CITIZEN, language=language, now=now, is_new=True, device=device, tx=tx
        )


def _data(identity: AppIdentity, appid: str) -> list[tuple[DatumKind, str, str]]:
    """Kind, value and scope of what the app told."""
    unionid = [(DatumKind.UNIONID, identity.unionid, "")] if identity.unionid else []
    return [(DatumKind.OPENID, identity.openid, appid), *unionid]
