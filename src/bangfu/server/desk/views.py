"""The desk's first page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bangfu.server.accounts.guards import staff
from bangfu.server.calendar import clock
from bangfu.server.desk.home_page import home_page


@staff("desk.home")
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show a person's own work."""
    return render(request, "desk/home.html", {"page": home_page(request.user, clock.today())})
