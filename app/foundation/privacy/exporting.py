"""All that names one person, for themselves."""

import json
from typing import Any, Final
from uuid import UUID

from app.foundation import identity
from app.foundation.identity import Keyring
from app.foundation.privacy.kept import Rows, kept
from app.gateways.database import Tx, fetch, transaction
from app.kernel.errors import RuleBroken
from app.kernel.text import Text

ROWS_MOST: Final = 20_000
"""Of one table; nobody has so many, and a file that is cut silently would be no export."""
_BYTES: Final = (
    "SELECT table_name || '.' || column_name AS name FROM information_schema.columns"
    " WHERE table_schema = 'public' AND data_type = 'bytea'"
)


class ExportCut(RuleBroken):
    """There is more than one file should hold. Nothing was left out silently."""

    code = "privacy.export_cut"
    text = Text(
        zh="您的记录超过 {most} 行，请联系我们分批提供。",
        en="There are more than {most} rows about you; please ask us for them in parts.",
    )

    def __init__(self, *, most: int) -> None:
        super().__init__(most=most)


async def export(person_id: UUID, *, keyring: Keyring) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Group → table → rows, each row by its columns; sealed columns opened under their name without `sealed`.

    Rows of whoever is linked with them are theirs. One snapshot of everything. A key, a hash and a secret are
    left out: they say nothing of a person, and open things.

    Raises:
        ExportCut: one table has more than twenty thousand rows of theirs.
    """
    found: dict[str, dict[str, list[dict[str, Any]]]] = {}
    persons = await identity.links.same_persons(person_id)
    async with transaction() as tx:
        await fetch("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY", tx=tx)
        unsaid = {row["name"] for row in await fetch(_BYTES, tx=tx)}
        for group in kept():
            tables = found.setdefault(group.key, {})
            for rows in group.rows:
                if rows.is_unnamed:
                    continue
                listed = tables.setdefault(rows.table, [])
                seen = {json.dumps(one, sort_keys=True) for one in listed}
                for each in persons:
                    opened = await _opened(each, rows, unsaid, keyring=keyring, tx=tx)
                    listed += [one for one in opened if json.dumps(one, sort_keys=True) not in seen]
    return found


async def _opened(person_id: UUID, rows: Rows, unsaid: set[str], *, keyring: Keyring, tx: Tx) -> list[dict[str, Any]]:
    told = await fetch(
        f"SELECT to_jsonb(t)::text AS row FROM (SELECT * FROM {rows.table} WHERE {rows.where} LIMIT {ROWS_MOST + 1}) t",
        person_id, tx=tx,
    )  # fmt: skip
    if len(told) > ROWS_MOST:
        raise ExportCut(most=ROWS_MOST)
    return [await _open(person_id, rows, json.loads(one["row"]), unsaid, keyring=keyring, tx=tx) for one in told]


async def _open(
    person_id: UUID, rows: Rows, row: dict[str, Any], unsaid: set[str], *, keyring: Keyring, tx: Tx
) -> dict[str, Any]:
    plain = {name: value for name, value in row.items() if f"{rows.table}.{name}" not in unsaid}
    if rows.sealed is None:
        return plain
    purpose = f"identity.{row['kind']}:{row['scope']}" if rows.sealed == "identity" else rows.sealed
    for name, value in row.items():
        if name.endswith("sealed") and value is not None:
            said = name.removesuffix("sealed").rstrip("_") or "value"
            plain[said] = await identity.unseal(
                person_id, bytes.fromhex(value.removeprefix("\\x")), purpose=purpose, keyring=keyring, tx=tx
            )
    return plain
