"""The app's name."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """接口."""

    name = "bangfu.server.api"
    verbose_name = "接口"
