"""The app's name."""

from django.apps import AppConfig


class TodoConfig(AppConfig):
    """待办."""

    name = "bangfu.server.todo"
    verbose_name = "待办"
