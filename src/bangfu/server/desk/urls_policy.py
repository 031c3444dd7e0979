"""Addresses of the policy room and of what the nights find."""

from django.urls import path

from bangfu.server.desk import findings_export, nightly_pages, policy_rules, policy_values, policy_whatif

urlpatterns = [
    path("policy/", policy_rules.policy, name="policy"),
    path("policy/d/<str:code>/", policy_rules.pack, name="policy_pack"),
    path("policy/d/<str:code>/rules/<str:name>/", policy_rules.rule, name="policy_rule"),
    path("policy/d/<str:code>/readings/", policy_rules.readings, name="policy_readings"),
    path("policy/d/<str:code>/missing/", policy_rules.missing, name="policy_missing"),
    path("policy/d/<str:code>/values/", policy_values.values, name="policy_values"),
    path("policy/d/<str:code>/values/new/", policy_values.new_value, name="policy_new_value"),
    path("policy/d/<str:code>/overlay.yaml", policy_values.overlay, name="policy_overlay"),
    path("policy/d/<str:code>/whatif/", policy_whatif.whatifs, name="policy_whatifs"),
    path("policy/values/<int:pk>/", policy_values.value, name="policy_value"),
    path("policy/values/<int:pk>/scan/", policy_values.scan, name="policy_scan"),
    path("policy/values/<int:pk>/scan/small/", policy_values.scan_small, name="policy_scan_small"),
    path("policy/values/<int:pk>/try/", policy_values.try_value, name="policy_try"),
    path("policy/values/<int:pk>/sign/", policy_values.sign_value, name="policy_sign"),
    path("policy/values/<int:pk>/withdraw/", policy_values.withdraw_value, name="policy_withdraw"),
    path("policy/whatif/<int:pk>/", policy_whatif.whatif, name="policy_whatif"),
    path("policy/whatif/<int:pk>/whatif.xlsx", policy_whatif.whatif_excel, name="policy_whatif_excel"),
    path("policy/whatif/<int:pk>/households/", policy_whatif.whatif_households, name="policy_whatif_households"),
    path("nightly/", nightly_pages.nightly, name="nightly"),
    path("nightly/findings.xlsx", findings_export.findings_excel, name="findings_excel"),
    path("nightly/again/", nightly_pages.run_again, name="nightly_again"),
]
