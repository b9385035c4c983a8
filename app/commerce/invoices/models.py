"""What organisations want on their invoices, and which were made."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7


class InvoiceAsking(Model):
    """What an organisation wants on the invoice of one order; it changes until that is made."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    order: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Order", related_name=False, on_delete=OnDelete.RESTRICT
    )
    title = fields.CharField(max_length=100)
    tax_number = fields.CharField(max_length=20)
    email_sealed = fields.BinaryField()  # under the key of whoever asked
    by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    asked_at = fields.DatetimeField()

    class Meta:
        table = "invoice_asking"


class Invoice(Model):
    """One invoice that was made for an order, or one that reverses a part of it (红冲). By `invoices.mark`; never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    order: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Order", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kind = fields.CharField(max_length=8)  # `issued`, once for each order, or `reversed`
    amount_minor = fields.BigIntField()
    title = fields.CharField(max_length=100)  # as it was then
    tax_number = fields.CharField(max_length=20)
    number = fields.CharField(max_length=20, null=True)  # the tax authority's, where it was given
    by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    marked_at = fields.DatetimeField()

    class Meta:
        table = "invoice"
