"""What somebody asked us to neutralise, for whom, at which price."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.commerce.orders.rules import OrderState
from app.kernel.ids import uuid7
from app.kernel.money import Currency
from app.registry.credits.rules import Programme
from app.registry.retirements.rules import Funding


class Order(Model):
    """One order, paid as a whole: all of it is fixed when it is placed; only the state moves."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    payer: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    intent_key = fields.CharField(max_length=255)  # unique per person: one intent, one order
    mass_g = fields.BigIntField()  # the sum of its lines
    amount_minor = fields.BigIntField()  # the sum of its lines
    currency = fields.CharEnumField(Currency, max_length=3)
    language = fields.CharField(max_length=2)
    state = fields.CharEnumField(OrderState, max_length=12)
    placed_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    closed_at = fields.DatetimeField(null=True)
    sale_cause = fields.CharField(max_length=64, null=True)  # in the ledger; None: not sold; `fulfil`: in a set of old
    payment: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Payment", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # for which it was sold
    address_key = fields.BinaryField(null=True)  # keyed hash of where a visitor came from; gone once it is not unpaid
    rate_id = fields.IntField(null=True)  # the exchange rate by which it was priced; None: lists are in its currency
    needed_g = fields.BigIntField(
        null=True
    )  # what its footprint needed, where more was bought to reach a smallest amount

    class Meta:
        table = "purchase_order"


class OrderLine(Model):
    """One line of an order: what it retires for one claim, or holds in one account. Written with its order, never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name=False, on_delete=OnDelete.RESTRICT
    )
    no = fields.SmallIntField()  # from 1
    cause = fields.CharField(max_length=64)  # `order:<id>` of an only line, else `order:<id>/<no>`
    claim_id = fields.UUIDField(null=True)  # unique; of the same cause; None: it is held
    account: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # None: it is retired
    funding = fields.CharEnumField(Funding, max_length=12)
    mandate: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Mandate", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    mass_g = fields.BigIntField()
    mix = fields.CharField(max_length=160, null=True)  # as it was asked for; None: one programme
    scheme = fields.CharField(max_length=40, null=True)  # under which it was ordered; None: none was named

    class Meta:
        table = "sale_line"


class LinePrice(Model):
    """How much of one programme a line takes, and at which price. Written with its order, never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    line: fields.ForeignKeyRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name=False, on_delete=OnDelete.RESTRICT
    )
    programme = fields.CharEnumField(Programme, max_length=16)
    mass_g = fields.BigIntField()
    per_tonne_minor = fields.BigIntField()  # as the price list says it, in the rate's base where `is_rated`
    amount_minor = fields.BigIntField()  # in the order's currency
    is_rated = fields.BooleanField(default=False, db_default=False)  # it goes through the order's rate

    class Meta:
        table = "sale_line_price"


class OrderReturn(Model):
    """Grams of one lot that an act gives back of a line that was held. Written by `orders.give_back`, never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    act = fields.UUIDField()  # one wish of somebody, over the lots that it takes
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name=False, on_delete=OnDelete.RESTRICT
    )
    line: fields.ForeignKeyRelation[OrderLine] = fields.ForeignKeyField(
        "models.OrderLine", related_name=False, on_delete=OnDelete.RESTRICT
    )
    key = fields.CharField(max_length=255)  # the wish's own, once for each line
    lot: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.CreditLot", related_name=False, on_delete=OnDelete.RESTRICT
    )
    mass_g = fields.BigIntField()
    amount_minor = fields.BigIntField()  # the difference of two shares of the price: 0 of what is worth less than a fen
    by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    returned_at = fields.DatetimeField()

    class Meta:
        table = "purchase_order_return"


class OrderAct(Model):
    """What a person of ours did to an order, and why. Written by `orders.hold`, never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    order: fields.ForeignKeyRelation[Order] = fields.ForeignKeyField(
        "models.Order", related_name=False, on_delete=OnDelete.RESTRICT
    )
    act = fields.CharField(max_length=16)  # `reserved`
    by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    reason = fields.CharField(max_length=200)
    acted_at = fields.DatetimeField()

    class Meta:
        table = "purchase_order_act"
