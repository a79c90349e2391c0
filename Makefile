# Every target works on .venv; `make check` makes it where it is missing.
.PHONY: check test test-slow snapshots format docs screenshots cases crash security hunt fuzz bench

check: ## all that has to pass: the tests, the linters, and the wheel in an environment of its own
	.ci/run

test: ## the fast set, as the README runs it
	.venv/bin/pytest

test-slow: ## what the fast set leaves out: killed processes, a real tmux, every size of every screen
	.venv/bin/pytest -m slow

snapshots: ## accept what the screens look like now; read the diff before you commit it
	.venv/bin/pytest tests/ui -m "slow or not slow" -k snapshots --snapshot-update

format:
	.venv/bin/ruff format
	.venv/bin/ruff check --fix

docs: ## the man page, and the tables of the README, from the declarations
	.venv/bin/python -m tests.docs

screenshots:
	.venv/bin/python -m tests.screenshots

cases: ## what people bring and what servers answer, with what comes of it; and lists without a region
	.venv/bin/python -m tests.cases
	.venv/bin/python -m tests.lists.nowhere

crash: ## kills real processes for half an hour, of one machine and of four, and compares the books
	.venv/bin/python -m tests.crash --kills 500
	.venv/bin/python -m tests.crash --hosts 4 --kills 500

security: ## all that SECURITY.md promises, with counts; takes the better part of an hour
	.venv/bin/python -m tests.security

hunt: ## examples that no run has tried yet, for everything that Hypothesis tests; each run tries others
	.venv/bin/pytest -m hypothesis --hypothesis-profile=hunt

fuzz: ## guided by coverage, for some minutes; needs `pip install -e '.[fuzz]'`
	.venv/bin/python -m tests.security.fuzz

bench: ## how fast it is, as ratios to floors measured in the same run
	for file in $$(grep -l __main__ tests/bench/*.py); do \
		.venv/bin/python -m tests.bench.$$(basename $$file .py) || exit 1; \
	done
