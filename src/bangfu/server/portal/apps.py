"""The app's name."""

from django.apps import AppConfig


class PortalConfig(AppConfig):
    """门户."""

    name = "bangfu.server.portal"
    verbose_name = "门户"
