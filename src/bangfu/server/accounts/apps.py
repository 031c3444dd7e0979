"""The app's name."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """账号."""

    name = "bangfu.server.accounts"
    verbose_name = "账号"
