"""The app's name, and what follows each migrate."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AssessmentConfig(AppConfig):
    """测算."""

    name = "bangfu.server.assessment"
    verbose_name = "测算"

    def ready(self) -> None:
        """Make the trigger of the four eyes anew after each migrate."""
        from bangfu.server.assessment.four_eyes import install

        post_migrate.connect(install, sender=self, dispatch_uid="bangfu_four_eyes")
