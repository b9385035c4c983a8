"""Reservations, orders and payments go one way; the proof asks what is set aside, what was paid and what is certified."""

from pathlib import Path

from tortoise import migrations
from tortoise.migrations import operations as ops

SQL = Path(__file__).with_name("sql")
FILES = ("holdings_steps", "orders_steps", "payments_steps", "books_set_aside_and_money")


class Migration(migrations.Migration):
    dependencies = [("models", "0012_fair_rings_and_retention")]

    operations = [ops.RunSQL((SQL / f"{name}.sql").read_text("utf-8")) for name in FILES]
