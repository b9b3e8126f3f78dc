#!/usr/bin/env bash
# tests/system/seeds.sh ENGRAM -- several seeds at a time: the same runs as one after the other,
# each with its seed in front of what it says; stopped together, gone on with, and counted.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1"

# Every line is an object of names with numbers and texts, the seed first where it is of a run.
# shellcheck disable=SC2317 # `claim` calls it
json() {
    local value='("([^"\\]|\\.)*"|-?[0-9][-+.0-9e]*|null|true|false)'
    local first='^\{("seed": [0-9]+|"report": "seeds")'
    [ -s "$1" ] && ! grep -vE "$first(, \"[a-z_0-9]+\": $value)*\}\$" "$1"
}

# seeds_of FILE: those that stand in front of its lines
# shellcheck disable=SC2317
seeds_of() {
    grep -oE '^(seed |\{"seed": )[0-9]+' "$1" | grep -oE '[0-9]+' | sort -nu | tr '\n' ' '
}

# lines N PATTERN FILE: so many lines match
# shellcheck disable=SC2317
lines() {
    local found
    found=$(grep -cE -- "$2" "$3")
    echo "$found lines"
    [ "$found" -eq "$1" ]
}

train=(train ntm/copy "${small[@]}")

# --- at a time ---

for seed in 1 2 3 4; do
    run "${train[@]}" --seed "$seed" -q -o "alone-$seed.h5"
done
run "${train[@]}" --threads 4 --seeds 1..4 -o four.h5
ended "four seeds at a time" 0 "err:ntm/copy: seeds 1 to 4; 4 at a time with 1 thread each" \
    "out:of 4 seeds under 0.01 bit/sequence"
cp "$work/said/out" out
cp "$work/said/err" err
claim "each line says of which seed it is" [ "$(seeds_of out) $(seeds_of err)" = "1 2 3 4  1 2 3 4 " ]
claim "but for one at the start and two at the end" \
    [ "$(grep -cv '^seed [0-9]*: ' err) $(grep -cv '^seed [0-9]*: ' out)" = "1 2" ]
claim "a line a report, and no bar" lines 20 '^seed [0-9]+: +[0-9]+ sequences +[0-9.]+ bit/sequence' err
claim "nothing else" lines 0 '^seed [0-9]+: .*(#|\.\.\.\.)' err
for seed in 1 2 3 4; do
    claim "seed $seed is the run of that seed alone" same "alone-$seed.h5" "four-$seed.h5"
done
run "${train[@]}" --threads 5 --jobs 2 --seeds 1..4 -o two.h5
ended "two at a time share the threads" 0 "err:2 at a time with 2 threads each"
claim "the first has the one that is left over" lines 1 '^seed [12]: .*, 3 threads, ' "$work/said/err"
claim "to the same bits" same alone-3.h5 two-3.h5
run "${train[@]}" --threads 2 --seeds 1..4 --json -q -o json.h5
ended "with --json they report" 0 'out:{"report": "seeds", "preset": "ntm/copy", "seeds": 4, "solved": '
cp "$work/said/out" out
claim "in objects that have the seed" json out
claim "of all four" [ "$(seeds_of out)" = "1 2 3 4 " ]
run "${train[@]}" --seeds 1..3 -q -o quiet.h5
claim "with -q only the summary is said" lines 2 . "$work/said/out"
claim "which names the seed of the least cost" grep -q "least: seed [123]," "$work/said/out"
claim "and no error" [ ! -s "$work/said/err" ]
run "${train[@]}" --seeds 1..9 --jobs 3 --dry-run -o dry.h5
ended "a dry run says what all need" 0 "out:of 9 seeds    3 at a time: "
claim "and trains none" nothing_left dry-1.h5
run "${train[@]}" --seeds 3..3 -q
claim "a name is found without -o, also for one seed" same alone-3.h5 ntm-copy-3.h5

# --- what is called solved ---

run "${train[@]}" -s train.solved=1000 --seeds 1..4 --json -q -o easy.h5
ended "all are solved where that is easy" 0 'out:"solved": 4, "diverged": 0, "threshold": 1000' \
    'out:"high": 1, "median_sequences": 160, "lower_quartile_sequences": 160' \
    'out:"optimum": 0, ' 'out:"best_seed": '
