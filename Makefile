# `make run` and `make test` are all a newcomer needs; README.md shows the plain lines they stand for.
PYTHON ?= python3
BIN := .venv/$(if $(filter Windows_NT,$(OS)),Scripts,bin)
WORKERS ?= auto

.PHONY: run test check coverage bench clean

run: .venv/runs
	@$(BIN)/python manage.py serve $(ARGS)

test: .venv/tests .venv/javascript
	$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: .venv/tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djade --check --target-version 5.2 $$(git ls-files 'templates/*.html')
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	IAMCONSOLE_URL=https://iam.example.org IAMCONSOLE_HOSTS=iam.example.org $(BIN)/python manage.py check --deploy --fail-level WARNING

coverage: .venv/tests
	$(BIN)/coverage run --source=iamconsole/policy -m pytest -q tests/policy
	$(BIN)/coverage report --show-missing --fail-under=100

bench: .venv/tests
	$(BIN)/python -m tests.bench

clean:
	rm -rf .venv

.venv/python:
	@$(PYTHON) -c 'import sys; v = sys.version_info; v >= (3, 11) or sys.exit("iamconsole needs Python 3.11 or newer; this is Python %d.%d. Set PYTHON=python3.11 or newer." % v[:2])'
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/runs: .venv/python requirements.txt
	@echo "Installing what iamconsole needs ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/tests: .venv/python requirements.txt requirements-dev.txt
	@echo "Installing what the tests need ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/runs

# The AWS SDK for JavaScript, which tests/clients drives. Without npm those tests are skipped and say so.
.venv/javascript: .venv/python tests/clients/javascript/package-lock.json
	@if command -v npm >/dev/null; then \
		echo "Installing the AWS SDK for JavaScript for the tests ..." && \
		cd tests/clients/javascript && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null && \
		touch $(CURDIR)/$@; \
	fi
