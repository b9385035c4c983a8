"""The 30 provinces with an official grid factor, by division code (GB/T 2260): name and key in a factor set."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from app.kernel.text import Text

NATIONAL: Final = "CN"
"""Choice of a reader who gives no province."""
TIBET: Final = "540000"
"""Has no official value: the national one stands in."""
SICHUAN: Final = "510000"


@dataclass(frozen=True, slots=True)
class Province:
    """A province as the grid notices know it."""

    key: str
    """Its part in `grid.cn.<key>.<year>`."""
    name: Text


def _province(key: str, zh: str, en: str) -> Province:
    return Province(key, Text(zh=zh, en=en))


PROVINCES: Final[Mapping[str, Province]] = MappingProxyType(
    {
        "110000": _province("beijing", "北京", "Beijing"),
        "120000": _province("tianjin", "天津", "Tianjin"),
        "130000": _province("hebei", "河北", "Hebei"),
        "140000": _province("shanxi", "山西", "Shanxi"),
        "150000": _province("inner_mongolia", "内蒙古", "Inner Mongolia"),
        "210000": _province("liaoning", "辽宁", "Liaoning"),
        "220000": _province("jilin", "吉林", "Jilin"),
        "230000": _province("heilongjiang", "黑龙江", "Heilongjiang"),
        "310000": _province("shanghai", "上海", "Shanghai"),
        "320000": _province("jiangsu", "江苏", "Jiangsu"),
        "330000": _province("zhejiang", "浙江", "Zhejiang"),
        "340000": _province("anhui", "安徽", "Anhui"),
        "350000": _province("fujian", "福建", "Fujian"),
        "360000": _province("jiangxi", "江西", "Jiangxi"),
        "370000": _province("shandong", "山东", "Shandong"),
        "410000": _province("henan", "河南", "Henan"),
        "420000": _province("hubei", "湖北", "Hubei"),
        "430000": _province("hunan", "湖南", "Hunan"),
        "440000": _province("guangdong", "广东", "Guangdong"),
        "450000": _province("guangxi", "广西", "Guangxi"),
        "460000": _province("hainan", "海南", "Hainan"),
        "500000": _province("chongqing", "重庆", "Chongqing"),
        SICHUAN: _province("sichuan", "四川", "Sichuan"),
        "520000": _province("guizhou", "贵州", "Guizhou"),
        "530000": _province("yunnan", "云南", "Yunnan"),
        "610000": _province("shaanxi", "陕西", "Shaanxi"),
        "620000": _province("gansu", "甘肃", "Gansu"),
        "630000": _province("qinghai", "青海", "Qinghai"),
        "640000": _province("ningxia", "宁夏", "Ningxia"),
        "650000": _province("xinjiang", "新疆", "Xinjiang"),
    }
)
