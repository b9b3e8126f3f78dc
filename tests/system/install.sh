#!/usr/bin/env bash
# tests/system/install.sh ENGRAM BUILD_DIRECTORY -- what `meson install` installs works: the
# program, from anywhere, and the library, through pkg-config.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1" "$2"
build=${given[0]}

status=0
meson install -C "$build" --no-rebuild --destdir "$work/root" >"$work/said/out" \
    2>"$work/said/err" </dev/null || status=$?
ended "meson install" 0
engram=$(find "$work/root" -type f -path '*/bin/engram' -print -quit)
claim "installs the program" [ -x "$engram" ]
[ -x "$engram" ] || finish
prefix=${engram%/bin/engram}
pc=$(find "$prefix" -name engram.pc -print -quit)
claim "and a file for pkg-config" [ -f "$pc" ]
[ -f "$pc" ] || finish

# --- the program, from a directory of its own, reached by a link as well ---

run --version
ended "the installed program runs" 0 "out:engram"
run list presets
ended "it has its presets" 0 "out:ntm/copy" "out:lstm/copy"
run train ntm/copy "${small[@]}" -q -o run.h5
ended "it trains" 0
run gradcheck ntm/copy -s memory.slots=6 -s memory.width=4 -s controller.size=5 -s task.bits=3 \
    -s task.length_max=3 --components 2
ended "it finds the program that checks gradients" 0 "out:ok"
ln -s "$engram" here
engram=$PWD/here run gradcheck ntm/copy -s memory.slots=6 -s memory.width=4 \
    -s controller.size=5 -s task.bits=3 -s task.length_max=3 --components 2
ended "also when called through a link" 0 "out:ok"

# --- the library ---

cc=${CC:-cc}
if ! command -v "$cc" >/dev/null || ! command -v pkg-config >/dev/null; then
    skip "linking with the library: no compiler or no pkg-config"
    finish
fi
# The prefix in the file is where the tree would be without DESTDIR.
sed -i "s|^prefix=.*|prefix=$prefix|" "$pc"
libraries=$(dirname "$(dirname "$pc")")
export PKG_CONFIG_PATH=${pc%/*}${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}

cat >ten.c <<'END'
#include <core/arena.h>
#include <memory/memory.h>
#include <stdio.h>
int main(void)
{
    struct eg_arena *arena;
    if (eg_arena_init(&arena, 0) || !eg_arena_take(arena, 100))
        return 1;
    const struct eg_memory_type *ntm = eg_memory_find("ntm");
    printf("%s: %s\n", ntm ? ntm->name : "?", ntm ? ntm->summary : "?");
    eg_arena_free(&arena);
    return !ntm;
}
END

# built SENTENCE FLAGS...: ten.c compiles and runs.
built() {
    local sentence=$1
    shift
    rm -f ten
    # shellcheck disable=SC2046
    claim "a program of ten lines $sentence" \
        "$cc" -std=c11 -Wall -Wextra -Werror ten.c $(pkg-config --cflags engram) "$@" -o ten
    claim "and runs" env LD_LIBRARY_PATH="$libraries" ./ten
}

read -ra flags < <(pkg-config --libs engram)
built "compiles and links with the shared library" "${flags[@]}"
claim "which it then needs" sh -c 'ldd ./ten | grep libengram' # the path is not in the program
# The libraries it needs are themselves taken as shared ones: --static would ask for theirs, too.
read -ra flags < <(pkg-config --libs openblas gsl hdf5 yaml-0.1)
built "links with the static library" "$libraries/libengram.a" "${flags[@]}" -fopenmp -lm
claim "which it then does not need" sh -c '! ldd ./ten | grep libengram'

# Every installed header is enough by itself.
headers=0 lame=()
while read -r header; do
    headers=$((headers + 1))
    echo "#include <$header>" >one.c
    # shellcheck disable=SC2046
    "$cc" -std=c11 -fsyntax-only -Wall -Wextra -Werror one.c $(pkg-config --cflags engram) \
        2>>"$work/said/err" || lame+=("$header")
done < <(cd "$prefix/include/engram" && find . -name '*.h' | sed 's|^\./||' | sort)
claim "each of the $headers installed headers compiles by itself${lame[*]:+, but for ${lame[*]}}" \
    [ "$headers" -gt 10 -a ${#lame[@]} -eq 0 ]
finish
