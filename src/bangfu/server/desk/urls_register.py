"""Addresses of the register: import, export, duplicates, documents, people's rights, how long data is kept."""

from django.urls import path

from bangfu.server.desk import (
    change_views,
    documents_views,
    duplicates_views,
    export_views,
    import_views,
    retention_views,
    rights_views,
)

urlpatterns = [
    path("imports/", import_views.imports, name="imports"),
    path("imports/template/", import_views.template, name="import_template"),
    path("imports/<int:pk>/", import_views.import_run, name="import_run"),
    path("imports/<int:pk>/confirm/", import_views.import_confirm, name="import_confirm"),
    path("imports/<int:pk>/drop/", import_views.import_drop, name="import_drop"),
    path("export/", export_views.export, name="export"),
    path("exports/<int:pk>/", export_views.export_run, name="export_run"),
    path("exports/<int:pk>/file/", export_views.export_file, name="export_file"),
    path("exports/<int:pk>/drop/", export_views.export_drop, name="export_drop"),
    path("duplicates/", duplicates_views.duplicates, name="duplicates"),
    path("duplicates/<int:pk>/", duplicates_views.duplicate, name="duplicate"),
    path("duplicates/<int:pk>/apart/", duplicates_views.duplicate_apart, name="duplicate_apart"),
    path("duplicates/<int:pk>/unite/", duplicates_views.duplicate_unite, name="duplicate_unite"),
    path("sightings/<int:pk>/decide/", duplicates_views.sighting_decide, name="sighting_decide"),
    path("households/<int:pk>/documents/", documents_views.documents, name="documents"),
    path("households/<int:pk>/documents/add/", documents_views.document_add, name="document_add"),
    path("documents/<int:pk>/", documents_views.document, name="document"),
    path("documents/<int:pk>/small/", documents_views.document_small, name="document_small"),
    path("documents/<int:pk>/withdraw/", documents_views.document_withdraw, name="document_withdraw"),
    path("people/<int:pk>/rights/", rights_views.person_rights, name="person_rights"),
    path("people/<int:pk>/consent/", rights_views.consent_add, name="consent_add"),
    path("people/<int:pk>/requests/", rights_views.request_add, name="request_add"),
    path("people/<int:pk>/copy/", rights_views.person_copy, name="person_copy"),
    path("consents/<int:pk>/withdraw/", rights_views.consent_withdraw, name="consent_withdraw"),
    path("requests/", rights_views.person_requests, name="person_requests"),
    path("requests/<int:pk>/", rights_views.person_request, name="person_request"),
    path("requests/<int:pk>/answer/", rights_views.request_answer, name="request_answer"),
    path("households/<int:pk>/changes/", change_views.changes, name="changes"),
    path("households/<int:pk>/changes/<slug:kind>/", change_views.change, name="change"),
    path("retention/", retention_views.retention, name="retention"),
    path("retention/period/", retention_views.period_set, name="period_set"),
    path("households/<int:pk>/hold/", retention_views.household_hold, name="household_hold"),
    path("households/<int:pk>/erase/", retention_views.household_erase, name="household_erase"),
]
