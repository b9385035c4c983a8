"""What drawing workers reported of their fonts."""

from tortoise import fields
from tortoise.models import Model


class FontCoverage(Model):
    """One set of fonts that a drawing worker has, by its digest: written once, told again while it is in use."""

    id = fields.IntField(primary_key=True, generated=True)
    digest = fields.BinaryField()  # SHA-256 of `document`; unique
    document = fields.TextField()  # JSON: families in order, with versions and runs of code points
    reported_at = fields.DatetimeField()

    class Meta:
        table = "font_coverage"
