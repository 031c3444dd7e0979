"""Policy values: entered by one, tried on the register, signed by another."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bangfu.rules.units import Quantity
from bangfu.server.accounts.guards import staff
from bangfu.server.accounts.selectors import scope_for
from bangfu.server.areas.models import Area
from bangfu.server.assessment import values as actions
from bangfu.server.assessment.engines import engine_in
from bangfu.server.assessment.models import PolicyValue, ValueKind
from bangfu.server.assessment.overlays import overlay_of
from bangfu.server.assessment.scans import Scan
from bangfu.server.assessment.standing import standing_values, values_over
from bangfu.server.assessment.values import NewValue, ValueRefusedError
from bangfu.server.assessment.whatif import ask_for_value
from bangfu.server.audit.acting import actor_of
from bangfu.server.audit.actions import record_reading
from bangfu.server.audit.selectors import actor_names
from bangfu.server.calendar import clock
from bangfu.server.desk.documents_views import private_bytes
from bangfu.server.desk.policy_forms import SignForm, ValueForm, WithdrawForm
from bangfu.server.desk.policy_rules import district_here
from bangfu.server.desk.policy_whatif import shown_result
from bangfu.server.desk.words import said_by
from bangfu.server.files.actions import read_upload
from bangfu.server.files.kinds import PHOTOS, FileRefusedError
from bangfu.server.portal.words import language, with_units

PER_PAGE = 50


@staff("policy.view")
@require_safe
def values(request: HttpRequest, code: str) -> HttpResponse:
    """List the values of a district: those that wait, that stand, and all others."""
    district = district_here(request, code)
    listed = Paginator(values_over(request.scope).filter(district=district), PER_PAGE).get_page(request.GET.get("page"))  # type: ignore[attr-defined]
    standing = set(standing_values(district).values_list("pk", flat=True))
    names = actor_names({value.entered_by for value in listed} | {value.signature.actor_id for value in listed if _signature(value)})
    labels = _labels(district)
    rows = [(value, labels.get(value.address, value.address), _state(value, value.pk in standing), names.get(value.entered_by, ""), names.get(s.actor_id, "") if (s := _signature(value)) else "") for value in listed]
    return render(request, "desk/policy/values.html", {"district": district, "rows": rows, "page": listed})


def _labels(district: Area) -> dict[str, str]:
    pack = engine_in(district, clock.today()).pack
    return {address: label for kind in (ValueKind.CONDITION, ValueKind.VALUE) for address, label in actions.addresses(pack, kind, language()).items()}


def _signature(value: PolicyValue) -> Any:
    return getattr(value, "signature", None)


def _state(value: PolicyValue, stands: bool) -> tuple[str, str]:
    """Return how a value stands, as a tag's colour and words."""
    signature = _signature(value)
    if signature is None:
        return "bf-open", _("等待签署")
    if not signature.signed:
        return "bf-no", _("已退回")
    if value.withdraws_id:
        return "bf-no", _("已撤回所指取值")
    if not stands:
        return "bf-no", _("已被撤回")
    return ("bf-yes", _("已生效")) if value.since <= clock.today() else ("bf-yes", _("已签署，到日生效"))


@staff("policy.propose")
@require_http_methods(["GET", "HEAD", "POST"])
def new_value(request: HttpRequest, code: str) -> HttpResponse:
    """Enter a value."""
    district = _whole(request, code)
    start = {"address": request.GET.get("address", "")[:120], "kind": request.GET.get("kind") or ValueKind.VALUE}
    form = ValueForm(request.POST, request.FILES) if request.method == "POST" else ValueForm(initial=start)
    if request.method == "POST" and form.is_valid():
        said = {**form.cleaned_data}
        try:
            made = actions.propose(request.scope, district, scan=scan_in(said.pop("scan")), new=NewValue(**said))  # type: ignore[attr-defined]
            messages.success(request, _("已录入。请先试算，再由另一个人签署。"))
            return redirect("desk:policy_value", pk=made.pk)
        except ValueRefusedError as error:
            for fault in error.faults:
                form.add_error(None, fault)
        except FileRefusedError as error:
            form.add_error("scan", said_by(error))
    return render(request, "desk/policy/new_value.html", {"district": district, "form": form, "now": _in_force(district, str(form["address"].value() or "")), "standards": [] if form["address"].value() else _standards(district)}, status=422 if form.errors else 200)


def scan_in(upload: Any) -> Scan | None:
    """Return an uploaded scan, None where there is none.

    Raises:
        FileRefusedError: It is too large.
    """
    return Scan(upload.name, read_upload(upload)) if upload else None


def _whole(request: HttpRequest, code: str) -> Area:
    district = district_here(request, code)
    if not request.scope.covers(district):  # type: ignore[attr-defined]
        raise Http404(code)
    return district


def _standards(district: Area) -> list[tuple[str, str]]:
    """Return the shared values of a district, name and label, in the order of its documents."""
    pack = engine_in(district, clock.today()).pack
    return [(name, parameter.label.text(language())) for name, parameter in pack.parameters.items() if parameter.label is not None]


def _in_force(district: Area, address: str) -> tuple[str, str, str] | None:
    """Return what an address is called, what it is today, and how several numbers are written (else nothing)."""
    engine, day = engine_in(district, clock.today()), clock.today()
    label = _labels(district).get(address)
    if label is None:
        return None
    entry, _dot, rest = address.partition(".")
    pack = engine.pack
    parameter = pack.parameters.get(address) or (pack.entries[entry].figures.get(rest) if entry in pack.entries else None)
    if parameter is None:
        return label, _("还没有定"), ""
    from bangfu.rules.whatif.written import scalar, shown

    version = parameter.version_on(day)
    if version is None:
        return label, _("还没有定"), ""
    several = version.value if isinstance(version.value, dict) and all(isinstance(each, Quantity) for each in version.value.values()) else {}
    form = ", ".join(f"{code}: {scalar(each, parameter)}" for code, each in several.items())
    return label, with_units(shown(pack, parameter, version.value, language())), f"{{{form}}}" if form else ""


