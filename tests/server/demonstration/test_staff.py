"""How one signs in to the demonstration: printed the same each time, the six digits without an app."""

from __future__ import annotations

import pytest
from allauth.mfa.totp.internal.auth import validate_totp_code

from bangfu.server.audit.acting import acting_as, system_actor
from bangfu.server.demonstration.staff import code_for, logins, make_areas, make_staff, secret_for


@pytest.mark.django_db
def test_the_same_logins_are_printed_each_time() -> None:
    """Role and area too."""
    with acting_as(system_actor("演示")):
        assert make_staff(make_areas()) == logins()


def test_the_six_digits_fit_the_printed_secret() -> None:
    """Of one account, not of another."""
    assert validate_totp_code(secret_for("worker"), code_for("worker"))
    assert secret_for("worker") != secret_for("street")
