#!/usr/bin/env bash
# tests/system/capacity.sh ENGRAM -- capacity and basin as a user runs them: what they print, what
# they refuse, how they stop and go on.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1"

cat >net.yaml <<'YAML'
# A small Hebbian network
memory: {type: hopfield}
cue: {amount: 0}
capacity: {sizes: [100, 200], loads: "0.05,0.1,0.2", networks: 6, starts: 2}
basin: {sizes: [100], loads: "0.05,0.1", starts: "0.2,0.6,1", networks: 6}
YAML

# refused SENTENCE STATUS WORDS... -- ARGUMENT...: refuses, and leaves no x.h5.
refused() {
    local sentence=$1 want=$2 words=()
    shift 2
    while [ "$1" != -- ]; do
        words+=("err:$1")
        shift
    done
    shift
    run "$@" -o x.h5
    if [ "$status" -eq "$want" ] && ! nothing_left x.h5; then
        not_ok "$sentence (a file is left)"
    else
        ended "$sentence" "$want" "${words[@]}"
    fi
    rm -f x.h5*
}

# Every line is an object of names with numbers and texts.
# shellcheck disable=SC2317 # `claim` calls it
json() {
    local value='("([^"\\]|\\.)*"|-?[0-9][-+.0-9e]*|null|true|false)'
    [ -s "$1" ] && ! grep -vE "^\{\"[a-z_0-9]+\": $value(, \"[a-z_0-9]+\": $value)*\}\$" "$1"
}

# lines N PATTERN: so many lines of standard output match.
# shellcheck disable=SC2317
lines() {
    local found
    found=$(grep -cE "$2" "$work/said/out")
    echo "$found lines"
    [ "$found" -eq "$1" ]
}

# shellcheck disable=SC2317
dataset() { # dataset FILE PATH: its numbers, where h5dump can tell
    h5dump -y -w 0 -d "$2" "$1" | sed -n '/DATA {/,/}/p' | sed '1d;$d'
}

# --- capacity ---

run capacity net.yaml --seed 1 --threads 1
ended "capacity measures" 0 "out:load: P / N" "err:seed 1, hopfield, 1 thread" \
    "err:net-capacity.h5: done"
claim "it says when a recall counts, and where it began" grep -q \
    "retrieved: overlap with the pattern at least 0.9 at rest; started on the pattern; asynch" \
    "$work/said/err"
claim "the columns have names" lines 1 \
    '^ +N +load +P +overlap +\+- +theory +retrieved +95 % +wrong +sweeps +n$'
row='^ +(100|200) +0\.[0-9]+ +[0-9]+ +[-0-9.]+ +[0-9.]+ +[0-9.]+ +[01]\.[0-9]{4} [0-9.]+-[0-9.]+ +[-0-9.e]+ +[0-9.]+ +6$'
claim "each size and load has a line of numbers" lines 6 "$row"
claim "a load of 0.2 at 200 sites is 40 patterns" lines 1 '^ +200 +0\.2 +40 '
claim "lines of theory stand below" lines 3 \
    '^theory: (mean field at load 0\.137906|N / \([24] ln N\) at load 0\.[0-9]+) \(N = 200\)$'
run check net-capacity.h5
ended "its file is whole" 0
run capacity net.yaml --seed 1
ended "it does not overwrite a file" 5 "err:net-capacity.h5 exists already; --force replaces it"
run capacity net.yaml --seed 1 --threads 2 --force -q
ended "unless it is told to" 0
claim "capacity -q prints nothing" silent
cp net-capacity.h5 two.h5
run capacity net.yaml --seed 1 --threads 1 -q -o one.h5
claim "one thread and two measure the same" same one.h5 two.h5
run capacity net.yaml --seed 2 -q -o other.h5
claim "another seed measures something else" different one.h5 other.h5
run capacity net.yaml -q -o drawn.h5
ended "a seed is drawn where none is given" 0
run rerun drawn.h5 -q
ended "and stands in the file: the measurement can be repeated" 0 "equal to the last bit"
run capacity net.yaml --sizes 60,90 --seed 1 -o sizes.h5
ended "--sizes sets the sizes" 0
claim "and only those are measured" lines 6 '^ +(60|90) +0\.'
run capacity net.yaml -s capacity.loads=0.06:0.26:0.04 -s capacity.networks=60 --sizes 50,100,200 \
    --seed 1 -q --json -o scaled.h5
