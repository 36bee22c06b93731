#!/usr/bin/env bash
# moved.sh: succeeds when .venv was made while this checkout was somewhere else; its programs would not start.
cd "$(dirname "$0")/.."
[ -e .venv/bin/pip ] && ! head -n 3 .venv/bin/pip | grep -qF "$PWD/.venv/bin/"
