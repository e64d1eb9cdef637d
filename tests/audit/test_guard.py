"""The portal does not start with a database role that could alter the audit."""

import pytest
from django.db import connection

from csp_portal.audit.guard import ways_to_alter
from csp_portal.checks import stop_on_errors
from csp_portal.env import SettingError


def _as_owner(*statements):
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("SET ROLE portal")


def test_the_role_of_the_portal_can_do_nothing_to_what_was_written(portal_role):
    assert ways_to_alter() == []
    stop_on_errors()


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("GRANT UPDATE ON audit_entry TO portal", "may change entries"),
        ("GRANT DELETE ON audit_entry TO portal", "may delete entries"),
        ("GRANT TRUNCATE ON audit_entry TO portal", "may empty its table"),
        ("ALTER TABLE audit_entry OWNER TO portal", "owns its table"),
        ("ALTER TABLE audit_entry DISABLE TRIGGER audit_refuse_rows", "finds its triggers switched off"),
        ("ALTER TABLE audit_entry ENABLE TRIGGER audit_refuse_rows", "finds its triggers switched off"),
        ("DROP TRIGGER audit_refuse_truncate ON audit_entry", "finds its triggers switched off"),
    ],
)
def test_a_role_that_was_given_more_stops_the_start_with_a_sentence(portal_role, statement, sentence):
    _as_owner(statement)

    assert sentence in ways_to_alter()
    with pytest.raises(SettingError, match=sentence):
        stop_on_errors()


def test_a_superuser_is_refused(portal_role):
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")

    with pytest.raises(SettingError, match="is a superuser, owns its table"):
        stop_on_errors()
