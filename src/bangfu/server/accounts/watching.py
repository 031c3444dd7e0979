"""What signing in leaves in the audit. The libraries tell it by signals; none of these may refuse anything."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.account.signals import password_changed
from allauth.mfa import signals as mfa_signals
from allauth.mfa.models import Authenticator
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from bangfu.server.accounts.models import User
from bangfu.server.accounts.selectors import area_code_of
from bangfu.server.audit.acting import acting_as, actor_of
from bangfu.server.audit.actions import record
from bangfu.server.audit.models import Actor


def _known(username: object) -> User | None:
    """Return the account of a typed name. What else was typed is never written down: it may be a password or an ID number."""
    return User.objects.filter(username__iexact=str(username or "")[:40]).first()


def _record_try(action: str, username: object, **details: Any) -> None:
    user = _known(username)
    visitor: Actor = actor_of(None)
    with acting_as(visitor):
        record(action, of=user or visitor, area_code=area_code_of(user) if user else None, details={"username": user.username if user else "", "known": user is not None, **details})


@receiver(user_logged_in, dispatch_uid="bangfu_login")
def _signed_in(user: User, **_: Any) -> None:
    with acting_as(actor_of(user)):
        record("login.done", of=user, area_code=area_code_of(user))


@receiver(user_logged_out, dispatch_uid="bangfu_logout")
def _signed_out(user: User | None, **_: Any) -> None:
    if user is not None:
        with acting_as(actor_of(user)):
            record("logout.done", of=user, area_code=area_code_of(user))


@receiver(user_login_failed, dispatch_uid="bangfu_login_failed")
def _failed(credentials: dict[str, Any], **more: Any) -> None:
    _record_try("login.failed", credentials.get("username"), step=more.get("step", "password"))


@receiver(user_locked_out, dispatch_uid="bangfu_locked_out")
def _locked(username: str | None = None, **_: Any) -> None:
    _record_try("login.locked", username)


@receiver(password_changed, dispatch_uid="bangfu_password_changed")
def _changed(user: User, request: Any = None, **_: Any) -> None:
    """Who changes a password has just typed the one before: what follows (the second factor) does not ask for it again."""
    if request is not None:
        reauthenticate_by_password(request)
    with acting_as(actor_of(user)):
        User.objects.filter(pk=user.pk).update(must_change_password=False)
        user.must_change_password = False
        record("password.changed", of=user, area_code=area_code_of(user))


@receiver(mfa_signals.authenticator_added, dispatch_uid="bangfu_factor_added")
def _factor_added(user: User, authenticator: Authenticator, **_: Any) -> None:
    with acting_as(actor_of(user)):
        record("factor.added", of=user, area_code=area_code_of(user), details={"type": authenticator.type})


@receiver(mfa_signals.authenticator_reset, dispatch_uid="bangfu_codes_renewed")
def _codes_renewed(user: User, authenticator: Authenticator, **_: Any) -> None:
    with acting_as(actor_of(user)):
        record("factor.renewed", of=user, area_code=area_code_of(user), details={"type": authenticator.type})


@receiver(mfa_signals.authenticator_used, dispatch_uid="bangfu_factor_used")
def _factor_used(user: User, authenticator: Authenticator, **_: Any) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        with acting_as(actor_of(user)):
            record("factor.recovery_used", of=user, area_code=area_code_of(user))


@receiver(mfa_signals.authentication_failed, dispatch_uid="bangfu_code_failed")
def _code_failed(user: User, request: Any, **_: Any) -> None:
    """Count a wrong code as a failed login, so that the lock holds for it too."""
    user_login_failed.send(sender=__name__, credentials={"username": user.username}, request=request, step="code")
