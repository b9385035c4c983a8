"""A zone's file, read strictly: every fault at once, each with its key and what would be right. Pure."""

import re
import tomllib
from collections.abc import Collection
from typing import Final

from app.kernel.ids import read_code
from app.kernel.text import Language, Text
from app.programmes.zones.document_rules import (
    Accent,
    Backdrop,
    BoardDefinition,
    CertificateEdition,
    GiverKind,
    SceneEntry,
    StatedMass,
    Theme,
    ZoneDocument,
)
from app.programmes.zones.errors import ZoneFileUnfit
from app.programmes.zones.table_rules import FileFault, Table, Wrong, shown

BYTES_MOST: Final = 200_000
SCENES_MOST: Final = 40
BOARDS_MOST: Final = 6
_SLUG: Final = re.compile(r"[a-z0-9][a-z0-9-]{1,39}")
_METHOD: Final = re.compile(r"[a-z0-9_]{1,32}(\.[a-z0-9_]{1,32})?")
_REGISTER_EXAMPLE: Final = '"CN 91510100MA00000025"'
_REGISTER: Final = re.compile(r"[A-Z]{2} \S{1,40}")
_NAME_LONGEST, _WELCOME_LONGEST, _LABEL_LONGEST, _LINE_LONGEST, _SOURCE_LONGEST = 60, 400, 40, 60, 200
_SEAL_LONGEST: Final = {Language.ZH: 8, Language.EN: 24}


def read_zone(content: bytes, *, file: str, methods: Collection[str]) -> ZoneDocument:
    """The document that a file describes.

    `methods` are the ways to pay that there are, `<channel>.<method>`; a file names them, or whole channels.

    Raises:
        ZoneFileUnfit: with everything that is wrong, in the order of the keys.
    """
    if len(content) > BYTES_MOST:
        raise _unfit(
            file, [FileFault("", Text(zh="文件太大，专区文件不超过 200 KB", en="the file is larger than 200 KB"))]
        )
    try:
        told = tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as fault:
        said = Text(zh=f"不是 TOML 文件：{fault}", en=f"this is not TOML: {fault}")
        raise _unfit(file, [FileFault("", said)]) from fault
    faults: list[FileFault] = []
    root = Table(told, "", faults)
    languages = root.many("languages", _language, least=1)
    root.languages = tuple(dict.fromkeys(languages)) or tuple(Language)
    document = _document(root, methods)
    root.close()
    if faults:
        raise _unfit(file, faults)
    return document


def _unfit(file: str, faults: list[FileFault]) -> ZoneFileUnfit:
    told_zh = "；".join(f"{one.key}：{one.problem.zh}" if one.key else one.problem.zh for one in faults)
    told_en = "; ".join(f"{one.key}: {one.problem.en}" if one.key else one.problem.en for one in faults)
    pointer = re.sub(r"\[(\d+)\]", lambda match: f"/{int(match[1]) - 1}", faults[0].key).replace(".", "/")
    return ZoneFileUnfit(field=f"/{pointer}", file=file, problem_zh=told_zh, problem_en=told_en, faults=tuple(faults))


def _language(told: object) -> Language | Wrong:
    if told in list(Language):
        return Language(str(told))
    return Wrong(Text(zh=f"{shown(told)} 不对，应为 zh 或 en", en=f"{shown(told)} is neither zh nor en"))


def _document(root: Table, methods: Collection[str]) -> ZoneDocument:
    slug = root.word("slug", _SLUG, "2 到 40 个小写字母、数字和连字符", "2 to 40 small letters, digits and hyphens")
    owner = root.word(
        "owner",
        _REGISTER,
        f"国家代码和登记号，如 {_REGISTER_EXAMPLE}",
        f"a country and register number such as {_REGISTER_EXAMPLE}",
    )
    starts_on, ends_on = root.day("starts_on"), root.day("ends_on")
    if ends_on < starts_on:
        root.fault("ends_on", "早于 starts_on", "is before starts_on")
    return ZoneDocument(
        slug=slug,
        owner_register=owner,
        name=root.text("name", _NAME_LONGEST),
        languages=root.languages,
        theme=_theme(root),
        welcome=root.text("welcome", _WELCOME_LONGEST),
        starts_on=starts_on,
        ends_on=ends_on,
        scenes=_scenes(root),
        payment_methods=_methods(root, methods),
        certificate=_certificate(root),
        boards=_boards(root),
        emissions=_stated(root, "emissions"),
        reductions=_stated(root, "reductions"),
    )


