"""The list at hand as Excel: the same filters, a reason, marked with who and when, numbers masked."""

from __future__ import annotations

from urllib.parse import quote

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from bangfu.server.accounts.guards import staff
from bangfu.server.areas.scope import Scope
from bangfu.server.areas.selectors import areas_within, district_of
from bangfu.server.audit.actions import record
from bangfu.server.calendar import clock
from bangfu.server.desk.admin_forms import ReasonForm
from bangfu.server.desk.export_views import ask_large
from bangfu.server.desk.list_form import ListForm
from bangfu.server.desk.list_views import QUERY_MOST, kept_filters, packs_within, wanted_of
from bangfu.server.files.kinds import EXCEL
from bangfu.server.registry import export_actions
from bangfu.server.registry.export import HOUSEHOLDS_MOST, workbook
from bangfu.server.registry.export_actions import Wish
from bangfu.server.registry.listing import listed
from bangfu.server.registry.marked import Mark
from bangfu.server.registry.packs import pack_at


@staff("registry.export")
@require_POST
def export_list(request: HttpRequest) -> HttpResponse:
    """Give the households that the filters find as a workbook."""
    scope: Scope = request.scope  # type: ignore[attr-defined]
    query = kept_filters(QueryDict(request.POST.get("query", "")[:QUERY_MOST]))
    form, reason = ListForm(scope, packs_within(scope), query), ReasonForm(request.POST)
    back = HttpResponseRedirect(f"{reverse('desk:households')}?{query.urlencode()}")
    if not form.is_valid() or not reason.is_valid():
        messages.error(request, _("没有导出：请写明理由。"))
        return back
    found = listed(scope, wanted_of(scope, form), clock.today()).select_related("area")
    number, first = found.count(), found.first()
    if first is None or number > export_actions.HOUSEHOLDS_MOST:
        messages.error(request, _("没有导出：一次最多导出 %(most)d 户，现在是 %(number)d 户。") % {"most": export_actions.HOUSEHOLDS_MOST, "number": number})
        return back
    district = district_of(first.area_code)
    if found.exclude(area_code__gte=district.low, area_code__lte=district.high).exists():
        messages.error(request, _("没有导出：名单跨了区县，各区县的表格不同。请先在“辖区”里选一个区县。"))
        return back
    why = reason.cleaned_data["reason"]
    if number > HOUSEHOLDS_MOST:
        here = areas_within(scope).filter(low__lte=first.area_code, high__gte=first.area_code).order_by("low", "-high")[0]  # the widest of one's own
        return ask_large(Wish(here, _("名单"), list(found.values_list("pk", flat=True)), why, filters=query.urlencode()))
    entry = record("register.exported", of=district, area_code=district.low, reason=why, details={"households": number, "filters": query.urlencode()[:200]})
    mark = Mark(request.user.name, clock.now().astimezone(clock.HERE), entry.pk, why, False)  # type: ignore[union-attr]
    response = HttpResponse(workbook(pack_at(district.low), found.iterator(), mark), content_type=EXCEL)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'名单-{clock.today()}.xlsx')}"
    return response
