#!/usr/bin/env bash
# tests/system/recall.sh ENGRAM -- `engram recall` as a user runs it: pictures, numbers, run files,
# signals, and the claims of the presets.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1"

# said_number KEY: the number of that name in the summary of the last `run` with --json.
said_number() {
    tail -n 1 "$work/said/out" | sed -n "s/.*\"$1\": \([-0-9.e+]*\).*/\1/p"
}

# recalled SENTENCE LEAST MOST ARGUMENT...: of the trials so many end at their target.
recalled() {
    local sentence=$1 least=$2 most=$3 found
    shift 3
    run recall "$@" --seed 1 --force -q --json -o claim.h5
    found=$(said_number target)
    claim "$sentence ($found of $(said_number trials))" \
        [ "$status" -eq 0 -a "${found:--1}" -ge "$least" -a "${found:--1}" -le "$most" ]
}

# --- what the presets claim ---

recalled "30 digits are recalled with a quarter of the pixels wrong" 100 100 hopfield/digits
recalled "not so with the Hebbian rule" 0 5 hopfield/digits -s memory.rule=hebbian
recalled "which has room for ten" 100 100 hopfield/digits -s memory.rule=hebbian \
    -s patterns.count=10
recalled "random patterns are recalled below the critical load" 95 100 hopfield/random
recalled "and not above it" 0 5 hopfield/random -s patterns.count=200
recalled "pairs are recalled from one half" 100 100 bam/pairs
recalled "a few of them" 0 20 bam/pairs -s patterns.count=40
recalled "100 digits are recalled from half of their pixels" 95 100 modern/digits
recalled "not by couplings" 0 50 hopfield/digits -s patterns.count=100 -s cue.kind=mask \
    -s cue.amount=0.5
recalled "a dense memory stores 100 digits" 95 100 dense/digits
recalled "not with the power 2" 0 5 dense/digits -s memory.power=2
recalled "graded neurons clear the noise" 20 20 graded/digits
recalled "unless their response is flat" 0 0 graded/digits -s memory.gain=0.01
recalled "ten sweeps count from 0 to 0" 20 20 sequence/digits
recalled "eleven do not" 0 0 sequence/digits -s dynamics.sweeps_max=11
recalled "nor do sites that move one by one" 0 0 sequence/digits -s dynamics.update=asynchronous

# --- what is shown ---

run recall hopfield/digits --seed 7
ended "recall shows seed, network and sizes, and every trial ends at its target" 0 \
    "out:seed 7, hopfield, pseudo-inverse, N = 256, P = 30" "out:cue" "out:stored: 0" \
    "out:target, fixed" "out:100 of 100 trials" "out:and 80 more" "out:95 % interval" \
    "err:hopfield-digits.h5: 100 trials"
claim "its file is whole" "$engram" check hopfield-digits.h5
claim "with pictures in ASCII" grep -qE '^[#.]{16}  [#.]{16}  [#.]{16}' "$work/said/out"
LC_ALL=C.UTF-8 run recall hopfield/digits --seed 7 -o utf8.h5
full=$(printf '\342\226\210')
claim "or in block elements" grep -qF "$full" "$work/said/out"
claim "the same run" same hopfield-digits.h5 utf8.h5
COLUMNS=150 run recall sequence/digits --seed 7
claim "a wide terminal shows more sweeps" grep -qE 'cue .*(sweep [0-9] .*){5,}end: sweep 10' "$work/said/out"
run recall hopfield/random --seed 7 -s patterns.sites=1200
ended "more sites than a picture has are shown as numbers" 0 "out:N = 1200" "out:target, fixed"
claim "without a picture" [ "$(grep -cF stored: "$work/said/out")" -eq 0 ]
run recall hopfield/digits -q -o drawn.h5
claim "recall -q prints nothing" silent
run recall hopfield/digits -o drawn.h5 --force
claim "a seed that was drawn is printed" grep -qE '^hopfield/digits: seed [0-9]+,' "$work/said/out"
run recall hopfield/digits --seed 7 --json -q -o json.h5
ended "recall --json reports" 0 'out:"report": "trial"' 'out:"report": "recall"'
claim "one line a trial, and one of all" [ "$(wc -l <"$work/said/out")" -eq 101 ]
value='("([^"\\]|\\.)*"|-?[0-9][-+.0-9e]*|null)'
claim "which are objects of JSON" bash -c \
    "! grep -vE '^\{\"[a-z_0-9]+\": $value(, \"[a-z_0-9]+\": $value)*\}\$' $work/said/out"

