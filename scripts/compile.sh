#!/usr/bin/env bash
# compile.sh: keeps Porchlight's modules compiled, also where Python is told to write none, or may not: each of seven
# processes would compile all of them at every start. Asked at each "make run", as the code may be newer; then quick.
cd "$(dirname "$0")/.." && .venv/bin/python -m compileall -q app workers migrations || true
