"""Every page of the login library has a declared outcome; first login, lock-out and what the audit keeps of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from bangfu.server.accounts.actions import make_account
from bangfu.server.accounts.models import User
from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.audit.models import Entry
from tests.server.conftest import World

LOGIN, DESK, AGAIN = "→/accounts/login/", "→/desk/", "→/accounts/reauthenticate/"
OUTCOMES: dict[str, tuple[str, str]] = {
    "account_login": ("200", DESK),
    "account_logout": (LOGIN, "200"),
    "account_inactive": ("200", "200"),
    "account_reauthenticate": (LOGIN, "200"),
    "account_change_password": (LOGIN, "200"),
    "account_signup": ("404", "404"),
    "account_email": ("404", "404"),
    "account_email_verification_sent": ("404", "404"),
    "account_set_password": ("404", "404"),
    "account_reset_password": ("404", "404"),
    "account_reset_password_done": ("404", "404"),
    "account_reset_password_from_key_done": ("404", "404"),
    "account_reset_password_from_key": ("404", "404"),
    "account_confirm_login_code": ("404", "404"),
    "account_confirm_email": ("404", "404"),
    "mfa_index": (LOGIN, "200"),
    "mfa_authenticate": (LOGIN, DESK),
    "mfa_reauthenticate": (LOGIN, "200"),
    "mfa_activate_totp": (LOGIN, "→/accounts/2fa/"),
    "mfa_deactivate_totp": ("404", "404"),
    "mfa_view_recovery_codes": (LOGIN, AGAIN),
    "mfa_generate_recovery_codes": (LOGIN, AGAIN),
    "mfa_download_recovery_codes": (LOGIN, AGAIN),
    "usersessions_list": (LOGIN, "200"),
}
"""Name of the page → what a GET gives a visitor, and a member of staff with a second factor."""
EXAMPLES = {"account_confirm_email": {"key": "abc"}, "account_reset_password_from_key": {"uidb36": "1", "key": "abc-def"}}


def names(patterns: list[Any], module: str = "") -> set[str]:
    """Return the names of all addresses under /accounts/."""
    found: set[str] = set()
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found |= names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            found.add(pattern.name)
    return found


def library_names() -> set[str]:
    """Return the names of the pages that the login library brings."""
    for pattern in get_resolver().url_patterns:
        if isinstance(pattern, URLResolver) and str(pattern.pattern) == "accounts/":
            return names(pattern.url_patterns)
    raise AssertionError("no accounts/")


def outcome(client: Client, name: str) -> str:
    """Return the status, or where it leads."""
    response = client.get(reverse(name, kwargs=EXAMPLES.get(name, {})))
    return "→" + response.headers["Location"].split("?")[0] if response.status_code in (301, 302) else str(response.status_code)


def test_every_page_of_the_library_has_a_declared_outcome() -> None:
    """A page that a newer version of the library brings fails here until somebody decides about it."""
    assert library_names() == set(OUTCOMES)


@pytest.mark.parametrize("name", sorted(OUTCOMES))
def test_a_page_does_what_is_declared(name: str, world: World) -> None:
    """As a visitor and as staff; what is 404 is 404 for a POST too."""
    visitor, staff = OUTCOMES[name]
    assert outcome(world.client(None), name) == visitor
    client = world.client("worker")
    assert outcome(client, name) == staff
    if staff == "404":
        assert client.post(reverse(name, kwargs=EXAMPLES.get(name, {})), {"email": "a@b.cn"}).status_code == 404


@pytest.mark.parametrize("name", sorted(n for n, (_, s) in OUTCOMES.items() if s in ("200", "404")))
def test_pages_are_in_our_frame_and_in_chinese(name: str, world: World) -> None:
    """No sentence of the library's English is left, and nothing that the content policy forbids."""
    text = world.client("worker").get(reverse(name, kwargs=EXAMPLES.get(name, {}))).content.decode()
    assert "bf-top" in text
    assert "<style" not in text
    assert " style=" not in text
    words = re.sub(r"<[^>]+>", " ", re.sub(r"<head>.*?</head>", "", text, flags=re.DOTALL))
    left = [w for w in re.findall(r"[A-Za-z]{3,}", words) if w not in ("English", "TOTP", "APP", "wangfang")]
    assert left == []


def code_for(user: User) -> str:
    """Return the code that the person's phone shows now."""
    secret = Authenticator.objects.get(user=user, type="totp").wrap().instance.data["secret"]
    from allauth.mfa.adapter import get_adapter

    return totp(get_adapter().decrypt(secret))


