"""Streets and communities below the district."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_POST, require_safe

from bangfu.server.accounts.area_actions import AreaRefusedError, NewArea, add_areas, read_areas
from bangfu.server.accounts.guards import staff
from bangfu.server.areas.selectors import areas_within
from bangfu.server.desk.admin_forms import AreaFileForm, AreaForm


@staff("areas.edit")
@require_safe
def areas(request: HttpRequest) -> HttpResponse:
    """List the areas."""
    return _page(request)


@staff("areas.edit")
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Make one street or community."""
    form = AreaForm(request.POST)
    if form.is_valid():
        new = NewArea(1, form.cleaned_data["code"], form.cleaned_data["name"].strip())
        try:
            made = add_areas(request.scope, [new])  # type: ignore[attr-defined]
            if not made:
                raise AreaRefusedError([_("这个辖区已经有了")])
            messages.success(request, _("辖区已添加。"))
            return redirect("desk:admin_areas")
        except AreaRefusedError as error:
            for fault in error.faults:
                form.add_error(None, fault.split("：", 1)[-1])
    return _page(request, 422, form=form)


@staff("areas.edit")
@require_POST
def take_in(request: HttpRequest) -> HttpResponse:
    """Take in a list, all of it or nothing."""
    form = AreaFileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            made = add_areas(request.scope, read_areas(form.cleaned_data["file"].read()))  # type: ignore[attr-defined]
            messages.success(request, ngettext("添加了 %(number)d 个辖区。", "添加了 %(number)d 个辖区。", len(made)) % {"number": len(made)})
            return redirect("desk:admin_areas")
        except AreaRefusedError as error:
            for fault in error.faults[:50]:
                form.add_error(None, fault)
    return _page(request, 422, file_form=form)


def _page(request: HttpRequest, status: int = 200, **forms: Any) -> HttpResponse:
    shown = {"areas": areas_within(request.scope), "form": AreaForm(), "file_form": AreaFileForm()}  # type: ignore[attr-defined]
    return render(request, "desk/admin/areas.html", {**shown, **forms}, status=status)
