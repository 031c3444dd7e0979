"""``python -m bangfu.cli``."""

from bangfu.cli import main

main()
