#!/bin/sh
# Runs a command beside a Docker engine with compose: scripts/with-docker.sh COMMAND [ARGUMENT]...
#
# Where an engine answers, the command uses it. Otherwise, as root on Debian and its like, this installs docker.io, builds compose from its
# Go module (kept in the user's cache), starts an engine of its own with its own folder and socket, makes the images that no registry gives
# there, runs the command with DOCKER_HOST, DOCKER_CONFIG and OCM_TESTBED_COMPOSE set, ends everything, and leaves the network of the
# machine as it found it. Where neither is possible the command is skipped with one line, or fails where OCM_TEST_DOCKER is "required".
set -eu

if [ $# -eq 0 ]; then
  echo "usage: $0 COMMAND [ARGUMENT]..." >&2
  exit 2
fi
scripts=$(cd "$(dirname "$0")" && pwd)

# skip REASON: there can be no engine here.
skip() {
  echo "SKIPPED: $* is not run: $reason" >&2
  [ "${OCM_TEST_DOCKER:-}" != required ] || exit 1
  exit 0
}

if docker version >/dev/null 2>&1; then
  exec "$@"
fi

reason=
if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
  reason="no Docker engine answers. Install Docker Engine 20.10 or newer with compose 2.24 or newer, and start it"
elif ! command -v go >/dev/null; then
  reason="no Docker engine answers, and there is no Go to build compose with"
elif ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  reason="no Docker engine answers, and there is no python3 with venv for the MongoDB-wire server"
fi
[ -z "$reason" ] || skip "$@"

if ! command -v dockerd >/dev/null; then
  # What apt-get tells is for whoever looks for a fault.
  { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends docker.io; } >&2
fi
command -v iptables >/dev/null || PATH="$PATH:/usr/sbin:/sbin"
compose=$("$scripts/docker/compose.sh")

work=$(mktemp -d)
engine=
command=

# The rules of the machine, and whether it passes packets on. A table that nobody has touched yet is not saved: it is empty.
{
  iptables-save -t filter | grep . || printf '*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n'
  iptables-save -t nat | grep . || printf '*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n'
} >"$work/rules"
forward=$(cat /proc/sys/net/ipv4/ip_forward)
ip link show docker0 >/dev/null 2>&1 && had_bridge=yes || had_bridge=

cleanup() {
  status=$?
  trap '' INT TERM
  if [ -n "$engine" ]; then
    docker ps -aq | xargs -r docker rm -f >/dev/null 2>&1 || true
    docker network prune -f >/dev/null 2>&1 || true
    kill "$engine" 2>/dev/null || true
    wait "$engine" 2>/dev/null || true
    iptables-restore <"$work/rules"
    echo "$forward" >/proc/sys/net/ipv4/ip_forward
    [ -n "$had_bridge" ] || ip link delete docker0 2>/dev/null || true
  fi
  rm -rf "$work"
  exit "$status"
}
stop() {
  [ -z "$command" ] || kill -TERM "$command" 2>/dev/null || true
  [ -n "$command" ] || exit 130
}
trap cleanup EXIT
trap stop INT TERM

mkdir -p "$work/config/cli-plugins"
ln -s "$compose" "$work/config/cli-plugins/docker-compose"
export DOCKER_HOST="unix://$work/docker.sock" DOCKER_CONFIG="$work/config" DOCKER_BUILDKIT=1

dockerd --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/docker.pid" -H "$DOCKER_HOST" >"$work/log" 2>&1 &
engine=$!
left=300
until docker version >/dev/null 2>&1; do
  left=$((left - 1))
  if [ "$left" -eq 0 ] || ! kill -0 "$engine" 2>/dev/null; then
    echo "The Docker engine did not start:" >&2
    tail -n 20 "$work/log" >&2
    exit 1
  fi
  sleep 0.1
done

"$scripts/docker/images.sh"
export OCM_TESTBED_COMPOSE=testbed/docker/compose.local.yaml

"$@" <&0 &
command=$!
status=0
wait "$command" || status=$?
# A trapped signal ends `wait` early; the command gets the time to end by itself.
while kill -0 "$command" 2>/dev/null; do
  wait "$command" || status=$?
done
exit "$status"
