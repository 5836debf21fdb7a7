#!/bin/sh
# Makes the images of the Docker testbed that no registry gives here, from programs of this machine: scripts/docker/images.sh
#
# The base image that the Dockerfile names gets the Node of this repository, and the MongoDB-wire test server of scripts/with-mongodb.sh
# becomes an image of its own. Both hold a program, the libraries that it loads, and next to nothing else. Run it as root, so that the
# files belong to root.
set -eu

cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# libraries ROOT FILE...: copies the shared libraries that these programs load.
libraries() {
  root=$1
  shift
  for file in "$@"; do
    ldd "$file" 2>/dev/null || true
  done | sed -n 's|^.*[[:space:]]\(/[^ ]*\) (0x.*$|\1|p' | sort -u | while read -r library; do
    cp -L --parents "$library" "$root"
  done
}

# empty ROOT: what every program expects.
empty() {
  mkdir -p "$1/bin" "$1/etc" "$1/usr/local/bin" "$1/home/node"
  mkdir -m 1777 "$1/tmp"
  printf 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/home/node:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:x:0:\nnode:x:1000:\n' >"$1/etc/group"
  echo 'hosts: files dns' >"$1/etc/nsswitch.conf"
  for name in sh mkdir chown ls cat; do
    cp -L "$(command -v $name)" "$1/bin/$name"
    libraries "$1" "$(command -v $name)"
  done
}

import() {
  root=$1
  shift
  tar -C "$root" -c . | docker import "$@" >/dev/null
}

base=$(sed -n 's/^FROM \(node:[^ ]*\) AS base$/\1/p' testbed/docker/Dockerfile)
node=$(npx -c 'node -p process.execPath')
mkdir "$work/node"
empty "$work/node"
cp -L "$node" "$work/node/usr/local/bin/node"
libraries "$work/node" "$node"
import "$work/node" -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' - "$base"

# It installs the server where that has not been done.
env -u MONGODB_URI scripts/with-mongodb.sh true
venv=$(ls -d "$PWD"/node_modules/.cache/koa-ocm/secantusdb-*[0-9] | tail -n 1)
python=$("$venv/bin/python" -c 'import os, sys; print(os.path.realpath(sys.executable))')
library=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')
mkdir "$work/python"
empty "$work/python"
cp -L --parents "$python" "$work/python"
ln -s "$python" "$work/python/usr/local/bin/python3"
tar -c --exclude=__pycache__ --exclude=site-packages --exclude=dist-packages --exclude='config-*' --exclude=test --exclude=tests \
  --exclude=idlelib --exclude=lib2to3 --exclude=ensurepip --exclude=tkinter --exclude=turtledemo "$library" 2>/dev/null |
  tar -C "$work/python" -x
mkdir -p "$work/python/opt/packages" "$work/python/data/db"
tar -C "$packages" -c --exclude=__pycache__ --exclude='pip*' --exclude='setuptools*' . | tar -C "$work/python/opt/packages" -x
# The names hold no blanks: they are those of modules.
# shellcheck disable=SC2046
libraries "$work/python" "$python" $(find "$library" "$packages" -name '*.so*' -type f)
# Folders on the way may be closed on this machine, as that of root is.
chmod -R a+rX "$work/python"
chown 1000:1000 "$work/python/data/db"
import "$work/python" -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin' -c 'ENV PYTHONPATH=/opt/packages' -c 'ENV PYTHONDONTWRITEBYTECODE=1' \
  -c 'ENTRYPOINT ["python3", "-m", "secantus"]' - koa-ocm-testbed-mongodb-wire

# The packages for the Dockerfile's stage "given".
given=node_modules/.cache/koa-ocm/docker-packages
rm -rf "$given"
npx -c "node testbed/docker/image/packages.ts node_modules $given" >/dev/null
