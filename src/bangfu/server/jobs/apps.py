"""The app's name."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    """后台任务."""

    name = "bangfu.server.jobs"
    verbose_name = "后台任务"

    def ready(self) -> None:
        """Load the kinds of work: each app keeps its own in ``tasks.py``."""
        autodiscover_modules("tasks")
