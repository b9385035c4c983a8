"""A dump of everything that is kept, looked through for words that were planted."""

import base64
from pathlib import Path

import asyncpg


async def dump(super_url: str) -> str:
    """Every row of every table as text; bytes as they read, as hexadecimal, and as base64 would carry them."""
    connection = await asyncpg.connect(super_url)
    try:
        tables = [row[0] for row in await connection.fetch(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'laid')"
        )]  # fmt: skip
        lines = [
            f"{table}: {row[0]}"
            for table in tables
            for row in await connection.fetch(f"SELECT to_jsonb(t)::text FROM {table} t")
        ]
    finally:
        await connection.close()
    return "\n".join(lines)


def files(folder: Path) -> bytes:
    """Every file below a folder, names and bytes."""
    return b"\n".join(
        str(path).encode() + b": " + path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    )


def found(planted: dict[str, bytes], text: str, data: bytes = b"") -> list[str]:
    """Which of these words stand there in any form: plain, escaped, hexadecimal, base64 at any offset."""
    hits = []
    for name, word in planted.items():
        forms = {word.hex(), *_base64(word)}
        if name != "avatar":
            plain = word.decode()
            forms |= {plain, plain.encode("unicode_escape").decode()}
        where = {line.partition(":")[0] for line in text.splitlines() for form in forms if form in line}
        if word in data or any(form.encode() in data for form in forms):
            where.add("files")
        hits += [f"{name} in {place}" for place in sorted(where)]
    return hits


def _base64(word: bytes) -> set[str]:
    """The middle of what base64 makes of it, wherever it begins."""
    return {base64.b64encode(b"\0" * shift + word)[4 if shift else 0 : -4].decode() for shift in range(3)} - {""}
