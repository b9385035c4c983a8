"""Facts about a request that any door may meet before a room is asked."""

from app.kernel.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    RuleBroken,
    TooMany,
    Unauthenticated,
)
from app.kernel.text import Text
from app.views.faults import Fault


class Malformed(Invalid):
    """Not the JSON, form or path it claims to be."""

    code = "request.malformed"
    text = Text(zh="请求内容无法读取，请检查格式。", en="The request cannot be read; please check its format.")


class JsonMalformed(Invalid):
    """A body that is not JSON; `byte` says where reading stopped."""

    code = "request.json_malformed"
    text = Text(zh="JSON 格式有误（第 {byte} 字节处）。", en="This is not valid JSON (near byte {byte}).")


class FieldsInvalid(Invalid):
    """Readable, but one or more fields are not of the form the handler declares."""

    code = "request.invalid"
    text = Text(zh="填写的内容有误：{first}。", en="Something in the request is wrong: {first}.")

    def __init__(self, *faults: Fault) -> None:
        assert faults, "a refusal of fields names at least one"
        super().__init__(field=faults[0].field)
        self.faults = faults

    def message(self) -> Text:
        """The text with the first fault told in each language; its field stands beside it, in `field`, never in here."""
        first = self.faults[0].text
        return Text(zh=self.text.zh.replace("{first}", first.zh), en=self.text.en.replace("{first}", first.en))


class KeyRepeated(Invalid):
    """A JSON object or a form says one name twice; either value could be meant."""

    code = "request.key_repeated"
    text = Text(zh="“{name}”重复出现，请只保留一个。", en="“{name}” stands there twice; please keep one.")


class KeyRepeatedInQuery(KeyRepeated):
    """The address says one name twice; either value could be meant."""

    location = "query"


class HeaderRepeated(Invalid):
    """A header that says who asks, or what comes, stands twice. Nothing has been read."""

    code = "request.header_repeated"
    text = Text(
        zh="请求头 {name} 重复出现，无法判断以哪个为准。",
        en="The header {name} came twice; which counts is unclear.",
    )
    location = "header"


class HeadersTooLarge(Invalid):
    """More header lines than any browser sends: usually cookies that are not ours."""

    code = "request.headers_too_large"
    text = Text(
        zh="请求头过大（最多 {kib_max} KB），请清除本站 Cookie 后重试。",
        en="The request's headers are too large (at most {kib_max} KB); please clear this site's cookies and try again.",
    )
    location = "header"


class AddressTooLong(Invalid):
    """A path and query longer than any of ours."""

    code = "request.address_too_long"
    text = Text(zh="网址过长。", en="The address is too long.")


class MetricsPrivate(Forbidden):
    """The metrics are for our own watchers: by a token, or from a private address."""

    code = "metrics.private"
    text = Text(zh="监控数据不对外提供。", en="Metrics are not shown from here.")


class TooDeep(Invalid):
    """Nested deeper than anything we ask for."""

    code = "request.too_deep"
    text = Text(zh="内容嵌套过深，最多 {depth_max} 层。", en="Nested too deeply; at most {depth_max} levels.")


class CharacterRefused(Invalid):
    """A NUL character, which no database text can hold."""

    code = "request.character_refused"
    text = Text(zh="内容含有不允许的字符（NUL）。", en="The text contains a character that is not allowed (NUL).")


class NoSuchPage(NotFound):
    """Nothing lives at this address."""

    code = "request.not_found"
    text = Text(zh="页面不存在，或链接已失效。", en="There is nothing at this address.")


class MethodRefused(Invalid):
    """The address exists, but not for this verb."""

    code = "request.method_refused"
    text = Text(zh="该地址不支持此操作。", en="This address does not support that method.")


class TooSlow(Invalid):
    """The body did not arrive in time."""

    code = "request.too_slow"
    text = Text(zh="网络较慢，内容未能及时送达，请重试。", en="The request took too long to arrive; please try again.")


class TooLarge(Invalid):
    """The body is larger than this address accepts."""

    code = "request.too_large"
    text = Text(zh="内容过大，请精简后重试。", en="The request is too large.")


class MediaRefused(Invalid):
    """A content type this address does not read."""

    code = "request.media_refused"
    text = Text(zh="不支持的内容类型。", en="This content type is not supported.")


