"""Roles. What a role may do stands in ``permissions.py``; where, in its assignments."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """The hats of staff. One person may wear several, but not two that must check each other (``APART``)."""

    COMMUNITY_WORKER = "community_worker", _("社区工作者")
    STREET_OFFICER = "street_officer", _("街道经办")
    DISTRICT_OFFICER = "district_officer", _("区级经办")
    APPROVER = "approver", _("审批人")
    FINANCE = "finance", _("财务")
    POLICY_OFFICER = "policy_officer", _("政策管理")
    AUDITOR = "auditor", _("审计监督")
    SYSTEM_ADMIN = "system_admin", _("系统管理员")
    SECURITY_ADMIN = "security_admin", _("安全管理员")
    AUDIT_ADMIN = "audit_admin", _("审计管理员")


ADMINS = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN)
APART: tuple[tuple[Role, Role], ...] = (
    (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN),
    (Role.SYSTEM_ADMIN, Role.AUDIT_ADMIN),
    (Role.SECURITY_ADMIN, Role.AUDIT_ADMIN),
    (Role.APPROVER, Role.FINANCE),
    *((Role.AUDITOR, role) for role in Role if role not in (Role.AUDITOR, Role.AUDIT_ADMIN)),
    *((admin, role) for admin in ADMINS for role in Role if role not in (*ADMINS, Role.AUDITOR)),
)
"""Pairs that one person never holds: who administers does no casework, who audits does nothing else, who approves does not pay."""
