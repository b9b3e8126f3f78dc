#!/usr/bin/env bash
# tests/mutate.sh -- does a wrong gradient turn a test red?
#
#     tests/mutate.sh [--every K | --sample N] [--only PATTERN] [--list] [--keep]
#
# Each mutant is the tree with one thing changed inside one backward function (a function
# called ..._back, ..._back_..., or ..._settle for what is done once for all time steps; in
# tensor/, attention/, memory/ and controllers/):
#
#     sign   a `+=` became `-=`, or the other way round; so for the last sign in an eg_put
#     minus  what a statement stores has the other sign
#     drop   a call, such as that of a kernel which adds a gradient, is left out
#
# The tests of meson's suite `gradient` are built and run on each, in a scratch copy of the
# tree, and one of them must fail.  A mutant that does not compile is none, and is counted
# apart.  A change that provably alters no value is marked in the source, on its line, by a
# comment with the words `no mutant` and the reason.
#
#     --every K        one mutant in K
#     --sample N       N mutants, spread evenly over all
#     --only PATTERN   files whose name matches the extended regular expression
#     --list           prints the mutants and stops
#     --keep           leaves the scratch copy and says where it is
#
# Ends with status 0 when no mutant survived, 1 when one did, 2 when nothing could be run.
set -euo pipefail
export LC_ALL=C
root=$(cd "$(dirname "$0")/.." && pwd)

die() {
    echo "mutate.sh: $*" >&2
    exit 2
}

number() {
    [[ ${1-} =~ ^[1-9][0-9]*$ ]] || die "a number of at least 1 is needed, not '${1-}'"
    echo "$1"
}

every=1 sample=0 only=. list=false keep=false
while [ $# -gt 0 ]; do
    case $1 in
    --every)
        every=$(number "${2-}")
        shift
        ;;
    --sample)
        sample=$(number "${2-}")
        shift
        ;;
    --only)
        only=${2:?--only needs a pattern}
        shift
        ;;
    --list) list=true ;;
    --keep) keep=true ;;
    -h | --help)
        sed -n '2,/^set /{/^#/s/^# \{0,1\}//p}' "$0"
        exit
        ;;
    *) die "unknown argument $1 (see --help)" ;;
    esac
    shift
done

