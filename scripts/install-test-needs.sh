#!/bin/sh
# Installs what the tests need from Debian's packages, when it is missing and we are root; else says what to install.
set -eu
here=$(cd "$(dirname "$0")" && pwd)

complete=yes
"$here/install-packages.sh" "The tests (database)" postgresql || complete=no
"$here/install-packages.sh" "The tests (browser)" chromium fonts-dejavu-core || complete=no
"$here/../tests/servers/wordpress/install.sh" || complete=no
command -v git >/dev/null || "$here/install-packages.sh" "The tests (what belongs to the project)" git || complete=no
# Isso is compiled, in C, and a part of Bluesky, in C++. A Python that was built here brings its headers along.
headers='import os, sys, sysconfig; sys.exit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))'
{ command -v gcc && command -v g++; } >/dev/null || "$here/install-packages.sh" "The tests (Isso, Bluesky)" gcc g++ libc6-dev || complete=no
"${PYTHON:-python3}" -c "$headers" || "$here/install-packages.sh" "The tests (Isso)" python3-dev || complete=no
[ $complete = yes ]
