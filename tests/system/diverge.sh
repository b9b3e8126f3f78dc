#!/usr/bin/env bash
# tests/system/diverge.sh ENGRAM BAD_DATA -- a run whose numbers stop being finite ends with
# status 3 and keeps what is needed to see why.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1" "$2"
bad_data=${given[0]}

# Among the sequences is one whose inputs are next to the largest float: what a single layer
# learns from it in steps this long is beyond that.
"$bad_data" huge huge.h5 || exit 1
cat >wild.yaml <<'END'
seed: 1
task: {type: file, path: huge.h5}
controller: {type: none}
memory: {type: none}
train: {batch: 2, sequences: 400, report_every: 2, checkpoint_every: 20,
  optimiser: sgd, learning_rate: 1000, clip: none}
evaluate: {sequences: 20}
END
wild=(train wild.yaml --threads 1)

run "${wild[@]}" -s task.last=4 -q -o calm.h5
ended "a run without that sequence comes to its end" 0
run "${wild[@]}" -o wild.h5
ended "a run that diverges ends with 3 and names update, tensor and file" 3 "err:diverged at update" \
    "err:not finite first: " "err:wild.h5"
update=$(sed -n 's/.*diverged at update \([0-9]*\):.*/\1/p' "$work/said/err")
tensor=$(sed -n 's/.*not finite first: \(.*\); .*/\1/p' "$work/said/err")
claim "the message has an update and a tensor" [ -n "$update" -a -n "$tensor" ]
claim "its status is diverged" has_status wild.h5 diverged
claim "its file is whole" "$engram" check wild.h5

if command -v h5dump >/dev/null; then
    # numbers NAME: those of a dataset, one a line
    numbers() {
        h5dump -y -w 1 -d "$1" wild.h5 | sed '/ATTRIBUTE/,$d' | sed -nE 's/^ *([-+.0-9a-z]+),?$/\1/p'
    }
    claim "the file has the update" [ "$(numbers /divergence/step)" = "$update" ]
    h5dump -y -d /divergence/tensor wild.h5 >tensor
    claim "the file has the first tensor that was not finite" grep -qF "$tensor" tensor
    claim "and the two sequences that did it" [ "$(numbers /divergence/item | wc -l)" -eq 2 ]
    claim "with the steps of each" [ "$(numbers /divergence/steps | wc -l)" -eq 2 ]
    numbers /divergence/input >input
    claim "the inputs" grep -q '^3e+38$' input
    numbers /divergence/target >target
    claim "and the targets" [ -s target ]
    claim "the run goes up to that update" \
        [ "$(numbers /train/step | wc -l)" -eq "$update" ]
else
    skip "what the file has of the divergence: no h5dump"
fi

cp wild.h5 before.h5
run resume wild.h5 --threads 1
ended "a diverged run does not go on" 2 "diverged"
claim "and its file is left as it was" cmp -s wild.h5 before.h5
run rerun wild.h5 --threads 2 -q
ended "it diverges again in the same way" 0 "equal to the last bit"
run "${wild[@]}" --require 1e9 -q -o again.h5
ended "--require does not hide a divergence" 3
run "${wild[@]}" --json -q -o json.h5
ended "nor does --json" 3 "err:diverged"

# Long steps alone are no divergence while the numbers are finite.
run train ntm/copy "${small[@]}" --seed 1 -s train.optimiser=sgd -s train.learning_rate=1000 -q \
    -s train.clip=value -s train.clip_limit=1e-6 -o tame.h5
ended "with the gradient clipped the steps stay short and the run is done" 0
finish
