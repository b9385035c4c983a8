"""WeChat's login servers: who is behind a code of the mini-program (微信小程序). Payment is another wire."""

import logging
import re
import threading
from typing import Any, Final

import anyio
import anyio.to_thread

from app.gateways.channels.sign_in import AppIdentity
from app.gateways.waiting import Threads
from app.kernel.errors import Unauthenticated, Unavailable
from app.kernel.text import Text

# Both libraries write whole addresses at DEBUG, and the app secret stands in the query of this call.
for _name in ("wechatpy", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_THREADS: Final = 8
"""Calls at once: below the connection pool of `requests`, which holds 10."""
_WAITING_MOST: Final = 64
"""Sign-ins that may wait for one of them; the next is told to come again."""
_CONNECT_TIMEOUT_S: Final = 3.0
_CODE: Final = re.compile(r"[\x21-\x7e]{1,128}")
_ID: Final = re.compile(r"[0-9A-Za-z_\-]{1,64}")
_REFUSED: Final = frozenset({40029, 40163, 41008, 40226})
"""Unknown or expired, used before, missing, and a payer whom WeChat has blocked as a risk."""


class LoginCodeRefused(Unauthenticated):
    """WeChat does not take this login code: it is wrong, used, or older than five minutes."""

    code = "wechat.login_code_refused"
    text = Text(zh="微信登录已失效，请重新登录。", en="The WeChat login has expired; please sign in again.")


class CodeExchange:
    """One call of WeChat's that tells who is behind a code. Whatever else it answers is forgotten at once.

    `url` is the whole address, `code_name` what it calls the code.
    """

    def __init__(self, *, appid: str, secret: str, url: str, code_name: str, read_timeout_s: float = 5.0) -> None:
        self._appid = appid
        self._secret = secret
        self._url = url
        self._code_name = code_name
        self._threads = Threads(_THREADS, waiting_most=_WAITING_MOST, patience_s=_CONNECT_TIMEOUT_S)
        self._deadline_s = _CONNECT_TIMEOUT_S + 2 * read_timeout_s
        self._timeout = (_CONNECT_TIMEOUT_S, read_timeout_s)
        self._client: Any = None
        self._making = threading.Lock()

    async def ask(self, code: str) -> tuple[str, dict[str, Any]]:
        """The openid behind the code, and the whole answer. A code is good once, for five minutes.

        Raises:
            LoginCodeRefused: WeChat's own no.
            Crowded: too many sign-ins wait for an answer of WeChat; this one was not sent.
            Unavailable: silence, too many calls, or an answer that says nothing about the code.
        """
        if not _CODE.fullmatch(code):
            raise LoginCodeRefused
        answer: object = None
        with anyio.move_on_after(self._deadline_s):
            answer = await self._threads.run(self._ask, code, may_abandon=True)
        if not isinstance(answer, dict):
            raise Unavailable("wechat: no readable answer to a login code")
        openid = answer.get("openid")
        if not isinstance(openid, str) or not _ID.fullmatch(openid):
            raise Unavailable("wechat: an answer to a login code without an openid")
        return openid, answer

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await anyio.to_thread.run_sync(self._client._http.close)  # noqa: SLF001 - it has no close of its own

    def _made(self) -> Any:  # noqa: ANN401 - wechatpy is untyped
        """The client, made at the first login: the library takes 11 MB, and workers never ask WeChat who somebody is."""
        from wechatpy.client import WeChatClient

        with self._making:
            if self._client is None:
                client = WeChatClient(self._appid, self._secret, timeout=self._timeout, auto_retry=False)  # type: ignore[no-untyped-call]
                client._http.trust_env = False  # noqa: SLF001 - no other way; a proxy of the environment is none of ours
                self._client = client
        return self._client

    def _ask(self, code: str) -> Any:  # noqa: ANN401 - parsed JSON, or a Response where it is none
        client = self._made()
        import requests
        from wechatpy.exceptions import WeChatClientException

        params = {
            "appid": self._appid,
            "secret": self._secret,
            self._code_name: code,
            "grant_type": "authorization_code",
            # Given empty, else the client first fetches a token this call does not need.
            "access_token": "",
        }
        # `from None`: the address inside these exceptions holds the app secret.
        try:
            return client.get(self._url, params=params, allow_redirects=False)
        except WeChatClientException as refusal:
            if refusal.errcode in _REFUSED:
                raise LoginCodeRefused from None
            raise Unavailable(f"wechat: login code not exchanged, {refusal.errcode}") from None
        except (requests.RequestException, ValueError, TypeError, RecursionError):
            raise Unavailable("wechat: silence about a login code") from None


class WeChatLogin:
    """Exchanges login codes of one mini-program. The session key stays behind and is forgotten at once.

    `base_url` is the server's root, `https://api.weixin.qq.com` or the sandbox.
    """

    def __init__(self, *, appid: str, secret: str, base_url: str, read_timeout_s: float = 5.0) -> None:
        url = base_url.rstrip("/") + "/sns/jscode2session"
        self._codes = CodeExchange(
            appid=appid, secret=secret, url=url, code_name="js_code", read_timeout_s=read_timeout_s
        )

    async def exchange(self, js_code: str) -> AppIdentity:
        """Who obtained `js_code` from `wx.login`.

        Raises:
            LoginCodeRefused, Unavailable: as `CodeExchange.ask`.
        """
        openid, answer = await self._codes.ask(js_code)
        unionid = answer.get("unionid")
        known = isinstance(unionid, str) and _ID.fullmatch(unionid)
        return AppIdentity(openid=openid, unionid=unionid if known else None)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._codes.aclose()
