"""What a QR code opens."""

from tortoise import fields
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.kernel.ids import uuid7
from app.scenarios.rules import ScenarioKind, ScenarioState


class Scenario(Model):
    """One scene (场景): drafted by an organiser, published once, closed for good."""

    id = fields.UUIDField(primary_key=True, default=uuid7)
    code = fields.CharField(max_length=8)  # 6 to 8 of Crockford's alphabet, printed on the poster
    kind = fields.CharEnumField(ScenarioKind, max_length=16)
    state = fields.CharEnumField(ScenarioState, max_length=12)
    organisation: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    organiser_zh = fields.CharField(max_length=200)
    organiser_en = fields.CharField(max_length=200)
    title_zh = fields.CharField(max_length=200)
    title_en = fields.CharField(max_length=200)
    starts_on = fields.DateField(null=True)
    ends_on = fields.DateField(null=True)
    setup = fields.JSONField[dict[str, object]](null=True)  # rules.Setup: modes, extras, programme, step
    reported_no = fields.IntField(null=True)  # a closed public case: its number in the report's annex
    reported_kind = fields.CharField(max_length=32, null=True)  # its type, as printed there
    reported_month = fields.CharField(max_length=7, null=True)  # YYYY-MM of its retirement, as printed there
    reported_mass_g = fields.BigIntField(null=True)
    created_at = fields.DatetimeField()
    approval_id = fields.UUIDField(null=True)  # of its publishing; None: a draft, or a reported case

    class Meta:
        table = "scenario"


class ScenarioTally(Model):
    """How many certificates a scene has and their grams: a projection, rebuilt from retirements at will."""

    scenario: fields.OneToOneRelation[Model] = fields.OneToOneField(
        "models.Scenario", related_name=False, on_delete=OnDelete.RESTRICT, primary_key=True
    )
    retirements = fields.BigIntField(default=0)
    mass_g = fields.BigIntField(default=0)

    class Meta:
        table = "scenario_tally"


class ScenarioZone(Model):
    """What the zone of a scene says of it now: its name, ways to pay, what papers bear. Written as a version is published."""

    scenario_id = fields.UUIDField(primary_key=True)  # the database refers to the scenario
    said = fields.JSONField[dict[str, object]]()  # rules.SceneZone

    class Meta:
        table = "scenario_zone"


class SceneDraft(Model):
    """A scene that its organiser still sets up: what was filled in so far, until it becomes a scenario.

    Written by whoever looks after the organisation's scenes; never deleted, but discarded and taken up again.
    """

    id = fields.UUIDField(primary_key=True)
    organisation: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Organisation", related_name=False, on_delete=OnDelete.RESTRICT
    )
    content = fields.JSONField[dict[str, object]]()  # what the views say; this room looks at none of it
    revision = fields.IntField()
    gift_id = fields.UUIDField()  # what its gift is called once there is one; of the gifts, which stand above
    scenario: fields.ForeignKeyNullableRelation[Model] = fields.ForeignKeyField(
        "models.Scenario", related_name=False, on_delete=OnDelete.RESTRICT, null=True
    )
    proposed_revision = fields.IntField(null=True)  # which revision the scenario was written from last
    made_at = fields.DatetimeField()
    changed_at = fields.DatetimeField()
    discarded_at = fields.DatetimeField(null=True)

    class Meta:
        table = "scene_draft"
