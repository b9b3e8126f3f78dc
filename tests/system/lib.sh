# shellcheck shell=bash
# tests/system/lib.sh -- what the tests of the whole program share.
#
# A test sources this file, calls `begin PROGRAM FILE...` and works in a directory of its own, which
# is gone at the end.  It runs commands with `run` or `fed`, and states claims, each of which
# prints one line, "ok - SENTENCE" or "not ok - SENTENCE".  `finish` ends it; the exit status
# is 0 when every claim held.
set -uo pipefail
export LC_ALL=C
export OMP_WAIT_POLICY=passive # other tests run beside this one

engram='' given=() work='' status=0 failed=0 claims=0

# A network and a run so small that training takes a moment; `-s` that follow go before these.
# shellcheck disable=SC2034
short=(--threads 1 -s task.length_max=5 -s task.bits=3 -s train.sequences=800
    -s train.batch=16 -s train.optimiser=adam -s train.learning_rate=0.004
    -s train.report_every=160 -s train.checkpoint_every=320 -s evaluate.lengths="5,8"
    -s evaluate.sequences=40 -s probe.lengths=5 -s controller.size=24)
# shellcheck disable=SC2034
small=("${short[@]}" -s memory.slots=16 -s memory.width=8)
begin() { # begin PROGRAM [FILE...]: the files are then ${given[0]} and so on, from anywhere
    engram=$(realpath -- "$1") || exit 1
    shift
    local file
    for file in "$@"; do
        given+=("$(realpath -- "$file")") || exit 1
    done
    [ -x "$engram" ] || {
        echo "${0##*/}: no program $engram" >&2
        exit 1
    }
    work=$(mktemp -d) || exit 1
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    mkdir "$work/files" "$work/said"
    cd "$work/files" || exit 1
}

# run ARGUMENT...: the program; its output goes to said/out and said/err, and how it ended to
# $status.
run() {
    status=0
    "$engram" "$@" >"$work/said/out" 2>"$work/said/err" </dev/null || status=$?
}

ok() {
    claims=$((claims + 1))
    echo "ok - $*"
}

not_ok() {
    claims=$((claims + 1)) failed=$((failed + 1))
    echo "not ok - $*"
    echo "    status $status"
    head -n 5 "$work/said/out" "$work/said/err" | sed 's/^/    /'
}

skip() {
    echo "ok - $* # skipped"
}

# claim SENTENCE COMMAND...: holds when the command does.
claim() {
    local sentence=$1
    shift
    if "$@" >"$work/said/claim" 2>&1; then
        ok "$sentence"
    else
        not_ok "$sentence"
        head -n 5 "$work/said/claim" | sed 's/^/    /'
    fi
}

# ended SENTENCE STATUS [WORDS...]: the last `run` ended so, and said the words, where "out:"
# or "err:" before them asks for standard output or error; otherwise either will do.
ended() {
    local sentence=$1 want=$2 words where
    shift 2
    if [ "$status" -ne "$want" ]; then
        not_ok "$sentence (status $status, not $want)"
        return
    fi
    for words in "$@"; do
        where=("$work/said/out" "$work/said/err")
        case $words in
        out:*) where=("$work/said/out") words=${words#out:} ;;
        err:*) where=("$work/said/err") words=${words#err:} ;;
        esac
        if ! grep -qF -- "$words" "${where[@]}"; then
            not_ok "$sentence (does not say: $words)"
            return
        fi
    done
    ok "$sentence"
}

# Succeeds when the last `run` printed nothing at all.
silent() {
    [ ! -s "$work/said/out" ] && [ ! -s "$work/said/err" ]
}

# same FILE FILE: equal runs, as `engram diff` has it.
same() {
    "$engram" diff "$1" "$2"
}

# different FILE FILE: runs that are not equal, where `engram diff` could tell.
different() {
    local found=0
    "$engram" diff "$1" "$2" || found=$?
    [ "$found" -eq 1 ]
}

# Succeeds when no file of this name is there, and nothing that a writer left beside it.
nothing_left() { # nothing_left FILE...
    local name
    for name in "$@"; do
        [ ! -e "$name" ] && tidy "$name" || return 1
    done
}

tidy() { # tidy FILE...: no unfinished copy lies beside it
    local name
    for name in "$@"; do
        ! compgen -G "$name?*" || return 1
    done
}

# status_of FILE: the attribute `status`, where h5dump can tell; otherwise nothing.
status_of() {
    command -v h5dump >/dev/null || return 0
    h5dump -a /status "$1" | sed -n 's/^ *(0): "\(.*\)".*/\1/p'
}

has_status() { # has_status FILE STATUS
    local found
    found=$(status_of "$1")
    echo "status: $found"
    [ -z "$found" ] || [ "$found" = "$2" ]
}

# stop_at SIGNAL REPORTS PAUSE ARGUMENT...: runs the program, which must be told --json, and
# sends it a signal once it has made so many reports and the pause [s] is over.  It cannot
# run far ahead: what it says is not taken from its pipe until then.
stop_at() {
    stopping "$@" 2>/dev/null # the shell has something to say about the killed, too
}

stopping() {
    local signal=$1 reports=$2 pause=$3 pid
    shift 3
    rm -f "$work/said/pipe"
    mkfifo "$work/said/pipe"
    # What a shell starts with & has SIGINT ignored.
    env --default-signal=INT "$engram" "$@" >"$work/said/pipe" 2>"$work/said/err" </dev/null &
    pid=$!
    {
        while [ "$reports" -gt 0 ] && read -r _; do
            reports=$((reports - 1))
        done
        sleep "$pause"
        kill -s "$signal" "$pid" 2>/dev/null
        cat >/dev/null
    } <"$work/said/pipe"
    : >"$work/said/out"
    status=0
    wait "$pid" 2>/dev/null || status=$?
}

finish() {
    if [ "$failed" -gt 0 ]; then
        echo "# ${0##*/}: $failed of $claims claims do not hold"
        exit 1
    fi
    [ "$claims" -gt 0 ] || exit 1
    exit 0
}
