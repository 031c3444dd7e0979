"""Writes and checks of tokens: shown once, kept as a digest, bound to an account, an area, actions and a last day."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from collections.abc import Sequence

from django.db.models import QuerySet

from bangfu.server.accounts.models import User
from bangfu.server.accounts.selectors import is_wholly_within, scope_for
from bangfu.server.api.models import ApiToken
from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.audit.acting import current_actor
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock

ACTIONS = ("policy.view", "registry.view", "registry.edit", "assessment.view", "assessment.run", "jobs.view", "jobs.run")
"""What a token may be given: what its account may do as well, and nothing else."""
PREFIX = "bf_"
MOST_DAYS = 366


class TokenRefusedError(Exception):
    """A token cannot be made; ``zh`` and ``en`` say why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def make_token(scope: Scope, name: str, user: User, area: Area, actions: Sequence[str], expires_on: dt.date) -> tuple[ApiToken, str]:
    """Make a token in the caller's act; return it with its text, which is known to nobody afterwards.

    Raises:
        TokenRefusedError: Account or area outside the scope, a day too far, or an action that the account may not do.
    """
    today = clock.today()
    if not is_wholly_within(user, scope) or not scope.covers(area):
        raise TokenRefusedError("账号和辖区都要在您管的辖区内", "account and area must lie within your areas")
    if not today <= expires_on <= today + dt.timedelta(days=MOST_DAYS):
        raise TokenRefusedError(f"最后一天应在今天到一年之内（{today + dt.timedelta(days=MOST_DAYS)}）", f"the last day lies between today and a year from now ({today + dt.timedelta(days=MOST_DAYS)})")
    beyond = [action for action in actions if action not in ACTIONS or not narrowed(scope_for(user, action, today), area).ranges]
    if beyond or not actions:
        raise TokenRefusedError(
            "这个账号在该辖区不能做：" + "、".join(beyond) if beyond else "至少选一件可做的事",
            "the account may not do there: " + ", ".join(beyond) if beyond else "choose at least one thing that it may do",
        )
    text = PREFIX + secrets.token_urlsafe(32)
    made = ApiToken.objects.create(
        name=name, user=user, area=area, actions=sorted(set(actions)), digest=digest_of(text), start=text[:9], expires_on=expires_on,
        made_by=current_actor().pk, made_at=clock.now(),
    )  # fmt: skip
    record("token.made", of=made, area_code=area.low, details={"name": name, "user": user.username, "actions": made.actions, "until": expires_on.isoformat()})
    return made, text


def revoke(token: ApiToken, reason: str) -> None:
    """End a token at once, in the caller's act."""
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=clock.now()):
        record("token.revoked", of=token, area_code=token.area.low, reason=reason, details={"name": token.name})


def digest_of(text: str) -> str:
    """Return the digest under which a token is kept: it has 256 random bits, so a plain hash gives nothing away."""
    return hashlib.sha256(text.encode()).hexdigest()


def token_of(text: str) -> ApiToken | None:
    """Return the token of a text that counts today: not revoked, not over, its account switched on."""
    found = ApiToken.objects.select_related("user", "area").filter(digest=digest_of(text), revoked_at=None).first()
    return found if found is not None and clock.today() <= found.expires_on and found.user.is_active else None


def scope_of(token: ApiToken, action: str) -> Scope:
    """Return where a token may do an action now: what its account may, cut to the token's area; nowhere for other actions."""
    if action not in token.actions:
        return Scope()
    return narrowed(scope_for(token.user, action, clock.today()), token.area)


def narrowed(scope: Scope, area: Area) -> Scope:
    """Return the part of a scope that lies in an area."""
    return Scope(tuple((max(low, area.low), min(high, area.high)) for low, high in scope.ranges if low <= area.high and high >= area.low))


def tokens_within(scope: Scope) -> QuerySet[ApiToken]:
    """Return the tokens whose area lies in a scope, newest first."""
    return ApiToken.objects.filter(scope.condition("area__low")).select_related("user", "area").order_by("-pk")
