"""Workbooks made by hand, as other programs than openpyxl write them."""

import io
import zipfile

TRANSITIONAL = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_RELATIONS = {
    TRANSITIONAL: "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    STRICT: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def package(
    rows: str,
    *,
    space: str = TRANSITIONAL,
    before: str = "",
    after: str = "",
    styles: str = "",
    texts: str | None = None,
    book: str = "",
    sheets: str = '<sheet name="批次" sheetId="1" r:id="rId1"/>',
    part: str = "xl/worksheets/sheet1.xml",
    prolog: str = '<?xml version="1.0" encoding="UTF-8"?>',
    **others: bytes | str,
) -> bytes:
    """A workbook whose one sheet holds these `<row>`s; `others` are parts by name, with `__` for a slash."""
    relations = _RELATIONS[space]
    parts: dict[str, bytes | str] = {
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r" Type="{relations}/officeDocument"'
        ' Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{space}" xmlns:r="{relations}">{book}<sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}">'
        f'<Relationship Id="rId1" Type="{relations}/worksheet" Target="/{part}"/>'
        f'<Relationship Id="rId2" Type="{relations}/styles" Target="styles.xml"/>'
        f'<Relationship Id="rId3" Type="{relations}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{space}">{styles}</styleSheet>',
        part: f'{prolog}<worksheet xmlns="{space}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>',
    }
    if texts is not None:
        parts["xl/sharedStrings.xml"] = f'<sst xmlns="{space}">{texts}</sst>'
    parts |= {name.replace("__", "/"): content for name, content in others.items()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def cell(reference: str, text: str) -> str:
    """A cell with a text in itself."""
    return f'<c r="{reference}" t="inlineStr"><is><t>{text}</t></is></c>'
