#!/bin/sh
# install-packages.sh WHAT PACKAGE...: installs those of Debian's packages that are missing; WHAT is who needs them.
# Exit 0: all of them are installed. Exit 1: not, and standard error says what to do.
set -eu

what=$1
shift
missing=""
for package in "$@"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

by_hand="apt-get install --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
  echo "$what: these Debian packages are missing, or what they are called on this system:$missing" >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo "$what: some packages are missing. Please run: sudo $by_hand" >&2
  exit 1
fi

# Debian starts a service as soon as its package is unpacked; the tests run their own servers, so nothing may start.
# policy-rc.d answering 101 is Debian's way to say so. One that is already there is the administrator's: left alone.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' > "$policy"
  chmod 755 "$policy"
fi

echo "$what: installing$missing" >&2
export DEBIAN_FRONTEND=noninteractive
with="-o DPkg::Lock::Timeout=300 -o Acquire::Retries=5"
log=$(mktemp)
# shellcheck disable=SC2086
if ! { apt-get $with update -q && apt-get $with install -y -q --no-install-recommends $missing; } > "$log" 2>&1; then
  tail -n 20 "$log" >&2
  rm -f "$log"
  echo "Installing did not work (see above). By hand: $by_hand" >&2
  exit 1
fi
rm -f "$log"
