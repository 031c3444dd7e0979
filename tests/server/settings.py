"""Production's settings on a throw-away home, with plain static files and quick hashes; DATABASE_URL picks PostgreSQL."""

import atexit
import os
import shutil
import tempfile

_home = tempfile.mkdtemp(prefix="bangfu-test-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)
os.mkdir(f"{_home}/static")
os.environ["BANGFU_HOME"] = _home
os.environ["BANGFU_KEYS"] = f"{_home}/keys"
os.environ.pop("BANGFU_DEMO", None)
os.environ["BANGFU_HOSTS"] = "localhost,127.0.0.1,testserver"

from bangfu.server.settings import *  # noqa: E402, F403
from bangfu.server.settings import DATABASES, STORAGES  # noqa: E402

SECURE_SSL_REDIRECT = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = False
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # a file, so that a second process and the Arrow driver see it
    DATABASES["default"]["TEST"] = {"NAME": f"{_home}/test{os.environ.get('PYTEST_XDIST_WORKER', '')}.sqlite3"}

from pathlib import Path  # noqa: E402

from bangfu.server.keys import make_first_keys  # noqa: E402

make_first_keys(Path(_home) / "keys")
