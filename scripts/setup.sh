#!/usr/bin/env bash
# setup.sh LOCKFILE: makes .venv and installs exactly what the lock file lists, then Porchlight itself.
set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}

if ! command -v "$python" >/dev/null; then
  echo "Porchlight needs Python 3.11 or newer, and there is no $python here. On Debian: apt-get install python3 python3-venv" >&2
  exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
  echo "Porchlight needs Python 3.11 or newer; $python is $("$python" -V). Name another with: make setup PYTHON=python3.11" >&2
  exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
  scripts/install-packages.sh "make setup" python3-venv
fi

echo "Setting up .venv with $("$python" -V) …"
# Interrupted while it was made, an environment has a Python and no pip; after the checkout was moved, its programs name
# the old place. Made anew then.
if ! .venv/bin/python -m pip --version >/dev/null 2>&1 || scripts/moved.sh; then
  "$python" -m venv --clear .venv
fi
pip=(.venv/bin/python -m pip --disable-pip-version-check --quiet)
"${pip[@]}" install --require-hashes -r "$1"
"${pip[@]}" --quiet install --no-deps --no-build-isolation -e .
scripts/compile.sh
echo "Done: .venv/bin/porchlight"