ended "several sizes are scaled" 0 'out:"report": "scaling"' 'out:"critical_load"'
claim "all that --json prints are objects" json "$work/said/out"
claim "one for each size and load" lines 18 '^\{"report": "capacity", "size": (50|100|200), '
run check scaled.h5
ended "the file with the fits is whole" 0
run capacity net.yaml -s capacity.criterion=one-step -q --json --seed 1 -o step.h5
ended "a criterion of one step" 0 'out:"sweeps": 1,'
run capacity net.yaml -s capacity.criterion=exact --seed 1 -o exact.h5
ended "or of no wrong site" 0 "err:retrieved: no site wrong at rest"
for network in "memory.rule=storkey" "memory.rule=projection" "memory.rule=perceptron" \
    "memory.rule=sparse -s patterns.activity=0.1" \
    "memory.type=bam" "memory.type=dense -s capacity.loads=0.01,0.05 -s capacity.sizes=30" \
    "memory.type=modern -s capacity.loads=0.02,0.05" "memory.type=sequence" \
    "memory.type=graded -s capacity.sizes=40 -s capacity.loads=0.1"; do
    # shellcheck disable=SC2086 # words of it are arguments
    run capacity net.yaml -s $network --seed 1 --force -q -o network.h5
    ended "capacity of $network" 0
    run check network.h5
    ended "leaves a whole file" 0
done
run capacity net.yaml -s memory.rule=projection -s capacity.loads=1.5 --sizes 40 --seed 1 -o span.h5
ended "patterns that are dependent are said to be" 0 "err:20 of 60 patterns are linearly dependent"
run capacity net.yaml --dry-run -o dry.h5
ended "capacity --dry-run says what it would do" 0 "out:memory [MB]" \
    "6 networks in each of 6 cells, 2 recalls in each network"
claim "and does not do it" nothing_left dry.h5
run capacity net.yaml --print-config
ended "--print-config shows what holds" 0 "out:networks: 6"

# --- basin ---

run basin net.yaml --seed 1 --threads 2
ended "basin measures" 0 "err:net-basin.h5: done" "err:at least 0.9 at rest"
claim "its columns have names" lines 1 '^ +N +load +P +start +final +\+- +retrieved +95 % +n$'
claim "each load and start has a line" lines 6 \
    '^ +100 +0\.[0-9]+ +(5|10) +(0\.2|0\.6|1) +[-0-9.]+ +[0-9.]+ +[01]\.[0-9]{4} +[0-9.]+-[0-9.]+ +6$'
run check net-basin.h5
ended "its file is whole" 0
run basin net.yaml --seed 1 --threads 1 -q --json -o one-basin.h5
ended "basin --json" 0 'out:"report": "basin"' 'out:"start": 0.6'
claim "prints objects of JSON" json "$work/said/out"
claim "and one thread measures the same" same one-basin.h5 net-basin.h5
run rerun net-basin.h5 -q
ended "basins can be repeated" 0 "equal to the last bit"
run basin net.yaml --dry-run -o dry.h5
ended "basin --dry-run" 0 "6 networks in each of 6 cells"
claim "writes nothing" nothing_left dry.h5

# --- stopped, and gone on with ---

# The first cells are soon done, the last take seconds.
long=(--seed 5 --threads 2 --json -s capacity.networks=12 -s capacity.starts=1
    -s "capacity.loads=0.02,0.1,0.15,0.2,0.25" --sizes "200,4000")
