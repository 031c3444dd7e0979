"""The app's name."""

from django.apps import AppConfig


class SelfcheckConfig(AppConfig):
    """自查."""

    name = "bangfu.server.selfcheck"
    verbose_name = "自查"
