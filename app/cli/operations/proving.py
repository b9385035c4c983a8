"""Asking the books from the terminal: the proof, and what moved lately; a line for each check, the rows where one fails."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from functools import partial
from typing import Final

import click

from app import wiring
from app.cli.output import line, side_by_side
from app.cli.words import word
from app.kernel import mass
from app.kernel.clock import rfc3339
from app.kernel.text import Language, Text
from app.registry import books
from config.settings import Settings

_ADDS_UP: Final = Text(zh="账是平的", en="the books add up")
_BROKEN: Final = Text(
    zh="账不平：停下工作进程，保留现场，与最近的完好备份核对",
    en="the books do not add up: stop the workers, keep the database as it is, and compare with the last good backup",
)
_GAP: Final = Text(zh="已在本平台注销、上游登记机构尚未注销", en="Retired here, not yet cancelled at the registry")
_MORE: Final = Text(
    zh="这里证明每一克与账本；加 --all 还核对订单、款项、预留、证书与声明",
    en="Every gram and the ledger; --all asks after orders, money, reservations, certificates and claims too",
)
_TOOK: Final = Text(zh="{at}，用时 {seconds} 秒", en="{at}, in {seconds} s")
_PARTS: Final = {
    "grams": Text(zh="区段", en="grams"),
    "ledger": Text(zh="账本", en="ledger"),
    "certificates": Text(zh="证书", en="certificates"),
    "tonnes": Text(zh="吨号", en="tonnes"),
    "retirements": Text(zh="注销", en="retirements"),
    "orders": Text(zh="订单", en="orders"),
    "claims": Text(zh="上游已注销的声明", en="claims"),
    "set_aside": Text(zh="预留", en="reservations"),
    "money": Text(zh="款项", en="money"),
    "records": Text(zh="存证记录", en="records"),
    "approvals": Text(zh="复核", en="approvals"),
    "splits": Text(zh="拆分的预留", en="reservations that were split"),
    "gifts": Text(zh="赠碳", en="gifts"),
    "receipts": Text(zh="对公到账", en="bank receipts"),
    "bills": Text(zh="签认的账单日", en="signed days of bills"),
    "statements": Text(zh="银行流水", en="bank statements"),
    "donations": Text(zh="捐赠", en="donations"),
    "donation_tallies": Text(zh="专区合计", en="sums of zones"),
    "waiting": Text(zh="待办", en="what waits"),
    "checkpoints": Text(zh="检查点", en="checkpoints"),
    "since": Text(zh="上一检查点之后", en="since the last checkpoint"),
    "older": Text(zh="较早的一天", en="one older day"),
    "recovery": Text(zh="丢失的时段", en="lost time"),
}


async def prove(
    settings: Settings, lot: str | None, language: Language, *, only_grams: bool, is_of_day: bool = False
) -> books.Run:
    """Prove one lot, by its id or code, or everything, or what was written since the newest checkpoint.

    Raises:
        LotUnknown: there is no such lot.
        OSError, asyncpg.PostgresError: the database does not answer, or is not migrated.
    """
    connect = partial(wiring.connect, settings)
    if is_of_day:
        return await books.prove_day(connect=connect, on_part=_progress(language))
    lot_id = await books.find_lot(lot, connect=connect) if lot is not None else None
    return await books.prove(connect=connect, lot_id=lot_id, only_grams=only_grams, on_part=_progress(language))


async def reconcile(settings: Settings, minutes: int | None) -> books.Run:
    """Compare what moved in the last minutes, or everything where None."""
    connect = partial(wiring.connect, settings)
    if minutes is None:
        return await books.reconcile_all(connect=connect)
    return await books.reconcile(timedelta(minutes=minutes), connect=connect)


def print_run(run: books.Run, language: Language, *, as_json: bool) -> int:
    """Tell what was found on standard output; answers the exit code."""
    if as_json:
        told = {
            "ok": run.is_balanced,
            "kind": run.kind.value,
            "scope": run.scope,
            "started_at": rfc3339(run.started_at),
            "finished_at": rfc3339(run.finished_at),
            "checks": [asdict(one) for one in run.checked],
            "differences": [asdict(line) for line in run.differences],
        }
        click.echo(json.dumps(told, ensure_ascii=False, indent=2))
        return 0 if run.is_balanced else 1
    said = [(books.MEANINGS[one.check].in_(language), _figures(one), one.is_ok) for one in run.checked]
    for (meaning, figures, is_ok), one in zip(said, run.checked, strict=True):
        mark = click.style("✔", fg="green") if is_ok else click.style("✘", fg="red")
        side_by_side(f" {mark} {meaning}", figures)
        for difference in run.differences:
            if difference.check == one.check:
                for sentence in difference.detail:
                    line(f"     {click.style(sentence, fg='red')}")
    gap_g = sum(one.expected - one.found for one in run.checked if one.check == "upstream" and one.is_ok)
    if gap_g:
        side_by_side(f" {click.style('!', fg='yellow')} {_GAP.in_(language)}", mass.text(gap_g))
    seconds = (run.finished_at - run.started_at).total_seconds()
    took = _TOOK.filled(at=rfc3339(run.started_at), seconds=f"{seconds:.2f}").in_(language)
    verdict = click.style(_ADDS_UP.in_(language), bold=True) if run.is_balanced else _BROKEN.in_(language)
    line(f"\n {verdict} · {word(run.scope)} · {took}", hang=0)
    if run.scope == "grams":
        line(" " + click.style(_MORE.in_(language), dim=True), hang=0)
    return 0 if run.is_balanced else 1


def _figures(one: books.Counted) -> str:
    unit = " g" if one.check in books.GRAMS else ""
    if one.check == "unit_is_zero":
        return f"{one.found:,}"
    if one.check in {"within_lot", "upstream"}:
        return f"{one.found:,}{unit} ≤ {one.expected:,}{unit}"
    return f"{one.found:,}{unit} = {one.expected:,}{unit}" if unit else f"{one.found:,} / {one.expected:,}"


def _progress(language: Language) -> Callable[[str, float], None] | None:
    """Prints each finished part on the terminal's error stream; nothing where nobody watches."""
    if not sys.stderr.isatty():
        return None

    def report(part: str, seconds: float) -> None:
        line(click.style(f" · {_PARTS[part].in_(language)} {seconds:.1f} s", dim=True), err=True)

    return report