@staff("policy.view")
@require_safe
def value(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one value with what it does and who decided."""
    return _page(request, _found(request, pk))


def _found(request: HttpRequest, pk: int) -> PolicyValue:
    found: PolicyValue = get_object_or_404(values_over(request.scope), pk=pk)  # type: ignore[attr-defined]
    return found


def _page(request: HttpRequest, found: PolicyValue, status: int = 200, sign_form: SignForm | None = None, withdraw_form: WithdrawForm | None = None) -> HttpResponse:
    seen, me = actions.seen_of(found), actor_of(request.user).pk
    signs = scope_for(request.user, "policy.sign", clock.today())  # type: ignore[arg-type]
    tries = scope_for(request.user, "policy.whatif", clock.today())  # type: ignore[arg-type]
    enters = scope_for(request.user, "policy.propose", clock.today())  # type: ignore[arg-type]
    stands = standing_values(found.district).filter(pk=found.pk).exists()
    signature = _signature(found)
    names = actor_names({found.entered_by} | ({signature.actor_id} if signature else set()))
    why_not = actions.cannot_sign(signs, found, me) if signs.ranges else _("签署由政策管理人员或审批人办理")
    digest = actions.digest_of(found, seen) if seen else ""
    shown = {
        "value": found, "label": _labels(found.district).get(found.address, found.address), "state": _state(found, stands), "signature": signature,
        "by": names.get(found.entered_by, ""), "signed_by": names.get(signature.actor_id, "") if signature else "", "stands": stands,
        "run": found.whatifs.order_by("-pk").first(), "seen": seen, "result": shown_result(seen) if seen else None,
        "can_try": tries.covers(found.district) and signature is None, "can_sign": signature is None and not why_not, "why_not": why_not if signature is None else "",
        "sign_form": sign_form or SignForm(initial={"digest": digest}, has_scan=found.scan is not None), "is_photo": found.scan is not None and found.scan.kind in PHOTOS, "can_withdraw": stands and enters.covers(found.district), "withdraw_form": withdraw_form or WithdrawForm(),
        "past": found.since < clock.today(),
    }  # fmt: skip
    return render(request, "desk/policy/value.html", shown, status=status)


@staff("policy.whatif")
@require_POST
def try_value(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what a value does to the register."""
    found = _found(request, pk)
    try:
        ask_for_value(request.scope, found)  # type: ignore[attr-defined]
        messages.success(request, _("试算已排队，稍后刷新本页看结果。"))
    except ValueRefusedError as error:
        messages.error(request, "；".join(error.faults))
    return redirect("desk:policy_value", pk=pk)


@staff("policy.sign")
@require_POST
def sign_value(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign or refuse a value."""
    found = _found(request, pk)
    form = SignForm(request.POST, has_scan=found.scan is not None)
    if form.is_valid():
        said = form.cleaned_data
        try:
            actions.sign(request.scope, found, agreed=said["decision"] == "sign", reason=said["reason"], digest=said["digest"], read_scan=bool(said.get("read_scan")))  # type: ignore[attr-defined]
            messages.success(request, _("已签署。") if said["decision"] == "sign" else _("已退回。"))
            return redirect("desk:policy_value", pk=pk)
        except ValueRefusedError as error:
            for fault in error.faults:
                form.add_error(None, fault)
    return _page(request, found, 422, sign_form=form)


@staff("policy.propose")
@require_POST
def withdraw_value(request: HttpRequest, pk: int) -> HttpResponse:
    """Enter that a value no longer stands."""
    found, form = _found(request, pk), WithdrawForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            said = form.cleaned_data
            made = actions.withdraw(request.scope, found, said["instrument"], said["source"], published=said["published"], scan=scan_in(said["scan"]))  # type: ignore[attr-defined]
            messages.success(request, _("撤回已录入。请先试算，再由另一个人签署。"))
            return redirect("desk:policy_value", pk=made.pk)
        except ValueRefusedError as error:
            for fault in error.faults:
                form.add_error(None, fault)
        except FileRefusedError as error:
            form.add_error("scan", said_by(error))
    return _page(request, found, 422, withdraw_form=form)


@staff("policy.view")
@require_safe
def scan(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the scan of the document that a value comes from; who looked is written down."""
    found = _found(request, pk)
    if found.scan is None:
        raise Http404
    record_reading(request.user, "policy.scan", rows=0, area_code=found.district.low)
    return private_bytes(found.scan.path, found.scan.kind, found.scan.name, inline=found.scan.kind in PHOTOS)


@staff("policy.view")
@require_safe
def scan_small(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the small picture of a scan that is a photo."""
    found = _found(request, pk)
    if found.scan is None or not found.scan.thumbnail:
        raise Http404
    return private_bytes(found.scan.thumbnail, "image/jpeg", "small.jpg", inline=True)


@staff("policy.view")
@require_safe
def overlay(request: HttpRequest, code: str) -> HttpResponse:
    """Give all that stands signed in a district as an overlay file."""
    district, day = district_here(request, code), clock.today()
    text = overlay_of(district, day) or "# 尚无已签署的取值\n"
    response = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="overlay-{district.place}-{day}.yaml"'
    return response
