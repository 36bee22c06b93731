#!/bin/sh
# Installs what the tests need from Debian's packages, when it is missing and we are root; else says what to install.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

complete=yes
"$here/install-packages.sh" "The tests (database)" postgresql || complete=no
"$here/install-packages.sh" "The tests (browser)" chromium fonts-dejavu-core || complete=no
"$here/../tests/servers/wordpress/install.sh" || complete=no
[ $complete = yes ]
