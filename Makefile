# Every target works on .venv; `make check` makes it where it is missing.
.PHONY: check test format screenshots bench crash

check: ## all that has to pass: the tests, the linters, and the wheel in an environment of its own
	.ci/run

test:
	.venv/bin/pytest

format:
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

screenshots:
	.venv/bin/python -m tests.screenshots

crash: ## kills real processes for some minutes, and compares the books
	.venv/bin/python -m tests.crash --kills 500

bench: ## how fast it is, as ratios to floors measured in the same run
	for name in $$(ls tests/bench | sed -n 's/^\([a-z].*\)\.py$$/\1/p'); do .venv/bin/python -m tests.bench.$$name || exit 1; done
