"""Every wire of this process in one record, built once by an entrance and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.gateways.channels.base import Channel
from app.gateways.files import FileStore
from app.gateways.registries.base import Registry
from app.gateways.webhooks import WebhookSender
from app.gateways.wechat import WeChatLogin
from app.gateways.wechat_account import OfficialAccount
from app.kernel.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateways:
    """Every wire, and the clock."""

    channels: Mapping[str, Channel]
    wechat: WeChatLogin
    files: FileStore
    clock: Clock
    registries: Mapping[str, Registry] = field(default_factory=dict)
    """By programme, as far as a wire leads to its registry; the others are dealt with by hand."""
    account: OfficialAccount | None = None
    """The official account whose pages know their reader inside WeChat; None: there is none."""
    webhooks: WebhookSender = field(default_factory=WebhookSender)
    """To whoever wants to be told."""

    async def aclose(self) -> None:
        """Close the connections of channels and registries."""
        for channel in self.channels.values():
            await channel.aclose()
        for registry in self.registries.values():
            await registry.aclose()
        await self.webhooks.aclose()
