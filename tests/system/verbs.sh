#!/usr/bin/env bash
# tests/system/verbs.sh ENGRAM -- every verb does what its help says, on something small.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1"

# Every line is an object of names with numbers and texts.
# shellcheck disable=SC2317 # `claim` calls it
json() {
    local value='("([^"\\]|\\.)*"|-?[0-9][-+.0-9e]*|null|true|false)'
    [ -s "$1" ] && ! grep -vE "^\{\"[a-z_]+\": $value(, \"[a-z_]+\": $value)*\}\$" "$1"
}

# --- help ---

run --help
ended "the program has help" 0 "out:engram train" "out:engram check"
verbs=$(sed -n 's/^  engram \([a-z]*\) .*/\1/p' "$work/said/out")
for verb in $verbs; do
    run "$verb" --help
    ended "$verb has help" 0 "out:engram $verb" "out:--help"
done
claim "there are twelve verbs or more" [ "$(echo "$verbs" | wc -w)" -ge 12 ]
run --version
ended "the program has a version" 0 "out:engram "

# --- list, describe ---

run list
ended "list shows everything" 0 "out:tasks" "out:memories" "out:controllers" "out:presets" "out:ntm/copy"
for what in tasks memories controllers models patterns presets; do
    run list "$what"
    ended "list $what" 0 "out:$what"
done
run list presets
presets=$(sed -n 's/^  \([a-z-]*\/[a-z-]*\) .*/\1/p' "$work/said/out")
claim "there are five presets or more" [ "$(echo "$presets" | wc -w)" -ge 5 ]
run describe ntm/copy
ended "describe shows tensors, fields, count and options" 0 "out:controller/layer0/weight_input" \
    "out:write_weights" "out:learnable numbers" "out:memory" "out:slots: 128"

# The numbers of parameters of table 3 of Graves, Wayne & Danihelka 2014, those that can be met.
for row in copy:1352969 repeat-copy:5312007 associative-recall:1344518 ngram:331905; do
    run describe "paper/${row%:*}-lstm"
    ended "describe paper/${row%:*}-lstm has the paper's number of parameters" 0 \
        "out:  ${row#*:} learnable numbers"
done

# --- every preset: trained past its first checkpoint, recalled or measured ---

# associative PRESET: a small recall or measurement; to ${preset//\//-}.h5.
associative() {
    local small=(-s capacity.networks=2 -s capacity.starts=1 -s capacity.sizes=16)
    case $1 in
    */basin) run basin "$1" -s basin.networks=2 -s basin.sizes=40 --seed 1 -o "$2" ;;
    */capacity | */one-step | */critical) run capacity "$1" "${small[@]}" --seed 1 -o "$2" ;;
    *) run recall "$1" -s recall.trials=3 --seed 1 -o "$2" ;;
    esac
}

# Sizes that make any task small; a task has some of the keys.
tiny_task=(bits=3 length_min=2 length_max=5 repeats_max=2 order=3 best=3)

# Data that the user has to bring, as little as will do.
mkdir data
for k in {1..30}; do
    place=$([ $((k % 3)) -eq 0 ] && echo attic || echo cellar)
    printf '1 Ada went to the %s.\n2 Ben went to the attic.\n3 Where is Ada?\t%s\t1\n' "$place" "$place"
done >data/qa1_where_train.txt
cp data/qa1_where_train.txt data/qa1_where_test.txt

