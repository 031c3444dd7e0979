"""Addresses of households: the page of one, its intake, lists, search."""

from django.urls import path

from bangfu.server.desk import (
    household_views,
    intake_views,
    item_views,
    list_export,
    list_views,
    new_household_views,
)

urlpatterns = [
    path("households/", list_views.households, name="households"),
    path("households/views/keep/", list_views.keep_view, name="keep_view"),
    path("households/views/drop/", list_views.drop_view, name="drop_view"),
    path("households/export/", list_export.export_list, name="export_list"),
    path("households/number/", list_views.search_number, name="search_number"),
    path("households/new/", new_household_views.new_household, name="new_household"),
    path("households/new/drop/", new_household_views.drop_new, name="drop_new"),
    path("households/<int:pk>/members/new/", new_household_views.new_member, name="new_member"),
    path("households/<int:pk>/", household_views.household, name="household"),
    path("households/<int:pk>/reveal/", household_views.reveal, name="reveal"),
    path("households/<int:pk>/items/", item_views.items, name="items"),
    path("households/<int:pk>/items/new/", item_views.new_item, name="new_item"),
    path("households/<int:pk>/items/full/", item_views.listed, name="listed"),
    path("households/<int:pk>/items/record/", item_views.new_held, name="new_held"),
    path("households/<int:pk>/items/<int:item>/withdraw/", item_views.withdraw, name="withdraw_item"),
    path("households/<int:pk>/facts/", intake_views.facts, name="facts"),
    path("households/<int:pk>/facts/drop/", intake_views.drop_facts, name="drop_facts"),
]
