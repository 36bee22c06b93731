#!/bin/sh
# Installs what the tests need from Debian's packages, when it is missing and we are root; else says what to install.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

"$here/install-packages.sh" "The tests (database)" postgresql
"$here/install-packages.sh" "The tests (browser)" chromium fonts-dejavu-core
"$here/../tests/servers/wordpress/install.sh"
