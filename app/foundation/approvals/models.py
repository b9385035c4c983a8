"""Kinds of approvals, the approvals themselves, and what happened to each."""

from tortoise import fields
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields import OnDelete
from tortoise.models import Model

from app.foundation.approvals.rules import State
from app.kernel.ids import uuid7


class ApprovalKind(Model):
    """What can be approved, and by whom. Written by the migration of the room that brings it, never by the application."""

    code = fields.CharField(max_length=40, primary_key=True)
    maker_roles = ArrayField(element_type="VARCHAR(16)")
    decider_roles = ArrayField(element_type="VARCHAR(16)")
    applicant_roles = ArrayField(
        element_type="VARCHAR(16)"
    )  # in the payload's applicant, who may propose too; {}: none
    is_one_open = fields.BooleanField()  # one waits about a subject
    is_of_party = fields.BooleanField()  # two people of one organisation agree; else two of the platform's
    label_zh = fields.CharField(max_length=40)
    label_en = fields.CharField(max_length=60)
    effect_table = fields.CharField(max_length=63, null=True)  # written by `approvals.bind_effect`; None: none yet

    class Meta:
        table = "approval_kind"


class Approval(Model):
    """What one person wrote down: proposed → approved | returned | withdrawn | superseded, each final.

    A trigger lets it go that way only and asks for both roles then. `outcome` is the state once it is final: effects
    refer to (id, kind, outcome) with the outcome approved.
    """

    id = fields.UUIDField(primary_key=True, default=uuid7)
    kind = fields.CharField(max_length=40)  # of `approval_kind`
    subject = fields.CharField(max_length=300)  # about what, as the room above names it
    payload = fields.TextField()  # canonical JSON: all that the second person agrees to
    payload_sha256 = fields.BinaryField()
    maker_id = fields.UUIDField(null=True)  # a person; None: founding. The database refers to them
    party_id = fields.UUIDField(null=True)  # the organisation whose people agree; None: the platform
    interested = ArrayField(element_type="UUID")  # nobody who stands for one of these decides
    state = fields.CharEnumField(State, max_length=10)
    is_founding = fields.BooleanField(default=False)  # it stood before there were two people, or before approvals
    is_one_open = fields.BooleanField(default=True)  # as its kind says, for the index
    decider_id = fields.UUIDField(null=True)
    seen_sha256 = fields.BinaryField(null=True)  # what the second person was shown; equal to the above or refused
    reason = fields.TextField(null=True)
    superseded_by = fields.UUIDField(null=True)
    proposed_at = fields.DatetimeField()
    decided_at = fields.DatetimeField(null=True)

    class Meta:
        table = "approval"


class ApprovalEvent(Model):
    """One state that an approval came into, and who brought it there. Written by a trigger, never changed."""

    id = fields.BigIntField(primary_key=True, generated=True)
    approval: fields.ForeignKeyRelation[Model] = fields.ForeignKeyField(
        "models.Approval", related_name=False, on_delete=OnDelete.RESTRICT
    )
    state = fields.CharEnumField(State, max_length=10)
    actor_id = fields.UUIDField(null=True)  # None: it was there before
    payload_sha256 = fields.BinaryField()
    reason = fields.TextField(null=True)
    at = fields.DatetimeField()

    class Meta:
        table = "approval_event"
