"""Settling writes no index again: one retirement of a claim is said by a column that settling does not move."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("models", "0043_scene_drafts")]

    operations = [ops.RunSQL((SQL / "retirements_in_place.sql").read_text("utf-8"))]
