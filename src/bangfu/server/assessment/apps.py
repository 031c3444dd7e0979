"""The app's name."""

from django.apps import AppConfig


class AssessmentConfig(AppConfig):
    """测算."""

    name = "bangfu.server.assessment"
    verbose_name = "测算"
