# The one entry point, for people and for CI. `make` lists what there is.

.DEFAULT_GOAL := help
.PHONY: help fmt lint pure test test-real reliability bench deny release ci

help: ## list the targets
	@awk -F ': ## ' '/^[a-z-]+: ## / { printf "%-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

fmt: ## format the code
	cargo fmt

lint: ## formatting and clippy, warnings are errors
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings

pure: ## the pure core builds without anything that touches the world
	cargo check --lib --no-default-features --locked

test: ## all tests; where Java or Maven is missing, the part on a real Kafka broker says so and is left out
	cargo test

test-real: ## all tests; fails where a real component is missing
	POSTERN_REQUIRE_COMPONENTS=1 cargo test

reliability: ## every round of tests/reliability, one kind after the other, and the table of docs/reliability.md
	POSTERN_REQUIRE_COMPONENTS=1 POSTERN_RELIABILITY_ROUNDS=full \
	  cargo test --test reliability -- --nocapture --test-threads=1

bench: ## the benchmarks
	cargo bench

CHECKS = advisories bans licenses sources
deny: ## licences, advisories, sources and duplicates of the dependencies (deploy/release/install-tools ~/.cargo cargo-deny)
	cargo deny --locked check --deny warnings $(CHECKS)

release: ## the archive of the committed state, in target/release-archive; docs/release.md
	deploy/release/build

ci: ## what CI runs, from a clean checkout
	.ci/run
