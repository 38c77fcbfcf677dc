#!/bin/sh
# Installs what is missing to build the page (and, with --tests, to test it) on a machine with rustup's Rust, Node and
# git. What is there stays as it is. Says what it does and about how long that takes on two cores.
set -eu
cd "$(dirname "$0")/.."

say() { echo "Задачник: $*"; }
have() { command -v "$1" >/dev/null 2>&1; }

have cargo || { say "нужен Rust с rustup: https://rustup.rs"; exit 1; }

TARGET=wasm32-unknown-unknown
if [ ! -d "$(rustc --print sysroot)/lib/rustlib/$TARGET/lib" ]; then
  say "добавляю цель $TARGET (меньше минуты)"
  rustup target add "$TARGET"
fi

if ! have trunk; then
  say "собираю trunk 0.21.14 (около 5 минут, один раз)"
  # Trunk's own profile builds with fat LTO, which takes three times as long and makes it no better here. The target
  # folder of this project must not be used: its profile would be rebuilt.
  env -u CARGO_TARGET_DIR CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 cargo install trunk --version 0.21.14 --locked
fi

BINDGEN=$(sed -n '/^name = "wasm-bindgen"$/{n;s/^version = "\(.*\)"$/\1/p;}' Cargo.lock)
if ! have wasm-bindgen || [ "$(wasm-bindgen --version)" != "wasm-bindgen $BINDGEN" ]; then
  say "собираю wasm-bindgen-cli $BINDGEN, как в Cargo.lock (около 2 минут, один раз)"
  env -u CARGO_TARGET_DIR CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
    CARGO_PROFILE_RELEASE_OPT_LEVEL=1 cargo install wasm-bindgen-cli --version "$BINDGEN" --no-default-features --bin wasm-bindgen --force
fi

if have npm; then
  if [ ! -d node_modules ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
    say "npm ci: редактор, шрифты, wasm-opt, тестовый драйвер (меньше минуты)"
    npm ci --no-audit --no-fund
  fi
else
  say "нет Node: страница соберётся без подсветки в редакторе, с системными шрифтами"
  [ "${1:-}" != --tests ] || { say "для тестов нужен Node 20 или новее"; exit 1; }
fi

if [ "${1:-}" = --tests ] && ! have chromium && ! have chromium-browser && ! have google-chrome && [ -z "${CHROMIUM:-}" ]; then
  say "ставлю Chromium из пакетов системы (1-3 минуты)"
  have apt-get || { say "нет apt-get: поставьте Chromium сами и укажите путь в CHROMIUM"; exit 1; }
  SUDO=
  [ "$(id -u)" = 0 ] || SUDO=sudo
  $SUDO apt-get update
  DEBIAN_FRONTEND=noninteractive $SUDO apt-get install -y --no-install-recommends chromium
fi
