"""What an import says of a sheet: the rows, every fault with its cell and what would be right, and a closing line."""

from collections.abc import Iterator
from typing import Any, Final

import click

from app.cli.columns import WIDTH, columns, cut, padded, wrapped
from app.kernel.text import Language, Text
from app.registry.credits import Examined, RowKind, RowResult

SHOWN: Final = 1_000
"""Rows that are fine, and faults of those that are not, that are told; the rest of each is counted."""

_MARKS: Final = {
    RowKind.NEW: ("+", "green", Text(zh="新批次", en="new")),
    RowKind.PROPOSED: ("?", "yellow", Text(zh="待复核", en="proposed")),
    RowKind.KNOWN: ("=", None, Text(zh="已导入", en="known")),
    RowKind.OVERLAPS: ("✘", "red", Text(zh="重叠", en="overlaps")),
    RowKind.UNREADABLE: ("✘", "red", Text(zh="不合规", en="unreadable")),
    RowKind.HEADINGS: ("✘", "red", Text(zh="表头", en="headings")),
}


def document(examined: Examined) -> dict[str, Any]:
    """All of it for a program, in both languages."""
    return {
        "ok": examined.is_good,
        "applied": examined.is_applied,
        "counts": {kind.value: examined.counts[kind] for kind in RowKind},
        "notes": [_both(note) for note in examined.notes],
        "rows": [
            {
                "row": verdict.row,
                "verdict": verdict.kind.value,
                "code": verdict.code,
                "tonnes": verdict.tonnes,
                "lot": verdict.lot,
                "cell": verdict.cell,
                "reason": _both(verdict.reason) if verdict.reason else None,
                "faults": [{"cell": fault.cell, "reason": _both(fault.reason)} for fault in verdict.faults],
                "more_faults": verdict.more,
            }
            for verdict in examined.verdicts
        ],
    }


def lines(examined: Examined, language: Language, *, is_applying: bool) -> Iterator[str]:
    """The same for a person: rows first, then what was not read, last what was taken and what was not."""
    good, told = 0, 0
    hidden_rows = hidden_faults = 0
    for verdict in examined.verdicts:
        if verdict.kind.is_good:
            good += 1
            if good > SHOWN:
                hidden_rows += 1
                continue
        elif told >= SHOWN:
            hidden_faults += max(1, len(verdict.faults)) + verdict.more
            continue
        yield _row(verdict, language)
        for fault in verdict.faults:
            told += 1
            yield from _wrapped(f"{fault.cell or '·'} ", fault.reason.in_(language))
        hidden_faults += verdict.more
    if hidden_rows:
        yield _said(
            language, f"   另有 {hidden_rows:,} 行无误，未逐行列出", f"   and {hidden_rows:,} more rows without a fault"
        )
    if hidden_faults:
        yield _said(language, f"   另有 {hidden_faults:,} 处问题，未逐条列出", f"   and {hidden_faults:,} more faults")
    for note in examined.notes:
        yield from _wrapped("! ", note.in_(language), indent=1)
    yield from _sentence(_closing(examined, is_applying=is_applying), language)


def _row(verdict: RowResult, language: Language) -> str:
    mark, colour, meaning = _MARKS[verdict.kind]
    tonnes = f"{verdict.tonnes:,} t" if verdict.tonnes is not None else ""
    code = padded(cut(verdict.code, 30), 30)
    told = f"{verdict.row:>6}  {padded(meaning.in_(language), 10)}  {code} {tonnes:>18}"
    return f" {click.style(mark, fg=colour)} {told}".rstrip()


def _wrapped(head: str, text: str, *, indent: int = 11) -> Iterator[str]:
    """The text on lines no wider than a terminal, each below the beginning of the first."""
    yield from wrapped(" " * indent + head + text, hang=columns(head))


def _closing(examined: Examined, *, is_applying: bool) -> list[Text]:
    """What was taken and what was not."""
    counts = examined.counts
    new = [verdict for verdict in examined.verdicts if verdict.kind is RowKind.NEW]
    bad = counts[RowKind.UNREADABLE] + counts[RowKind.OVERLAPS]
    lots = Text(
        zh=f"{len(new):,} 批（{(tonnes := sum(one.tonnes or 0 for one in new)):,} t）",
        en=f"{_some(len(new), 'lot')} ({tonnes:,} t)",
    )
    waiting, known = counts[RowKind.PROPOSED], counts[RowKind.KNOWN]
    others = (
        Text(zh=f"{waiting:,} 行待另一人复核", en=f"{_some(waiting, 'row')} for a second person") if waiting else None,
        Text(zh=f"{known:,} 行早已导入", en=f"{_some(known, 'row')} here already") if known else None,
    )
    at_fault = Text(zh=f"{bad:,} 行有误", en=f"{_some(bad, 'row')} at fault")
    if examined.is_applied:
        left = Text(zh=f"{at_fault.zh}，未导入", en=f"not taken in: {at_fault.en}") if bad else None
        return _there(Text(zh=f"已导入 {lots.zh}", en=f"taken in: {lots.en}"), *others, left)
    if counts[RowKind.HEADINGS]:
        nothing = Text(zh="未导入任何一行：请先改正表头", en="nothing was taken in: mend the headings first")
        return _there(nothing, at_fault if bad else None)
    if is_applying:
        return _there(
            Text(zh=f"未导入任何一行：{at_fault.zh}", en=f"nothing was taken in: {at_fault.en}"),
            *others,
            Text(
                zh=f"改正后重试，或加 --skip-bad 只导入其余 {lots.zh}",
                en=f"mend, or say --skip-bad to take the other {lots.en}",
            )
            if new
            else None,
        )
    return _there(
        Text(zh=f"未作任何更改：可导入 {lots.zh}", en=f"nothing was changed: {lots.en} can be taken in"),
        *others,
        Text(zh=f"{at_fault.zh}，请先改正", en=f"{at_fault.en}: mend first") if bad else None,
        Text(zh="加 --apply 导入", en="say --apply") if not bad and (new or waiting) else None,
    )


def _some(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _there(*parts: Text | None) -> list[Text]:
    return [part for part in parts if part is not None]


def _sentence(parts: list[Text], language: Language) -> Iterator[str]:
    """The parts on one line, or on as few as a terminal's width allows."""
    line, joint = "", "；" if language is Language.ZH else "; "
    for part in (part.in_(language) for part in parts):
        if line and columns(line + joint + part) > WIDTH - 1:
            yield line + joint.rstrip()
            line = part
        else:
            line += joint + part if line else part
    yield line


def _said(language: Language, zh: str, en: str) -> str:
    return Text(zh=zh, en=en).in_(language)


def _both(text: Text) -> dict[str, str]:
    return {"zh": text.zh, "en": text.en}
