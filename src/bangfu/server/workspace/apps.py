"""The app's name."""

from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    """个人工作区."""

    name = "bangfu.server.workspace"
    verbose_name = "个人工作区"
