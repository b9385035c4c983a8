"""Every wire of this process in one record, built once by an entrance and handed down."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.gateways.channels.base import Channel, ChannelName
from app.gateways.files import FileStore
from app.gateways.wechat import WeChatLogin
from app.kernel.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateways:
    """Every wire, and the clock."""

    channels: Mapping[ChannelName, Channel]
    wechat: WeChatLogin
    files: FileStore
    clock: Clock
