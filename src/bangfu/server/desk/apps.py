"""The app's name."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """工作台."""

    name = "bangfu.server.desk"
    verbose_name = "工作台"
