"""WeChat's servers that know people: the mini-program's login, and the official account's web authorization."""

from app.sandbox.wechat import account, login

ROUTES = [*login.ROUTES, *account.ROUTES]

__all__ = ["ROUTES"]
