"""How allauth behaves here: sign-up is closed, the second factor is required of all staff."""

from __future__ import annotations

import base64
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url

from bangfu.server.keys import KeyRing

FACTOR_PURPOSE = "accounts.factor"


class StaffAdapter(DefaultAccountAdapter):
    """Accounts are made by administrators only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return no, always."""
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go on to the desk, which sends to whatever is still lacking."""
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Go to the desk."""
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """Go to the login, not to the residents' pages."""
        return resolve_url(settings.LOGIN_URL)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send nothing: accounts have no e-mail."""


class SealedFactors(DefaultMFAAdapter):
    """Secrets of second factors are kept encrypted, under the keys outside the database."""

    def encrypt(self, text: str) -> str:
        """Return the cipher text."""
        return base64.b64encode(KeyRing(settings.ENVIRONMENT.keys).encrypt(text, FACTOR_PURPOSE)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret."""
        return KeyRing(settings.ENVIRONMENT.keys).decrypt(base64.b64decode(encrypted_text), FACTOR_PURPOSE)
