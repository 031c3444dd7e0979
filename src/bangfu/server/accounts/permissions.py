"""Which role may do what. An action that is not named here is nobody's."""

from __future__ import annotations

from bangfu.server.accounts.enums import Role

_CASEWORK = {Role.COMMUNITY_WORKER, Role.STREET_OFFICER, Role.DISTRICT_OFFICER}
_SEES = _CASEWORK | {Role.APPROVER, Role.AUDITOR}

PERMISSIONS: dict[str, frozenset[Role]] = {
    name: frozenset(roles)
    for name, roles in {
        "registry.view": _SEES,
        "registry.edit": _CASEWORK,
        "registry.import": _CASEWORK,
        "registry.export": {Role.STREET_OFFICER, Role.DISTRICT_OFFICER, Role.AUDITOR},
        "registry.reveal": _CASEWORK | {Role.APPROVER},
        "registry.duplicates": {Role.STREET_OFFICER, Role.DISTRICT_OFFICER},
        "registry.hold": {Role.DISTRICT_OFFICER},
        "registry.requests": _CASEWORK,
        "assessment.view": _SEES,
        "assessment.run": {Role.DISTRICT_OFFICER, Role.POLICY_OFFICER},
        "policy.view": set(Role),
        "policy.propose": {Role.POLICY_OFFICER},
        "policy.sign": {Role.POLICY_OFFICER, Role.APPROVER},
        "policy.whatif": {Role.POLICY_OFFICER, Role.DISTRICT_OFFICER},
        "jobs.view": _CASEWORK | {Role.POLICY_OFFICER, Role.SYSTEM_ADMIN},
        "jobs.run": _CASEWORK | {Role.POLICY_OFFICER, Role.SYSTEM_ADMIN},
        "jobs.everywhere": {Role.SYSTEM_ADMIN},
        "accounts.view": {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN},
        "accounts.edit": {Role.SYSTEM_ADMIN},
        "accounts.assign": {Role.SECURITY_ADMIN},
        "accounts.secure": {Role.SECURITY_ADMIN},
        "accounts.relatives": {Role.SECURITY_ADMIN},
        "areas.edit": {Role.SYSTEM_ADMIN},
        "audit.view": {Role.AUDIT_ADMIN, Role.AUDITOR},
        "audit.export": {Role.AUDIT_ADMIN},
        "desk.home": set(Role),
        "api.tokens": {Role.SECURITY_ADMIN},
    }.items()
}
