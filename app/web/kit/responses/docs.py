"""The API's description and its page, `/docs`: Swagger UI from an installed package, nothing from outside.

The page runs under the same content policy as all others, so the script that starts it is a file of its own.
"""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from litestar import MediaType, Request, Response, Router, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import OpenAPIRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag
from litestar.params import FromPath

from app.views import errors

ASSETS_PATH: Final = "/static/docs"
PATH: Final = "/docs"
_PACKAGE: Final = find_spec("swagger_ui")
assert _PACKAGE is not None and _PACKAGE.origin is not None, "requirements.lock names it"
_FOLDER: Final = Path(_PACKAGE.origin).parent / "static"
"""Found without importing it: its program is of no use here and takes 8 MB."""
_ASSETS: Final = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
    "swagger-ui-standalone-preset.js": "text/javascript; charset=utf-8",
    "favicon-32x32.png": "image/png",
}
"""The few files the page needs; the package also carries an editor of many megabytes."""

_START: Final = f"""\
window.addEventListener("load", () => {{
  SwaggerUIBundle({{
    url: "{PATH}/openapi.json",
    dom_id: "#api",
    deepLinking: true,
    // Its default sends the description to a server of others and shows their badge.
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
  }});
}});
"""
_PAGE: Final = f"""\
<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>点点 API</title>
<link rel="icon" type="image/png" href="{ASSETS_PATH}/favicon-32x32.png">
<link rel="stylesheet" href="{ASSETS_PATH}/swagger-ui.css">
<script src="{ASSETS_PATH}/swagger-ui-bundle.js"></script>
<script src="{ASSETS_PATH}/start.js"></script>
</head>
<body><div id="api"></div></body>
</html>
"""
_DESCRIPTION: Final = """\
点点碳中和服务平台接口。金额为整数分，质量为整数克，时间为带时区的 RFC 3339。
凡改变资金或减排量的 POST 必须带 `Idempotency-Key`；错误一律为 `application/problem+json`。

The API of the Diandian carbon-neutrality platform. Money is in integer minor units, mass in integer grams, times are
RFC 3339 with an offset. Every POST that moves money or credits needs an `Idempotency-Key`; errors are
`application/problem+json` with a stable `code`.
"""
_KEY: Final = """\
机构接口密钥，在 `/organiser/keys` 创建，仅显示一次，随请求头 `Authorization: Bearer ddk_…` 发送。
只代表该机构；个人接口、复核与平台接口一律拒绝。

An organisation's API key, made at `/organiser/keys` and shown once: `Authorization: Bearer ddk_01JD8Q9T5K3V2M7N4P6R8S0W1X_…`.
It acts for that organisation alone. What is a person's own, agreeing as a second person, and the platform's interfaces refuse
it (403 `API_KEY_NOT_HERE`); unknown, wrong, expired and ended keys get one answer (401 `API_KEY_REFUSED`).
"""


class OwnSwagger(OpenAPIRenderPlugin):
    """The page, with every part from this server."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML, favicon="", style="")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The page; it fetches the description itself."""
        del request, openapi_schema
        return _PAGE.encode()


def openapi(*, version: str, tags: tuple[Tag, ...] = ()) -> OpenAPIConfig:
    """For `Litestar(openapi_config=...)`: OpenAPI 3.1 at `/docs/openapi.json`."""
    return OpenAPIConfig(
        title="点点",
        version=version,
        description=_DESCRIPTION,
        path=PATH,
        render_plugins=[OwnSwagger()],
        use_handler_docstrings=True,
        tags=list(tags),
        components=Components(
            security_schemes={
                "bearer": SecurityScheme(
                    type="http", scheme="bearer", description="小程序登录后取得的令牌 / the token a sign-in gives"
                ),
                "organisation_key": SecurityScheme(
                    type="http", scheme="bearer", bearer_format="ddk_<id>_<secret>", description=_KEY
                ),
            }
        ),
    )


@get("/{name:str}", include_in_schema=False, sync_to_thread=False, cache_control=None)
def asset(name: FromPath[str]) -> Response[bytes]:
    """One file of the page, kept by browsers for a day."""
    if name == "start.js":
        content, media_type = _START.encode(), "text/javascript; charset=utf-8"
    elif (known := _ASSETS.get(name)) is not None:
        content, media_type = _kept(name), known
    else:
        raise errors.NoSuchPage
    return Response(content, media_type=media_type, headers={"cache-control": "public, max-age=86400"})


@lru_cache(len(_ASSETS))
def _kept(name: str) -> bytes:
    """Read once: four files, asked for by anybody."""
    return (_FOLDER / name).read_bytes()


assets: Final = Router(ASSETS_PATH, route_handlers=[asset])
