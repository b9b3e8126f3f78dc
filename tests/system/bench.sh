#!/usr/bin/env bash
# tests/system/bench.sh ENGRAM BAD_DATA -- what engram bench --slots measures is kept, added to and drawn; what
# cannot be kept is said before it is measured, and what is there is not lost.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1" "$2"
bad_data=${given[0]}
tiny=(-s memory.width=4 -s controller.size=5 -s task.bits=3 -s task.length_max=3 -s train.batch=1 --threads 1)

# --- kept ---

run bench sam/scaling ntm/scaling "${tiny[@]}" --slots 8,32 -o cost.h5
ended "bench keeps what it measures" 0 "out:sam/scaling                         32      1" "out:cost.h5: 4 rows"
claim "in a file that is whole" "$engram" check cost.h5
claim "and done" has_status cost.h5 "done"
claim "without a trace of the writing" tidy cost.h5
run bench ntm/scaling "${tiny[@]}" -s task.length_max=1 --slots 32,64 -o cost.h5
ended "the same file takes further rows, and replaces those it has" 0 "out:cost.h5: 5 rows"
run bench sam/scaling "${tiny[@]}" --slots 8 -o one.h5 --json
ended "with --json the file is not spoken of" 0 'out:"slots": 8'
claim "so that every line is an object" [ "$(wc -l <"$work/said/out")" = 1 ]
run bench sam/scaling "${tiny[@]}" --slots 16 -o one.h5 --force
ended "--force begins anew" 0 "out:one.h5: 1 row;"

# --- drawn ---

if command -v gnuplot >/dev/null; then
    run plot cost.h5
    ended "plot draws it" 0 "out:cost-cost.svg" "out:cost-cost.csv"
    claim "both presets" grep -q 'ntm/scaling' cost-cost.svg
    claim "a row of the table for each" [ "$(wc -l <cost-cost.csv)" = 6 ]
    claim "with the steps that it had" [ "$(awk -F, '$1 ~ /ntm/ { print $2 ":" $4 }' cost-cost.csv | tr '\n' ' ')" \
        = "8:8 32:4 64:4 " ]
    run plot cost.h5 --figure cost --format png -o picture
    ended "as a picture of points, too" 0 "out:picture-cost.png"
    run plot cost.h5 --figure heads
    ended "other figures have nothing to draw" 5
else
    skip "figures: no gnuplot"
fi

# --- what it is not ---

cp cost.h5 before.h5
for verb in resume rerun evaluate; do
    run "$verb" cost.h5
    ended "$verb says that it is no run" 5 "err:cost.h5" "err:engram bench"
done
claim "and leaves it as it is" cmp cost.h5 before.h5

# --- errors ---

run bench ntm/copy "${tiny[@]}" -o plain.h5
ended "-o needs sizes" 2 "err:-o plain.h5" "err:--slots"
run bench hopfield/random --slots 8 -o plain.h5
ended "an associative memory has no slots" 2 "err:--slots 8" "err:hopfield/random"
run bench sam/scaling "${tiny[@]}" --slots 8,zwei -o plain.h5
ended "a size that is none is named" 2 "err:--slots 8,zwei"
run bench sam/scaling "${tiny[@]}" --slots 8 -o plain.h5 -s memory.sluts=3
ended "an unknown key is named" 2 "err:memory.sluts"
claim "and nothing is written" nothing_left plain.h5
run bench sam/scaling "${tiny[@]}" --slots 8 -o nowhere/at/all.h5
ended "a folder that is not there is an error at once" 5 "err:nowhere"
claim "before anything is measured" [ ! -s "$work/said/out" ]

run train sam/copy "${small[@]}" -s train.sequences=32 --seed 1 -q -o run.h5
"$bad_data" good sequences.h5 || exit 1
echo "no HDF5 at all" >text.h5
head -c 3000 cost.h5 >half.h5
for file in run sequences text half; do
    cp "$file.h5" "kept-$file"
    run bench sam/scaling "${tiny[@]}" --slots 8 -o "$file.h5"
    ended "bench does not write over $file.h5" 5 "err:$file.h5" "err:--force replaces it"
    claim "which stays as it is" cmp "$file.h5" "kept-$file"
done
run bench sam/scaling lstm/copy "${tiny[@]}" --slots 8,16 -o cost.h5
ended "a preset without a memory is an error" 2 "err:no such key"
claim "and the rows that were measured before are kept" "$engram" check cost.h5
claim "the file says so" has_status cost.h5 error

# --- too large for the memory ---

# Of a limit for the process, as a small machine would have it.
limited() {
    status=0
    (ulimit -v 700000 && exec "$engram" "$@") >"$work/said/out" 2>"$work/said/err" </dev/null || status=$?
}
limited bench ntm/scaling -s train.batch=1 --threads 1 --slots 64,65536,262144 -o large.h5
ended "what does not fit into memory is left out" 0 "out:ntm/scaling                         64" \
    "err:ntm/scaling with 65536 slots is left out" "err:of 100 steps" "err:ntm/scaling with 262144 slots" \
    "out:large.h5: 1 row;"
limited bench ntm/scaling -s train.batch=1 --threads 1 --slots 65536 -o none.h5
ended "where no size does, that is an error" 5 "err:no size fits into memory" "err:none.h5"
claim "and there is no file" nothing_left none.h5

# --- stopped ---

stop_at INT 1 0 bench sam/scaling "${tiny[@]}" --slots 8,16,32,64,128,256 -o stopped.h5 --json
claim "Ctrl-C ends it" [ "$status" -eq 75 ]
claim "what was measured is kept" "$engram" check stopped.h5
claim "and the file says that it was stopped" has_status stopped.h5 interrupted
finish
