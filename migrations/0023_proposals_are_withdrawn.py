"""Who proposed an upstream cancellation may take it back."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0022_proofs_gathered")]

    operations = [ops.RunSQL((SQL / "cancellations_withdrawn.sql").read_text("utf-8"))]
