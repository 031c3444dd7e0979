"""Copy the few files that pages and printed forms use out of node_modules; nothing is loaded from another host.

    python scripts/vendor_assets.py            copy
    python scripts/vendor_assets.py --lock     take addresses out of package-lock.json after it was renewed
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODULES = ROOT / "node_modules"
STATIC = ROOT / "src/bangfu/server/portal/static/vendor"
FONTS = ROOT / "src/bangfu/server/portal/fonts"
SCRIPTS = ("bootstrap/dist/css/bootstrap.min.css", "bootstrap/dist/js/bootstrap.bundle.min.js", "echarts/dist/echarts.min.js")
NOTICES = {"bootstrap/LICENSE": "bootstrap.LICENSE.txt", "echarts/LICENSE": "echarts.LICENSE.txt", "echarts/NOTICE": "echarts.NOTICE.txt"}
FONT_FILES = ("400Regular/NotoSansSC_400Regular.ttf", "700Bold/NotoSansSC_700Bold.ttf", "LICENSE_FONT")
SOURCE_MAP = re.compile(r"(//# sourceMappingURL=\S+|/\*# sourceMappingURL=\S+ \*/)\s*$")


def copy() -> int:
    """Copy scripts without their source map comments, notices, fonts; return how many files."""
    for folder in (STATIC, FONTS):
        folder.mkdir(parents=True, exist_ok=True)
    for name in SCRIPTS:
        text = (MODULES / name).read_text(encoding="utf-8")
        (STATIC / Path(name).name).write_text(SOURCE_MAP.sub("", text), encoding="utf-8")
    for name, target in NOTICES.items():
        shutil.copyfile(MODULES / name, STATIC / target)
    for name in FONT_FILES:
        shutil.copyfile(MODULES / "@expo-google-fonts/noto-sans-sc" / name, FONTS / Path(name).name)
    return len(SCRIPTS) + len(NOTICES) + len(FONT_FILES)


def without_addresses() -> None:
    """Take the funding addresses out of the lock file: no host is named in it."""
    path = ROOT / "package-lock.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    for package in content["packages"].values():
        package.pop("funding", None)
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if "--lock" in sys.argv:
        without_addresses()
    else:
        print(f"vendored: {copy()} files")
