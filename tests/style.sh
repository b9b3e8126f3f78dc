#!/usr/bin/env bash
# tests/style.sh [LIBRARY.a...] -- the rules of style a machine can check.
#
# Prints each place that breaks one and ends with status 1 when there is any.  The names of
# the libraries' symbols are checked where libraries are given.  clang-format and shellcheck
# are used where they are there; what was left out is said.
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

mapfile -t c_files < <(find . \( -name .git -o -name 'build*' \) -prune -o \
    -name '*.[ch]' -type f -print | sort)
mapfile -t meson_files < <(find . \( -name .git -o -name 'build?*' -type d \) -prune -o \
    -name 'meson*' -type f -print | sort)
shell_files=(.ci/run scripts/demo scripts/test scripts/lib.sh tests/*.sh tests/system/*.sh)
[ ${#c_files[@]} -gt 0 ] || {
    echo "style.sh: no C files found" >&2
    exit 1
}

broken=0

# rule NAME COMMAND...: what the command prints breaks the rule.
rule() {
    local name=$1 found status=0
    shift
    found=$("$@") || status=$?
    if [ -z "$found" ] && [ "$status" -gt 1 ]; then
        found='the check itself failed'
    fi
    if [ -n "$found" ]; then
        broken=$((broken + 1))
        printf '%s:\n%s\n' "$name" "$found" | sed '2,$s/^/    /'
    fi
}

formatter() {
    local name
    for name in clang-format-14 clang-format; do
        if command -v "$name" >/dev/null && "$name" --version | grep -q 'version 14\.'; then
            echo "$name"
            return
        fi
    done
}

# One line a file; the formatter's own report is long.
unformatted() {
    local file
    for file in "${c_files[@]}"; do
        "$1" --dry-run -Werror "$file" >/dev/null 2>&1 || echo "$file: run $1 -i on it"
    done
}

too_long() {
    wc -l "${c_files[@]}" "${shell_files[@]}" | awk '$2 != "total" && $1 > 600 {
        print $2 ": " $1 " lines; past 600 something wants to leave" }'
}

no_final_newline() {
    local file
    for file in "${c_files[@]}" "${shell_files[@]}" "${meson_files[@]}"; do
        [ ! -s "$file" ] || [ -z "$(tail -c 1 "$file")" ] || echo "$file"
    done
}

# core/arena.h opens with #ifndef EG_CORE_ARENA_H and the same #define.
wrong_guards() {
    local file guard
    for file in "${c_files[@]}"; do
        case $file in *.h) ;; *) continue ;; esac
        guard=EG_$(printf '%s' "${file#./}" | tr 'a-z/.' 'A-Z__')
        [ "$(grep -m 2 -E '^#(ifndef|define)' "$file" | tr '\n' ' ')" = \
            "#ifndef $guard #define $guard " ] || echo "$file: should open with $guard"
    done
}

# core <- tensor <- attention <- memory, controllers <- models <- experiments;
# core <- tasks, record <- experiments; the tests may include anything.
wrong_arrows() {
    grep -nE '^ *# *include "[^"]*/' "${c_files[@]}" | awk '
        BEGIN {
            may["core"] = "core"
            may["tensor"] = "core tensor"
            may["attention"] = may["tensor"] " attention"
            may["memory"] = may["attention"] " memory"
            may["controllers"] = may["attention"] " controllers"
            may["models"] = may["attention"] " memory controllers models"
            may["tasks"] = "core tasks"
            may["record"] = "core record"
            may["experiments"] = may["models"] " tasks record experiments"
        }
        {
            split($0, place, ":")
            split(place[1], path, "/")
            from = path[2]
            match($0, /"[^"\/]*/)
            to = substr($0, RSTART + 1, RLENGTH - 1)
            if (from != "tests" && index(" " may[from] " ", " " to " ") == 0)
                print place[1] ":" place[2] ": " from "/ may not include " to "/"
        }'
}

foreign_symbols() {
    nm -g --defined-only "$1" 2>&1 | awk 'NF == 3 && $3 !~ /^eg_/ { print $3 " (" $2 ")" }
        NF == 3 { n++ } END { if (!n) print "no symbols found" }'
}

in_c() {
    grep -n "$@" "${c_files[@]}"
}

rule 'tabs, or blanks at the end of a line' in_c -P '\t| +$'
rule 'characters other than ASCII' in_c -P '[^\x00-\x7F]'
rule 'no newline at the end' no_final_newline
rule 'too long' too_long
rule 'header guard' wrong_guards
rule 'include against the arrows of the tree' wrong_arrows
rule "cmocka's float comparisons accept NaN; use tests/check.h" \
    in_c -E '^[^*]*assert_(float|double)_(not_)?equal'
rule 'intrinsics outside tensor/' \
    bash -c 'grep -nE "__AVX|__SSE|__ARM_NEON|_mm[0-9]*_|[a-z]mmintrin|arm_neon" "$@" |
        grep -v "^\./tensor/"' - "${c_files[@]}"
rule 'flags that let the compiler change the arithmetic' \
    bash -c 'grep -nE "fast-math|-Ofast|-funsafe-math|-ffinite-math|-fassociative-math" "$@" |
        grep -vE "^[^:]*:[0-9]*: *#"' - "${meson_files[@]}" .ci/run scripts/demo scripts/test /dev/null

format=$(formatter)
if [ -n "$format" ]; then
    rule 'format (clang-format 14)' unformatted "$format"
else
    echo "not checked: format (clang-format 14 is not here)"
fi
if command -v shellcheck >/dev/null; then
    rule 'shellcheck' shellcheck -x -f gcc "${shell_files[@]}"
else
    echo "not checked: shell scripts (shellcheck is not here)"
fi
if [ $# -eq 0 ]; then
    echo "not checked: names of symbols (no library given)"
fi
for library in "$@"; do
    rule "$library: public names that do not start with eg_" foreign_symbols "$library"
done

if [ "$broken" -gt 0 ]; then
    echo "style: $broken rules broken in ${#c_files[@]} C files"
    exit 1
fi
echo "style: ${#c_files[@]} C files keep the rules"
