#!/bin/sh
# Sees to the programs that the WebDAV tests run, and then runs a command: scripts/with-programs.sh [COMMAND [ARGUMENT]...]
#
# litmus, rclone and curl are packages of Debian. Missing ones are installed where apt-get is at hand and may be used; elsewhere one
# line says what to install, and the command is run without them: its tests are skipped then, or fail where OCM_TEST_PROGRAMS is
# "required", as it is in CI.
set -eu

missing=
for program in litmus rclone curl; do
  command -v "$program" >/dev/null || missing="$missing $program"
done

if [ -n "$missing" ] && [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null; then
  # The names are words of their own. What apt-get tells is for whoever looks for a fault, and not the output of the command.
  # shellcheck disable=SC2086
  if apt-get update >&2 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing >&2; then
    missing=
  fi
fi
[ -z "$missing" ] || echo "Install these programs to run all WebDAV tests:$missing" >&2

[ $# -eq 0 ] || exec "$@"
[ -z "$missing" ]
