"""How a list of findings is told: for people a line each and what to do below it, for programs one JSON document."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import click

from app.cli.columns import columns, padded
from app.cli.output import line, read_language
from app.kernel.text import Text

State = Literal["good", "note", "fault"]

_MARKS: Final = {"good": ("✔", "green"), "note": ("!", "yellow"), "fault": ("✘", "red")}
_NAMES: Final = {
    "settings": "设置", "keys": "密钥", "secret file": "机密文件", "database": "数据库", "role": "数据库角色",
    "owner of the books": "账本的所有者", "writer of the books": "账本的写入者", "migrations": "迁移", "map of jobs": "任务表",
    "channels": "支付渠道", "certificate of a channel": "渠道证书",
    "exchange rate": "汇率", "settling worker": "注销进程", "drawing worker": "出证进程", "queue settle": "队列 settle",
    "queue render": "队列 render", "messages": "消息存放", "clock": "时钟", "factors": "排放因子",
    "recognition": "互认", "rules": "规则档",
    "fonts": "字体", "seal": "印章", "synchronous standby": "同步备库", "recovery marker": "恢复标记",
    "data folder": "数据目录", "free space": "可用空间",
}  # fmt: skip
"""Of what has a name of ours; the others are PostgreSQL's or the system's."""

_NONE: Final = Text(zh="", en="")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. A note is not well and runs all the same; a fault must be mended."""

    name: str
    state: State
    detail: Text
    fix: Text = _NONE
    """What to do, for this finding alone; empty where there is nothing."""


def same(text: str) -> Text:
    """What is said alike in both languages: a figure, a version, a command."""
    return Text(zh=text, en=text)


def report(checks: Sequence[Check], *, as_json: bool) -> int:
    """Tell the findings on standard output; answers the exit code: 1 with a fault among them, else 0."""
    is_good = all(check.state != "fault" for check in checks)
    if as_json:
        told = {"ok": is_good, "checks": [_json(check) for check in checks]}
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return 0 if is_good else 1
    language = read_language()
    named = [Text(zh=_NAMES.get(check.name, check.name), en=check.name).in_(language) for check in checks]
    width = max(map(columns, named))
    for name, check in zip(named, checks, strict=True):
        mark, colour = _MARKS[check.state]
        line(f" {click.style(mark, fg=colour)} {padded(name, width)}  {check.detail.in_(language)}", hang=width + 4)
        if check.state != "good" and (fix := check.fix.in_(language)):
            line(f"   → {fix}")
    return 0 if is_good else 1


def _json(check: Check) -> dict[str, Any]:
    """Sentences in English under the plain names, in Chinese beside them."""
    return {
        "name": check.name,
        "state": check.state,
        "detail": check.detail.en,
        "fix": check.fix.en,
        "detail_zh": check.detail.zh,
        "fix_zh": check.fix.zh,
    }
