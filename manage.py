#!/usr/bin/env python
"""The portal's command line; without DATABASE_URL it works on the private servers of the state folder."""

import os
import sys

from django.core.management import execute_from_command_line

from csp_portal import embedded

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "csp_portal.settings")
    embedded.provide()
    execute_from_command_line(sys.argv)
