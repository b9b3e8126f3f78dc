#!/usr/bin/env bash
# tests/system/compare.sh ENGRAM BAD_DATA -- schemes x tasks x seeds: every cell a run of its own, stopped and
# gone on with, what is done not done again, what is broken made anew.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1" "$2"
bad_data=${given[0]}

cat >tiny.yaml <<'END'
seeds: 1..2
match: parameters
preset: ntm/copy
base:
  controller.size: 16
  memory: {slots: 12, width: 6}
  train: {batch: 16, sequences: 320, report_every: 80, checkpoint_every: 160, solved: 1000}
  evaluate.sequences: 20
tasks:
  copy:
    task: {bits: 3, length_max: 4}
    evaluate.lengths: [4, 8]
    probe.lengths: [4]
  back and forth:
    task: {type: reverse, bits: 2, length_max: 3}
    evaluate.lengths: [3, 6]
    probe.lengths: [3]
schemes:
  as it is: []
  no memory: [memory.type=none]
END

# newer: the run files that were written after the file `before`
# shellcheck disable=SC2317 # `claim` calls it
newer() {
    find tiny -name '*.h5' -newer before | sort | tr '\n' ' '
}
compare=(compare tiny.yaml -o tiny.h5 --threads 2)

# --- a comparison ---

run "${compare[@]}" --dry-run
ended "a dry run says what there is to do" 0 "out:cells       8: 0 done, 0 begun, 8 not begun" \
    "out:2 at a time: about"
claim "and does none of it" [ "$(ls)" = tiny.yaml ]
run "${compare[@]}"
ended "a comparison ends with a table" 0 "err:8 cells; 2 at a time with 1 thread each" \
    "err:(8 of 8)" "out:seeds that solved the task" "out:2/2 (34-100 %)" "out:back and forth, 6"
claim "every cell has a run file" [ "$(find tiny -name '*.h5' | wc -l)" = 8 ]
claim "which is a run" "$engram" check "tiny/back-and-forth/no-memory-2.h5"
claim "the comparison file is whole" "$engram" check tiny.h5
run train tiny/copy/as-it-is.yaml --seed 2 --threads 1 -q -o alone.h5
claim "a cell is the run of its file and seed alone" same alone.h5 tiny/copy/as-it-is-2.h5
run compare tiny.yaml -o tiny.h5 --json -q
ended "with --json the table is objects" 0 '{"report": "compare", "scheme": "no memory", "task": "copy"' \
    '"seeds": 2, "solved": 2, "diverged": 0' '"median_sequences": 80'
claim "one for each scheme and task" [ "$(wc -l <"$work/said/out")" = 4 ]

# --- once more ---

touch before
sleep 0.1
run "${compare[@]}"
ended "once more there is nothing to do" 0 "err:8 cells, 8 done already" "out:2/2 (34-100 %)"
claim "and no run file is touched" [ -z "$(newer)" ]
rm tiny/copy/no-memory-1.h5
head -c 3000 tiny/copy/as-it-is-1.h5 >cut.h5 && mv cut.h5 tiny/copy/as-it-is-1.h5
echo nonsense >tiny/back-and-forth/as-it-is-2.h5
touch before
sleep 0.1
run "${compare[@]}"
ended "what is gone or broken is made anew" 0 "err:5 done already, 2 not whole and made anew"
claim "and nothing else" [ "$(newer)" = \
    "tiny/back-and-forth/as-it-is-2.h5 tiny/copy/as-it-is-1.h5 tiny/copy/no-memory-1.h5 " ]
run "${compare[@]}" -s train.sequences=640
ended "a cell of another configuration is refused, the first key named" 5 \
    "as-it-is-1.h5 exists already" "train.sequences = 320 there, train.sequences = 640 here"
sed -i 's/type: reverse, bits: 2/type: reverse, bits: 4/' tiny.yaml
touch before
sleep 0.1
run "${compare[@]}" --force
ended "with --force it is made anew" 0 "err:8 cells, 4 done already"
claim "and cells of this configuration stay" [ "$(newer | wc -w)/$(find tiny/copy -name '*.h5' -newer before)" = "4/" ]

