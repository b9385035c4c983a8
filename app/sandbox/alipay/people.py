"""The sign-in of a mini-program inside Alipay, read from the far side: login codes, and who is behind them.

As at Alipay an app is told either a user's number (`user_id`) or, newer ones, an id within that app alone (`open_id`).
"""

import secrets
from typing import Any, Final

from app.sandbox.alipay.admission import Call
from app.sandbox.far_side import FarSide, Refusal

METHOD: Final = "alipay.system.oauth.token"
_CODE_LIFE_S: Final = 24 * 3600
_TOKEN_LIFE_S: Final = 1_296_000


def mint_code(far: FarSide, *, person: str | None, is_new_app: bool) -> dict[str, str]:
    """What `my.getAuthCode` gives on a phone, of a new person or a known one; the code is good for a day and one use.

    With `is_new_app` somebody new is known by an open id alone.
    """
    if person is None:
        person = (
            "0" + secrets.token_urlsafe(34)[:46] if is_new_app else "2088" + str(secrets.randbelow(10**12)).zfill(12)
        )
    code = secrets.token_hex(16)
    with far.truth.transaction():
        far.truth.run("INSERT OR IGNORE INTO alipay_person (id) VALUES (?)", person)
        far.truth.run("INSERT INTO alipay_code (code, person, made_at) VALUES (?, ?, ?)", code, person, far.truth.now())
    return {"code": code, "person": person}


def redeem(far: FarSide, call: Call) -> dict[str, Any]:
    """Who is behind a code, once.

    Raises:
        Refusal: it is unknown, used, or a day old.
    """
    if call.fields.get("grant_type") != "authorization_code":
        raise Refusal(40002, "isv.grant-type-invalid", "grant_type参数不正确", field="grant_type")
    with far.truth.transaction():
        found = far.truth.row("SELECT * FROM alipay_code WHERE code = ?", call.fields.get("code", ""))
        now = far.truth.now()
        if found is None or found["used_at"] is not None or now >= found["made_at"] + _CODE_LIFE_S:
            raise Refusal(40002, "isv.code-invalid", "授权码code无效", is_form=False)
        far.truth.run("UPDATE alipay_code SET used_at = ? WHERE code = ?", now, found["code"])
    name = "user_id" if found["person"].startswith("2088") else "open_id"
    return {
        "access_token": "SANDBOX" + secrets.token_hex(16),
        "auth_start": "",
        "expires_in": _TOKEN_LIFE_S,
        "re_expires_in": 2 * _TOKEN_LIFE_S,
        "refresh_token": "SANDBOX" + secrets.token_hex(16),
        name: found["person"],
    }


def is_known(far: FarSide, open_id: str) -> bool:
    """Whether somebody has that id in this app."""
    return far.truth.row("SELECT 1 FROM alipay_person WHERE id = ?", open_id) is not None
