"""The WSGI application, for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bangfu.server.settings")
application = get_wsgi_application()

from bangfu.server.assessment.engines import warm  # noqa: E402 - the apps are loaded now
from bangfu.server.installation import refuse_wrong_database  # noqa: E402 - the apps are loaded now

refuse_wrong_database()
warm()
