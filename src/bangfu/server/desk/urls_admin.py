"""Addresses of administration: accounts, areas, audit, jobs."""

from django.urls import path

from bangfu.server.desk import admin_areas, admin_audit, admin_jobs, admin_tokens, admin_users

urlpatterns = [
    path("users/", admin_users.users, name="admin_users"),
    path("users/new/", admin_users.new_user, name="admin_new_user"),
    path("users/<int:pk>/", admin_users.user, name="admin_user"),
    path("users/<int:pk>/switch/", admin_users.switch, name="admin_switch"),
    path("users/<int:pk>/assign/", admin_users.assign, name="admin_assign"),
    path("users/<int:pk>/end-role/", admin_users.end_role, name="admin_end_role"),
    path("users/<int:pk>/secure/", admin_users.secure, name="admin_secure"),
    path("users/<int:pk>/relatives/", admin_users.relative, name="admin_relative"),
    path("areas/", admin_areas.areas, name="admin_areas"),
    path("areas/add/", admin_areas.add, name="admin_area_add"),
    path("areas/import/", admin_areas.take_in, name="admin_areas_import"),
    path("audit/", admin_audit.audit, name="admin_audit"),
    path("audit/head/", admin_audit.audit_head, name="admin_audit_head"),
    path("tokens/", admin_tokens.tokens, name="admin_tokens"),
    path("tokens/<int:pk>/revoke/", admin_tokens.revoke_token, name="admin_token_revoke"),
    path("jobs/", admin_jobs.jobs, name="admin_jobs"),
    path("jobs/<int:pk>/", admin_jobs.job, name="admin_job"),
    path("jobs/<int:pk>/retry/", admin_jobs.retry, name="admin_job_retry"),
    path("jobs/<int:pk>/cancel/", admin_jobs.cancel, name="admin_job_cancel"),
]
