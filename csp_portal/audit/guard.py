"""Whether the audit is out of the portal's own reach: what its database role could do to what was written."""

from django.db import DatabaseError, connection

_SQL = """
SELECT
    (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
    pg_has_role(current_user, relowner, 'MEMBER'),
    has_table_privilege(oid, 'UPDATE'),
    has_table_privilege(oid, 'DELETE'),
    has_table_privilege(oid, 'TRUNCATE'),
    (SELECT count(*) FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname LIKE 'audit_refuse_%' AND tgenabled = 'A')
FROM pg_class WHERE oid = to_regclass('audit_entry')
"""
TRIGGERS = 2


def ways_to_alter() -> list[str]:
    """What this database role could do to the audit, in words; nothing where it only reads and adds.

    Nothing either where the database can't be asked: then nothing is read or written anyway.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute(_SQL)
            row = cursor.fetchone()
    except DatabaseError:
        return []
    if row is None:  # before the first migration
        return []
    *rights, triggers = row
    words = ("is a superuser", "owns its table", "may change entries", "may delete entries", "may empty its table")
    found = [word for word, may in zip(words, rights, strict=True) if may]
    return found + (["finds its triggers switched off"] if triggers < TRIGGERS else [])
