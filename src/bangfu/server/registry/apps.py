"""The app's name, and where its models are."""

from importlib import import_module

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    """在册."""

    name = "bangfu.server.registry"
    verbose_name = "在册"

    def import_models(self) -> None:
        """Load the models, which lie in more than one module."""
        super().import_models()
        for part in ("import_models", "export_models", "duplicate_models", "rights_models"):
            import_module(f"{self.name}.{part}")
