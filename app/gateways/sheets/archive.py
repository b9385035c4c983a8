"""A workbook as an archive of XML parts: bounded before anything is unpacked, and parsed by expat in pieces."""

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from posixpath import dirname, normpath
from typing import Final, Literal, TypeAlias
from xml.parsers import expat

from app.gateways.sheets.bounds import Bounds, too_large, too_many, unreadable

Event: TypeAlias = tuple[Literal["start"], str, Mapping[str, str]] | tuple[Literal["end", "text"], str, None]
"""An element begins (its name, its attributes) or ends (its name), or there is text between."""

BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OverflowError, OSError,
    LookupError, expat.ExpatError,
)  # fmt: skip
"""What the libraries say about a broken file; none of them has a family of its own for it."""
_CHUNK: Final = 1 << 16
_DEPTH_MOST: Final = 64
_SHEET_SPACES: Final = frozenset(
    {"http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/ooxml/spreadsheetml/main"}
)
"""Of the workbooks most programs write, and of those saved as "Strict Open XML"."""
_REFERENCES: Final = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships id",
    "http://purl.oclc.org/ooxml/officeDocument/relationships id",
)
_RELATIONS: Final = "http://schemas.openxmlformats.org/package/2006/relationships Relationship"


class _DocumentType(Exception):
    """A part declares one."""


class _Begun(Exception):
    """The first element of a part."""


class Archive:
    """The parts of a workbook by name. Whatever a part is called, none of them declares a document type.

    Raises:
        SheetTooLarge: more than the bounds allow.
        SheetUnreadable: encrypted, or with a document type.
        One of `BROKEN`: it is no archive.
    """

    def __init__(self, data: bytes, bounds: Bounds) -> None:
        self._bounds = bounds
        self._zip = zipfile.ZipFile(io.BytesIO(data))
        parts = self._zip.infolist()
        if len(parts) > bounds.parts_most:
            raise too_many("个部件", "parts", bounds.parts_most)
        unpacked = sum(part.file_size for part in parts)
        if unpacked > bounds.unpacked_most:
            raise too_large("（解压后）", "once unpacked", bounds.unpacked_most)
        if unpacked > bounds.ratio_most * len(data):
            raise too_many("倍解压比", "times its packed size once unpacked", bounds.ratio_most)
        self._parts = {_plain(part.filename): part for part in parts}
        if len(self._parts) < len(parts):
            raise unreadable("工作簿有同名部件", "two parts of the workbook have one name")
        if any(part.flag_bits & 0x1 for part in parts):
            raise unreadable("工作簿已加密，请取消密码后另存", "it is encrypted; save it without a password")
        for name in self._parts:
            self._check(name)

    def __contains__(self, name: str) -> bool:
        return _plain(name) in self._parts

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """What a part refers to, by the reference's id: the last word of its kind, and the name of the part."""
        folder, _, name = part.rpartition("/")
        listed = f"{folder}/_rels/{name}.rels".lstrip("/")
        if listed not in self:
            return {}
        found = {}
        for kind, element, attributes in self.events(listed, is_whole=True):
            if kind == "start" and element == _RELATIONS and attributes and attributes.get("TargetMode") != "External":
                target = attributes.get("Target", "")
                path = target if target.startswith("/") else f"{dirname(part)}/{target}"
                found[attributes.get("Id", "")] = attributes.get("Type", "").rpartition("/")[2], normpath(path)
        return found

    def events(self, name: str, *, is_whole: bool = False) -> Iterator[Event]:
        """The XML of a part, as it is read; elements of spreadsheets by their bare names.

        `is_whole`: the caller holds all of it in memory, so the part must not be large.
        """
        part = self._parts[_plain(name)]
        if is_whole and part.file_size > self._bounds.part_most:
            raise too_large("（单个部件）", "in a part that is no sheet", self._bounds.part_most)
        found: list[Event] = []
        depth = 0

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal depth
            depth += 1
            if depth > _DEPTH_MOST:
                raise ValueError(name)
            found.append(("start", _bare(tag), attributes))

        def end(tag: str) -> None:
            nonlocal depth
            depth -= 1
            found.append(("end", _bare(tag), None))

        parser = _parser()
        parser.StartElementHandler, parser.EndElementHandler = start, end
        parser.CharacterDataHandler = lambda text: found.append(("text", text, None))
        with self._zip.open(part) as opened:
            while chunk := opened.read(_CHUNK):
                parser.Parse(chunk, False)
                yield from found
                found.clear()
        parser.Parse(b"", True)
        yield from found

    def _check(self, name: str) -> None:
        """Refuse a document type: no workbook declares one; one that does wants its entities to grow, or be fetched.

        expat finds it in whatever encoding a part is; it stands before the first element, and there we stop.
        """
        parser = _parser()

        def begun(_tag: str, _attributes: object) -> None:
            raise _Begun

        parser.StartElementHandler = begun
        try:
            with self._zip.open(self._parts[name]) as opened:
                while chunk := opened.read(_CHUNK):
                    parser.Parse(chunk, False)
        except _Begun:
            return
        except expat.ExpatError:
            return  # a picture, or broken: whoever reads it meets that
        except _DocumentType:
            raise unreadable("部件含有文档类型声明", "a part declares a document type") from None


def reference(attributes: Mapping[str, str]) -> str:
    """The id of the part an element refers to."""
    return next((attributes[name] for name in _REFERENCES if name in attributes), "")


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def _refuse(*_declared: object) -> None:
    raise _DocumentType


@lru_cache(maxsize=512)
def _bare(tag: str) -> str:
    space, _, name = tag.rpartition(" ")
    return name if space in _SHEET_SPACES else tag


def _plain(name: str) -> str:
    return normpath("/" + name.replace("\\", "/")).lstrip("/").casefold()
