"""WeChat's servers that know people: the mini-program's login and content check, the official account's web authorization."""

from pathlib import Path

from app.sandbox import keys
from app.sandbox.wechat import account, content, control, login, messages

ROUTES = [*login.ROUTES, *account.ROUTES, *content.ROUTES, *messages.ROUTES]
CONTROL = control.ROUTES
SCHEMA = content.SCHEMA + messages.SCHEMA


def knobs(folder: Path, url: str) -> dict[str, str]:  # noqa: ARG001 - every far side's has one shape
    """What our side needs besides its app id and secret: how pushes are signed and sealed, and its templates."""
    made = keys.ensure(folder)
    return {
        "wechat_push_token": made.push_token,
        "wechat_push_key": made.push_aes_key,
        "wechat_certificate_template": messages.CERTIFICATE,
        "wechat_refund_template": messages.REFUND,
    }


__all__ = ["CONTROL", "ROUTES", "SCHEMA", "knobs"]
