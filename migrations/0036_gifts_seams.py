"""What gifts need of the rooms below: a name that comes after settling, a reservation split among many, sources of accounts."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _run(name: str) -> ops.RunSQL:
    return ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))


class Migration(migrations.Migration):
    dependencies = [("models", "0035_plain_words")]

    operations = [
        ops.AddField(model_name="Claim", name="name_until", field=fields.DatetimeField(null=True)),
        _run("claims_name_until"),
        ops.AddField(model_name="CreditReservation", name="split_of_id", field=fields.UUIDField(null=True)),
        _run("holdings_split"),
        ops.AlterModelOptions(
            name="CreditReservation",
            options={
                "table": "credit_reservation",
                "app": "models",
                "pk_attr": "id",
                "table_description": "Grams set aside for one cause until it expires: held → used | delivered | released | split.",
            },
        ),
        _run("retirements_sources"),
        _run("books_names_awaited"),
    ]
