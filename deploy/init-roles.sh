#!/bin/sh
# Runs once, when the database is made: three roles, and the extensions that only a superuser may add.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<SQL
CREATE ROLE app_owner LOGIN PASSWORD '$(cat /run/secrets/owner_password)';
CREATE ROLE app_rw LOGIN PASSWORD '$(cat /run/secrets/app_password)';
CREATE ROLE app_erasure NOLOGIN;
ALTER DATABASE $POSTGRES_DB OWNER TO app_owner;
GRANT ALL ON SCHEMA public TO app_owner;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS unaccent;
SQL
