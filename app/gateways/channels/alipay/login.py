"""Who is behind a code of `my.getAuthCode` in our mini-program inside Alipay (支付宝小程序): `alipay.system.oauth.token`.

The app of the mini-program is the app that takes the payments. Tokens that the platform tells besides are forgotten at
once: we ask for nobody's profile. Source: 支付宝开放平台, alipay.system.oauth.token / my.getAuthCode (auth_base).
"""

import re
from typing import Final

from app.gateways.channels.alipay import reading
from app.gateways.channels.alipay.asking import Wire
from app.gateways.channels.alipay.writing import OPEN_ID, USER_ID
from app.gateways.channels.base import Pending
from app.gateways.channels.methods import Place
from app.gateways.channels.sign_in import AppCodeRefused, AppIdentity
from app.kernel.errors import Unavailable

METHOD: Final = "alipay.system.oauth.token"
_CODE: Final = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
_REFUSED: Final = frozenset({"isv.code-invalid", "isv.code-is-used", "isv.code-expired", "isv.invalid-auth-code"})


class AlipayLogin:
    """Exchanges login codes of one app, over the connections of its channel."""

    place = Place.ALIPAY_MINI_PROGRAM

    def __init__(self, app_id: str, wire: Wire) -> None:
        self.app_id = app_id
        self._wire = wire

    async def exchange(self, code: str) -> AppIdentity:
        """Who obtained `code` from `my.getAuthCode`; it is good once.

        The user's number where the platform tells it, else the open id. A no is believed without a signature: it lets
        nobody in. A name never is.

        Raises:
            AppCodeRefused: the platform's own no.
            Unavailable: silence, or an answer that says nothing about the code.
        """
        if not _CODE.fullmatch(code):
            raise AppCodeRefused
        heard = await self._wire.hear(METHOD, None, grant_type="authorization_code", code=code)
        if isinstance(heard, Pending):
            raise Unavailable(f"alipay: no readable answer to a login code, {heard.code}")
        if reading.word(heard.content, "sub_code") in _REFUSED:
            raise AppCodeRefused
        if not heard.is_signed:
            raise Unavailable("alipay: an answer to a login code that nobody signed")
        for name, form in (("user_id", USER_ID), ("open_id", OPEN_ID)):
            told = heard.content.get(name)
            if isinstance(told, str) and form.fullmatch(told):
                return AppIdentity(openid=told)
        raise Unavailable("alipay: an answer to a login code without anybody's id")
