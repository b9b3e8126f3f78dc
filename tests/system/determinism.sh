#!/usr/bin/env bash
# tests/system/determinism.sh ENGRAM -- a seed is a run: equal seeds give equal bits, whatever
# the threads, and a file is enough to repeat the run.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1"

for threads in 1 2 4; do
    run train ntm/copy "${small[@]}" -s train.batch=64 -s train.evaluate_every=320 \
        --threads "$threads" --seed 11 -q -o "threads-$threads.h5"
    ended "a run with $threads threads" 0
done
claim "two threads give the bits of one" same threads-1.h5 threads-2.h5
claim "four threads give the bits of one" same threads-1.h5 threads-4.h5
run diff threads-1.h5 threads-4.h5
ended "and diff says so" 0 "out:equal to the last bit"

run train ntm/copy "${small[@]}" -s train.batch=64 -s train.evaluate_every=320 --seed 12 -q \
    -o other.h5
run diff threads-1.h5 other.h5
ended "another seed gives another run, and diff says where" 1 "out:seed" "out:/train"
run train ntm/copy "${small[@]}" -s train.batch=64 -s train.evaluate_every=320 \
    -s train.learning_rate=0.005 --seed 11 -q -o rate.h5
run diff threads-1.h5 rate.h5
ended "diff names the option that differs" 1 "out:train/learning_rate"

run rerun threads-1.h5 --threads 2 -q
ended "a run is repeated from its file" 0 "out:equal to the last bit"
claim "into a file beside it" same threads-1.h5 threads-1-rerun.h5
run rerun threads-1.h5 -q
ended "which is not overwritten" 5 "threads-1-rerun.h5 exists already"

# --- a seed that is drawn ---

run train ntm/copy "${small[@]}" -o drawn.h5
ended "a seed is drawn, and printed" 0 "err:seed"
seed=$(sed -n 's/.*seed \([0-9]*\),.*/\1/p' "$work/said/err")
run train ntm/copy "${small[@]}" --seed "$seed" -q -o given.h5
claim "the seed printed is the seed of the run" same drawn.h5 given.h5
run rerun drawn.h5 --threads 1 -q
ended "a run with a drawn seed is repeated from its file" 0 "equal to the last bit"

# --- the configuration ---

run train ntm/copy "${small[@]}" --seed 11 --print-config
ended "the effective configuration is printed" 0 "out:slots: 16" "out:seed: 11"
claim "and nothing is trained" nothing_left ntm-copy.h5
cp "$work/said/out" mine.yaml
run train mine.yaml --threads 1 -q -o mine.h5
ended "what is printed can be trained" 0
run train ntm/copy "${small[@]}" --seed 11 -q -o preset.h5
claim "to the same bits" same mine.h5 preset.h5
run train mine.yaml --print-config
grep -v '^#' mine.yaml | sed 's/ *#.*//' >before
sed 's/ *#.*//' "$work/said/out" | grep -v '^$' >after
claim "and printed again says the same" cmp before after
run train mine.yaml --threads 1 -s train.learning_rate=0.01 --seed 3 --print-config
ended "an assignment goes before a file, a flag before both" 0 "learning_rate: 0.01" "seed: 3"
rm -f mine.h5
run train mine.yaml --threads 1 -q
claim "without -o the file is named after the configuration" "$engram" check mine.h5

# --- several seeds ---

mkdir several
run train ntm/copy "${small[@]}" --seeds 1..3 -q -o several/run.h5
ended "three seeds in one go" 0 "of 3 seeds"
claim "each keeps a file of its own, where -o says" \
    [ "$(echo several/*)" = "several/run-1.h5 several/run-2.h5 several/run-3.h5" ]
run train ntm/copy "${small[@]}" --seed 2 -q -o second.h5
claim "the second is the run of that seed" same several/run-2.h5 second.h5
run train ntm/copy "${small[@]}" -s train.batch=8 --seeds 3..4 -q -o several/run.h5
ended "seeds do not overwrite files either" 5 "several/run-3.h5 exists already"
finish
