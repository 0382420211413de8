#!/bin/sh
# Make .venv and install one lock file into it: scripts/venv.sh LOCK_FILE
# Works on a bare machine: it says, or as root does, what is missing.
set -eu
lock=$1
python=${PYTHON:-python3}
begun=.venv/.begun

if ! command -v "$python" >/dev/null 2>&1; then
    echo "Casewire needs Python 3.11 or later; there is no $python here." >&2
    echo "On Debian: apt-get install python3 python3-venv" >&2
    exit 1
fi
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Casewire needs Python 3.11 or later; $python is $("$python" --version 2>&1)." >&2
    echo "Name a newer one: make PYTHON=python3.12 …" >&2
    exit 1
fi

# ensurepip is what Debian splits off into python3-venv; without it `-m venv` fails halfway.
if ! "$python" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    package=$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        echo "Installing $package, which this Python lacks."
        apt-get update -qq && apt-get install -y -qq "$package"
    else
        echo "This Python has no venv module. Install it, then run make again:" >&2
        echo "    sudo apt-get install $package" >&2
        exit 1
    fi
fi

# A package that was cut off halfway counts as installed for pip: such a .venv is made anew.
if [ -e "$begun" ] && kill -0 "$(cat "$begun")" 2>/dev/null; then
    echo "Process $(cat "$begun") is filling .venv: run make again when it is done." >&2
    echo "If that is another program: rm $begun" >&2
    exit 1
fi
if [ -e "$begun" ] || ! .venv/bin/python -c 'import pip' >/dev/null 2>&1; then
    "$python" -m venv --clear .venv
fi
echo $$ >"$begun"
echo "Installing $lock into .venv …"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock"
rm "$begun"
