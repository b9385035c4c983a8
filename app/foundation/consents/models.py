"""What people agreed to."""

from tortoise import fields
from tortoise.models import Model


class ConsentText(Model):
    """The digest of the words of one version in one language, told by its first use; never changed."""

    id = fields.IntField(primary_key=True, generated=True)
    purpose = fields.CharField(max_length=16)
    version = fields.SmallIntField()
    language = fields.CharField(max_length=2)
    digest = fields.BinaryField()

    class Meta:
        table = "consent_text"


class Consent(Model):
    """One word of one person about one purpose: given, or withdrawn. Appended, never changed; the latest `no` counts."""

    id = fields.BigIntField(primary_key=True, generated=True)
    person_id = fields.UUIDField()  # the database refers to them, the room stands below identity
    purpose = fields.CharField(max_length=16)
    no = fields.IntField()  # 1, 2, 3 … of this person and purpose
    version = fields.SmallIntField()
    language = fields.CharField(max_length=2)
    digest = fields.BinaryField()
    state = fields.CharField(max_length=9)  # given | withdrawn, in turn
    at = fields.DatetimeField()
    place = fields.CharField(max_length=8)  # page | api | erasure

    class Meta:
        table = "consent"
