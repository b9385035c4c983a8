"""The runs of the books, and the table functions that prove them."""

import functools
from json import dumps, loads
from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0008_parties_parts_and_withdrawing")]

    operations = [
        ops.CreateModel(
            name="BooksRun",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("kind", fields.CharField(max_length=16)),
                ("scope", fields.CharField(max_length=64)),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("finished_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("checked", fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads)),
                (
                    "differences",
                    fields.JSONField(encoder=functools.partial(dumps, separators=(",", ":")), decoder=loads),
                ),
            ],
            options={
                "table": "books_run",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One look at the books (核对): what was asked, how much of it there was, what did not fit. Written once, never changed.",
            },
            bases=["Model"],
        ),
        *(ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8")) for name in ("books_proofs", "books_runs")),
    ]
