"""The app's name."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    """文件."""

    name = "bangfu.server.files"
    verbose_name = "文件"
