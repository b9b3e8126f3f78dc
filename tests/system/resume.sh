#!/usr/bin/env bash
# tests/system/resume.sh ENGRAM -- a run that was stopped goes on to the same bits as one that
# was not: for every optimiser, after SIGINT, SIGTERM, and kill -9 at random moments.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1"

# A report each update: a stopped program is at most a pipe's room of reports ahead.
often=("${small[@]}" -s train.batch=4 -s train.sequences=4000 -s train.report_every=4
    -s train.checkpoint_every=80 -s evaluate.sequences=20 -s train.evaluate_every=1600 --json)
updates=1000

# --- SIGINT and SIGTERM ---

stopped() { # stopped SIGNAL OPTIMISER
    local signal=$1 file=$2-$1.h5
    stop_at "$signal" 150 0 train ntm/copy "${often[@]}" -s train.optimiser="$2" --seed 5 -o "$file"
    ended "$2: SIG$signal in the middle ends with 75" 75 "err:engram resume $file"
    claim "$2: the run is interrupted" has_status "$file" interrupted
    claim "$2: its file is whole" "$engram" check "$file"
    claim "$2: it is not the whole run yet" different straight.h5 "$file"
    run resume "$file" --threads 1 -q
    ended "$2: it goes on to the end" 0
    claim "$2: to the same bits as the run that was not stopped" same straight.h5 "$file"
    claim "$2: the run is done" has_status "$file" "done"
}

for optimiser in rmsprop-graves rmsprop adam sgd; do
    rm -f straight.h5
    run train ntm/copy "${often[@]}" -s train.optimiser="$optimiser" --seed 5 -o straight.h5
    ended "$optimiser: a run from end to end" 0
    stopped INT "$optimiser"
    stopped TERM "$optimiser"
done

stop_at INT 100 0 train ntm/copy "${often[@]}" --seed 5 -o twice.h5
stop_at TERM 100 0 resume twice.h5 --threads 1 --json
ended "a run that goes on can be stopped again" 75
run resume twice.h5 --threads 2 -q
ended "and goes on again, with another number of threads" 0
run train ntm/copy "${often[@]}" --seed 5 -o once.h5
claim "to the same bits" same once.h5 twice.h5

# --- between two reports, with sizes that depend on what was seen ---

sized=("${small[@]}" -s task.type=repeat-copy -s task.repeats_max=3 -s train.batch=4
    -s train.sequences=4000 -s train.report_every=100 -s train.checkpoint_every=400
    -s evaluate.sequences=20 -s evaluate.repeats="2,4" -s curriculum.type=look-back
    -s curriculum.sequences=3000 --json)
run train ntm/copy "${sized[@]}" --seed 6 -o sized.h5
ended "a run with a curriculum" 0
stop_at INT 7 0.002 train ntm/copy "${sized[@]}" --seed 6 -o sized-INT.h5
ended "is stopped between two reports" 75
run resume sized-INT.h5 --threads 2 -q
ended "and goes on" 0
claim "to the same bits, cost of each size included" same sized.h5 sized-INT.h5
if command -v h5dump >/dev/null; then
    h5dump -y -w 1 -d /train_sizes/n sized.h5 | grep -oE '^ *[0-9]+,?$' | tr -d ' ,' >counts
    claim "every training sequence is counted once" \
        [ "$(awk '{ n += $1 } END { print n }' counts)" -eq 4000 ]
fi

# --- with parameters that are taken back ---

back=("${often[@]}" -s train.rollback=0.3 -s train.learning_rate=0.03)
run train ntm/copy "${back[@]}" --seed 7 -o back.h5
ended "a run that takes parameters back" 0
stop_at INT 300 0 train ntm/copy "${back[@]}" --seed 7 -o back-INT.h5
ended "is stopped" 75
run resume back-INT.h5 --threads 2 -q
ended "and goes on with what it would have gone back to" 0
claim "to the same bits, rollbacks included" same back.h5 back-INT.h5
if command -v h5dump >/dev/null; then
    h5dump -y -w 1 -d /rollbacks/kept_step back.h5 | grep -oE '^ *[0-9]+,?$' >backs
    claim "it did so more than once" [ "$(wc -l <backs)" -gt 1 ]
