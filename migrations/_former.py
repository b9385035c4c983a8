"""Words that old migrations name and the program has given up, as they stood then. No migration; never edited."""

from enum import StrEnum


class ChannelName(StrEnum):
    """Until 0028 the channels were an enum; now they are rows of a table (app/gateways/channels/table.py)."""

    WECHATPAY = "wechatpay"


class Method(StrEnum):
    """Until 0028 the methods were those of one channel; now each channel declares its own."""

    JSAPI = "jsapi"
    H5 = "h5"
    NATIVE = "native"
