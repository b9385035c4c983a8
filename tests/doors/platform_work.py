"""What the platform's people do at the console beside cancellations, and whose work each step is."""

from collections.abc import Mapping
from dataclasses import dataclass

from app.foundation.identity import Role

Route = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Work:
    """A step of the platform's people: whose, and how one asks. A colleague with the role is answered otherwise than 403."""

    role: Role
    form: Mapping[str, str] | None = None


WORK: dict[Route, Work] = {
    ("GET", "/operator/orders"): Work(Role.OPERATOR),
    ("POST", "/operator/orders"): Work(Role.OPERATOR, {"order": "x", "reason": "x"}),
    ("GET", "/operator/cancellations/propose"): Work(Role.OPERATOR),
    ("GET", "/operator/cancellations/{reference:str}/withdraw"): Work(Role.OPERATOR),
    ("GET", "/operator/inbox"): Work(Role.AUDITOR),
    ("GET", "/operator/inbox/{approval:uuid}"): Work(Role.FINANCE),
    ("POST", "/operator/inbox/{approval:uuid}/approve"): Work(Role.REVIEWER, {"seen": "x"}),
    ("POST", "/operator/inbox/{approval:uuid}/return"): Work(Role.REVIEWER, {"seen": "x", "reason": "不符"}),
    ("POST", "/operator/inbox/{approval:uuid}/withdraw"): Work(Role.OPERATOR, {"reason": "不符"}),
    ("GET", "/operator/transfers"): Work(Role.FINANCE),
    ("POST", "/operator/transfers"): Work(Role.FINANCE, {"remark": "x"}),
    ("GET", "/operator/people"): Work(Role.ADMINISTRATOR),
    ("GET", "/operator/organisations"): Work(Role.ADMINISTRATOR),
    ("POST", "/operator/organisations"): Work(Role.ADMINISTRATOR, {"name_zh": "示例公司"}),
    ("POST", "/operator/organisations/{verification:uuid}/verify"): Work(Role.REVIEWER, {"seen": "x"}),
    ("POST", "/operator/organisations/{verification:uuid}/return"): Work(Role.REVIEWER, {"reason": "x"}),
    ("POST", "/operator/organisations/applications/{organisation:str}/propose"): Work(Role.OPERATOR, {"papers": "x"}),
    ("POST", "/operator/organisations/applications/{organisation:str}/return"): Work(Role.OPERATOR, {"reason": "x"}),
    ("GET", "/members/{organisation:str}"): Work(Role.ADMINISTRATOR),
    ("POST", "/members/{organisation:str}"): Work(Role.ADMINISTRATOR, {"role_reviewer": "on"}),
    ("POST", "/members/{organisation:str}/take-role"): Work(
        Role.ADMINISTRATOR, {"person": "{person}", "role": "auditor"}
    ),
    ("POST", "/members/{organisation:str}/revoke"): Work(Role.ADMINISTRATOR, {"invitation": "{invitation}"}),
}
"""What the platform's own people do elsewhere."""
