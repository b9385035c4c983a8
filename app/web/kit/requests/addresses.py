"""Whom an address stands for: one IPv4 address, or one customer's part of IPv6."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

NOBODY: Final = "unknown"
"""The account of whoever has no address: a peer on a socket file."""
WIDE: Final = 8
"""How many customers' worth a whole site of IPv6 may do: 48 bits hold 65 536 prefixes of 64, and one person may have them."""
_PRIVATE: Final = tuple(
    ip_network(network)
    for network in ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "::1/128", "fc00::/7",
                    "fe80::/10")
)  # fmt: skip


def plain(text: str) -> IPv4Address | IPv6Address | None:
    """An address as a peer or a proxy writes it: with a port, in brackets, or IPv4 dressed as IPv6; None: it is none."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def accounts(host: str | None) -> tuple[tuple[str, int], ...]:
    """What a limit counts an address under, each with how much more than one customer it may do."""
    address = plain(host or "")
    if address is None:
        return ((NOBODY, 1),)
    if isinstance(address, IPv4Address):
        return ((str(address), 1),)
    return ((prefix(address, 64), 1), (prefix(address, 48), WIDE))


def is_private(host: str | None) -> bool:
    """Whether an address belongs to this machine or to a network that the internet cannot reach."""
    address = plain(host or "")
    return address is not None and any(address in network for network in _PRIVATE)


def prefix(address: IPv6Address, bits: int) -> str:
    """The leading bits of an IPv6 address, as a network is written."""
    return f"{IPv6Address(int(address) >> (128 - bits) << (128 - bits))}/{bits}"
