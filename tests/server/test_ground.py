"""Every address declares who may call it; no area, no rows; no actor, no write; the chain proves itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from bangfu.server.accounts.enums import APART, Role
from bangfu.server.accounts.guards import staff
from bangfu.server.accounts.models import Assignment
from bangfu.server.accounts.permissions import PERMISSIONS
from bangfu.server.accounts.selectors import scope_for
from bangfu.server.areas.models import Area
from bangfu.server.areas.scope import Scope
from bangfu.server.audit import seal
from bangfu.server.audit.acting import NoActorError, acting_as, current_actor, system_actor
from bangfu.server.audit.actions import record
from bangfu.server.audit.models import Entry, Link
from bangfu.server.audit.triggers import guarded_models, install, lacking
from tests.server.conftest import World

DAY = dt.date(2023, 9, 15)
OTHERS = ("allauth.", "django.views.i18n", "ninja.")
"""Views of libraries: they show no data of the register; tests of their own walk them."""


def views(patterns: list[Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield each address with its view."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, prefix + str(pattern.pattern))
        elif isinstance(pattern, URLPattern):
            yield prefix + str(pattern.pattern), pattern.callback


def undeclared(patterns: list[Any]) -> list[str]:
    """Return the addresses whose view declares no guard."""
    return [
        address
        for address, view in views(patterns)
        if not hasattr(view, "guard") and not getattr(getattr(view, "func", view), "__module__", "").startswith(OTHERS)
    ]


def test_every_address_declares_who_may_call_it() -> None:
    """A new page without a guard fails here."""
    assert len(list(views(get_resolver().url_patterns))) > 20
    assert undeclared(get_resolver().url_patterns) == []


def test_an_address_without_guard_is_noticed() -> None:
    """The walk looks at the view itself."""
    from django.urls import path

    def bare(request: Any) -> None: ...

    assert undeclared([path("bare/", bare)]) == ["bare/"]  # type: ignore[arg-type]


def test_a_scope_is_what_lies_below(world: World) -> None:
    """A community worker's scope is her community; a district officer's is the district; another's is apart."""
    worker = scope_for(world.users["worker"], "registry.view", DAY)
    assert worker.holds(420106001001)
    assert not worker.holds(420106001002)
    district = scope_for(world.users["district_officer"], "registry.view", DAY)
    assert district.holds(420106001001)
    assert district.holds(420106002001)
    assert not district.holds(520302001001)


def test_no_area_no_rows(world: World) -> None:
    """An empty scope finds nothing, whatever is there."""
    assert Area.objects.filter(Scope().condition("low")).count() == 0
    assert Area.objects.filter(Scope.of([world.areas["杨园街道"]]).condition("low")).count() == 3


def test_an_ended_assignment_ends_at_once(world: World) -> None:
    """The day after the last day there is no scope."""
    user = world.users["worker"]
    with acting_as(system_actor("安装")):
        Assignment.objects.filter(user=user).update(until=DAY)
    assert scope_for(user, "registry.view", DAY).ranges
    assert not scope_for(user, "registry.view", DAY + dt.timedelta(days=1)).ranges


def test_every_action_has_a_role_and_no_role_does_all() -> None:
    """Rights are spread: nobody holds all, administrators touch no household."""
    assert all(PERMISSIONS.values())
    for role in Role:
        assert any(role not in roles for roles in PERMISSIONS.values())
    for name, roles in PERMISSIONS.items():
        if name.startswith("registry."):
            assert not roles & {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN, Role.FINANCE}
    assert (Role.APPROVER, Role.FINANCE) in APART


def test_a_page_refuses_a_role_that_may_not(world: World) -> None:
    """The guard asks for the action, not for the name of a role."""

    @staff("audit.view")
    def page(request: Any) -> Any:
        raise AssertionError("called")

    request = RequestFactory().get("/")
    request.user = world.users["worker"]
    with pytest.raises(PermissionDenied):
        page(request)


