"""A bare Django page: one view, no database, the middleware that a new project has. The peer that our pages stand beside."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    SECRET_KEY=secrets.token_urlsafe(), ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.middleware.common.CommonMiddleware", "django.middleware.csrf.CsrfViewMiddleware"],
)  # fmt: skip


def page(request: HttpRequest) -> HttpResponse:
    """Return a page of two kilobytes."""
    return HttpResponse("<!doctype html><title>bare</title>" + "<p>bare</p>" * 200)


urlpatterns = [path("", page)]
application = get_wsgi_application()
