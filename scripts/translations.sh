#!/usr/bin/env bash
# translations.sh          brings app/translations up to date with the strings in code and templates, and compiles it. New
#                          strings come out untranslated: fill in their msgstr in app/translations/de and run this again.
# translations.sh check    says whether anything is out of date, and changes nothing
set -euo pipefail
cd "$(dirname "$0")/.."

pot=$(mktemp --suffix=.pot)
trap 'rm -f "$pot"' EXIT
.venv/bin/pybabel -q extract -F pyproject.toml --add-location=file --sort-by-file --width=120 --project=Porchlight \
  -k _ -k gettext -k lazy -k ngettext:1,2 -k plural:1,2 -k pgettext:1c,2 -o "$pot" .
if [ "${1:-}" = check ]; then
  .venv/bin/pybabel -q update --width=120 --check --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
    -i "$pot" -d app/translations -l de
  exit
fi
.venv/bin/pybabel -q update --width=120 --init-missing --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date \
  -i "$pot" -d app/translations -l de
.venv/bin/pybabel -q compile -d app/translations