def totp(secret: str) -> str:
    """Return the code of a secret now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return f"{hotp_value(secret, counter):06d}"


def actions() -> list[str]:
    """Return what the audit tells, oldest first."""
    return list(Entry.objects.order_by("pk").values_list("action", flat=True))


def test_the_first_login_ends_at_the_desk(world: World, django_capture_on_commit_callbacks: Any) -> None:
    """Password by somebody else → own password → second factor → recovery codes → desk; each step is in the audit."""
    with acting_as(system_actor("安装")):
        user = make_account("newcomer", "司马新人", "first-password-1")
    client = Client()
    assert client.post("/accounts/login/", {"login": "newcomer", "password": "first-password-1"}).headers["Location"] == "/desk/"
    assert client.get("/desk/").headers["Location"] == "/accounts/password/change/"
    same = {"oldpassword": "first-password-1", "password1": "first-password-1", "password2": "first-password-1"}
    assert "新密码不能和现在的密码一样" in client.post("/accounts/password/change/", same).content.decode()
    own = {**same, "password1": "Own-pass-word-77", "password2": "Own-pass-word-77"}
    assert client.post("/accounts/password/change/", own).headers["Location"] == "/desk/"
    user.refresh_from_db()
    assert not user.must_change_password
    assert client.get("/desk/").headers["Location"] == "/accounts/2fa/totp/activate/"
    # the password was typed a moment ago: it is not asked for once more
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post("/accounts/2fa/totp/activate/", {"code": totp(secret)})
    assert done.headers["Location"] == "/accounts/2fa/recovery-codes/"
    assert done.status_code == 302
    assert len(client.get(done.headers["Location"]).context["unused_codes"]) == 10
    # the account has no role yet, so the desk refuses rather than sends away
    assert client.get("/desk/").status_code == 403
    told = actions()
    assert told[0] == "account.made"
    assert {"login.done", "password.changed", "factor.added"} <= set(told)
    kept = Authenticator.objects.get(user=user, type="totp").data["secret"]
    assert secret not in kept


def test_login_takes_password_and_code(world: World) -> None:
    """A right password alone opens nothing."""
    user = world.users["worker"]
    client = Client()
    first = client.post("/accounts/login/", {"login": "wangfang", "password": "worker-pass-2026".replace("worker", "wangfang")})
    assert first.headers["Location"] == "/accounts/2fa/authenticate/"
    assert client.get("/desk/").headers["Location"].startswith("/accounts/login/")
    wrong = client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert client.post("/accounts/2fa/authenticate/", {"code": code_for(user)}).headers["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200
    assert actions()[-2:] == ["login.failed", "login.done"]


def test_guessing_passwords_locks_out_and_is_told(world: World) -> None:
    """The fifth wrong password locks; the right one then opens nothing; another account is free. No typed text is kept."""
    client = Client()
    for number in range(5):
        response = client.post("/accounts/login/", {"login": "wangfang", "password": f"guess-{number}"})
    assert response.status_code == 429
    assert "暂时锁定" in response.content.decode()
    right = client.post("/accounts/login/", {"login": "wangfang", "password": "wangfang-pass-2026"})
    assert "/desk/" not in right.headers.get("Location", "")
    assert Client().post("/accounts/login/", {"login": "liqiang", "password": "liqiang-pass-2026"}).status_code == 302
    Client().post("/accounts/login/", {"login": "11010519491231002X", "password": "x"})
    told = Entry.objects.filter(action__startswith="login.")
    assert [e.action for e in told.order_by("pk")][:6].count("login.failed") == 5
    assert told.filter(action="login.locked").exists()
    assert not any("11010519491231002X" in str(e.details) for e in told)


def test_guessing_codes_locks_like_passwords(world: World) -> None:
    """Five wrong codes lock the account: then the right code is refused too."""
    user = world.users["worker"]
    client = Client()
    client.post("/accounts/login/", {"login": "wangfang", "password": "wangfang-pass-2026"})
    for _ in range(5):
        client.post("/accounts/2fa/authenticate/", {"code": "000000"})
    response = client.post("/accounts/2fa/authenticate/", {"code": code_for(user)})
    assert response.headers.get("Location") != "/desk/"
    assert client.get("/desk/").headers["Location"].startswith("/accounts/login/")
