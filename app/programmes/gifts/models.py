"""Campaigns, the line of each pool, and who collected which grams of it. Written by `gifts.collect`; PostgreSQL keeps it so."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7


class GiftCampaign(Model):
    """Who gives whom how much, in which scene and from when to when. Goes one way: draft, open and paused, ended."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    scenario: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Scenario", related_name=False, on_delete=OnDelete.RESTRICT
    )
    sponsor: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    account: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Account", related_name=False, on_delete=OnDelete.RESTRICT
    )  # the pool: of one campaign, owned by the sponsor
    state = fields.CharField(max_length=8)  # rules.CampaignState
    amount = fields.CharField(max_length=8)  # rules.AmountKind
    audience = fields.CharField(max_length=8)  # rules.Audience
    delivers = fields.CharField(max_length=8, db_default="retire")  # rules.Delivery
    each_g = fields.BigIntField()  # at most, or exactly
    most_people = fields.BigIntField(null=True)  # None: as long as the pool reaches
    starts_at = fields.DatetimeField()
    ends_at = fields.DatetimeField()  # not included
    message_zh = fields.CharField(max_length=120, null=True)
    message_en = fields.CharField(max_length=120, null=True)
    made_by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    made_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)  # stamped by PostgreSQL
    returned_at = fields.DatetimeField(null=True)  # what was left is in the sponsor's holding
    logo_sha256 = fields.BinaryField(null=True)  # of the file that we drew; None: it has no logo
    logo_width = fields.SmallIntField(null=True)
    logo_height = fields.SmallIntField(null=True)

    class Meta:
        table = "gift_campaign"


class GiftPool(Model):
    """How far along its line a campaign's pool was collected, and by how many. The one row that collecting locks."""

    campaign_id = fields.UUIDField(primary_key=True)
    next_g = fields.BigIntField()
    people = fields.BigIntField()
    promised_g = fields.BigIntField(db_default=0)  # what its live cards still have: the account keeps as much

    class Meta:
        table = "gift_pool"


class GiftSet(Model):
    """Collections that were committed together: the run [start_g, stop_g) of their pool's line. Never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    campaign: fields.ForeignKeyRelation[GiftCampaign] = fields.ForeignKeyField(
        "models.GiftCampaign", related_name=False, on_delete=OnDelete.RESTRICT
    )
    start_g = fields.BigIntField()
    stop_g = fields.BigIntField()
    first_no = fields.BigIntField()
    people = fields.IntField()
    collected_at = fields.DatetimeField()

    class Meta:
        table = "gift_set"


class GiftPart(Model):
    """The grams of a set's run that one lot gives. Never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    set: fields.ForeignKeyRelation[GiftSet] = fields.ForeignKeyField(
        "models.GiftSet", related_name=False, on_delete=OnDelete.RESTRICT
    )
    lot: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.CreditLot", related_name=False, on_delete=OnDelete.RESTRICT
    )
    start_g = fields.BigIntField()
    stop_g = fields.BigIntField()

    class Meta:
        table = "gift_part"


