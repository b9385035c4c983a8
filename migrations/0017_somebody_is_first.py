"""The first administrators, invitations and second factors."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0016_power_is_asked_for")]

    operations: list[ops.Operation] = []