run "${train[@]}" -s train.solved=0 --seeds 1..4 --json -q -o hard.h5
ended "and none where it cannot be" 0 'out:"solved": 0, ' 'out:"median_sequences": null'
run "${train[@]}" --seeds 1..4 -q --require 1e-6 -o four.h5
ended "every seed is held to --require" 4 "err:seed 1: the cost is" "err:seed 4: the cost is"

# --- once more ---

touch before
run "${train[@]}" --seeds 1..5 -o four.h5
ended "seeds that are done are counted, and one is new" 0 "err:seeds 1 to 5, 4 ended already" \
    "out:of 5 seeds"
claim "only the new one is trained" [ "$(echo four-*.h5)/$(find . -name 'four-*' -newer before)" = \
    "four-1.h5 four-2.h5 four-3.h5 four-4.h5 four-5.h5/./four-5.h5" ]
run "${train[@]}" --seeds 1..5 -o four.h5
ended "once more there is nothing to do" 0 "err:5 ended already" "out:of 5 seeds"
run "${train[@]}" -s train.sequences=960 --seeds 1..6 -q -o four.h5
ended "another configuration is refused, and named" 5 "err:four-1.h5 exists already" \
    "err:train.sequences = 800 there, train.sequences = 960 here" "err:--force"
claim "before anything is done" nothing_left four-6.h5
claim "to the files either" same alone-1.h5 four-1.h5
run "${train[@]}" -s train.sequences=960 --seeds 1..2 -q --force -o four.h5
ended "unless it is told to" 0
claim "then they are other runs" different alone-1.h5 four-1.h5
echo nonsense >four-3.h5
run "${train[@]}" --seeds 3..3 -q -o four.h5
ended "a file that is no run is left alone" 5 "err:four-3.h5 exists already, and is no run"
claim "as it was" grep -qx nonsense four-3.h5
run "${train[@]}" -s memory.slot=3 --seeds 1..4 -o no.h5
ended "a fault of the configuration is said" 2 "err:did you mean memory.slots"
claim "once" lines 1 . "$work/said/err"
run "${train[@]}" --seeds 1..2 --jobs x -o no.h5
ended "a number of jobs that is none" 2 "--jobs x"

# --- a seed that fails ---

mkdir closed
mkdir closed/run-2.h5
run "${train[@]}" --threads 1 --seeds 1..3 -q --force -o closed/run.h5
ended "a seed that fails does not stop the others" 5 "err:seed 2: engram: closed/run-2.h5" \
    "out:of 2 seeds"
claim "their files are there" same alone-3.h5 closed/run-3.h5

# --- stopped ---

long=("${train[@]}" -s train.batch=4 -s train.sequences=8000 -s train.report_every=4
    -s train.checkpoint_every=80)
for seed in 1 2 3; do
    run "${long[@]}" --seed "$seed" -q -o "long-$seed.h5"
done
for signal in INT TERM; do
    rm -f stop-*.h5
    stop_at "$signal" 300 0 "${long[@]}" --threads 2 --seeds 1..3 --json -o stop.h5
    ended "SIG$signal stops all" 75 "err:interrupted with 0 of 3 seeds ended; the same command goes on" \
        "err:seed 1: interrupted after" "err:seed 2: interrupted after"
    claim "what has begun is kept" has_status stop-1.h5 interrupted
    claim "and nothing new is begun" nothing_left stop-3.h5
    run "${long[@]}" --threads 2 --seeds 1..3 -o stop.h5
    ended "the same command goes on" 0 "err:seeds 1 to 3, 2 begun" "err:seed 1: stop-1.h5: seed 1, goes on" \
        "out:of 3 seeds"
    for seed in 1 2 3; do
        claim "seed $seed to the bits of a run that was not stopped" same "long-$seed.h5" "stop-$seed.h5"
    done
done
rm -f stop-*.h5
stop_at KILL 300 0 "${long[@]}" --threads 2 --seeds 1..3 --json -o stop.h5
for _ in {1..50}; do
    ! [ -e stop-2.h5 ] || ! has_status stop-2.h5 interrupted >/dev/null || break
    sleep 0.1
done
claim "where the first process is killed, the runs stop too" has_status stop-2.h5 interrupted
run "${long[@]}" --threads 2 --seeds 1..3 -q -o stop.h5
ended "and go on" 0 "out:of 3 seeds"
claim "to the same bits" same long-2.h5 stop-2.h5
finish
