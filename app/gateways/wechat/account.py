"""The official account (公众号) at WeChat: who reads one of our pages inside WeChat, by web authorization (网页授权).

Only `snsapi_base` is asked for: it is silent, and tells nothing but the openid within this account.
"""

from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from app.gateways.wechat.login import CodeExchange

SCOPE: Final = "snsapi_base"


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReader:
    """Who reads a page inside WeChat. Personal data: the openid does not stand in the repr."""

    openid: str = field(repr=False)
    is_snapshot: bool
    """A made-up account of the snapshot mode (快照页): it is nobody, can pay nothing, and is never kept."""


class OfficialAccount:
    """One official account. `open_url` is where a browser is sent, `base_url` where codes are exchanged."""

    def __init__(self, *, appid: str, secret: str, base_url: str, open_url: str, read_timeout_s: float = 5.0) -> None:
        self.appid = appid
        self._open_url = open_url.rstrip("/") + "/connect/oauth2/authorize"
        url = base_url.rstrip("/") + "/sns/oauth2/access_token"
        self._codes = CodeExchange(appid=appid, secret=secret, url=url, code_name="code", read_timeout_s=read_timeout_s)

    def authorize_url(self, *, redirect_uri: str, state: str) -> str:
        """Where the browser goes to be told apart; it comes back to `redirect_uri` with `code` and `state`.

        The names stand in the order that WeChat matches the link by; another order opens an error page.
        """
        query = {
            "appid": self.appid, "redirect_uri": redirect_uri, "response_type": "code", "scope": SCOPE, "state": state,
        }  # fmt: skip
        return f"{self._open_url}?{urlencode(query)}#wechat_redirect"

    async def exchange(self, code: str) -> PageReader:
        """Who came back with this code.

        Raises:
            LoginCodeRefused, Unavailable: as `CodeExchange.ask`.
        """
        openid, answer = await self._codes.ask(code)
        return PageReader(openid=openid, is_snapshot=answer.get("is_snapshotuser") == 1)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._codes.aclose()
