"""One proof asks all parts."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0021_claims_say_how_far")]

    operations: list[ops.Operation] = []
