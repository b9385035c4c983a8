"""The big screen: scenes that have one, who may look at it, turns, and what happened to them."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model


class WallScene(Model):
    """A scene with a big screen (大屏). Opened by its organiser; whoever tells screens writes how far."""

    id = fields.IntField(primary_key=True, generated=True)
    scenario: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Scenario", related_name=False, on_delete=OnDelete.RESTRICT
    )
    is_open = fields.BooleanField(db_default=True)
    is_premoderated = fields.BooleanField(db_default=True)  # turns wait until somebody releases them
    turn_s = fields.SmallIntField(db_default=30)
    wait_s = fields.SmallIntField(db_default=120)  # so many slots that nobody waits longer, up to twelve
    last_no = fields.IntField(db_default=0)  # of the last turn; the row is locked while one is added
    told_id = fields.BigIntField(db_default=0)  # the last event that screens were told
    seen_at = fields.DatetimeField(null=True)  # when a screen was last there; None: never

    class Meta:
        table = "wall_scene"


class WallScreen(Model):
    """A token that opens the screen of one scene (屏幕令牌); only its digest is kept. Revoked once, never deleted."""

    id = fields.UUIDField(primary_key=True)
    scene: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.WallScene", related_name=False, on_delete=OnDelete.RESTRICT
    )
    label = fields.CharField(max_length=40)
    token_sha256 = fields.BinaryField()
    made_by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    made_at = fields.DatetimeField()
    revoked_by: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "wall_screen"


class WallTurn(Model):
    """One person's turn on the screen (上屏轮次) for one certificate. Lined up by `wall.line_up`, placed by `wall.place`."""

    id = fields.BigIntField(primary_key=True, generated=True)
    scene: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.WallScene", related_name=False, on_delete=OnDelete.RESTRICT
    )
    cause = fields.CharField(max_length=128)  # the certificate's: a newer version of it is no second turn
    certificate: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Certificate", related_name=False, on_delete=OnDelete.RESTRICT
    )
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    consent_version = fields.SmallIntField()
    no = fields.IntField()  # 1, 2, 3 … of this scene
    turn_s = fields.SmallIntField()  # the scene's when it was placed
    moderation = fields.CharField(max_length=7)  # waiting | shown | hidden
    name_check_id = fields.UUIDField(null=True)  # of their name; None: they gave none, or nobody asked yet
    asked_at = fields.DatetimeField()
    slot = fields.SmallIntField(null=True)  # None: not placed yet
    slots = fields.SmallIntField(null=True)  # among how many: the screen is divided by it
    show_from = fields.DatetimeField(null=True)
    show_to = fields.DatetimeField(null=True)
    hidden_at = fields.DatetimeField(null=True)
    hidden_because = fields.CharField(max_length=9, null=True)  # withdrawn | hidden | skipped

    class Meta:
        table = "wall_turn"


class WallEvent(Model):
    """What the screens of a scene are told: a turn was placed, or cleared. Its number is the event's id on the stream."""

    id = fields.BigIntField(primary_key=True, generated=True)
    scene: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.WallScene", related_name=False, on_delete=OnDelete.RESTRICT
    )
    kind = fields.CharField(max_length=7)  # placed | cleared | picture | photo
    turn: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.WallTurn", related_name=False, on_delete=OnDelete.RESTRICT
    )
    at = fields.DatetimeField()

    class Meta:
        table = "wall_event"


class WallPicture(Model):
    """What whoever looks after a scene decided about somebody's picture on its screens; the last word counts."""

    id = fields.BigIntField(primary_key=True, generated=True)
    scene: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.WallScene", related_name=False, on_delete=OnDelete.RESTRICT
    )
    person: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    digest = fields.BinaryField()  # SHA-256 of the picture: another picture is another decision
    state = fields.CharField(max_length=6)  # shown | hidden
    decided_by: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Person", related_name=False, on_delete=OnDelete.RESTRICT
    )
    decided_at = fields.DatetimeField()

    class Meta:
        table = "wall_picture"


class WallPhoto(Model):
    """One photo moment (打卡): a turn that is over, shown once more in a slot of its own. Placed by `wall.take_photo`."""

    id = fields.BigIntField(primary_key=True, generated=True)
    scene: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.WallScene", related_name=False, on_delete=OnDelete.RESTRICT
    )
    turn: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.WallTurn", related_name=False, on_delete=OnDelete.RESTRICT
    )
    event: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.WallEvent", related_name=False, on_delete=OnDelete.RESTRICT
    )
    asked_at = fields.DatetimeField()
    show_from = fields.DatetimeField()
    show_to = fields.DatetimeField()

    class Meta:
        table = "wall_photo"