def _theme(root: Table) -> Theme:
    table = root.table("theme")
    if table is None:
        return Theme()
    theme = Theme(
        accent=table.choice("accent", Accent, Accent.GREEN), backdrop=table.choice("backdrop", Backdrop, Backdrop.HILLS)
    )
    table.close()
    return theme


def _scenes(root: Table) -> tuple[SceneEntry, ...]:
    entries: list[SceneEntry] = []
    for table in root.tables("scenes", least=1, most=SCENES_MOST):
        code = table.value(
            "code", _code, "", '6 到 8 位场景码，如 "H7QP3K"', 'a scene\'s code of 6 to 8 characters such as "H7QP3K"'
        )
        label = table.text("label", _LABEL_LONGEST) if table.has("label") else None
        table.close()
        if code and code in {entry.code for entry in entries}:
            table.fault("code", f"{code} 写了两次", f"{code} stands twice")
        entries.append(SceneEntry(code=code, label=label))
    return tuple(entries)


def _methods(root: Table, methods: Collection[str]) -> tuple[str, ...] | None:
    if not root.has("payment_methods"):
        return None
    known = sorted({*methods, *(one.partition(".")[0] for one in methods)})

    def fits(told: object) -> str | Wrong:
        if isinstance(told, str) and _METHOD.fullmatch(told) and told in known:
            return told
        names = " ".join(known)
        return Wrong(
            Text(zh=f"{shown(told)} 不是支付方式；可用：{names}", en=f"{shown(told)} is no way to pay; known: {names}")
        )

    return tuple(dict.fromkeys(root.many("payment_methods", fits, least=1)))


def _certificate(root: Table) -> CertificateEdition:
    if not root.has("certificate"):
        return CertificateEdition()
    table = root.table("certificate")
    if table is None:
        return CertificateEdition()
    made = CertificateEdition(
        accent=table.choice("accent", Accent, Accent.GREEN),
        seal=table.text("seal", _SEAL_LONGEST) if table.has("seal") else None,
        line=table.text("line", _LINE_LONGEST) if table.has("line") else None,
    )
    table.close()
    return made


def _boards(root: Table) -> tuple[BoardDefinition, ...]:
    boards: list[BoardDefinition] = []
    for table in root.tables("boards", least=0, most=BOARDS_MOST):
        board = BoardDefinition(
            code=table.word(
                "code", _SLUG, "2 到 40 个小写字母、数字和连字符", "2 to 40 small letters, digits and hyphens"
            ),
            of=table.choice("of", GiverKind, GiverKind.ORGANISATION),
            title=table.text("title", _LABEL_LONGEST),
            since=table.day("since"),
            minimum_g=table.grams("minimum_g", least=1),
            anonymous=table.text("anonymous", _LABEL_LONGEST),
        )
        table.close()
        if board.code and board.code in {one.code for one in boards}:
            table.fault("code", f"{board.code} 写了两次", f"{board.code} stands twice")
        boards.append(board)
    return tuple(boards)


def _stated(root: Table, name: str) -> StatedMass | None:
    if not root.has(name):
        return None
    table = root.table(name)
    if table is None:
        return None
    stated = StatedMass(
        mass_g=table.grams("mass_g", least=1),
        source=table.text("source", _SOURCE_LONGEST),
        stated_on=table.day("stated_on"),
    )
    table.close()
    return stated


def _code(told: object) -> str | None:
    if not isinstance(told, str):
        return None
    return next((code for length in (6, 7, 8) if (code := read_code(told, length=length)) is not None), None)
