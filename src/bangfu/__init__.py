"""bangfu 帮扶: China's local social-assistance policy, carried out from data."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("bangfu")
except PackageNotFoundError:  # run from a source tree that was never installed
    __version__ = "0+source"