for preset in $presets; do
    options=("${short[@]}")
    own_data=()
    run describe "$preset"
    if grep -q 'task.path is needed' "$work/said/err"; then
        ended "describe $preset asks for data" 2
        case $preset in
        */text) own_data=(-s task.path=data/qa1_where_train.txt -s task.length=8 -s task.unasked=2) ;;
        *) own_data=(-s task.number=1 -s task.path=data) ;;
        esac
        run describe "$preset" "${own_data[@]}"
    fi
    if grep -q '^patterns ' "$work/said/out"; then
        ended "describe $preset" 0 "out:load"
        file=${preset//\//-}.h5
        associative "$preset" "$file"
        ended "$preset is recalled or measured" 0
        claim "its file $file is whole" "$engram" check "$file"
        run train "$preset"
        ended "train $preset says what takes it" 2 "err:engram recall"
        continue
    fi
    ended "describe $preset" 0 "out:learnable numbers"
    grep -q '^memory .*Neural Turing' "$work/said/out" && options=("${small[@]}")
    if grep -q '^model .*memory network' "$work/said/out"; then # it has no controller
        for i in "${!options[@]}"; do
            case ${options[i]} in controller.*) unset "options[i]" "options[i - 1]" ;; esac
        done
    fi
    if [ "${preset#*/}" != copy ]; then
        # In place of the sizes of the copy task those that the task has.
        for i in "${!options[@]}"; do
            case ${options[i]} in task.*) unset "options[i]" "options[i - 1]" ;; esac
        done
        run train "$preset" "${own_data[@]}" --print-config
        for setting in "${tiny_task[@]}"; do
            sed -n '/^task:/,/^[a-z]*:$/p' "$work/said/out" | grep -q "^  ${setting%%=*}:" &&
                options+=(-s "task.$setting")
        done
    fi
    file=${preset//\//-}.h5
    run train "$preset" "${options[@]}" "${own_data[@]}" --seed 1
    case $preset in
    */babi*) all=out:training ;;
    */text) all=out:perplexity ;;
    *) all=out:mixed ;;
    esac
    ended "train $preset" 0 "err:800 sequences" "$all"
    claim "its file $file is whole" "$engram" check "$file"
done

run train ntm/copy "${small[@]}" --seed 1 -q -o quiet.h5
claim "train -q prints nothing" silent
claim "and trains all the same" same quiet.h5 ntm-copy.h5
run train ntm/copy "${small[@]}" --seed 1 --json -q -o json.h5
ended "train --json reports" 0 'out:"report": "train"' 'out:"report": "evaluate"'
claim "in objects of JSON, and nothing else" json "$work/said/out"
run train ntm/copy "${small[@]}" --seeds 1..2 --json -q -o json.h5 --force
claim "also for several seeds" json "$work/said/out"
run train ntm/copy "${small[@]}" --dry-run
ended "train --dry-run says what it would do" 0 "out:parameters" "out:memory" "out:run file" "out:time"
run train ntm/copy "${small[@]}" --dry-run -o dry.h5
claim "and does not do it" nothing_left dry.h5
run train ntm/copy "${small[@]}" --seed 1 -q --require 100 -o met.h5
ended "a cost that meets --require" 0
run train ntm/copy "${small[@]}" --seed 1 -q --require 1e-6 -o unmet.h5
ended "a cost that does not" 4 "err:bit/sequence, required is at most 1e-06"
claim "leaves its file" same unmet.h5 met.h5

# --- evaluate ---

run evaluate ntm-copy.h5 --threads 1
ended "evaluate shows the lengths of the run" 0 "out:mixed" "out:exact"
run evaluate ntm-copy.h5 --threads 1 -s evaluate.lengths="3,7" -s evaluate.sequences=10
ended "and others" 0
claim "one line each" [ "$(grep -cE '^ +(3|7|mixed) .* 10 ' "$work/said/out")" -eq 3 ]
cp "$work/said/out" first
run evaluate ntm-copy.h5 --threads 2 -q -s evaluate.lengths="3,7" -s evaluate.sequences=10
claim "the same with other threads" cmp first "$work/said/out"
run evaluate ntm-copy.h5 --threads 1 --json
ended "evaluate --json" 0 'out:"exact_fraction"'
claim "prints objects of JSON" json "$work/said/out"
claim "evaluate leaves the file as it was" same ntm-copy.h5 quiet.h5

