#!/usr/bin/env bash
# migrations.sh check          says whether migrations and models agree
# migrations.sh new MESSAGE    writes the migration that makes them agree
# Works on an empty database of its own, whatever is configured.
set -euo pipefail
cd "$(dirname "$0")/.."

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
export PORCHLIGHT_DATA_DIR=$data PORCHLIGHT_DATABASE_URL=sqlite:///$data/porchlight.db

.venv/bin/porchlight db upgrade >/dev/null
if [ "$1" = new ]; then
  [ -n "${2:-}" ] || { echo 'Say what it does: make migration m="keep the reason of a routing"' >&2; exit 2; }
  existing=(migrations/versions/[0-9]*.py)
  .venv/bin/alembic revision --autogenerate -m "$2" --rev-id "$(printf %04d $((${#existing[@]} + 1)))"
else
  .venv/bin/porchlight db check
fi
