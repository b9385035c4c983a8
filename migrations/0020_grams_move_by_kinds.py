"""Which kinds of account grams and money may move between."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0019_codes_and_money_count")]

    operations: list[ops.Operation] = []
