"""A tonne stands once, by registry, series and serial number."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0013_steps_and_proofs")]

    operations: list[ops.Operation] = []
