"""WeChat's servers that know people: the mini-program's login and content check, the official account's web authorization."""

from pathlib import Path

from app.sandbox import keys
from app.sandbox.wechat import account, content, control, login

ROUTES = [*login.ROUTES, *account.ROUTES, *content.ROUTES]
CONTROL = control.ROUTES
SCHEMA = content.SCHEMA


def knobs(folder: Path, url: str) -> dict[str, str]:  # noqa: ARG001 - every far side's has one shape
    """What our side needs besides its app id and secret: how pushes are signed and sealed."""
    made = keys.ensure(folder)
    return {"wechat_push_token": made.push_token, "wechat_push_key": made.push_aes_key}


__all__ = ["CONTROL", "ROUTES", "SCHEMA", "knobs"]
