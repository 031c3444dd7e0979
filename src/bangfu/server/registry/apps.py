"""The app's name."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """在册."""

    name = "bangfu.server.registry"
    verbose_name = "在册"
