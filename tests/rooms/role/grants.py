"""Everything the application's role may do by PostgreSQL's own word, and the form of a case about it."""

import re
from dataclasses import dataclass
from typing import Any, Final

Try = tuple[str, str]
"""A statement as the application's role, and the constraint or SQLSTATE by which PostgreSQL refuses it."""

FORBIDDEN: Final = "42501"


@dataclass(frozen=True, slots=True)
class Case:
    """One grant: what harm it could do to whoever has the application's password, and why it does not."""

    harm: str
    tries: tuple[Try, ...] = ()
    """Refused by PostgreSQL, each tried."""
    harmless: str = ""
    """Where nothing is refused: why grams, prices, proofs and verified organisations are not in its reach."""


_OURS: Final = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"
_GRANTED: Final = f"""
    SELECT a.privilege_type || ' ' || c.relname AS granted
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
         aclexplode(coalesce(c.relacl, acldefault((CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", c.relowner))) a
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND {_OURS} AND a.grantee IN (0, $1)
    UNION ALL
    SELECT a.privilege_type || ' ' || c.relname || '.' || b.attname
    FROM pg_attribute b JOIN pg_class c ON c.oid = b.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
         aclexplode(b.attacl) a
    WHERE b.attacl IS NOT NULL AND NOT b.attisdropped AND {_OURS} AND a.grantee IN (0, $1)
    UNION ALL
    SELECT 'EXECUTE ' || n.nspname || '.' || p.proname || '(' || (
               SELECT coalesce(string_agg(format_type(t.type, NULL), ', ' ORDER BY t.no), '')
               FROM unnest(p.proargtypes) WITH ORDINALITY AS t (type, no)) || ')'
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    WHERE {_OURS} AND p.prorettype <> 'trigger'::regtype AND a.grantee IN (0, $1)
    UNION ALL
    SELECT 'schema ' || a.privilege_type || ' ' || n.nspname
    FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
    WHERE {_OURS} AND a.grantee IN (0, $1) AND a.privilege_type <> 'USAGE'
    UNION ALL
    SELECT 'database ' || a.privilege_type FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
    WHERE d.datname = current_database() AND a.grantee IN (0, $1) AND a.privilege_type <> 'CONNECT'
"""


async def granted(connection: Any) -> set[str]:
    """`SELECT payment`, `UPDATE payment.state`, `EXECUTE ledger.open(text[], text, text[])` …, the public's among them."""
    role = await connection.fetchval("SELECT oid FROM pg_roles WHERE rolname = 'ddt_app'")
    return {row["granted"] for row in await connection.fetch(_GRANTED, role)}


def expanded(key: str) -> set[str]:
    """The grants that a case's key names: `UPDATE payment(state, opening)` is two of them, `SELECT, INSERT intent` too."""
    if key.startswith("EXECUTE "):
        return {key}
    found = re.fullmatch(r"([A-Z, ]+) (\w+)(?:\((.*)\))?", key)
    assert found, key
    verbs, table, columns = found.groups()
    names = [f".{one.strip()}" for one in columns.split(",")] if columns else [""]
    return {f"{verb.strip()} {table}{name}" for verb in verbs.split(",") for name in names}
