"""Facts about the books that stop a use case."""

from app.kernel.errors import NotFound
from app.kernel.text import Text


class LotUnknown(NotFound):
    """No lot has this id or code."""

    code = "books.lot_unknown"
    text = Text(zh="没有批次 {lot}。", en="There is no lot {lot}.")
    field = "/lot"
