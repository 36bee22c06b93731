#!/bin/sh
# Installs what the WordPress test server needs from Debian's packages; does nothing when all of it is there.
# Exit 0: everything is installed. Exit 1: not installed, and standard error says what to do.
set -eu
exec "$(dirname "$0")/../../../scripts/install-packages.sh" "The WordPress tests" \
  wordpress wordpress-theme-twentytwentythree apache2 libapache2-mod-php php-cli php-mysql \
  mariadb-server-core mariadb-client-core
