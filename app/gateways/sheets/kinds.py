"""What a file is by its first bytes, where it is no sheet of ours: people send what their desk calls a sheet."""

from typing import Final

from app.gateways.sheets.bounds import SheetUnreadable, unreadable

_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_OLD_WORD: Final = "WordDocument".encode("utf-16-le")

_KINDS: Final = (
    ((b"%PDF",), "是 PDF，请取得原始表格", "it is a PDF; ask for the sheet it was made from"),
    (
        (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM6", b"II*\0", b"MM\0*"),
        "是图片，请取得原始表格", "it is a picture; ask for the sheet it was made from",
    ),
    (
        (b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"PK\x05\x06", b"PK\x07\x08"),
        "是压缩包，请先解压", "it is an archive; unpack it first",
    ),
    ((b"{\\rtf",), "是文字文档，请另存为 .xlsx 或 CSV", "it is a text document; save it as .xlsx or CSV"),
)  # fmt: skip
_MARKUP: Final = (b"<html", b"<!doctype html", b"<table", b"<meta", b"<head", b"<body")


def stranger(data: bytes) -> SheetUnreadable | None:
    """The refusal of a file that is neither CSV nor a workbook, with what to do; None where it may be one."""
    if data.startswith(_OLD_OFFICE):
        return _old_office(data)
    for starts, zh, en in _KINDS:
        if data.startswith(starts):
            return unreadable(zh, en)
    start = data[:2048].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith(_MARKUP):
        return unreadable(
            "是网页（HTML），只是文件名像表格；请用 Excel 打开后另存为 .xlsx",
            "it is a web page (HTML) with a spreadsheet's name; open it in Excel and save it as .xlsx",
        )
    if start.startswith((b"<?xml", b"<workbook", b"<ss:")):
        return unreadable(
            "是 XML 文档（如“XML 表格 2003”），请用 Excel 打开后另存为 .xlsx",
            "it is an XML document (such as an XML Spreadsheet 2003); open it in Excel and save it as .xlsx",
        )
    return None


def _old_office(data: bytes) -> SheetUnreadable:
    if _ENCRYPTED in data:
        return unreadable(
            "工作簿设有打开密码，请取消密码后另存", "the workbook is protected by a password; save it without one"
        )
    if _OLD_WORD in data:
        return unreadable("是 Word 文档，请另存为 .xlsx 或 CSV", "it is a Word document; save it as .xlsx or CSV")
    return unreadable(
        "旧版 .xls 或 .et 工作簿，请另存为 .xlsx（改文件名无效）",
        "an old .xls or .et workbook; save it as .xlsx (another name does not make it one)",
    )
