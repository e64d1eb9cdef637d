"""Settings of gunicorn, which reads this file wherever it is started in this folder."""

import os
from typing import Any

from csp_portal.logs import Lines

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csp_portal.settings")  # the lines hide what the settings keep secret

# What a request may carry before Django sees it. An address that is too long gets a page from LimitsMiddleware first.
limit_request_line = 8_190
limit_request_fields = 60
limit_request_field_size = 8_190
# The settings are read once, before there are workers: a start that is refused ends here, with its sentence.
preload_app = True


def on_starting(server: Any) -> None:
    """Gunicorn's own lines, the access log among them, are written like all others."""
    for log in (server.log.access_log, server.log.error_log):
        for handler in log.handlers:
            handler.setFormatter(Lines())
