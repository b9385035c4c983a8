"""Gifts end by themselves and go home."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


def _run(name: str) -> ops.RunSQL:
    return ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8"))


def _time() -> fields.DatetimeField:
    return fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)


class Migration(migrations.Migration):
    dependencies = [("models", "0037_gifts")]

    operations = [
        ops.AlterField(model_name="AuditEntry", name="actor_id", field=fields.UUIDField(null=True)),
        _run("audit_system"),
        ops.AddField(model_name="GiftCampaign", name="ended_at", field=_time()),
        ops.AddField(model_name="GiftCampaign", name="returned_at", field=_time()),
        _run("gifts_ending"),
    ]
