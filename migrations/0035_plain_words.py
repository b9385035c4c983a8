"""Columns with plain names: the cause of a reservation, attempts, when fonts were reported, which connection asks.

A rename is not safe beside a running release (rule 2 of the README); nothing is released yet, and this step says so.
"""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0034_roles_by_two")]

    operations = [
        ops.RenameField(model_name="CreditReservation", old_name="purpose", new_name="cause"),
        ops.RenameField(model_name="OutboxMessage", old_name="rings", new_name="attempts"),
        ops.RenameField(model_name="FontCoverage", old_name="told_at", new_name="reported_at"),
        ops.RunSQL((SQL / "plain_words.sql").read_text("utf-8")),
        ops.AlterModelOptions(
            name="CreditReservation",
            options={
                "table": "credit_reservation",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Grams set aside for one cause until it expires: held → used | delivered | released.",
            },
        ),
    ]