@pytest.mark.django_db
@pytest.mark.parametrize("operation", ["insert", "update", "delete"])
def test_the_database_refuses_a_write_without_actor(operation: str, world: World) -> None:
    """The same for each table: Django's own writes and raw SQL alike."""
    looked = 0
    for model in guarded_models():
        table = model._meta.db_table
        row = model.objects.first()  # type: ignore[attr-defined]
        if row is None:
            continue
        looked += 1
        key = model._meta.pk.column  # type: ignore[union-attr]
        sql = {
            "insert": f'INSERT INTO "{table}" SELECT * FROM "{table}"',
            "update": f'UPDATE "{table}" SET "{key}" = "{key}"',
            "delete": f'DELETE FROM "{table}"',
        }[operation]
        with pytest.raises(DatabaseError, match="bangfu: "), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert looked >= 4


@pytest.mark.django_db
def test_every_table_has_its_guards() -> None:
    """Also after migrate, which on SQLite rebuilds tables without their triggers; a missing one is noticed."""
    assert len(guarded_models()) >= 28
    assert lacking() == []
    with connection.cursor() as cursor:
        on = ' ON "areas_area"' if connection.vendor == "postgresql" else ""
        name = "bangfu_guard_delete" if on else "bangfu_guard_delete_areas_area"
        cursor.execute(f'DROP TRIGGER "{name}"{on}')
    assert lacking() == ["areas_area"]
    install()
    assert lacking() == []


def test_nobody_acts_outside_an_act(world: World) -> None:
    """The actor ends with the block, also after an error."""
    with acting_as(system_actor("任务")):
        assert current_actor().name == "任务"
        with acting_as(system_actor("演示")):
            assert current_actor().name == "演示"
        assert current_actor().name == "任务"
    with pytest.raises(ZeroDivisionError), acting_as(system_actor("任务")):
        raise ZeroDivisionError
    with pytest.raises(NoActorError):
        current_actor()
    with pytest.raises(DatabaseError), transaction.atomic():
        Area.objects.filter(name="武昌区").update(name="x")


def test_what_is_append_only_stays(world: World) -> None:
    """An entry cannot be changed or deleted, not even by an actor."""
    with acting_as(system_actor("任务")):
        record("area.seen", of=world.areas["武昌区"])
    for change in (lambda: Entry.objects.update(reason="x"), lambda: Entry.objects.all().delete()):
        with pytest.raises(DatabaseError, match="append-only"), acting_as(system_actor("任务")):
            change()


def test_the_chain_proves_itself(world: World) -> None:
    """A changed entry, a removed one and a cut-off tail are each found; unsealed entries are counted."""
    with acting_as(system_actor("任务")):
        for _ in range(3):
            record("area.seen", of=world.areas["武昌区"])
    assert seal.verify().unsealed == 3
    assert seal.seal() == 3
    proof = seal.verify()
    assert (proof.links, proof.faults, proof.unsealed) == (3, (), 0)
    with connection.cursor() as cursor:
        for operation in ("update", "delete"):
            for table in ("audit_entry", "audit_link"):
                name = f"bangfu_guard_{operation}" + ("" if connection.vendor == "postgresql" else f"_{table}")
                cursor.execute(f'DROP TRIGGER "{name}"' + (f' ON "{table}"' if connection.vendor == "postgresql" else ""))
    second = Entry.objects.order_by("pk")[1]
    Entry.objects.filter(pk=second.pk).update(reason="改过")
    assert [fault[:2] for fault in seal.verify().faults] == ["2:"]
    Entry.objects.filter(pk=second.pk).update(reason="")
    assert seal.verify().faults == ()
    Link.objects.filter(number=3).delete()
    assert seal.verify().faults == ()
    assert seal.verify(expected_head=(3, proof.head)).faults != ()
    install()


def test_a_get_cannot_write(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A GET has no actor, so that the database refuses whatever a page might try to write."""
    from bangfu.server.desk import views as desk_views

    def writes(*given: Any) -> Any:
        Area.objects.filter(name="武昌区").update(name="x")

    client = world.client("worker")
    monkeypatch.setattr(desk_views, "render", writes)
    with pytest.raises(DatabaseError, match="needs an actor"):
        client.get("/desk/")


def test_the_second_factor_is_required(world: World) -> None:
    """Without one the desk sends to its set-up; a visitor is sent to the login."""
    from allauth.mfa.models import Authenticator

    client = world.client("worker")
    assert client.get("/desk/").status_code == 200
    Authenticator.objects.filter(user=world.users["worker"]).delete()
    assert client.get("/desk/").headers["Location"].startswith("/accounts/2fa/")
    assert world.client(None).get("/desk/").headers["Location"].startswith("/accounts/login/")
