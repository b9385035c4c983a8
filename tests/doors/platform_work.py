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
    ("GET", "/operator/statements"): Work(Role.FINANCE),
    ("POST", "/operator/statements"): Work(Role.FINANCE, {}),
    ("GET", "/operator/statements/{number:str}"): Work(Role.FINANCE),
    ("POST", "/operator/statements/{number:str}/take"): Work(Role.FINANCE, {}),
    ("GET", "/operator/statements/findings"): Work(Role.FINANCE),
    ("POST", "/operator/statements/findings/{number:str}/take"): Work(Role.FINANCE, {}),
    ("POST", "/operator/statements/findings/{number:str}/record"): Work(Role.FINANCE, {"remark": "x"}),
    ("POST", "/operator/statements/findings/{number:str}/explain"): Work(Role.FINANCE, {"reason": "查明"}),
    ("GET", "/operator/rates"): Work(Role.OPERATOR),
    ("POST", "/operator/rates"): Work(Role.FINANCE, {"rate": "x"}),
    ("GET", "/operator/bills"): Work(Role.FINANCE),
    ("GET", "/operator/bills/{day:str}"): Work(Role.FINANCE),
    ("POST", "/operator/bills/{day:str}/fetch"): Work(Role.FINANCE, {"channel": "wechatpay"}),
    ("POST", "/operator/bills/{day:str}/propose"): Work(Role.FINANCE, {}),
    ("GET", "/operator/bills/differences"): Work(Role.FINANCE),
    ("POST", "/operator/bills/differences/{number:str}/take"): Work(Role.FINANCE, {}),
    ("POST", "/operator/bills/differences/{number:str}/ask"): Work(Role.FINANCE, {}),
    ("POST", "/operator/bills/differences/{number:str}/explain"): Work(Role.FINANCE, {"reason": "查明"}),
    ("GET", "/operator/payments"): Work(Role.FINANCE),
    ("POST", "/operator/payments/ask"): Work(Role.FINANCE, {"reference": "x"}),
    ("GET", "/operator/refunds"): Work(Role.FINANCE),
    ("POST", "/operator/refunds/again"): Work(Role.FINANCE, {"reference": "x", "reason": "x"}),
    ("POST", "/operator/refunds/by-hand"): Work(Role.FINANCE, {"reference": "x", "reason": "x", "evidence": "x"}),
    ("GET", "/operator/notices"): Work(Role.FINANCE),
    ("POST", "/operator/notices/again"): Work(Role.FINANCE, {"notice": "1"}),
    ("POST", "/operator/notices/decide"): Work(Role.FINANCE, {"notice": "1", "decision": "note", "reason": "x"}),
    ("POST", "/operator/notices/unmask"): Work(Role.FINANCE, {"notice": "1", "reason": "fault", "said": "查不到付款"}),
    ("GET", "/operator/names"): Work(Role.REVIEWER),
    ("POST", "/operator/names"): Work(
        Role.OPERATOR,
        {"number": "ord_01JD8Q9T5K3V2M7N4P6R8S0W1X", "reason": "asked", "said": "本人来电"},
    ),
    ("GET", "/operator/invoices"): Work(Role.FINANCE),
    ("GET", "/operator/invoices.csv"): Work(Role.FINANCE),
    ("GET", "/operator/invoices.xlsx"): Work(Role.FINANCE),
    ("POST", "/operator/invoices"): Work(Role.FINANCE, {"order": "x", "seen": "1"}),
    ("POST", "/operator/invoices/unmask"): Work(
        Role.FINANCE, {"order": "x", "reason": "asked", "said": "按申请发送发票"}
    ),
    ("POST", "/operator/invoices/take"): Work(Role.FINANCE, {"reason": "asked", "said": "按申请发送发票"}),
    ("GET", "/operator/moderation"): Work(Role.AUDITOR),
    ("GET", "/operator/moderation/pictures/{check_id:uuid}"): Work(Role.REVIEWER),
    ("POST", "/operator/moderation/unmask"): Work(
        Role.REVIEWER,
        {"check": "00000000-0000-0000-0000-000000000001", "reason": "complaint", "said": "有人投诉"},
    ),
    ("POST", "/operator/moderation"): Work(
        Role.OPERATOR, {"check": "00000000-0000-0000-0000-000000000001", "state": "passed", "seen": "waiting"}
    ),
    ("GET", "/operator/people"): Work(Role.ADMINISTRATOR),
    ("GET", "/operator/organisations"): Work(Role.ADMINISTRATOR),
    ("POST", "/operator/organisations"): Work(Role.ADMINISTRATOR, {"name_zh": "示例公司"}),
    ("POST", "/operator/organisations/{verification:uuid}/verify"): Work(Role.REVIEWER, {"seen": "x"}),
    ("POST", "/operator/organisations/{verification:uuid}/return"): Work(Role.REVIEWER, {"reason": "x"}),
    ("POST", "/operator/organisations/applications/{organisation:str}/propose"): Work(Role.OPERATOR, {"papers": "x"}),
    ("POST", "/operator/organisations/applications/{organisation:str}/return"): Work(Role.OPERATOR, {"reason": "x"}),
    ("GET", "/operator/readers"): Work(Role.AUDITOR),
    ("POST", "/operator/readers"): Work(Role.OPERATOR, {"organisation": "x", "ground": ""}),
    ("POST", "/operator/readers/end"): Work(Role.REVIEWER, {"reader": "x"}),
    ("GET", "/members/{organisation:str}"): Work(Role.ADMINISTRATOR),
    ("POST", "/members/{organisation:str}"): Work(Role.ADMINISTRATOR, {"role_reviewer": "on"}),
    ("POST", "/members/{organisation:str}/take-role"): Work(
        Role.ADMINISTRATOR, {"person": "{person}", "role": "auditor"}
    ),
    ("POST", "/members/{organisation:str}/revoke"): Work(Role.ADMINISTRATOR, {"invitation": "{invitation}"}),
}
"""What the platform's own people do elsewhere."""
