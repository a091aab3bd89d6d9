# Makes .venv with what requirements/$1.txt pins, and the project itself. Sourced by ./demo and ./test.
# Does nothing if it has been made already from the same files.

cure() {
    printf 'tasviya: %s\n  cure: %s\n' "$1" "$2" >&2
    exit 1
}

find_python() {
    for name in python3.14 python3.13 python3.12 python3.11 python3; do
        if command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
}

set_up() {
    lock="requirements/$1.txt"
    stamp=".venv/.tasviya-$1"
    wanted=$(cat "$lock" pyproject.toml | cksum)
    if [ -x .venv/bin/python ] && [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return
    fi
    printf 'Setting up .venv (once; about half a minute)…\n' >&2
    if command -v uv >/dev/null 2>&1; then
        [ -x .venv/bin/python ] || uv venv --quiet --python '>=3.11' .venv ||
            cure "uv finds no Python of version 3.11 or later" "uv python install 3.12, then run this again"
        uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock" ||
            cure "the packages could not be installed" "check the connection to your package index, then run this again"
        uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation -e . ||
            cure "the project itself could not be installed" "remove .venv and run this again"
    else
        python=$(find_python)
        [ -n "$python" ] || cure "no Python of version 3.11 or later is here" \
            "Debian and Ubuntu: sudo apt-get install python3 python3-venv; elsewhere install uv or Python 3.12"
        "$python" -c 'import ensurepip' 2>/dev/null || cure "$python cannot make a virtual environment" \
            "sudo apt-get install $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
        [ -x .venv/bin/python ] || "$python" -m venv .venv || cure "no virtual environment could be made" \
            "check that this directory is writable and the disk has 1.5 GB free"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r "$lock" ||
            cure "the packages could not be installed" "check the connection to your package index, then run this again"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . ||
            cure "the project itself could not be installed" "remove .venv and run this again"
    fi
    printf '%s' "$wanted" >"$stamp"
}
