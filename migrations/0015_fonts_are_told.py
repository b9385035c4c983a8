"""What the drawing worker's fonts can print."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0014_a_tonne_stands_once")]

    operations: list[ops.Operation] = []
