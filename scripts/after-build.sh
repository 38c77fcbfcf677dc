#!/bin/sh
# Runs after each build of Trunk and writes only into its staging folder: the compiled lessons (needs cargo only),
# fonts, the editor's bundle and, in release, the content security policy (these need Node and `npm ci`).
set -eu
stage=${TRUNK_STAGING_DIR:?is set by trunk}

mkdir -p "$stage/lessons"
cargo run --quiet --bin sim -- lesson build "$stage/lessons" ||
  echo "Задачник: уроки не собраны (cargo run --bin sim -- lesson build); страница скажет об этом" >&2

if command -v node >/dev/null && [ -d node_modules/esbuild ]; then
  node scripts/after-build.mjs "$stage" "${TRUNK_PROFILE:-debug}"
else
  echo "globalThis.zadachnikEditor = null;" >"$stage/editor.js"
  echo "Задачник: нет Node или node_modules (npm ci): вместо редактора с подсветкой простое поле, шрифты системные" >&2
fi
