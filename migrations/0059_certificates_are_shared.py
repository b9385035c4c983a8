"""A certificate has pictures to be shared, with its holder's name and without."""

from pathlib import Path

from tortoise import fields, migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0058_content_checks")]

    operations = [
        ops.AlterField(model_name="CertificateFile", name="kind", field=fields.CharField(max_length=8)),
        ops.AlterField(model_name="CertificateWanted", name="kind", field=fields.CharField(max_length=8)),
        ops.RunSQL((SQL / "certificates_shared.sql").read_text("utf-8")),
    ]
