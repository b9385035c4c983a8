"""Organisations, roles and lines of history are written by their own ways; money given back by hand is a refund."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")
FILES = ("identity_power", "audit_actors", "payments_posted_by_hand")


class Migration(migrations.Migration):
    dependencies = [("models", "0023_proposals_are_withdrawn")]

    operations = [
        ops.AlterModelOptions(
            name="Membership",
            options={
                "table": "membership",
                "app": "models",
                "pk_attr": "id",
                "table_description": "One role of one person in one organisation. Written when an invitation is accepted, deleted by `withdraw_role`.",
            },
        ),
        *(ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8")) for name in FILES),
    ]