class GiftBatch(Model):
    """One-time codes that were made together, as one file. Voided as a whole, once."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    campaign: fields.ForeignKeyRelation[GiftCampaign] = fields.ForeignKeyField(
        "models.GiftCampaign", related_name=False, on_delete=OnDelete.RESTRICT
    )
    label = fields.CharField(max_length=80)
    group_code = fields.CharField(max_length=20, null=True)  # of the scene's groups, for whoever brings a code of it
    size = fields.IntField()
    key_id = fields.CharField(max_length=16)  # of the key that hashes its codes
    made_by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    made_at = fields.DatetimeField()
    voided_by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    voided_at = fields.DatetimeField(null=True)  # None: its codes are good
    card_g = fields.BigIntField(null=True)  # grams of each card; None: one-time codes

    class Meta:
        table = "gift_batch"


class GiftCode(Model):
    """One code, as a keyed hash: nobody reads it here. Never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    batch: fields.ForeignKeyRelation[GiftBatch] = fields.ForeignKeyField(
        "models.GiftBatch", related_name=False, on_delete=OnDelete.RESTRICT
    )
    no = fields.IntField()  # in its batch, from 1; of one that was passed on the same
    code_hash = fields.BinaryField()
    passed_from: fields.ForeignKeyNullableRelation["GiftCode"] = fields.ForeignKeyField(
        "models.GiftCode", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # whose holder passed it on; None: it was made with its batch

    class Meta:
        table = "gift_code"


class GiftCodeEnd(Model):
    """A code that its holder declined or passed on: it opens nothing any more. Never changed."""

    code_id = fields.BigIntField(primary_key=True)
    kind = fields.CharField(max_length=12)
    at = fields.DatetimeField()

    class Meta:
        table = "gift_code_end"


class GiftCard(Model):
    """A card of grams, opened by its code: issued → bound → part_used → used | expired | killed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    code: fields.ForeignKeyRelation[GiftCode] = fields.ForeignKeyField(
        "models.GiftCode", related_name=False, on_delete=OnDelete.RESTRICT
    )
    campaign: fields.ForeignKeyRelation[GiftCampaign] = fields.ForeignKeyField(
        "models.GiftCampaign", related_name=False, on_delete=OnDelete.RESTRICT
    )
    issued_g = fields.BigIntField()
    left_g = fields.BigIntField()  # of one that expired or was killed: what was given up
    state = fields.CharField(max_length=9)  # rules.CardState
    person: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # whoever used or typed it first
    bound_at = fields.DatetimeField(null=True)
    given_g = fields.BigIntField(db_default=0)  # what other persons took of it: cards of their own

    class Meta:
        table = "gift_card"


class GiftCardEvent(Model):
    """A line of a card's history, written with what it tells. Never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    card: fields.ForeignKeyRelation[GiftCard] = fields.ForeignKeyField(
        "models.GiftCard", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kind = fields.CharField(max_length=8)  # rules.CardEventKind
    mass_g = fields.BigIntField()  # issued, used, or given up; 0 where it was bound
    collection: fields.ForeignKeyNullableRelation["GiftCollection"] = fields.ForeignKeyField(
        "models.GiftCollection", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # of a use
    at = fields.DatetimeField()

    class Meta:
        table = "gift_card_event"


class GiftCollection(Model):
    """What one person collected: [start_g, stop_g) of the pool's line. Only the name moves, once."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    campaign: fields.ForeignKeyRelation[GiftCampaign] = fields.ForeignKeyField(
        "models.GiftCampaign", related_name=False, on_delete=OnDelete.RESTRICT
    )
    set: fields.ForeignKeyRelation[GiftSet] = fields.ForeignKeyField(
        "models.GiftSet", related_name=False, on_delete=OnDelete.RESTRICT
    )
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    no = fields.BigIntField()  # of its campaign, from 1
    start_g = fields.BigIntField()
    stop_g = fields.BigIntField()
    emission_g = fields.BigIntField()
    footprint: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Footprint", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    code: fields.ForeignKeyNullableRelation[GiftCode] = fields.ForeignKeyField(
        "models.GiftCode", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # None: everybody at the scene may
    card: fields.ForeignKeyNullableRelation[GiftCard] = fields.ForeignKeyField(
        "models.GiftCard", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # of which the grams are; a person has as many of these as they like
    language = fields.CharField(max_length=2)
    collected_at = fields.DatetimeField()
    name_sealed = fields.BinaryField(null=True)  # None: none was given
    named_at = fields.DatetimeField(null=True)  # given or declined; None: neither

    class Meta:
        table = "gift_collection"


class GiftUse(Model):
    """Grams of a gift that its receiver retired out of their account: [start_g, stop_g) of its collection. Never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    collection: fields.ForeignKeyRelation[GiftCollection] = fields.ForeignKeyField(
        "models.GiftCollection", related_name=False, on_delete=OnDelete.RESTRICT
    )
    start_g = fields.BigIntField()
    stop_g = fields.BigIntField()
    scenario: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Scenario", related_name=False, on_delete=OnDelete.RESTRICT
    )  # for a visit to which scene
    emission_g = fields.BigIntField()
    footprint: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Footprint", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    used_at = fields.DatetimeField()
    transfer: fields.ForeignKeyNullableRelation["GiftTransfer"] = fields.ForeignKeyField(
        "models.GiftTransfer", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # by which somebody else gave them; None: whoever collected them

    class Meta:
        table = "gift_use"


class GiftTransfer(Model):
    """Grams of a gift in an account or on a card, offered to another person by a code of one use: taken once, or ended."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    collection: fields.ForeignKeyNullableRelation[GiftCollection] = fields.ForeignKeyField(
        "models.GiftCollection", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # whose grams lie in an account; None: they are a card's
    card: fields.ForeignKeyNullableRelation[GiftCard] = fields.ForeignKeyField(
        "models.GiftCard", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    giver: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    mass_g = fields.BigIntField()
    code_hash = fields.BinaryField()
    key_id = fields.CharField(max_length=16)  # of the key that hashes its code
    state = fields.CharField(max_length=10)  # transferring.TransferState
    offered_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    taker: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    start_g = fields.BigIntField(null=True)  # of its collection's line, cut when it is taken
    stop_g = fields.BigIntField(null=True)
    new_card: fields.ForeignKeyNullableRelation[GiftCard] = fields.ForeignKeyField(
        "models.GiftCard", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )  # the taker's, with the grams of the first

    class Meta:
        table = "gift_transfer"


class GiftLevel(Model):
    """How full a campaign's pool was when somebody looked last, and how often it had risen. The row that looking locks."""

    campaign_id = fields.UUIDField(primary_key=True)
    level = fields.CharField(max_length=6)  # rules.Level
    rises = fields.IntField()

    class Meta:
        table = "gift_level"


class GiftAlert(Model):
    """That a campaign's sponsor was told of something, once; its id is the event's. Never changed."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    campaign: fields.ForeignKeyRelation[GiftCampaign] = fields.ForeignKeyField(
        "models.GiftCampaign", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kind = fields.CharField(max_length=20)  # the event's
    rises = fields.IntField()
    at = fields.DatetimeField()

    class Meta:
        table = "gift_alert"
