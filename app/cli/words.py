"""Words of our vocabulary in Chinese, for lists; English readers see the word that the API sends."""

from typing import Final

from app.cli.output import say

_CHINESE: Final = {
    # roles
    "sponsor": "主办方", "operator": "经办", "reviewer": "复核", "finance": "财务", "auditor": "审计", "court": "法院",
    "administrator": "管理员",
    # organisations
    "company": "企业", "agency": "机关单位", "association": "社会组织", "exchange": "交易所",
    # invitations and verifications
    "open": "未使用", "waiting": "待同意", "used": "已使用", "revoked": "已收回", "expired": "已过期", "proposed": "待复核",
    "verified": "已核验", "returned": "已退回", "withdrawn": "已撤回",
    # proposals about lots
    "raw_lot": "号段不明的批次", "double": "重复的吨", "same": "同一批吨", "apart": "不是同一批吨",
    # retirements and cancellations
    "requested": "已申请", "settled": "已注销", "hand": "人工", "registry": "接口", "pooled": "上游未注销",
    "submitted": "已提交上游", "partly": "上游部分注销", "cancelled": "上游已注销",
    # verdicts
    "pass": "通过", "fail": "不通过", "pending": "待核实", "unknown": "无法判定", "n/a": "不适用",
    "block": "阻止", "warn": "提示",
    # books
    "grams": "克与账本", "all": "全部", "lot": "一个批次",
    # changes
    "price.set": "设定价格", "rate.set": "设定汇率", "methodology.suspended": "暂停方法学", "methodology.resumed": "恢复方法学",
    "zone.published": "发布专区版本",
}  # fmt: skip


def word(value: str) -> str:
    """The word in the reader's language."""
    return say(_CHINESE.get(value, value), value.replace("_", " "))


def words(values: "tuple[str, ...] | list[str]") -> str:
    """Several, one after the other."""
    return say("、", ", ").join(word(value) for value in values)
