"""The entry point of gunicorn."""

import os

from django.core.wsgi import get_wsgi_application
from django.db import connections

from csp_portal import checks

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csp_portal.settings")
application = get_wsgi_application()
checks.stop_on_errors()
connections.close_all()  # gunicorn forks its workers after this, and no two processes may share a connection
