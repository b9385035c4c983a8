"""A gift has its giver's logo, where the giver wants one."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0050_bills_know_reversals")]

    operations = [
        ops.AddField(model_name="GiftCampaign", name="logo_sha256", field=fields.BinaryField(null=True)),
        ops.AddField(model_name="GiftCampaign", name="logo_width", field=fields.SmallIntField(null=True)),
        ops.AddField(model_name="GiftCampaign", name="logo_height", field=fields.SmallIntField(null=True)),
        ops.RunSQL((SQL / "gifts_logos.sql").read_text("utf-8")),
    ]
