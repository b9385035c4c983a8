"""Codes, sign-in and money are counted in PostgreSQL."""

from tortoise import migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("models", "0018_stock_is_bounded")]

    operations: list[ops.Operation] = []
