#!/bin/sh
# Run by the postgres image when it makes the database: the role of the portal's processes, and its password.
set -eu
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" -f /deploy/postgres.sql
psql -v ON_ERROR_STOP=1 -U "$POSTGRES_USER" -d "$POSTGRES_DB" \
    -v password="$(cat /run/secrets/database_password)" <<'SQL'
ALTER ROLE portal PASSWORD :'password';
SQL
