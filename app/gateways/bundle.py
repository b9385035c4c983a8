"""Every wire of this process in one record, built once by an entrance and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.gateways.channels.base import Channel
from app.gateways.channels.sign_in import SignIn
from app.gateways.files import FileStore
from app.gateways.registries.base import Registry
from app.gateways.webhooks import WebhookSender
from app.gateways.wechat import ContentServer, MessageServer, OfficialAccount, PushReader, WeChatLogin
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
    sign_ins: Mapping[str, SignIn] = field(default_factory=dict)
    """By channel: the sign-ins of mini-programs that are a channel's own app, over its connections; WeChat's is `wechat`."""
    account: OfficialAccount | None = None
    """The official account whose pages know their reader inside WeChat; None: there is none."""
    content: ContentServer | None = None
    """Where texts and pictures of mini-program users are checked; None: people look at all of them."""
    messages: MessageServer | None = None
    """By which people are told in WeChat; None: they are not."""
    push: PushReader | None = None
    """Reads what WeChat tells by itself; None: it tells nothing, and no picture is sent to it."""
    webhooks: WebhookSender = field(default_factory=WebhookSender)
    """To whoever wants to be told."""

    @property
    def message_templates(self) -> Mapping[str, str]:
        """WeChat's template by what it tells; what has none is not told."""
        return {} if self.messages is None else self.messages.templates

    async def aclose(self) -> None:
        """Close the connections of channels and registries."""
        for channel in self.channels.values():
            await channel.aclose()
        for registry in self.registries.values():
            await registry.aclose()
        if self.content is not None:
            await self.content.aclose()
        if self.messages is not None:
            await self.messages.aclose()
        await self.webhooks.aclose()
