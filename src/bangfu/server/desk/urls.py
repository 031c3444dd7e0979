"""The desk's addresses; each part of the desk keeps its own list."""

from django.urls import include, path

from bangfu.server.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("", include("bangfu.server.desk.urls_households")),
    path("", include("bangfu.server.desk.urls_policy")),
    path("register/", include("bangfu.server.desk.urls_register")),
    path("admin/", include("bangfu.server.desk.urls_admin")),
]