fi

# --- runs that need not go on, or further than planned ---

cp once.h5 before.h5
run resume once.h5 --threads 1
ended "a run that is done says so" 0 "done already"
claim "and is left as it was" cmp -s once.h5 before.h5
run resume once.h5 --threads 1 -q --require 1e-9
ended "a run that is done is held to --require too" 4 "required"
run resume once.h5 --threads 1 -q -s memory.slots=20
ended "a run does not go on with another model" 2 "memory.slots"
claim "and is left as it was then" cmp -s once.h5 before.h5
run resume once.h5 --threads 1 -q -s train.sequences=4400
ended "a run that is done goes on to more sequences" 0
claim "the longer run is whole" "$engram" check once.h5
if command -v h5dump >/dev/null; then
    h5dump -y -d /config_values/train/sequences once.h5 >length
    claim "and its file says how long it is" grep -qE '^ *4400$' length
fi

# --- kill -9 ---

RANDOM=4321

# Killed as it begins, a run has left no file, or one that goes on.
broken=0
for _ in {1..25}; do
    rm -f early.h5*
    {
        timeout --foreground -s KILL "0.0$((10 + RANDOM % 30))" "$engram" train ntm/copy \
            "${often[@]}" --seed 7 -q -o early.h5 >"$work/said/out" 2>&1
    } 2>/dev/null
    [ -e early.h5 ] || continue
    run check early.h5
    [ "$status" -eq 0 ] || broken=$((broken + 1))
done
claim "killed with -9 while it begins, a run leaves no file or a whole one ($broken of 25 do not)" \
    [ "$broken" -eq 0 ]


kills=20 killed=0 opened=0 rounds=0 equal=0 finished=0
run train ntm/copy "${often[@]}" --seed 7 -o straight-7.h5
while [ "$killed" -lt "$kills" ] && [ "$rounds" -lt $((3 * kills)) ]; do
    rounds=$((rounds + 1))
    what=(resume killed.h5 --threads 1 --json)
    if [ ! -e killed.h5 ]; then
        what=(train ntm/copy "${often[@]}" --seed 7 -o killed.h5)
    fi
    stop_at KILL $((RANDOM % 60)) "0.00$((RANDOM % 10))" "${what[@]}"
    case $status in
    137) killed=$((killed + 1)) ;;
    0) ;;
    *) break ;;
    esac
    [ -e killed.h5 ] || continue # before there was a file
    # Whatever the moment, the file is whole.
    "$engram" check killed.h5 >"$work/said/out" 2>&1 || break
    opened=$((opened + 1))
    if [ "$status" -eq 0 ]; then
        # It came to its end between two kills: the next begins anew.
        finished=$((finished + 1))
        same straight-7.h5 killed.h5 >"$work/said/out" 2>&1 || break
        equal=$((equal + 1))
        rm -f killed.h5
    fi
done
claim "killed with -9 at $kills random moments, the file was whole after each" \
    [ "$killed" -eq "$kills" ]
claim "every run that came to its end meanwhile was equal to the one not killed" \
    [ "$equal" -eq "$finished" ]
if [ ! -e killed.h5 ]; then
    run train ntm/copy "${often[@]}" --seed 7 -o killed.h5
else
    run resume killed.h5 --threads 1 -q
fi
ended "the run goes on to its end" 0
claim "to the same bits as the run that was not killed" same straight-7.h5 killed.h5
claim "and what the killed left beside the file is gone" tidy killed.h5
if command -v h5dump >/dev/null; then
    h5dump -y -w 1 -d /train/step killed.h5 | grep -oE '^ *[0-9]+,?$' | tr -d ' ,' >steps
    seq "$updates" >wanted
    claim "every step stands in its table once" cmp steps wanted
else
    skip "every step stands in its table once: no h5dump"
fi
finish