run evaluate ntm-ff-repeat-copy.h5 --threads 1 -s evaluate.lengths="3,7" -s evaluate.repeats="2,5" \
    -s evaluate.sequences=10
ended "evaluate combines lengths and repeats" 0 "out:3 x 2" "out:3 x 5" "out:7 x 2" "out:7 x 5"
run evaluate ntm-ff-ngram.h5 --threads 1 -s evaluate.sequences=10
ended "evaluate says what is possible at best where that differs" 0 "out:best possible"
for curriculum in fixed growing look-back; do
    run train ntm/copy "${small[@]}" -s curriculum.type="$curriculum" -s curriculum.sequences=400 \
        --seed 1 -q -o "$curriculum.h5"
    ended "train with sizes that are $curriculum" 0
    claim "its file is whole" "$engram" check "$curriculum.h5"
    claim "and another run than with uniform sizes" different ntm-copy.h5 "$curriculum.h5"
done
for task in reverse copy-delayed selective-copy recall-multi parity addition dyck; do
    run train ntm-ff/copy --threads 1 -s task.type="$task" -s task.length_max=4 -s memory.slots=8 \
        -s train.sequences=160 -s evaluate.sequences=20 -s evaluate.lengths=5 -s probe.lengths=5 \
        --seed 1 -q -o "$task.h5"
    ended "train on $task" 0
    claim "its file is whole" "$engram" check "$task.h5"
done

# A linear start that does not end: an evaluation then has no softmax either, from a file as well.
linear=(--threads 1 -s task.train=40 -s task.test=40 -s train.sequences=640 --seed 1)
run train memn2n/babi-like "${linear[@]}" -s model.linear_start=1000000 --json -q -o linear.h5
grep '"report": "evaluate"' "$work/said/out" >evaluated
run evaluate linear.h5 --threads 1 --json
claim "an evaluation of a file is that of the training, in its linear start" \
    cmp evaluated "$work/said/out"
run train memn2n/babi-like "${linear[@]}" -s model.linear_start=640 --json -q -o softmax.h5
grep '"report": "evaluate"' "$work/said/out" >softmax
run train memn2n/babi-like "${linear[@]}" -s model.linear_start=640 --dry-run
ended "a linear start that is never left is remarked on" 0 "out:never have a softmax"
run train memn2n/babi-like "${linear[@]}" -s model.linear_start=639 --dry-run
claim "and one that ends is not" [ "$(grep -c 'never have a softmax' "$work/said/out")" -eq 0 ]
claim "and another one where that has just ended" [ "$(cmp -s evaluated softmax; echo $?)" -eq 1 ]

# --- one's own stories ---

printf '1 Ada went home.\n2 Where is Ada?\thome\t1\n' >own-train.txt
printf '1 Bo went away.\n2 Where is Bo?\taway\t1\n' >own-test.txt
run train memn2n/babi-like -s task.type=stories -s task.train=own-train.txt --threads 1 \
    -s task.test=own-test.txt -s task.validation=0 -s train.batch=1 --dry-run
ended "words and answers that training does not have are counted" 0 \
    "out:3 words of the data are not in the vocabulary" "out:1 questions of the test have an answer"

run train memn2n/babi-like -s task.type=stories -s task.train=own-train.txt -s task.test=own-test.txt \
    -s task.validation=0 --dump 9 -o told.txt
ended "a dump of stories says how many there were" 0 "err:1 training questions of stories"
claim "and has no test, whose answers may have no name" [ "$(grep -c away told.txt)" -eq 0 ]

# --- one's own sequences ---

run train copy --dump 12 -o own.h5 -s task.bits=3 -s task.length_max=5 --seed 2
ended "train --dump writes sequences" 0 "err:12 sequences of copy"
run train copy --dump 12 -o again.h5 -s task.bits=3 -s task.length_max=5 --seed 2 -q
claim "the same ones for the same seed" cmp own.h5 again.h5
run evaluate ntm-copy.h5 --threads 1 -s task.type=file -s task.path=own.h5
ended "evaluate takes one's own sequences, fewer than a batch too" 0 "out:mixed"
own=(--threads 1 -s train.batch=4 -s train.sequences=160 -s memory.slots=16 -s memory.width=8
    -s controller.size=24 -s evaluate.sequences=20 -s task.type=file -s task.path=own.h5)
