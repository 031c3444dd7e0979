"""The app's name, and what follows each migrate."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    """审计."""

    name = "bangfu.server.audit"
    verbose_name = "审计"

    def ready(self) -> None:
        """Make actors and triggers anew after each migrate."""
        from bangfu.server.audit import acting  # noqa: F401 - gives each SQLite connection its function

        post_migrate.connect(_after_migrate, dispatch_uid="bangfu_audit")


def _after_migrate(sender: AppConfig, **_: Any) -> None:
    from bangfu.server.audit.actors import ensure_actors, is_last
    from bangfu.server.audit.triggers import install

    if is_last(sender):
        ensure_actors()
        install()
