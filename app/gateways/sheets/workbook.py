"""XLSX: which sheet is read, and what its texts and numbers are written with. No formula is computed."""

from collections.abc import Iterable
from typing import Final

from app.gateways.sheets.archive import BROKEN, Archive, Event, reference
from app.gateways.sheets.bounds import Bounds, unreadable
from app.gateways.sheets.looks import read_looks
from app.gateways.sheets.noting import Notes
from app.gateways.sheets.values import unescaped
from app.gateways.sheets.worksheet import Book, read_worksheet
from app.kernel.cells import Sheet

_BOOK: Final = "xl/workbook.xml"
_SHOWN: Final = 8
_OTHERS: Final = (
    (
        "mimetype",
        "是 OpenDocument 表格（.ods），请另存为 .xlsx",
        "it is an OpenDocument sheet (.ods); save it as .xlsx",
    ),
    ("xl/workbook.bin", "是二进制工作簿（.xlsb），请另存为 .xlsx", "it is a binary workbook (.xlsb); save it as .xlsx"),
    ("word/document.xml", "是 Word 文档，请另存为 .xlsx 或 CSV", "it is a Word document; save it as .xlsx or CSV"),
    ("ppt/presentation.xml", "是演示文稿，请提供表格", "it is a presentation; send a sheet"),
    ("index/document.iwa", "是 Numbers 表格，请导出为 .xlsx", "it is a Numbers sheet; export it as .xlsx"),
)


def read_xlsx(data: bytes, bounds: Bounds) -> Sheet:
    """The rows of the first visible sheet that hold something; a date as YYYY-MM-DD, a number without exponent.

    Raises: as `read_sheet`.
    """
    try:
        archive = Archive(data, bounds)
        return _read(archive, bounds)
    except BROKEN as broken:
        raise unreadable("工作簿已损坏", "the workbook is broken") from broken


def _read(archive: Archive, bounds: Bounds) -> Sheet:
    name = next((target for kind, target in archive.related("").values() if kind == "officeDocument"), _BOOK)
    for part, zh, en in _OTHERS:
        if part in archive:
            raise unreadable(zh, en)
    if name not in archive:
        raise unreadable(
            "是压缩包而不是 XLSX 工作簿，请先解压", "it is an archive and no XLSX workbook; unpack it first"
        )
    related = archive.related(name)
    notes = Notes(bounds)
    path, counts_from_1904 = _chosen(archive.events(name, is_whole=True), related, notes)
    parts = {kind: target for kind, target in related.values() if target in archive}
    styles, texts = parts.get("styles", "xl/styles.xml"), parts.get("sharedStrings", "xl/sharedStrings.xml")
    book = Book(
        looks=read_looks(archive.events(styles, is_whole=True)) if styles in archive else [],
        texts=shared_texts(archive.events(texts, is_whole=True)) if texts in archive else [],
        counts_from_1904=counts_from_1904,
    )
    return read_worksheet(archive.events(path), book, bounds, notes)


def _chosen(book: Iterable[Event], related: dict[str, tuple[str, str]], notes: Notes) -> tuple[str, bool]:
    """The first visible sheet's part, and whether days count from 1904; what is not read is noted."""
    path, counts_from_1904 = None, False
    others: list[str] = []
    hidden: list[str] = []
    for kind, element, attributes in book:
        if kind != "start" or not attributes:
            continue
        if element == "workbookPr":
            counts_from_1904 = attributes.get("date1904") in {"1", "true"}
        elif element == "sheet":
            kind_of_part, target = related.get(reference(attributes), ("", ""))
            title = "".join(filter(str.isprintable, attributes.get("name", "")))[:31]
            if attributes.get("state", "visible") != "visible":
                hidden.append(title)
            elif kind_of_part == "worksheet" and path is None:
                path = target
            else:
                others.append(title)
    if path is None:
        raise unreadable("没有可见的工作表", "it has no visible sheet")
    for titles, zh, en in ((others, "其他工作表", "other sheets"), (hidden, "隐藏的工作表", "hidden sheets")):
        if titles:
            more = (f" 等 {len(titles)} 个", f" and {len(titles) - _SHOWN} more") if len(titles) > _SHOWN else ("", "")
            named = titles[:_SHOWN]
            notes.add(f"未读取{zh}：{'、'.join(named)}{more[0]}", f"not read, {en}: {', '.join(named)}{more[1]}")
    return path, counts_from_1904


def shared_texts(events: Iterable[Event]) -> list[str]:
    """The texts a workbook keeps apart from its cells; how they are spoken (`rPh`) is no part of them."""
    texts: list[str] = []
    pieces: list[str] = []
    is_text = is_spoken = False
    for kind, name, _ in events:
        if kind == "text":
            if is_text and not is_spoken:
                pieces.append(name)
        elif name == "t":
            is_text = kind == "start"
        elif name == "rPh":
            is_spoken = kind == "start"
        elif name == "si":
            if kind == "end":
                texts.append(unescaped("".join(pieces)))
            pieces.clear()
    return texts
