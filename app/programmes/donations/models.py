"""What donors mean to give, what they agreed to, what they gave, and the boards that add it up."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7


class DonationIntent(Model):
    """What somebody means to give to a zone by a day: grams, or money for them. Never counted as given."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    zone: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Zone", related_name=False, on_delete=OnDelete.RESTRICT
    )
    donor: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    mass_g = fields.BigIntField(null=True)  # one of these two
    amount_fen = fields.BigIntField(null=True)
    due_on = fields.DateField()  # the last Beijing day on which it may be given; it lapses after it
    shown_as = fields.CharField(max_length=10)  # rules.Shown: of the donation that comes of it
    order: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Order", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # given by itself once this order, into the donor's holding, is paid; None: by hand
    by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    made_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_as = fields.CharField(max_length=10, null=True)  # `withdrawn`, or `short`: what was bought is no more there

    class Meta:
        table = "donation_intent"


class DonationAgreement(Model):
    """The file by which donor and zone agreed (捐赠协议): kept sealed under a key of its own, known by its digest."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    intent: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.DonationIntent", related_name=False, on_delete=OnDelete.RESTRICT
    )
    sha256 = fields.BinaryField()  # of the plain bytes
    size_bytes = fields.IntField()
    key_wrapped = fields.BinaryField()
    master_key = fields.CharField(max_length=32)
    by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kept_at = fields.DatetimeField()

    class Meta:
        table = "donation_agreement"


class Donation(Model):
    """Grams that moved from a donor's account into a zone's (捐赠). Never changed, but for how it is shown."""

    id = fields.UUIDField(primary_key=True)  # of the donor's own wish; the transfer's cause is `donation:<id>`
    zone: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Zone", related_name=False, on_delete=OnDelete.RESTRICT
    )
    donor: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    intent: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.DonationIntent", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    transfer: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.HoldingTransfer", related_name=False, on_delete=OnDelete.RESTRICT
    )
    mass_g = fields.BigIntField()  # the transfer's
    transferred_at = fields.DatetimeField()  # the transfer's
    name_sealed = fields.BinaryField(null=True)  # a person's name for paper and board; None: 访客, or an organisation
    language = fields.CharField(max_length=2)  # of its paper
    shown_as = fields.CharField(max_length=10)  # rules.Shown
    shown_at = fields.DatetimeField()
    shown_by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )  # who said so last
    by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )  # who gave it

    class Meta:
        table = "donation"


class DonationBoard(Model):
    """One definition of a board of a zone (特别贡献榜), of its edition: what counts, since when, from how much. One is live."""

    id = fields.UUIDField(primary_key=True)
    zone: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Zone", related_name=False, on_delete=OnDelete.RESTRICT
    )
    code = fields.CharField(max_length=40)  # as the zone's edition calls it
    giver_kind = fields.CharField(max_length=12)  # zones.GiverKind
    version = fields.IntField()
    what = fields.CharField(max_length=16)  # `donations`
    since = fields.DateField()  # a Beijing day, included
    minimum_g = fields.BigIntField()
    anonymous_zh = fields.CharField(max_length=40)  # what stands in place of a name
    anonymous_en = fields.CharField(max_length=60)
    made_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)

    class Meta:
        table = "donation_board"


class DonationBoardRow(Model):
    """One place of a board, as its definition has it: a copy that triggers keep, and the proof compares."""

    id = fields.BigIntField(primary_key=True, generated=True)
    board: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.DonationBoard", related_name=False, on_delete=OnDelete.RESTRICT
    )
    place = fields.IntField()
    donor: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    shown_as = fields.CharField(max_length=10)
    mass_g = fields.BigIntField()
    donations = fields.IntField()
    reached_at = fields.DatetimeField()  # when the last of them came: of equal sums the earlier stands first

    class Meta:
        table = "donation_board_row"


class DonationSupport(Model):
    """Something given to a zone in a unit of its own (其他支持), as two of its owner's people agreed. Never added to grams."""

    id = fields.UUIDField(primary_key=True)
    zone: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Zone", related_name=False, on_delete=OnDelete.RESTRICT
    )
    donor: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Party", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kind = fields.CharField(max_length=20)  # support_rules.SupportKind
    quantity = fields.BigIntField()
    unit = fields.CharField(max_length=12)  # support_rules.SupportUnit
    told_zh = fields.CharField(max_length=80)  # what it is: the project, or whose certificates of which year
    told_en = fields.CharField(max_length=120)
    received_on = fields.DateField()
    document_sha256 = fields.BinaryField()  # of the paper that shows it, which the owner keeps
    approval_id = fields.UUIDField()
    recorded_at = fields.DatetimeField()
    shown_as = fields.CharField(max_length=10)  # rules.Shown; anonymous until the donor says otherwise
    shown_at = fields.DatetimeField(null=True)
    shown_by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )

    class Meta:
        table = "donation_support"


class DonationReport(Model):
    """The closing report of a zone (绿色低碳办赛报告) as it was handed out first: its file is never another."""

    id = fields.UUIDField(primary_key=True)
    zone: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Zone", related_name=False, on_delete=OnDelete.RESTRICT
    )
    zone_version = fields.IntField()
    sha256 = fields.BinaryField()
    size_bytes = fields.IntField()
    by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )  # who asked for it first
    kept_at = fields.DatetimeField()

    class Meta:
        table = "donation_report"


class DonationSceneTally(Model):
    """What is retired in one scene of a zone: a copy that triggers keep, and the proof compares."""

    id = fields.BigIntField(primary_key=True, generated=True)
    scene_id = fields.UUIDField()  # of a zone's scene; the database refers to it
    zone: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Zone", related_name=False, on_delete=OnDelete.RESTRICT
    )
    guests_g = fields.BigIntField()
    organiser_g = fields.BigIntField()  # by the zone's owner itself, not out of the zone's account

    class Meta:
        table = "donation_scene_tally"


class DonationTally(Model):
    """What was given to a zone in all: a copy that triggers keep, and the proof compares."""

    id = fields.BigIntField(primary_key=True, generated=True)
    zone: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Zone", related_name=False, on_delete=OnDelete.RESTRICT
    )
    donors = fields.IntField()
    donated_g = fields.BigIntField()
    retired_g = fields.BigIntField()  # of what donors gave
    account_g = fields.BigIntField()  # retired of the zone's account, whoever put it there

    class Meta:
        table = "donation_tally"
