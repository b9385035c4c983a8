"""Certificates: one frozen record each, its numbers, and the files drawn from it."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7


class PaperKind(Model):
    """A kind of paper, as the room that owns its causes names it; its registers refer to it."""

    code = fields.CharField(max_length=32, primary_key=True)

    class Meta:
        table = "paper_kind"


class CertificateSeries(Model):
    """The gap-free counter of one register; locked last, in the issuing transaction."""

    name = fields.CharField(max_length=16, primary_key=True)
    next_no = fields.BigIntField(default=1)
    paper: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.PaperKind", related_name=False, on_delete=OnDelete.RESTRICT
    )

    class Meta:
        table = "certificate_series"


class Certificate(Model):
    """One certificate (证书). The record is what page, PDF, PNG and API show; it is superseded, never edited.

    The record, canonical JSON, is put together in SQL of its form and its figures: `c.record` of a certificate `c`.
    `certificates.issue` takes it apart.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    paper: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.PaperKind", related_name=False, on_delete=OnDelete.RESTRICT
    )
    cause = fields.CharField(max_length=128)  # what it is of: `retirement:<id>`; one newest version of each kind
    claim_id = fields.UUIDField(null=True)  # the retirement's; None of a paper that tells of no claim
    retirement: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Retirement", null=True, related_name=False, on_delete=OnDelete.RESTRICT
    )
    holder: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(  # of a retirement, its beneficiary
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    scenario: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Scenario", null=True, related_name=False, on_delete=OnDelete.RESTRICT
    )
    series = fields.CharField(max_length=16)
    register_no = fields.BigIntField()  # for auditors, without gaps
    number = fields.CharField(max_length=32)  # for people, nobody can guess the next
    verify_code = fields.CharField(max_length=10)
    version = fields.SmallIntField(default=1)
    figures = fields.TextField()  # what it alone says, by line; the whole record where there is no form
    record_sha256 = fields.BinaryField()  # of the record's bytes
    name_sealed = fields.BinaryField(null=True)  # None: 访客 / Visitor
    language = fields.CharField(max_length=2)
    issued_at = fields.DatetimeField()
    form_id = fields.IntField(null=True)  # of certificate_form, which SQL makes: what many records say alike

    class Meta:
        table = "certificate"


class CertificateFile(Model):
    """One drawn file of a certificate, sealed on disk; the digest is of the plain bytes."""

    id = fields.BigIntField(primary_key=True, generated=True)
    certificate: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Certificate", related_name=False, on_delete=OnDelete.RESTRICT
    )
    language = fields.CharField(max_length=2)
    kind = fields.CharField(max_length=8)  # drawing.FileKind
    sha256 = fields.BinaryField()
    size_bytes = fields.IntField()
    drawn_at = fields.DatetimeField()

    class Meta:
        table = "certificate_file"


class CertificateWanted(Model):
    """A file that somebody asked for, and when last; a file that nobody asks for is not drawn."""

    id = fields.BigIntField(primary_key=True, generated=True)
    certificate: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Certificate", related_name=False, on_delete=OnDelete.RESTRICT
    )
    language = fields.CharField(max_length=2)
    kind = fields.CharField(max_length=8)  # drawing.FileKind
    wanted_at = fields.DatetimeField()

    class Meta:
        table = "certificate_wanted"
