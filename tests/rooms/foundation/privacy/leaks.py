"""A dump of everything that is kept, as an operator makes one, looked through for words that were planted."""

import asyncio
import base64
import subprocess
from pathlib import Path
from typing import Final

from redis.asyncio import Redis

from app.embedded import servers
from tests.flow import Flow

WITHOUT_KEYS: Final = "--exclude-table-data=keys.*"
"""What docs/operations.md tells: everything but the rows of wrapped keys."""
KEYS_ALONE: Final = ("--data-only", "--schema=keys")
_NOT_OURS: Final = ("--exclude-schema=laid",)  # what tests keep for each other


async def pg_dump(super_url: str, *how: str) -> bytes:
    """What `pg_dump` writes: a text, or with `--format=custom` what `restore` takes."""
    return await asyncio.to_thread(_run, "pg_dump", *_NOT_OURS, *how, "--dbname", super_url)


async def restore(super_url: str, archive: bytes) -> None:
    """Bring an archive back by `pg_restore`, which stops at the first thing that does not fit."""
    await asyncio.to_thread(_run, "pg_restore", "--exit-on-error", "--dbname", super_url, said=archive)


def _run(program: str, *words: str, said: bytes = b"") -> bytes:
    path = servers._binaries().postgres / program
    done = subprocess.run([path, *words], input=said, capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, f"{program}: {done.stderr.decode()}"
    return done.stdout


async def dump(super_url: str, *how: str) -> str:
    """Every row of every table as text, each line behind its table's name; bytes stand there as hexadecimal."""
    lines, table = [], ""
    for line in (await pg_dump(super_url, "--data-only", *how)).decode().split("\n"):
        if line.startswith("COPY "):
            table = line.split(" ", 2)[1]
        lines.append(f"{table}: {line}".replace("\\\\", "\\"))
    return "\n".join(lines)


async def valkey(flow: Flow) -> bytes:
    """Everything that lies in Valkey, keys and values, as its own dump has it."""
    async with Redis.from_url(flow.river.stand.redis_url) as redis:
        keys = [key async for key in redis.scan_iter(count=1000)]
        return b"\n".join([key + b": " + (await redis.dump(key) or b"") for key in keys])


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
