"""Facts about what can be printed."""

from app.kernel.errors import Invalid
from app.kernel.text import Text


class NotPrintable(Invalid):
    """The text has characters that no font of the drawing worker has, or that show nothing; they are named."""

    code = "text.not_printable"
    text = Text(
        zh="证书上无法印出这些字符：{characters_zh}。请换一种写法。",
        en="A certificate cannot show these characters: {characters_en}. Please choose another spelling.",
    )
