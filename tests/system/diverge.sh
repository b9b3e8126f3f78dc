#!/usr/bin/env bash
# tests/system/diverge.sh ENGRAM -- a run whose numbers stop being finite ends with status 3
# and keeps what is needed to see why.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1"

run train ntm/copy "${wild[@]}" -o wild.h5
ended "a run that diverges ends with 3 and names update, tensor and file" 3 "err:diverged at update" \
    "err:not finite first: " "err:wild.h5"
update=$(sed -n 's/.*diverged at update \([0-9]*\):.*/\1/p' "$work/said/err")
tensor=$(sed -n 's/.*not finite first: \(.*\); .*/\1/p' "$work/said/err")
claim "the message has an update and a tensor" [ -n "$update" -a -n "$tensor" ]
claim "its status is diverged" has_status wild.h5 diverged
claim "its file is whole" "$engram" check wild.h5

if command -v h5dump >/dev/null; then
    h5dump -y -d /divergence/step wild.h5 >step
    claim "the file has the update" grep -qE "^ *$update\$" step
    h5dump -y -d /divergence/tensor wild.h5 >tensor
    claim "the file has the first tensor that was not finite" grep -qF "$tensor" tensor
    for name in item steps input target; do
        claim "the file has $name of the batch that did it" \
            h5dump -H -d "/divergence/$name" wild.h5
    done
    h5dump -y -d /divergence/item wild.h5 >item
    claim "all 16 sequences of it" [ "$(grep -oE '^ *[0-9, ]+$' item | grep -oE '[0-9]+' | wc -l)" -eq 16 ]
else
    skip "what the file has of the divergence: no h5dump"
fi

run resume wild.h5 --threads 1
ended "a diverged run does not go on" 2 "diverged"
run evaluate wild.h5 --threads 1
claim "it can be evaluated, or says why not" [ "$status" -eq 0 -o -s "$work/said/err" ]
run rerun wild.h5 --threads 1 -q
ended "it diverges again in the same way" 0 "equal to the last bit"
run train ntm/copy "${wild[@]}" --require 100 -q -o again.h5
ended "--require does not hide a divergence" 3
run train ntm/copy "${wild[@]}" --json -q -o json.h5
ended "nor does --json" 3 "err:diverged"
run train ntm/copy "${small[@]}" --seed 1 -s train.optimiser=sgd -s train.learning_rate=1000 -q \
    -s train.clip=value -s train.clip_limit=1e-6 -o tame.h5
ended "with the gradient clipped the steps stay short and the run is done" 0
finish
