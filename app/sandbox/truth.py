"""The far side's own books: one SQLite file that survives a kill -9, and the clock they are kept by.

Every call runs on the event loop's thread and none awaits inside a transaction, so a transaction is never
interleaved with another; the rows are few and local.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Final

BEIJING: Final = timezone(timedelta(hours=8))

Row = dict[str, Any]

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS trade (
    out_trade_no TEXT PRIMARY KEY, trade_type TEXT NOT NULL, content TEXT NOT NULL,
    description TEXT NOT NULL, attach TEXT, total INTEGER NOT NULL CHECK (total > 0), notify_url TEXT NOT NULL,
    expires_at REAL NOT NULL, created_at REAL NOT NULL, opened_at REAL NOT NULL,
    prepay_id TEXT NOT NULL UNIQUE, token TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('NOTPAY', 'SUCCESS', 'CLOSED')),
    transaction_id TEXT UNIQUE, paid_at REAL, openid TEXT, payer_total INTEGER, plan TEXT,
    CHECK ((state = 'SUCCESS') = (transaction_id IS NOT NULL)));
CREATE TABLE IF NOT EXISTS refund (
    out_refund_no TEXT PRIMARY KEY, refund_id TEXT NOT NULL UNIQUE, content TEXT NOT NULL,
    out_trade_no TEXT NOT NULL REFERENCES trade, fen INTEGER NOT NULL CHECK (fen > 0), notify_url TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL')),
    result TEXT NOT NULL, created_at REAL NOT NULL, due_at REAL NOT NULL, settled_at REAL);
CREATE TABLE IF NOT EXISTS notice (
    -- AUTOINCREMENT: a sending still under way when everything is forgotten must not meet a new notice of its id.
    id INTEGER PRIMARY KEY AUTOINCREMENT, channel TEXT NOT NULL DEFAULT 'wechatpay',
    event_id TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, url TEXT NOT NULL,
    body BLOB NOT NULL, tamper TEXT, follows INTEGER, due_at REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'acknowledged', 'given_up', 'dropped', 'outside')));
CREATE TABLE IF NOT EXISTS sending (
    notice INTEGER NOT NULL REFERENCES notice, at REAL NOT NULL, answer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fault (
    id INTEGER PRIMARY KEY, route TEXT NOT NULL, kind TEXT NOT NULL, left INTEGER NOT NULL, hold_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS refusal (
    at REAL NOT NULL, route TEXT NOT NULL, method TEXT NOT NULL, url TEXT NOT NULL, status INTEGER NOT NULL,
    code TEXT NOT NULL, message TEXT NOT NULL, expected TEXT, got TEXT, is_form INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS certificate (
    serial TEXT PRIMARY KEY, pem TEXT NOT NULL, key_pem TEXT NOT NULL, made_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS person (openid TEXT PRIMARY KEY, unionid TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS login_code (
    code TEXT PRIMARY KEY, openid TEXT NOT NULL REFERENCES person, made_at REAL NOT NULL, used_at REAL);
CREATE TABLE IF NOT EXISTS account_person (openid TEXT PRIMARY KEY, is_snapshot INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS account_code (
    code TEXT PRIMARY KEY, openid TEXT NOT NULL REFERENCES account_person, made_at REAL NOT NULL, used_at REAL);
CREATE TABLE IF NOT EXISTS access_token (token TEXT PRIMARY KEY, made_at REAL NOT NULL, forced INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS registry_block (
    programme TEXT NOT NULL, serial TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL CHECK (last >= first),
    account TEXT NOT NULL, PRIMARY KEY (programme, serial));
CREATE TABLE IF NOT EXISTS registry_cancellation (
    reference TEXT PRIMARY KEY, programme TEXT NOT NULL, serial TEXT NOT NULL, first INTEGER NOT NULL,
    last INTEGER NOT NULL CHECK (last >= first), beneficiary TEXT NOT NULL, content TEXT NOT NULL,
    number TEXT NOT NULL UNIQUE, asked_at REAL NOT NULL, final_at REAL NOT NULL,
    FOREIGN KEY (programme, serial) REFERENCES registry_block);
CREATE TABLE IF NOT EXISTS registry_nonce (nonce TEXT PRIMARY KEY, seen_at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS registry_fault (
    id INTEGER PRIMARY KEY, route TEXT NOT NULL, kind TEXT NOT NULL, left INTEGER NOT NULL, hold_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS webhook_inbox (name TEXT PRIMARY KEY, secrets TEXT NOT NULL, behaviour TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS webhook_got (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, inbox TEXT NOT NULL, kind TEXT NOT NULL, event TEXT NOT NULL,
    body BLOB NOT NULL, headers TEXT NOT NULL, signature TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS webhook_got_inbox ON webhook_got (inbox, id);
"""


class Truth:
    """What happened, as the far side knows it."""

    def __init__(self, folder: Path, *, schemas: Iterable[str] = ()) -> None:
        """The file in `folder`, with the tables of everybody and those of `schemas`."""
        self.folder = folder  # where each far side keeps its keys too
        path = folder / "truth.sqlite3"
        path.touch(mode=0o600)
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # a killed process loses nothing; only a power cut could
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(_SCHEMA)
        for schema in schemas:
            self._db.executescript(schema)
        if not any(column["name"] == "channel" for column in self._db.execute("PRAGMA table_info(notice)")):
            # Made before there was a second channel.
            self._db.execute("ALTER TABLE notice ADD COLUMN channel TEXT NOT NULL DEFAULT 'wechatpay'")

    def close(self) -> None:
        """Write the log back and let go of the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing; joins one that is open already."""
        if self._db.in_transaction:
            yield
            return
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    def run(self, sql: str, *values: object) -> int:
        """Run one statement; answers the id of an inserted row."""
        return self._db.execute(sql, values).lastrowid or 0

    def rows(self, sql: str, *values: object) -> list[Row]:
        """Every row of a query."""
        return [dict(row) for row in self._db.execute(sql, values)]

    def row(self, sql: str, *values: object) -> Row | None:
        """The first row of a query, or None."""
        return next(iter(self.rows(sql, *values)), None)

    def setting(self, name: str, default: str) -> str:
        """A switch that survives a restart."""
        found = self.row("SELECT value FROM setting WHERE name = ?", name)
        return default if found is None else str(found["value"])

    def set(self, name: str, value: object) -> None:
        """Turn a switch."""
        self.run("INSERT OR REPLACE INTO setting VALUES (?, ?)", name, str(value))

    def forget(self) -> None:
        """Empty every table."""
        with self.transaction():
            self.run("PRAGMA defer_foreign_keys = ON")
            for table in self.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
                self.run(f"DELETE FROM {table['name']}")

    def now(self) -> float:
        """The far side's present, in seconds since 1970: this machine's clock plus the offset set for it."""
        return time.time() + float(self.setting("clock.offset_s", "0"))

    def stamp_now(self) -> int:
        """The second written into signatures and expected in them; follows `now` unless set apart."""
        offset_s = self.setting("clock.stamp_offset_s", self.setting("clock.offset_s", "0"))
        return int(time.time() + float(offset_s))


def rfc3339(at: float) -> str:
    """Beijing time with its offset, to the second."""
    return datetime.fromtimestamp(at, BEIJING).isoformat(timespec="seconds")