class UnknownHost(Invalid):
    """The Host header names a server we are not."""

    code = "request.unknown_host"
    text = Text(zh="请通过正式网址访问。", en="Please use the official address of this site.")


class ForeignOrigin(Forbidden):
    """A browser sent this from a page that is not ours (CSRF)."""

    code = "request.foreign_origin"
    text = Text(
        zh="请求不是从本站页面发出的，请返回页面后重试。",
        en="This did not come from one of our pages; please go back and try again.",
    )


class FormExpired(Forbidden):
    """The token of a form is missing, forged, or of another session."""

    code = "request.form_expired"
    text = Text(zh="页面已过期，请刷新后重新提交。", en="This page has expired; please reload it and submit again.")


class RequestsTooMany(TooMany):
    """The same account repeated the same action too often."""

    code = "request.too_many"
    text = Text(
        zh="操作过于频繁，请 {retry_after_s} 秒后再试。", en="Too many attempts; please try again in {retry_after_s} s."
    )


class NotSignedIn(Unauthenticated):
    """No token came, or one we do not know any more."""

    code = "session.missing"
    text = Text(zh="请先登录。", en="Please sign in first.")


class ApiKeyRefused(Unauthenticated):
    """An API key that is unknown, wrong, expired or ended: they look the same."""

    code = "api_key.refused"
    text = Text(zh="接口密钥无效。", en="This API key is not valid.")


class ApiKeyNotHere(Forbidden):
    """An organisation's API key asks for what only a person may have or do."""

    code = "api_key.not_here"
    text = Text(
        zh="接口密钥只能用于机构接口，不能代替个人操作。",
        en="An API key works for its organisation's own interfaces and stands in for no person.",
    )


class ApiKeyInAddress(Invalid):
    """A key stands in the address, where others have written it down; nothing was looked up. End that key."""

    code = "api_key.in_address"
    text = Text(
        zh="密钥不能放在网址里，请改用 Authorization 请求头，并停用这个密钥。",
        en="A key does not belong into an address: send it as the header Authorization, and end this one.",
    )


class KeyMalformed(Invalid):
    """The idempotency key is missing, longer than 255 characters, or not printable ASCII."""

    code = "idempotency.key_malformed"
    text = Text(
        zh="缺少幂等键 Idempotency-Key，或其格式不正确。",
        en="The Idempotency-Key header is missing or malformed (1 to 255 printable characters).",
    )
    field = "/Idempotency-Key"
    location = "header"


class KeyReused(RuleBroken):
    """The same idempotency key came with another body. Nothing has moved for this one."""

    code = "idempotency.key_reused"
    text = Text(
        zh="同一幂等键不能用于不同的请求内容。", en="This idempotency key was already used for a different request."
    )


class KeyInProgress(Conflict):
    """The first request with this key is still at work."""

    code = "idempotency.in_progress"
    text = Text(zh="同一请求正在处理，请稍候再查询。", en="The same request is still being processed; please wait.")


class CursorMalformed(Invalid):
    """`after` is not a cursor that one of our lists gave out."""

    code = "paging.cursor_malformed"
    text = Text(
        zh="分页标记无效，请从第一页重新开始。", en="The page marker is not valid; please start from the first page."
    )
    field = "/after"
    location = "query"


class Busy(DomainError):
    """The database asks to try again (deadlock, lock time-out, restart). Whether it was done is found by the key."""

    code = "service.busy"
    text = Text(zh="系统繁忙，请稍后重试。", en="We are busy right now; please try again in a moment.")


class Silent(DomainError):
    """Somebody else's server does not answer. Unknown, neither done nor failed."""

    code = "service.unavailable"
    text = Text(
        zh="外部服务暂无响应，结果未知，请稍后查询。",
        en="A service we rely on is not answering; the outcome is unknown, please check again shortly.",
    )


class Failed(DomainError):
    """Our own fault. The log has it under the request id; the answer says no more."""

    code = "service.failed"
    text = Text(
        zh="系统出错，我们已记录。如需帮助，请提供请求编号。",
        en="Something went wrong on our side and was recorded. Please quote the request id if you need help.",
    )
