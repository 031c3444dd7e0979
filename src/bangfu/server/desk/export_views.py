"""The register as Excel: for a reason, marked with who and when, numbers masked unless somebody who may asks for them whole."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _, gettext_lazy

from bangfu.server.accounts.guards import staff
from bangfu.server.accounts.selectors import scope_for
from bangfu.server.areas.scope import Scope
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import REASON_MOST, ScopedForm
from bangfu.server.files.kinds import EXCEL
from bangfu.server.registry.export import HOUSEHOLDS_MOST, workbook
from bangfu.server.registry.marked import Mark
from bangfu.server.registry.packs import pack_at
from bangfu.server.registry.selectors import households_within


class ExportForm(ScopedForm):
    """What is exported and why."""

    area: Any = forms.ModelChoiceField(queryset=None, label=gettext_lazy("辖区"), empty_label=None)
    reason = forms.CharField(label=gettext_lazy("理由"), max_length=REASON_MOST, help_text=gettext_lazy("写进审计，也写在导出的文件里"))
    whole = forms.BooleanField(label=gettext_lazy("完整的身份证号"), required=False, help_text=gettext_lazy("不勾只显示后四位"))


@staff("registry.export")
def export(request: HttpRequest) -> HttpResponse:
    """Ask for what and why; give the workbook."""
    scope: Scope = request.scope  # type: ignore[attr-defined]
    form = ExportForm(scope, request.POST or None)
    may_reveal = bool(scope_for(request.user, "registry.reveal", clock.today()).ranges)  # type: ignore[arg-type]
    if not may_reveal:
        del form.fields["whole"]
    if request.method == "POST" and form.is_valid():
        answer = _export(request, form)
        if answer is not None:
            return answer
    return render(request, "desk/register/export.html", {"form": form, "most": HOUSEHOLDS_MOST}, status=422 if form.errors else 200)


def _export(request: HttpRequest, form: ExportForm) -> HttpResponse | None:
    said = form.cleaned_data
    area, whole = said["area"], bool(said.get("whole"))
    inside = Scope.of([area])
    if whole and not scope_for(request.user, "registry.reveal", clock.today()).covers(area):  # type: ignore[arg-type]
        form.add_error("whole", _("您不能查看这个辖区的完整身份证号"))
        return None
    households = households_within(inside)
    number = households.count()
    if not number:
        form.add_error("area", _("这个辖区没有在册的户"))
        return None
    if number > HOUSEHOLDS_MOST:
        form.add_error("area", _("这个辖区有 %(number)d 户，一次最多导出 %(most)d 户，请分街道或社区导出") % {"number": number, "most": HOUSEHOLDS_MOST})
        return None
    entry = record("register.exported", of=area, area_code=area.low, reason=said["reason"], details={"households": number, "whole_numbers": whole})
    mark = Mark(request.user.name, clock.now().astimezone(clock.HERE), entry.pk, said["reason"], whole)  # type: ignore[union-attr]
    response = HttpResponse(workbook(pack_at(area.low), households.iterator(), mark), content_type=EXCEL)
    name = quote(f"{area.name}台账-{clock.today()}.xlsx")
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response