run train ntm/copy "${own[@]}" --seed 1 -q -o file.h5
ended "train takes one's own sequences" 0
claim "and its file is whole" "$engram" check file.h5
run evaluate file.h5 --threads 1 -s task.first=11 -s task.last=12
ended "which can be evaluated on a part of them" 0 "out:mixed"
run rerun file.h5 --threads 1 -q
ended "and repeated" 0 "equal to the last bit"

# --- everything that is printed can be had as JSON ---

run list --json
ended "list --json" 0 'out:"report": "preset"'
claim "prints objects of JSON" json "$work/said/out"
run describe ntm/copy --json
ended "describe --json" 0 'out:"report": "parameter"' 'out:"report": "option"'
claim "prints objects of JSON" json "$work/said/out"
run check file.h5 --json
ended "check --json" 0 'out:"problems": 0'
claim "prints an object of JSON" json "$work/said/out"
run diff file.h5 file.h5 --json
ended "diff --json" 0 'out:"differences": 0'

# --- gradcheck, bench, verify ---

tiny=(-s memory.slots=6 -s memory.width=4 -s controller.size=5 -s task.bits=3 -s task.length_max=3)
run gradcheck ntm/copy "${tiny[@]}" --components 3
ended "gradcheck finds the gradients right" 0 "out:controller/layer0/weight_input" "out:ok"
run gradcheck ntm-ff/copy "${tiny[@]}" --components 2 --json
ended "gradcheck --json" 0 '"largest_error"'
claim "prints objects of JSON" json "$work/said/out"
run bench ntm/copy "${tiny[@]}" --threads 1 --json
ended "bench measures" 0 'out:"sequences_per_second"' 'out:"flops_per_sequence"' \
    'out:"gemm_gflops"' 'out:"gemm_fraction"' 'out:"allocations_after_warm_up": 0'
claim "and prints an object of JSON" json "$work/said/out"
run bench sam/scaling ntm/scaling "${tiny[@]}" --slots 8,16 --threads 1
ended "bench --slots measures each preset at each size" 0 \
    "out:sam/scaling                          8      8" "out:ntm/scaling                         16      8"
run bench sam/scaling "${tiny[@]}" --slots 8 --threads 1 --json
ended "bench --slots --json" 0 'out:"slots": 8' 'out:"tape_bytes"' 'out:"seconds_per_sequence"'
run bench sam/scaling --slots 8,x
ended "bench --slots takes whole numbers" 2 "err:--slots 8,x"
run bench sam/copy ntm/copy
ended "bench of several presets needs sizes" 2 "err:--slots"
# timeout sends SIGINT, and SIGKILL when that does not help; it has a signal ignored itself
# where the shell has, so it is started afresh.
status=0
env --default-signal=INT timeout --foreground --preserve-status -k 10 -s INT 0.3 \
    "$engram" gradcheck ntm/copy --components 0 >"$work/said/out" 2>"$work/said/err" || status=$?
claim "Ctrl-C ends a long gradcheck" [ "$status" -eq 75 -o "$status" -eq 130 ]
run verify
ended "verify lists what it knows" 0 "out:ntm/copy"

# --- plot ---

