"""The app's name."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """账号."""

    name = "bangfu.server.accounts"
    verbose_name = "账号"

    def ready(self) -> None:
        """Write what signing in leaves in the audit."""
        from bangfu.server.accounts import watching  # noqa: F401 - its receivers connect on import
