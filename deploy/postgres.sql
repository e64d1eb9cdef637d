-- The database's rights. Run it as the owner of the database, connected to it; again and again does no harm.
--   psql "$DATABASE_OWNER_URL" -f deploy/postgres.sql
-- The portal's processes sign in as `portal`: it reads and writes rows, owns no table, and so can't lift what the
-- table of the audit refuses. Migrations run as the owner (DATABASE_OWNER_URL).
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'portal') THEN
        CREATE ROLE portal LOGIN;
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO portal;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO portal;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO portal;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO portal;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO portal;
DO $$
BEGIN
    IF to_regclass('audit_entry') IS NOT NULL THEN
        REVOKE UPDATE, DELETE ON audit_entry FROM portal;
    END IF;
END $$;