# Prints FILE FIRST-LINE LAST-LINE KIND TEXT for each mutant, tab-separated.  A definition
# starts in column 0, as clang-format leaves it, and ends with a brace there.
mutants() {
    awk '
        function out(kind, first) {
            text = line[first]
            sub(/^ +/, "", text)
            print FILENAME "\t" first "\t" FNR "\t" kind "\t" text
        }
        FNR == 1 { inside = heading = call = 0 }
        { line[FNR] = $0 }
        /^[A-Za-z_][A-Za-z0-9_ *]*[ *](EG_K\()?[a-z0-9_]*(back|settle)(_[a-z0-9]+)*\)?\(/ { heading = 1 }
        heading && /;$/ { heading = 0 }
        heading && /^\{/ { heading = 0; inside = 1 }
        /^\}/ { inside = 0 }
        !inside || /^ *(\/\*|\*( |$|\/))/ || /no mutant/ { next }
        call { if (/;$/) { out("drop", call); call = 0 } next }
        /^ *for \(/ { next }
        / [-+]= / { out("sign", FNR); next }
        /^ +eg_put\([^,]*, .* [-+] [^-+,]*, (there|left[^,]*)\);$/ { out("sign", FNR) }
        # One number is stored: dx[i] = ..., *dx = ..., head->beta = ..., const real d = ...
        /^ +((const )?(real|eg_vec) |\*)?[a-z_][A-Za-z0-9_>.-]*(\[[^=]*\])? = [^=]*;( *\/\*.*)?$/ && !/ = (0|\{0\});/ {
            out("minus", FNR)
            next
        }
        # memset clears room that may well be zero already; assert does nothing.
        /^ +[A-Za-z_][A-Za-z0-9_>.-]*\(/ && !/^ +(memset|assert|sizeof)\(/ {
            if (/;$/) out("drop", FNR); else call = FNR
        }' "$@"
}

# The tree may be edited while the mutants run, so they are found in the copy.
cd "$root"
if ! $list; then
    scratch=$(mktemp -d "${TMPDIR:-/tmp}/engram-mutate.XXXXXX")
    if $keep; then
        echo "scratch copy: $scratch"
    else
        trap 'rm -rf "$scratch"' EXIT
    fi
    mkdir "$scratch/tree"
    tar -cf - --no-wildcards-match-slash --exclude=./.git --exclude='./build*' \
        --exclude='./*.h5' . |
        tar -xf - -C "$scratch/tree"
    cd "$scratch/tree"
fi
mapfile -t files < <(find tensor attention memory controllers -name '*.c' 2>/dev/null |
    grep -E -- "$only" | sort)
[ ${#files[@]} -gt 0 ] || die "no source file matches '$only'"
mapfile -t all < <(mutants "${files[@]}")
total=${#all[@]}
[ "$total" -gt 0 ] || die "no backward function found"

chosen=()
if [ "$sample" -gt 0 ] && [ "$sample" -lt "$total" ]; then
    for ((i = 0; i < sample; i++)); do
        chosen+=("${all[((2 * i + 1) * total / (2 * sample))]}")
    done
else
    for ((i = 0; i < total; i += every)); do
        chosen+=("${all[i]}")
    done
fi
if $list; then
    printf '%s\n' "${chosen[@]}"
    exit
fi

build=$scratch/build

# -O1: the fastest to build and run together.  A warning about a variable left unused by a
# mutant is no error.
meson setup "$build" "$scratch/tree" --buildtype=debug -Doptimization=1 -Dwerror=false \
    -Dtests=true >"$scratch/log" 2>&1 || {
    cat "$scratch/log" >&2
    die "meson could not set up the scratch copy"
}
# Only what the gradient tests need is built.
mapfile -t targets < <(python3 -c '
import json, os, sys
build = sys.argv[1]
info = os.path.join(build, "meson-info")
ids = {d for t in json.load(open(os.path.join(info, "intro-tests.json")))
       if any(s.split(":")[-1] == "gradient" for s in t["suite"]) for d in t["depends"]}
for t in json.load(open(os.path.join(info, "intro-targets.json"))):
    if t["id"] in ids:
        for name in t["filename"]:
            print(os.path.relpath(name, build))' "$build")
[ ${#targets[@]} -gt 0 ] || die "meson knows no tests of the suite 'gradient'"

rebuild() {
    ninja -C "$build" "${targets[@]}" >"$scratch/log" 2>&1
}

gradient_tests() {
    meson test -C "$build" --no-rebuild --suite gradient --maxfail 1 --timeout-multiplier 2 \
        </dev/null >"$scratch/log" 2>&1
}

# The first test that failed in the last run.
red_test() {
    python3 -c '
import json, sys
for line in open(sys.argv[1]):
    row = json.loads(line)
    if row["result"] not in ("OK", "EXPECTEDFAIL", "SKIP", "INTERRUPT"):
        print(row["name"])
        break' "$build/meson-logs/testlog.json"
}

start=$SECONDS
if ! { rebuild && gradient_tests; }; then
    cat "$scratch/log" >&2
    die "the gradient tests do not pass on the tree as it is"
fi
echo "${#chosen[@]} of $total mutants; ${#targets[@]} test programs built in $((SECONDS - start)) s"

red=0 alive=0 none=0
for mutant in "${chosen[@]}"; do
    IFS=$'\t' read -r file first last kind text <<<"$mutant"
    cp "$file" "$scratch/original"
    case $kind in
    sign)
        sed -i -E "$first{
            s/ \+= / @= /;t done
            s/ -= / += /;t
            s/^( +eg_put\([^,]*, .*) \+ ([^-+,]*, )/\1 @ \2/;t done
            s/^( +eg_put\([^,]*, .*) - ([^-+,]*, )/\1 + \2/
            :done
            s/ @/ -/
        }" "$file"
        ;;
    minus) sed -i -E "$first{s/ = ([^;]*);/ = -(\1);/}" "$file" ;;
    drop) sed -i "$first,${last}c\\;" "$file" ;;
    esac
    by=
    if cmp -s "$file" "$scratch/original"; then
        die "the mutation at $file:$first changed nothing"
    elif ! rebuild; then
        verdict='no mutant' none=$((none + 1)) by='does not compile'
    elif gradient_tests; then
        verdict=SURVIVED alive=$((alive + 1))
    else
        verdict=red red=$((red + 1)) by=$(red_test)
    fi
    printf '%-9s  %-5s  %s:%s  %s%s\n' "$verdict" "$kind" "$file" "$first" "$text" "${by:+  [$by]}"
    cp "$scratch/original" "$file"
done

echo "$red red, $alive survived, $none did not compile ($((SECONDS - start)) s)"
[ "$alive" -eq 0 ] || exit 1
[ "$red" -gt 0 ] || die "no mutant was tested"