run resume tiny.h5
ended "a comparison is no run" 5 "tiny.h5 is a comparison and no run: engram compare goes on"

# --- other ways to say it ---

run compare ntm/copy "${small[@]}" -s train.sequences=160 --seeds 3..3 -q -o way.h5 \
    "no shift: memory.shift_range=0" memory.order=read-write
ended "a preset is compared with itself changed" 0 "out:as it is" "out:no shift" "out:memory.order=read-write"
run compare
ended "without a name those that are built in are listed" 0 "out:addressing"
run compare addressing --print-config
ended "and can be printed, to be changed" 0 "out:schemes:"
run compare adressing
ended "a name that is none" 2 "err:did you mean 'addressing'"
sed 's/slots: 12/slts: 12/' tiny.yaml >bad.yaml
run compare bad.yaml -q
ended "a fault is named with file and line" 2 "bad.yaml:6:18: memory.slts: no such key; did you mean memory.slots?"
"$bad_data" huge huge.h5 || exit 1
cat >wild.yaml <<'END'
preset: ntm/copy
seeds: 1..1
base:
  task: {type: file, path: huge.h5}
  controller: {type: none}
  memory: {type: none}
  train: {batch: 2, sequences: 400, report_every: 2, checkpoint_every: 20, schedule: constant,
    optimiser: sgd, learning_rate: 1000, clip: none, weight_decay: 0}
  evaluate: {sequences: 20, lengths: 4}
  probe.lengths: 4
tasks: {data: []}
schemes:
  calm: [task.last=4]
  wild: []
  narrow: [memory.type=ntm, memory.slots=2, memory.shift_range=4]
END
run compare wild.yaml -q
ended "what diverges or cannot be is a row" 0 "out:wild, data: 1 of 1 diverged" \
    "out:narrow, data: not possible: memory.shift_range = 4 is wider than the memory"
claim "it stays so" "$engram" compare wild.yaml -q
echo precious >kept.h5
run compare ntm/copy "${small[@]}" --seeds 1..1 -q -o kept.h5
ended "a file that is no comparison is left alone" 5 "kept.h5 exists already, and is no comparison"
claim "as it was" grep -qx precious kept.h5

# --- figures ---

if command -v gnuplot >/dev/null; then
    run plot tiny.h5
    ended "two figures are drawn" 0 "out:tiny-schemes.svg" "out:tiny-traces.svg"
    claim "with a line a seed" grep -qx '"copy","no memory",2,80,done' tiny-schemes.csv
    claim "and the traces of the heads" grep -q '^"copy","as it is",write,' tiny-traces.csv
else
    skip "two figures are drawn"
fi

# --- stopped ---

rm -rf tiny tiny.h5
long=("${compare[@]}" -s train.sequences=24000 -s train.report_every=160 -s train.checkpoint_every=160)
env --default-signal=INT "$engram" "${long[@]}" >/dev/null 2>"$work/said/err" </dev/null &
pid=$!
for _ in {1..200}; do
    [ ! -e tiny/copy/no-memory-1.h5 ] || [ ! -e tiny/copy/as-it-is-1.h5 ] || break
    sleep 0.05
done
kill -INT "$pid"
status=0
wait "$pid" || status=$?
: >"$work/said/out"
ended "a signal stops all" 75 "err:stopped" "err:interrupted; the same command goes on"
claim "what has begun is kept" has_status tiny/copy/no-memory-1.h5 interrupted
claim "the comparison file says so" has_status tiny.h5 interrupted
claim "and nothing new is begun" nothing_left tiny/copy/no-memory-2.h5
run "${long[@]}" --dry-run
ended "a dry run counts what has begun" 0 "out:cells       8: 0 done, 2 begun, 6 not begun"
run "${long[@]}"
ended "the same command goes on" 0 "err:8 cells, 2 begun;" "err:(8 of 8)"
claim "the comparison file says that it is done" has_status tiny.h5 "done"
run train tiny/copy/no-memory.yaml --seed 1 --threads 1 -q -o alone2.h5
claim "to the bits of a run that was not stopped" same alone2.h5 tiny/copy/no-memory-1.h5
finish
