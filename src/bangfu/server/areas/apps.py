"""The app's name."""

from django.apps import AppConfig


class AreasConfig(AppConfig):
    """辖区."""

    name = "bangfu.server.areas"
    verbose_name = "辖区"
