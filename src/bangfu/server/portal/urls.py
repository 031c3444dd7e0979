"""The portal's addresses."""

from django.urls import path

from bangfu.server.portal import views

app_name = "portal"
urlpatterns = [
    path("", views.home, name="home"),
    path("p/<slug:name>/", views.place, name="place"),
    path("p/<slug:name>/<slug:entry>/", views.measure, name="measure"),
]
