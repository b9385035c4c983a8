"""What a citizen asked us to neutralise, at which price."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.credits.rules import Programme
from app.kernel.ids import uuid7
from app.kernel.money import Currency
from app.orders.rules import OrderState


class Order(Model):
    """One order: its figure, price and reservation are fixed when it is placed; only the state moves."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    intent_key = fields.CharField(max_length=255)  # unique per person: one intent, one order
    footprint: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Footprint", related_name=False, on_delete=OnDelete.RESTRICT
    )
    scenario: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Scenario", related_name=False, on_delete=OnDelete.RESTRICT
    )
    programme = fields.CharEnumField(Programme, max_length=16)
    emission_g = fields.BigIntField()
    mass_g = fields.BigIntField()
    amount_minor = fields.BigIntField()
    currency = fields.CharEnumField(Currency, max_length=3)
    per_tonne_minor = fields.BigIntField()
    beneficiary_name_sealed = fields.BinaryField(null=True)  # None: 访客 / Visitor
    language = fields.CharField(max_length=2)
    state = fields.CharEnumField(OrderState, max_length=12)
    placed_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)

    class Meta:
        table = "purchase_order"
