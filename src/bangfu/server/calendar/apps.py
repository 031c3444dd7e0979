"""The app's name."""

from django.apps import AppConfig


class CalendarConfig(AppConfig):
    """日历."""

    name = "bangfu.server.calendar"
    verbose_name = "日历"
