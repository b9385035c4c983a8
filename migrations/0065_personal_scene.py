"""The scene of claims about somebody's own footprint, which nobody scans."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0064_personal_figures")]

    operations = [ops.RunSQL((SQL / "scenarios_personal.sql").read_text("utf-8"))]
