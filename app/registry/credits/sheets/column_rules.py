"""The columns of an import sheet of lots, as data: the template is made of them and a sheet is read by them. Pure."""

from dataclasses import dataclass
from typing import Final

from app.kernel.text import Text


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the sheet: found by its key, or by its Chinese or English heading."""

    key: str
    heading: Text
    is_needed: bool
    hint: Text
    is_name: bool
    """Whether it holds words, which stay in the width they are written in."""


_NAMES: Final = frozenset({"project_zh", "project_en", "place_zh", "place_en", "source_market", "labels"})


def _column(key: str, zh: str, en: str, hint_zh: str, hint_en: str, *, needed: bool = True) -> Column:
    return Column(key, Text(zh=zh, en=en), needed, Text(zh=hint_zh, en=hint_en), key in _NAMES)


_DAY: Final = ("YYYY-MM-DD", "YYYY-MM-DD")
_YEAR: Final = ("YYYY-MM-DD；只写年份即全年", "YYYY-MM-DD; a year alone means all of it")
COLUMNS: Final = (
    _column("code", "批次编号", "batch number", "我方批次编号，唯一", "our number of the batch, unique"),
    _column("programme", "减排机制", "programme", "CCER、CDCER、CQCER、VCU、林草碳普惠", "CCER, CDCER, CQCER, VCU, FORESTRY"),
    _column(
        "serial", "序列号", "serial", "逐字填写，如 CDCER-2022-0113-1-3000（含首尾）；没有号段时可留空并填证书编号与数量",
        "as written, both ends included; leave it empty where tonnes are not numbered", needed=False,
    ),
    _column(
        "certificate_number", "减排量证书编号", "certificate number", "序列号不含号段时必填，须两人复核",
        "needed where the serial names no tonnes; two people confirm such a lot", needed=False,
    ),
    _column("tonnes", "数量（吨）", "tonnes", "整数吨，与序列号核对", "whole tonnes, compared with the serial", needed=False),
    _column("trade_number", "成交编号", "trade number", "同一成交只导入一次", "a trade is imported once", needed=False),
    _column("project_number", "项目编号", "project number", "登记机构的编号", "the registry's"),
    _column("project_zh", "项目名称", "project name (zh)", "", ""),
    _column("project_en", "项目英文名称", "project name (en)", "", ""),
    _column("methodology", "方法学编号", "methodology", "如 CCER-14-001-V01", "such as ACM0002"),
    _column("unit_kind", "减排或清除", "unit kind", "减排 或 清除", "reduction or removal"),
    _column("vintage_start", "年份起", "vintage start", *_YEAR),
    _column("vintage_end", "年份止", "vintage end", *_YEAR),
    _column("monitoring_start", "监测期起", "monitoring start", *_DAY, needed=False),
    _column("monitoring_end", "监测期止", "monitoring end", *_DAY, needed=False),
    _column("issued_on", "签发日期", "issued on", *_DAY),
    _column("place_zh", "项目所在地", "place (zh)", "", ""),
    _column("place_en", "项目所在地英文", "place (en)", "", ""),
    _column("country", "国家代码", "country", "两位代码，如 CN；可留空", "two letters; may be empty", needed=False),
    _column("source_market", "来源市场", "source market", "如 四川联合环境交易所", "where it was bought", needed=False),
    _column("labels", "标签", "labels", "以分号分隔，如 ICVCM CCP", "separated by semicolons", needed=False),
    _column("is_real", "真实", "real", "是、否 或 留空", "yes, no or empty", needed=False),
    _column("is_additional", "额外", "additional", "是、否 或 留空", "yes, no or empty", needed=False),
    _column("is_permanent", "永久", "permanent", "是、否 或 留空", "yes, no or empty", needed=False),
)  # fmt: skip

BY_KEY: Final = {column.key: column for column in COLUMNS}
