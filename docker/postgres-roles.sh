#!/bin/sh
# Runs once, when the database is created: the two login roles that own nothing. The owner runs migrations only.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  -v owner="$OWNER_PASSWORD" -v api="$API_PASSWORD" -v worker="$WORKER_PASSWORD" <<'SQL'
CREATE ROLE cunzheng LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'owner';
CREATE ROLE cunzheng_api LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'api';
CREATE ROLE cunzheng_worker LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD :'worker';
ALTER DATABASE cunzheng OWNER TO cunzheng;
SQL
