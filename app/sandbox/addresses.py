"""Which addresses the far side dares to write to, and to send a payer to."""

import ipaddress
import re
from urllib.parse import urlsplit


def is_loopback(url: str) -> bool:
    """Whether the url's host is this machine and nothing beyond it."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def may_go_back(url: str, *, notify_url: str) -> bool:
    """Whether a payer may be sent there: http(s), to this machine or to the host that gets the notices."""
    if len(url) > 2048 or re.search(r"[\s\\\x00-\x1f]", url):
        return False
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"} or not host or port == 0 or parts.username is not None:
        return False
    return is_loopback(url) or host == urlsplit(notify_url).hostname


def origin(url: str) -> str:
    """Scheme, host and port, for a policy."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
