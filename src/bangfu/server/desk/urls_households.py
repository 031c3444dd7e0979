"""Addresses of households: the page of one, its intake, lists, search."""

from django.urls import path

from bangfu.server.desk import household_views, list_views

urlpatterns = [
    path("households/", list_views.households, name="households"),
    path("households/views/keep/", list_views.keep_view, name="keep_view"),
    path("households/views/drop/", list_views.drop_view, name="drop_view"),
    path("households/number/", list_views.search_number, name="search_number"),
    path("households/<int:pk>/", household_views.household, name="household"),
    path("households/<int:pk>/reveal/", household_views.reveal, name="reveal"),
]
