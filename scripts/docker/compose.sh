#!/bin/sh
# Prints the path of a docker-compose program, and builds it first where that has not been done: scripts/docker/compose.sh
#
# It comes from its Go module, in a module of its own, and is kept in the cache folder of the user. It needs Go and some minutes, once.
set -eu

VERSION=v2.40.3

cache="${XDG_CACHE_HOME:-$HOME/.cache}/koa-ocm"
program="$cache/docker-compose-$VERSION"
if [ ! -x "$program" ]; then
  mkdir -p "$cache"
  building=$(mktemp -d "$cache/compose.XXXXXX")
  trap 'rm -rf "$building"' EXIT
  trap 'exit 130' INT TERM
  cd "$building"
  echo "Building docker compose $VERSION; it is kept in $cache." >&2
  go mod init compose >&2
  go get "github.com/docker/compose/v2/cmd@$VERSION" >&2
  CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$VERSION" \
    -o docker-compose github.com/docker/compose/v2/cmd >&2
  mv docker-compose "$program"
fi
echo "$program"
