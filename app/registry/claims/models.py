"""Claims, the mandates under which others pay for them, and what was really emitted."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.foundation.identity.rules import PartyKind
from app.kernel.ids import uuid7
from app.registry.claims.rules import Layer, Purpose


class Claim(Model):
    """Who may say what about which emissions. Written once for its cause; only the name moves, until it is retired for.

    PostgreSQL adds what no model can say: `identity`, `is_root` and the keys between them, in `claims_keys.sql`.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    cause = fields.CharField(max_length=96)  # `order:<id>`, unique: one cause, one claim
    purpose = fields.CharEnumField(Purpose, max_length=16)
    layer = fields.CharEnumField(Layer, max_length=12)
    group_code = fields.CharField(max_length=40, null=True)
    scenario: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Scenario", related_name=False, on_delete=OnDelete.RESTRICT
    )
    subject = fields.CharField(max_length=200, null=True)  # public: a product, a case number; None: the scene itself
    beneficiary_id = fields.UUIDField()  # with its kind a key of `party`
    beneficiary_kind = fields.CharEnumField(PartyKind, max_length=12)
    name_sealed = fields.BinaryField(null=True)  # None: 访客 / Visitor, or an organisation
    period_from = fields.DateField()
    period_to = fields.DateField()  # inclusive
    footprint: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Footprint", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    emission_g = fields.BigIntField()
    profile = fields.CharField(max_length=32, null=True)  # the rule profile that it asks for; None: for none
    language = fields.CharField(max_length=2)
    supplements_id = fields.UUIDField(null=True)  # a root of the same identity; None: it is one
    made_at = fields.DatetimeField()
    name_until = fields.DatetimeField(null=True)  # its paper waits for the name until then; None: not, or no more

    class Meta:
        table = "claim"


class ClaimRoot(Model):
    """The claim of an identity whose grams were settled first; later ones of the same identity supplement it."""

    identity = fields.BinaryField()
    claim_id = fields.UUIDField(primary_key=True)

    class Meta:
        table = "claim_root"


class ClaimFigure(Model):
    """An actual figure entered after the claimed period, and what followed from it. Append-only; covered is final."""

    id = fields.BigIntField(primary_key=True, generated=True)
    claim_id = fields.UUIDField()  # the root
    actual_g = fields.BigIntField()
    retired_g = fields.BigIntField()  # for the root and its supplements, when the figure was entered
    state = fields.CharField(max_length=8)  # covered, short, lapsed
    missing_g = fields.BigIntField()
    due_on = fields.DateField()
    entered_by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    entered_at = fields.DatetimeField()

    class Meta:
        table = "claim_figure"


class Mandate(Model):
    """Why one party pays for another: its own row, said once however often they do. Never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    payer: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    beneficiary: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    ground = fields.CharField(max_length=200)  # public
    document = fields.CharField(max_length=120, null=True)
    document_sha256 = fields.BinaryField(null=True)
    given_at = fields.DatetimeField()

    class Meta:
        table = "mandate"
