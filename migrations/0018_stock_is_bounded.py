"""Unpaid reservations are bounded, and end as a set."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0017_somebody_is_first")]

    operations: list[ops.Operation] = []
