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

bench:
	.venv/bin/python -m tests.bench.first_paint
	.venv/bin/python -m tests.bench.plan_throughput
