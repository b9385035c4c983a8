"""Facts about messages."""

from app.kernel.errors import NotFound
from app.kernel.text import Text


class TemplateUnknown(NotFound):
    """We ask for no such template now."""

    code = "messages.template_unknown"
    text = Text(zh="没有这个消息模板。", en="There is no such message template.")
    field = "/answers"
