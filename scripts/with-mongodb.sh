#!/bin/sh
# Runs a command beside a MongoDB-wire test server: scripts/with-mongodb.sh COMMAND [ARGUMENT]...
#
# Where MONGODB_URI is set, the command is run with that server. Otherwise SecantusDB (from PyPI, GPL-2.0, a process of its own
# and never a part of this package) is installed into node_modules/.cache, started on a free port with a temporary folder,
# named to the command in MONGODB_URI, and stopped and removed afterwards. It needs python3 with venv and pip.
set -eu

VERSION=0.7.0b3

if [ $# -eq 0 ]; then
  echo "usage: $0 COMMAND [ARGUMENT]..." >&2
  exit 2
fi
if [ -n "${MONGODB_URI:-}" ]; then
  exec "$@"
fi

root=$(cd "$(dirname "$0")/.." && pwd)
venv="$root/node_modules/.cache/koa-ocm/secantusdb-$VERSION"
if [ ! -d "$venv" ]; then
  # Built aside and then renamed, so that two first runs at once do not meet half a folder.
  building="$venv.$$"
  mkdir -p "$(dirname "$venv")"
  python3 -m venv "$building"
  "$building/bin/python" -m pip install --quiet "secantusdb==$VERSION"
  [ -d "$venv" ] && rm -rf "$building" || mv "$building" "$venv"
fi

data=$(mktemp -d)
port=$("$venv/bin/python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$venv/bin/python" -m secantus --host 127.0.0.1 --port "$port" --storage-path "$data/db" --sync-on-commit >"$data/log" 2>&1 &
server=$!
command=

cleanup() {
  kill "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  rm -rf "$data"
}
stop() {
  [ -z "$command" ] || kill -TERM "$command" 2>/dev/null || true
}
trap cleanup EXIT
trap stop INT TERM

if ! "$venv/bin/python" - "$port" "$server" <<'PYTHON'; then
import os, socket, sys, time
port, server = int(sys.argv[1]), int(sys.argv[2])
for _ in range(300):
    try:
        os.kill(server, 0)
        socket.create_connection(("127.0.0.1", port), 1).close()
        sys.exit(0)
    except ProcessLookupError:
        break
    except OSError:
        time.sleep(0.1)
sys.exit(1)
PYTHON
  echo "The MongoDB-wire test server did not start:" >&2
  cat "$data/log" >&2
  exit 1
fi

MONGODB_URI="mongodb://127.0.0.1:$port/" "$@" <&0 &
command=$!
status=0
wait "$command" || status=$?
# A trapped signal ends `wait` early; the command gets the time to end by itself.
while kill -0 "$command" 2>/dev/null; do
  wait "$command" || status=$?
done
exit "$status"