run capacity net.yaml "${long[@]}" -q -o straight.h5
ended "a longer measurement" 0
cp "$work/said/out" straight
for signal in INT TERM; do
    stop_at $signal 6 0.1 capacity net.yaml "${long[@]}" -o stopped.h5 --force
    ended "$signal stops it" 75 "err:interrupted; engram resume stopped.h5 goes on"
    claim "the file says so" has_status stopped.h5 interrupted
    run check stopped.h5
    ended "and is whole" 0
    claim "but not what it would have been" different stopped.h5 straight.h5
    if command -v h5dump >/dev/null; then
        claim "some recalls are done, and some are not" \
            [ "$(dataset stopped.h5 /capacity/trials/end | tr -d ' ' | tr ',' '\n' | grep -cx 255)" -gt 0 ]
    fi
    run resume stopped.h5 --threads 1 --json
    ended "resume goes on" 0
    claim "prints all cells" cmp "$work/said/out" straight
    claim "and comes to the same" same stopped.h5 straight.h5
    claim "the file is done" has_status stopped.h5 "done"
    run check stopped.h5
    ended "and whole" 0
done
run resume stopped.h5
ended "what is done is not done again" 0 "err:stopped.h5: done already"
run resume stopped.h5 -s capacity.networks=20
ended "a measurement goes on as it was begun" 2 "err:goes on as it was begun"
run rerun stopped.h5 -q
ended "one that was stopped can be repeated" 0 "equal to the last bit"
stop_at KILL 6 0 capacity net.yaml "${long[@]}" -q -o killed.h5
ended "SIGKILL" 137
run check killed.h5
ended "leaves a whole file" 0
run resume killed.h5 -q
ended "that can be gone on with" 0
claim "to the same" same killed.h5 straight.h5

# One network that would take half a minute.
stop_at INT 0 1 capacity net.yaml --seed 1 --json -s capacity.loads=0.25 -s capacity.networks=1 \
    --sizes 30000 -o large.h5
ended "a recall that is under way is given up" 75
run check large.h5
ended "and its file is whole" 0

long=(--seed 5 --threads 2 --json -s basin.networks=12 -s "basin.loads=0.02,0.25"
    -s "basin.sizes=100,6000")
run basin net.yaml "${long[@]}" -q -o straight-basin.h5
ended "a longer measurement of basins" 0
stop_at INT 7 0.1 basin net.yaml "${long[@]}" -o stopped-basin.h5
ended "is stopped" 75 "err:interrupted"
run resume stopped-basin.h5 -q
ended "gone on with" 0
claim "and comes to the same" same stopped-basin.h5 straight-basin.h5

# --- what cannot be measured ---

refused "no sites" 2 "capacity.sizes" "1 to" -- capacity net.yaml --sizes 0
refused "sites that are no number" 2 "not a whole number" -- capacity net.yaml --sizes 100,many
refused "sizes that do not increase" 2 "capacity.sizes must increase: 100 follows 200" \
    -- capacity net.yaml --sizes 200,100
refused "more sites than there may be" 2 "capacity.sizes" "2097152" -- capacity net.yaml --sizes 4194304
refused "a load of nothing" 2 "capacity.loads=0" "out of range" -- capacity net.yaml -s capacity.loads=0
refused "a load below zero" 2 "capacity.loads=-0.1" -- capacity net.yaml -s capacity.loads=-0.1
refused "no load at all" 2 "capacity.loads=" "empty" -- capacity net.yaml -s capacity.loads=
refused "loads that do not increase" 2 "capacity.loads must increase" \
    -- capacity net.yaml -s capacity.loads=0.2,0.1
refused "no patterns" 2 "patterns.count=0" "1 to" -- capacity net.yaml -s patterns.count=0
refused "no networks" 2 "capacity.networks=0" -- capacity net.yaml -s capacity.networks=0
refused "more recalls than a file holds" 2 "1e8" "capacity.networks = 100000000" \
    -- capacity net.yaml -s capacity.networks=100000000
