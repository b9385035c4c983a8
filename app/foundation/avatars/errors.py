"""Facts about avatars."""

from app.kernel.errors import NotFound, RuleBroken
from app.kernel.text import Text


class AvatarTooLarge(RuleBroken):
    """The file has more bytes than are read. Nothing was kept."""

    code = "avatars.too_large"
    field = "/picture"
    text = Text(
        zh="图片文件太大，请选择不超过 2 MB 的图片。", en="The file is too large; please choose one of at most 2 MB."
    )


class AvatarTypeUnknown(RuleBroken):
    """Neither JPEG nor PNG nor WebP, whatever its name says: an SVG, a GIF, a HEIC, a text."""

    code = "avatars.type_unknown"
    field = "/picture"
    text = Text(
        zh="只支持 JPEG、PNG 和 WebP 图片（不支持 SVG、GIF、HEIC）。",
        en="Only JPEG, PNG and WebP pictures are taken (no SVG, GIF or HEIC).",
    )


class AvatarAnimated(RuleBroken):
    """The picture moves."""

    code = "avatars.animated"
    field = "/picture"
    text = Text(zh="不支持动图，请选择静态图片。", en="Moving pictures are not taken; please choose a still one.")


class AvatarDimensions(RuleBroken):
    """Too few pixels, or so many that decoding them would take the server's memory."""

    code = "avatars.dimensions"
    field = "/picture"
    text = Text(
        zh="图片的边长应在 16 到 8192 像素之间，总像素不超过 2600 万。",
        en="Each side must have 16 to 8,192 pixels, and the whole picture at most 26 million.",
    )


class AvatarPolyglot(RuleBroken):
    """The file holds something besides a picture: a page, a script, an archive, bytes after its end."""

    code = "avatars.polyglot"
    field = "/picture"
    text = Text(
        zh="这个文件里除了图片还有别的内容，请另存为普通图片后再上传。",
        en="This file holds something besides a picture; please save it as an ordinary picture and try again.",
    )


class AvatarBroken(RuleBroken):
    """The picture cannot be read to its end."""

    code = "avatars.broken"
    field = "/picture"
    text = Text(
        zh="图片无法读取，可能没有传完或已损坏，请换一张。",
        en="The picture cannot be read; it may be cut short or damaged. Please choose another.",
    )


class AvatarPersonGone(NotFound):
    """The person is being forgotten; nothing is kept for them any more."""

    code = "avatars.person_gone"
    text = Text(zh="此账户正在注销，不能再设置头像。", en="This account is being erased and can have no picture.")
