"""WeChat Pay API v3 as its merchants see it, for rehearsal."""

from app.sandbox.wechatpay import routes

ROUTES = [*routes.ROUTES]

__all__ = ["ROUTES"]
