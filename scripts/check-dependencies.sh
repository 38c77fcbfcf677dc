#!/bin/sh
# What must not get into the page, and licences and advisories where cargo-deny is installed.
set -eu
parents() { # crates of the page and of the cluster's module that depend on $1 directly
  cargo tree --target wasm32-unknown-unknown --features page,engine -e normal --prefix depth -i "$1" 2>/dev/null |
    sed -n 's/^1\([a-z_-]*\) .*/\1/p' | sort -u
}
# Leptos names regex for reading a server's configuration; a page never does, so the linker drops it (the size budget
# would show otherwise). Nobody else may bring it, and nobody may bring chrono.
for pair in "regex leptos_config" "chrono "; do
  crate=${pair%% *}
  allowed=${pair#* }
  for parent in $(parents "$crate"); do
    [ "$parent" = "$allowed" ] || { echo "$parent brings $crate into the page" >&2; exit 1; }
  done
done
if command -v cargo-deny >/dev/null 2>&1; then
  cargo deny check
else
  echo "cargo-deny is not installed: licences and advisories are not checked here"
fi
