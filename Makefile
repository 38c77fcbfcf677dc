# make serve: the page on http://127.0.0.1:8080    make test: everything that .ci/run checks
# Both install what is missing, once, and say so: see scripts/tools.sh.

export TRUNK_SKIP_VERSION_CHECK = true
ifdef CI
# Kept between clones, so that a second run does not compile the dependencies again.
export CARGO_TARGET_DIR ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/zadachnik/target
endif

.PHONY: serve build test check-format lint test-core check-dependencies check-page e2e tools tools-test

serve: tools
	PATH="$(CURDIR)/node_modules/.bin:$$PATH" trunk serve

build: tools
	PATH="$(CURDIR)/node_modules/.bin:$$PATH" trunk build --release

test: tools-test check-format lint test-core check-dependencies build check-page e2e
	@echo "Всё прошло."

check-format:
	cargo fmt --check

lint:
	cargo clippy --all-targets -- -D warnings
	cargo clippy --target wasm32-unknown-unknown --features page --bin page -- -D warnings
	cargo clippy --target wasm32-unknown-unknown --features engine --bin cluster -- -D warnings
	cargo clippy --target wasm32-unknown-unknown --features worker --bin container -- -D warnings

# Random histories and the exhaustive tables want the speed of a release build.
test-core:
	cargo test --release
	cargo test --features openapi --test field_table

check-dependencies:
	sh scripts/check-dependencies.sh

check-page:
	node scripts/check-sizes.mjs dist

e2e:
	node tests/e2e/run.mjs dist

tools:
	sh scripts/tools.sh

tools-test:
	sh scripts/tools.sh --tests
