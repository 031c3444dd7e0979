"""All addresses: portal at the root, the desk, and allauth's pages for staff."""

from django.urls import include, path

from bangfu.server.api.endpoints import api
from bangfu.server.portal.views import large_type

urlpatterns = [
    path("accounts/", include("bangfu.server.accounts.pages")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("large-type/", large_type, name="large_type"),
    path("api/v1/", api.urls),
    path("desk/", include("bangfu.server.desk.urls")),
    path("", include("bangfu.server.portal.urls")),
]
