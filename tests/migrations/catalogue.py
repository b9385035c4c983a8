"""The living schema as sorted lines: what PostgreSQL itself was told to refuse, and who may do what.

One line for each column, constraint, index, trigger, function and grant, the same on PostgreSQL 15 to 18:
NOT NULL stands with its column (from 18 on it is a constraint as well), the body of a function as a hash.
"""

import re
from typing import Any, Final

_SCHEMAS_OF_OURS: Final = "n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'"

_STATEMENTS: Final = (
    # Columns: type, NOT NULL, default.
    f"""
    SELECT format('column     %s.%s.%s %s%s%s', n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                  CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END,
                  coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), ''))
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {_SCHEMAS_OF_OURS}
    """,
    # Constraints, their triggers of foreign keys apart; `n` is NOT NULL, `t` a constraint trigger, which follows below.
    f"""
    SELECT format('constraint %s.%s %s %s', n.nspname, c.relname, k.conname, pg_get_constraintdef(k.oid))
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE k.contype NOT IN ('n', 't') AND {_SCHEMAS_OF_OURS}
    """,
    # Indexes that belong to no constraint.
    f"""
    SELECT format('index      %s.%s %s', n.nspname, c.relname, pg_get_indexdef(i.indexrelid))
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
      AND c.relkind IN ('r', 'p') AND {_SCHEMAS_OF_OURS}
    """,
    # Views, with what they ask; a row they hide is a refusal too. PostgreSQL 15 writes a table before each column.
    f"""
    SELECT format('view       %s.%s %s', n.nspname, c.relname,
                  regexp_replace(regexp_replace(pg_get_viewdef(c.oid), '\\s+', ' ', 'g'), '\\m\\w+\\.', '', 'g'))
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'v' AND {_SCHEMAS_OF_OURS}
    """,
    # Triggers, and whether somebody has switched one off.
    f"""
    SELECT format('trigger    %s.%s %s%s', n.nspname, c.relname, pg_get_triggerdef(t.oid),
                  CASE t.tgenabled WHEN 'O' THEN '' ELSE ' -- enabled: ' || t.tgenabled::text END)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE NOT t.tgisinternal AND {_SCHEMAS_OF_OURS}
    """,
    # Functions: signature, what they run as, and a hash of the body.
    f"""
    SELECT format('function   %s.%s(%s) -> %s %s%s %s sha256:%s', n.nspname, p.proname,
                  pg_get_function_identity_arguments(p.oid), pg_get_function_result(p.oid), l.lanname,
                  CASE WHEN p.prosecdef THEN ' SECURITY DEFINER' ELSE '' END, coalesce(array_to_string(p.proconfig, ' '), '-'),
                  left(encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex'), 16))
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
    WHERE {_SCHEMAS_OF_OURS}
    """,
    # Grants to the application and to everybody: schemas, tables and sequences, single columns, functions.
    f"""
    SELECT format('grant      %s ON %s TO %s', string_agg(x.privilege_type, ', ' ORDER BY x.privilege_type), x.object,
                  CASE x.grantee WHEN 0 THEN 'PUBLIC' ELSE 'ddt_app' END)
    FROM (
        SELECT 'schema ' || n.nspname AS object, a.grantee, a.privilege_type
        FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a WHERE {_SCHEMAS_OF_OURS}
        UNION ALL
        SELECT CASE c.relkind WHEN 'S' THEN 'sequence ' ELSE 'table ' END || n.nspname || '.' || c.relname, a.grantee,
               a.privilege_type
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
             aclexplode(coalesce(c.relacl, acldefault((CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char", c.relowner))) a
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND {_SCHEMAS_OF_OURS}
        UNION ALL
        SELECT 'column ' || n.nspname || '.' || c.relname || '.' || b.attname, a.grantee, a.privilege_type
        FROM pg_attribute b JOIN pg_class c ON c.oid = b.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace,
             aclexplode(b.attacl) a WHERE b.attacl IS NOT NULL AND NOT b.attisdropped AND {_SCHEMAS_OF_OURS}
        UNION ALL
        SELECT 'function ' || n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
               a.grantee, a.privilege_type
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace,
             aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE {_SCHEMAS_OF_OURS}
    ) AS x
    WHERE x.grantee = 0 OR x.grantee = (SELECT oid FROM pg_roles WHERE rolname = 'ddt_app')
    GROUP BY x.object, x.grantee
    """,
)


_PLACE = re.compile(r"\b(?:outbox_message_d|intent_answer_w)[0-9]{8}")


async def lines(connection: Any) -> list[str]:
    """The catalogue's lines, sorted by code point whatever the server's collation; the places of days and weeks, which are
    others every day, left out."""
    found = [row[0] for statement in _STATEMENTS for row in await connection.fetch(statement)]
    found = [line for line in found if not _PLACE.search(line)]
    return sorted(re.sub(r"\s*\n\s*", " ", line) for line in found)  # a CASE is printed on several
