"""The app's name."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """后台任务."""

    name = "bangfu.server.jobs"
    verbose_name = "后台任务"
