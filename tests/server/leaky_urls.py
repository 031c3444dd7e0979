"""Pages that leak on purpose, for the proof that the scope proof finds them."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import include, path

from bangfu.server.accounts.guards import staff
from bangfu.server.registry.models import Household


@staff("registry.view")
def any_household(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a household of anywhere."""
    return HttpResponse(get_object_or_404(Household, pk=pk).address)


@staff("registry.view")
def count(request: HttpRequest) -> HttpResponse:
    """Count the households of everywhere."""
    return HttpResponse(f"共 {Household.objects.count()} 户")


@staff("registry.view")
def search(request: HttpRequest) -> HttpResponse:
    """Find in all places what is searched for."""
    wanted = request.GET.get("q")
    return HttpResponse("".join(Household.objects.filter(address__contains=wanted).values_list("address", flat=True)) if wanted else "")


@staff("registry.view")
def fine(request: HttpRequest) -> HttpResponse:
    """Stay inside the scope."""
    found: Any = Household.objects.within(request.scope)  # type: ignore[attr-defined]
    return HttpResponse(f"共 {found.count()} 户")


leaky = (
    [
        path("any/<int:pk>/", any_household, name="any"),
        path("kind/<int:pk>/", any_household, name="unnamed_kind"),
        path("count/", count, name="count"),
        path("search/", search, name="search"),
        path("fine/", fine, name="fine"),
    ],
    "leaky",
)
urlpatterns = [path("leaky/", include(leaky)), path("", include("bangfu.server.urls"))]