refused "a temperature below zero" 2 "dynamics.temperature=-1" "0 to" \
    -- capacity net.yaml -s dynamics.update=glauber -s dynamics.temperature=-1
refused "a temperature without noise" 2 "dynamics.temperature" "glauber" \
    -- capacity net.yaml -s dynamics.temperature=0.5
refused "one step at a temperature" 2 "capacity.criterion = one-step" "dynamics.temperature" \
    -- capacity net.yaml -s dynamics.update=glauber -s dynamics.temperature=0.5 \
    -s capacity.criterion=one-step
refused "more wrong sites than there are" 2 "cue.amount = 2" "0 to 1" \
    -- capacity net.yaml -s cue.amount=2
refused "an unknown rule names the nearest" 2 "memory.rule=storky" "did you mean storkey" \
    -- capacity net.yaml -s memory.rule=storky
refused "an unknown network names the nearest" 2 "did you mean 'hopfield'" \
    -- capacity net.yaml -s memory.type=hopfeld
refused "an unknown criterion names the nearest" 2 "did you mean exact" \
    -- capacity net.yaml -s capacity.criterion=exat
refused "an unknown key names the nearest" 2 "did you mean capacity.networks" \
    -- capacity net.yaml -s capacity.network=3
refused "a memory that is trained" 2 "ntm is a memory that is trained" -- capacity ntm/copy
refused "patterns of one size only" 2 "patterns.type must be random, not digits" \
    -- capacity net.yaml -s patterns.type=digits
refused "so of basins" 2 "patterns.type must be random" -- basin net.yaml -s patterns.type=digits
refused "a dense power of one" 2 "memory.power=1" "2 to 60" \
    -- capacity net.yaml -s memory.type=dense -s memory.power=1
refused "a dense power with more patterns than can be" 2 "load of 0.05 at 100 sites" "2^40" \
    -- capacity net.yaml -s memory.type=dense -s memory.power=40
refused "a dynamics of spins for real states" 2 "memory.type = modern" "dynamics.update" \
    -- capacity net.yaml -s memory.type=modern -s dynamics.update=synchronous
refused "an overlap above one" 2 "basin.starts=1.1" "0 to 1" -- basin net.yaml -s basin.starts=1.1
refused "starts that do not increase" 2 "basin.starts must increase" \
    -- basin net.yaml -s basin.starts=0.5,0.2
refused "a file that is not there" 5 "net.yml" -- capacity net.yml

run capacity net.yaml --seed 1 -o nowhere/x.h5
ended "a directory that is not there is said before the work" 5 "err:nowhere" "No such file"
claim "and nothing is measured" [ ! -s "$work/said/out" ]

# --- damaged files, full disks, readers that have gone ---

head -c 30000 one.h5 >cut.h5
for verb in resume rerun check plot; do
    run $verb cut.h5
    ended "$verb of a truncated file" 5 "cut.h5 is truncated"
done

full() { # full ARGUMENT...: as run, where files may not grow past 30 KB
    status=0
    (
        trap '' XFSZ
        ulimit -f 30
        exec "$engram" "$@"
    ) >"$work/said/out" 2>"$work/said/err" </dev/null || status=$?
}
full capacity net.yaml --seed 1 -o x.h5
ended "a full disk when a measurement begins" 5 "err:x.h5" "err:File too large"
claim "leaves nothing" nothing_left x.h5
cp two.h5 kept.h5
full capacity net.yaml --seed 1 --force -o kept.h5
ended "a full disk where a file would be replaced" 5 "err:kept.h5"
claim "leaves the old one" cmp kept.h5 two.h5
if [ -c /dev/full ]; then
    status=0
    "$engram" capacity net.yaml --seed 1 --json -o unheard.h5 >/dev/full 2>"$work/said/err" \
        </dev/null || status=$?
    : >"$work/said/out"
    ended "reports that nobody can take are an error" 5 "err:standard output"
    claim "and the measurement is kept" same unheard.h5 one.h5
fi
finish