# --- before it begins ---

run recall hopfield/random --dry-run -s patterns.sites=1000000 -s patterns.count=100000 -o dry.h5
ended "recall --dry-run says what a large network takes" 0 "out:N = 1000000" "out:P = 100000" \
    "out:memory" "out:threads" "out:run file" "out:left out"
claim "and writes nothing" nothing_left dry.h5
run recall hopfield/digits --print-config
ended "recall --print-config prints a file" 0 "out:rule: pseudo-inverse" "out:trials: 100"
cp "$work/said/out" own.yaml
run recall own.yaml --seed 7
ended "which is a preset of one's own" 0 "out:own.yaml: seed 7"
claim "and gives the same run" same hopfield-digits.h5 own.h5

# --- what is refused ---

refused() { # refused SENTENCE STATUS WORDS... -- ARGUMENT...
    local sentence=$1 want=$2 words=()
    shift 2
    while [ "$1" != -- ]; do
        words+=("err:$1")
        shift
    done
    shift
    run recall "$@" -o x.h5
    if [ "$status" -eq "$want" ] && ! nothing_left x.h5; then
        not_ok "$sentence (a file is left)"
    else
        ended "$sentence" "$want" "${words[@]}"
    fi
    rm -f x.h5*
}

refused "an unknown preset" 2 "did you mean 'hopfield/digits'" -- hopfield/digit
refused "a memory that is trained" 2 "ntm" "engram train" -- hopfield/digits -s memory.type=ntm
refused "a pattern that is not there" 2 "cue.target = 30" "0 to 29" -- hopfield/digits \
    -s cue.target=30
refused "a cue with more wrong than there is" 2 "cue.amount" "0 to 1" -- hopfield/digits \
    -s cue.amount=1.5
refused "no trials" 2 "recall.trials=0" "1 to" -- hopfield/digits -s recall.trials=0
refused "a temperature below 0" 2 "dynamics.temperature=-1" "0 to" -- hopfield/digits \
    -s dynamics.temperature=-1
run recall hopfield/digits -o utf8.h5
ended "a file that exists is not replaced" 5 "utf8.h5 exists already" "--force"
run recall hopfield/digits -o nowhere/x.h5
ended "a directory that does not exist" 5 "nowhere"

# --- threads, repeats, signals ---

many=(recall hopfield/random --seed 5 -q -s recall.keep=3)
run "${many[@]}" -s recall.trials=300 --threads 1 -o one.h5
run "${many[@]}" -s recall.trials=300 --threads 3 -o three.h5
claim "runs are the same at any number of threads" same one.h5 three.h5
run "${many[@]}" -s recall.trials=300 --seed 6 -o other.h5
claim "and others with another seed" different one.h5 other.h5
run rerun one.h5 --threads 2 -q
ended "a recall can be repeated from its file" 0 "equal to the last bit"

long=(-s recall.trials=12000 --threads 1)
run "${many[@]}" "${long[@]}" -o whole.h5
for signal in INT TERM; do
    stop_at "$signal" 0 0.5 "${many[@]}" "${long[@]}" -o "$signal.h5"
    ended "SIG$signal ends a recall" 75
    claim "whose file says so" has_status "$signal.h5" interrupted
    claim "and is whole" "$engram" check "$signal.h5"
    run resume "$signal.h5" -s recall.trials=3
    ended "it cannot be changed" 2 "goes on as it was begun"
    run resume "$signal.h5" --threads 2 -q
    ended "it goes on" 0
    claim "to the same bits" same whole.h5 "$signal.h5"
    claim "and is done" has_status "$signal.h5" "done"
done
run resume TERM.h5
ended "a recall that is done says so" 0 "done already"
claim "nothing was left beside any file" tidy ./*.h5
finish