if command -v gnuplot >/dev/null; then
    for format in svg png pdf; do
        run plot ntm-copy.h5 --format "$format" -o "figure-$format"
        ended "plot draws as $format" 0
        claim "more than one figure" [ "$(find . -name "figure-$format*.$format" -size +0 | wc -l)" -ge 2 ]
    done
    run plot ntm-copy.h5 --format svg -o figure-svg
    ended "plot does not overwrite figures" 5 "exists already"
    run plot ntm-copy.h5 --format svg -o figure-svg --force
    ended "unless it is told to" 0
    run plot ntm-copy.h5 lstm-copy.h5 -o both
    ended "several runs are compared" 0 "out:both-compare.svg"
    claim "in a figure that names both" grep -q 'lstm/copy (1 seed)' both-compare.svg
    run plot ntm-copy.h5 lstm-copy.h5
    ended "which needs a name" 2 "-o"
    run train ntm-ff/ngram -s task.length_min=12 -s task.length_max=12 -s memory.slots=8 \
        -s controller.size=6 -s train.sequences=32 -s evaluate.lengths=12 \
        -s evaluate.sequences=4 -s probe.lengths=12 --threads 1 --seed 1 -q -o ngram.h5
    ended "a probe of N-grams" 0
    run plot ngram.h5 --figure prediction
    ended "has the best prediction beside the network's" 0 "out:ngram-ngram-12-prediction.svg"
    claim "of which five bits are a guess" [ \
        "$(awk -F, 'NR > 1 && NR < 7 && $4 == 0.5' ngram-ngram-12-prediction.csv | wc -l)" -eq 5 ]
    run plot lstm-copy.h5 -q
    claim "a run without a memory is drawn too, and -q prints nothing" silent
else
    skip "figures: no gnuplot"
fi
PATH='' run plot ntm-copy.h5 -o without
ended "without gnuplot plot says what is missing" 5 "gnuplot"
run plot ntm-copy.h5 --format gif
ended "an unknown format is refused" 2 "--format gif"
run plot ntm-copy.h5 --figure head
ended "an unknown figure names the nearest" 2 "did you mean heads"

# --- check, diff, rerun ---

run check ntm-copy.h5
ended "check finds a whole file whole" 0 "out:is whole"
cp ntm-copy.h5 damaged.h5
size=$(stat -c %s damaged.h5)
# A page in the middle, of a checkpoint or a parameter, becomes noise.
head -c 65536 /dev/zero | tr '\0' '\252' |
    dd of=damaged.h5 bs=1 seek=$((size / 3)) conv=notrunc status=none
run check damaged.h5
ended "and damage in the middle of one" 5
run diff ntm-copy.h5 quiet.h5
ended "diff of equal runs" 0 "out:equal"
run diff ntm-copy.h5 lstm-copy.h5
ended "diff of different ones" 1 "controller"

# --- nobody reads ---

# unheard SENTENCE ARGUMENT...: standard output takes nothing, and the program says so.
unheard() {
    local sentence=$1
    shift
    status=0
    "$engram" "$@" >/dev/full 2>"$work/said/err" </dev/null || status=$?
    : >"$work/said/out"
    ended "$sentence to a full disk is an error" 5 "err:standard output"
    # A pipe whose reader was there, and is no more.
    local reader gone ending=0
    rm -f "$work/said/pipe"
    mkfifo "$work/said/pipe"
    : <"$work/said/pipe" &
    reader=$!
    exec {gone}>"$work/said/pipe"
    wait "$reader"
    # shellcheck disable=SC2261
    "$engram" "$@" 1>&"$gone" 2>"$work/said/err" </dev/null || ending=$?
    exec {gone}>&-
    status=$ending
    ended "$sentence to a reader that has gone is an error" 5 "err:standard output"
}

if [ -c /dev/full ]; then
    unheard "help" train --help
    unheard "a list" list
    unheard "a description" describe ntm/copy
    unheard "a configuration" train ntm/copy --print-config
    unheard "an evaluation" evaluate ntm-copy.h5 --threads 1
    unheard "an evaluation in JSON" evaluate ntm-copy.h5 --threads 1 --json
    unheard "reports of training" train ntm/copy "${small[@]}" --json -o unheard.h5 --force
    claim "which leaves a whole file" "$engram" check unheard.h5
fi
finish
