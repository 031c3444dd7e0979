"""Accounts and roles. The system administrator makes accounts, the security administrator gives them roles and secures them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bangfu.rules.identity import identity_fault
from bangfu.server.accounts import actions, selectors
from bangfu.server.accounts.enums import Role
from bangfu.server.accounts.guards import staff
from bangfu.server.accounts.models import User
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import AssignForm, EndRoleForm, NewAccountForm, ReasonForm, RelativeForm, SecureForm
from bangfu.server.desk.words import said_by
from bangfu.server.registry.identity import id_index

PER_PAGE = 50


@staff("accounts.view")
@require_safe
def users(request: HttpRequest) -> HttpResponse:
    """List the accounts of one's areas."""
    words = request.GET.get("q", "").strip()[:60]
    page = Paginator(selectors.found_users(request.scope, words), PER_PAGE).get_page(request.GET.get("page"))  # type: ignore[attr-defined]
    return render(request, "desk/admin/users.html", {"page": page, "q": words, "page_query": urlencode({"q": words}) if words else ""})


@staff("accounts.edit")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def new_user(request: HttpRequest) -> HttpResponse:
    """Make an account; its first password is shown once."""
    form = NewAccountForm(request.scope, request.POST or None)  # type: ignore[attr-defined]
    if request.method == "POST" and form.is_valid():
        said, password = form.cleaned_data, actions.first_password()
        try:
            made = actions.make_account(said["username"], said["name"], password, home=said["home"])
        except ValidationError as error:
            form.add_error("username" if "username" in getattr(error, "error_dict", {}) else None, error.messages)
        else:
            return render(request, "desk/admin/password.html", {"person": made, "password": password})
    return render(request, "desk/admin/new_user.html", {"form": form}, status=422 if form.is_bound else 200)


@staff("accounts.view")
@require_safe
def user(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one account with its roles."""
    return _page(request, _found(request, pk))


@staff("accounts.edit")
@require_POST
def switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an account on or off."""
    person = _own(request, pk)

    def act(said: dict[str, Any]) -> str:
        actions.set_active(person, not person.is_active, said["reason"])
        return _("账号已启用。") if person.is_active else _("账号已停用。")

    return _act(request, person, "switch_form", ReasonForm(request.POST, auto_id="switch_%s"), act)


@staff("accounts.assign")
@require_POST
def assign(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a role."""
    person = _found(request, pk)

    def act(said: dict[str, Any]) -> str:
        actions.assign(person, Role(said["role"]), said["area"], said["since"], said["until"])
        return _("角色已授予。")

    return _act(request, person, "assign_form", AssignForm(request.scope, request.POST, auto_id="assign_%s"), act)  # type: ignore[attr-defined]


@staff("accounts.assign")
@require_POST
def end_role(request: HttpRequest, pk: int) -> HttpResponse:
    """End a role."""
    person = _found(request, pk)

    def act(said: dict[str, Any]) -> str:
        held = get_object_or_404(selectors.assignments_within(person, request.scope), pk=said["assignment"])  # type: ignore[attr-defined]
        if said["until"] < held.since:
            raise actions.AccountRefusedError("最后一天不能早于起始日期", "a role cannot end before it begins")
        actions.end_assignment(held, said["until"], said["reason"])
        return _("角色已终止。")

    return _act(request, person, "end_form", EndRoleForm(request.POST, auto_id="end_%s"), act)


@staff("accounts.secure")
@never_cache
@require_POST
def secure(request: HttpRequest, pk: int) -> HttpResponse:
    """Reset password or second factor, sign out everywhere, or lift a lock, with a reason."""
    person = _own(request, pk)
    form = SecureForm(request.POST, auto_id="secure_%s")
    if form.is_valid() and form.cleaned_data["what"] == "password":
        try:
            password = actions.reset_password(person, form.cleaned_data["reason"])
        except actions.AccountRefusedError as error:
            form.add_error(None, said_by(error))
        else:
            return render(request, "desk/admin/password.html", {"person": person, "password": password})

    def act(said: dict[str, Any]) -> str:
        {"factor": actions.reset_factor, "sessions": actions.end_sessions, "unlock": actions.unlock}[said["what"]](person, said["reason"])
        return _("已办理。")

    return _act(request, person, "secure_form", form, act)


@staff("accounts.relatives")
@require_POST
def relative(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter a near relative."""
    person = _found(request, pk)

    def act(said: dict[str, Any]) -> str:
        fault = identity_fault(said["number"])
        if fault:
            raise actions.AccountRefusedError(*fault)
        actions.declare_relative(person, id_index(said["number"]), said["name"], said["relation"], clock.today())
        return _("亲属已备案。")

    return _act(request, person, "relative_form", RelativeForm(request.POST, auto_id="relative_%s"), act)


def _found(request: HttpRequest, pk: int) -> User:
    """Return an account that is seen from here, or 404."""
    return get_object_or_404(selectors.users_within(request.scope), pk=pk)  # type: ignore[attr-defined]


def _own(request: HttpRequest, pk: int) -> User:
    """Return an account that is decided about here: it belongs to no other area as well.

    Raises:
        PermissionDenied: It does.
    """
    person = _found(request, pk)
    if not selectors.is_wholly_within(person, request.scope):  # type: ignore[attr-defined]
        raise PermissionDenied("the account belongs to other areas as well")
    return person


def _act(request: HttpRequest, person: User, name: str, form: Any, act: Callable[[dict[str, Any]], str]) -> HttpResponse:
    """Do what a form asks for and go back to the page, or show the page with what is wrong and all that was typed."""
    if form.is_valid():
        try:
            messages.success(request, act(form.cleaned_data))
            return redirect("desk:admin_user", pk=person.pk)
        except actions.AccountRefusedError as error:
            form.add_error(None, said_by(error))
    return _page(request, person, status=422, **{name: form})


def _page(request: HttpRequest, person: User, status: int = 200, **forms: Any) -> HttpResponse:
    scope, today = request.scope, clock.today()  # type: ignore[attr-defined]
    shown = {
        "person": person,
        "held": selectors.assignments_within(person, scope),
        "sessions": selectors.sessions_of(person),
        "factors": selectors.factors_of(person),
        "relatives": selectors.relatives_of(person),
        "today": today,
        "oneself": person.pk == request.user.pk,
        "switch_form": ReasonForm(auto_id="switch_%s"),
        "assign_form": AssignForm(scope, initial={"since": today}, auto_id="assign_%s"),
        "end_form": EndRoleForm(initial={"until": today}, auto_id="end_%s"),
        "secure_form": SecureForm(auto_id="secure_%s"),
        "relative_form": RelativeForm(auto_id="relative_%s"),
    }
    return render(request, "desk/admin/user.html", {**shown, **forms}, status=status)
