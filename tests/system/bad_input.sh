#!/usr/bin/env bash
# tests/system/bad_input.sh ENGRAM BAD_DATA BUMP_FORMAT -- what cannot be done is refused: with
# the right exit status, in words that name the fault, and without losing or leaving a file.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1" "$2" "$3"
bad_data=${given[0]} bump_format=${given[1]}

# refused SENTENCE STATUS WORDS... -- ARGUMENT...: the program refuses, and x.h5 is not there.
refused() {
    local sentence=$1 want=$2 words=()
    shift 2
    while [ "$1" != -- ]; do
        words+=("err:$1")
        shift
    done
    shift
    run "$@"
    if [ "$status" -eq "$want" ] && ! nothing_left x.h5; then
        not_ok "$sentence (a file is left)"
    else
        ended "$sentence" "$want" "${words[@]}"
    fi
    rm -f x.h5*
}

train=(train ntm/copy "${small[@]}" -o x.h5)

# --- the command line ---

refused "a missing verb" 2 "verb is missing" --
refused "an unknown verb names the nearest" 2 "no verb 'trian'" "train" -- trian ntm/copy
refused "an unknown preset names the nearest" 2 "ntm/cpy" "did you mean 'ntm/copy'" \
    -- train ntm/cpy -o x.h5
refused "an unknown flag names the nearest" 2 "--treads" "did you mean --threads" \
    -- "${train[@]}" --treads 2
refused "a flag without its value" 2 "--threads needs a value" -- "${train[@]}" --threads
refused "a flag with a value of the wrong type" 2 "--threads x" "whole number" \
    -- "${train[@]}" --threads x
refused "a length that no sequence of the task can have" 2 "evaluate.lengths = 1" "at least 2 items" \
    -- train ntm-ff/associative-recall -s evaluate.lengths="3,1" -o x.h5
refused "more sizes than can be evaluated" 2 "make 400 sizes" "at most 256" -- \
    train ntm-ff/repeat-copy -s evaluate.lengths="$(seq -s, 20)" -s evaluate.repeats="$(seq -s, 20)" -o x.h5
refused "an unknown curriculum names the nearest" 2 "curriculum.type" "did you mean growing" \
    -- "${train[@]}" -s curriculum.type=growin
refused "a range of seeds that runs backwards" 2 "--seeds 3..1" -- "${train[@]}" --seeds 3..1
refused "a missing target" 2 "train needs PRESET" -- train
refused "an argument too many" 2 "'more'" "too many" -- "${train[@]}" more
refused "a flag of another verb" 2 "no flag --dump" -- check --dump 3
refused "no sequences to dump" 2 "--dump" -- "${train[@]}" --dump 0
refused "a dump without a file" 2 "-o" -- train copy --dump 3
refused "more threads than can be" 2 "threads" -- "${train[@]}" --threads 1000000
refused "an unknown list names the nearest" 2 "did you mean presets" -- list preset
refused "an unknown claim names the nearest" 2 "did you mean 'ntm/copy'" -- verify ntm/cop
refused "verify says which setting it needs" 2 "needs -s babi.path=" -- verify memn2n
refused "verify takes no other setting" 2 "takes -s babi.path=..., not 'task.path=x'" -- \
    verify memn2n -s task.path=x
refused "verify of presets as they are takes no setting" 2 "takes no -s" -- verify ntm -s task.bits=3
refused "verify looks for its data where it is told" 5 "no-folder/en" -- \
    verify memn2n -s babi.path=no-folder

# --- keys and values ---

refused "an unknown key names the nearest" 2 "memory.slot" "did you mean memory.slots" \
    -- "${train[@]}" -s memory.slot=3
refused "a value below its range names the range" 2 "memory.slots=0" "out of range" "1 to" \
    -- "${train[@]}" -s memory.slots=0
refused "a value above its range" 2 "train.beta1=1" "0 to 0.999999" -- "${train[@]}" -s train.beta1=1
refused "a number that is no number" 2 "memory.slots=abc" "not a whole number" \
    -- "${train[@]}" -s memory.slots=abc
refused "a fraction where a whole number is due" 2 "memory.slots=3.5" "not a whole number" \
    -- "${train[@]}" -s memory.slots=3.5
refused "NaN as a value" 2 "train.learning_rate=nan" "not a number" \
    -- "${train[@]}" -s train.learning_rate=nan
refused "an unknown choice lists the choices" 2 "adm" "rmsprop-graves" "did you mean adam" \
    -- "${train[@]}" -s train.optimiser=adm
refused "a list that is none" 2 "evaluate.lengths=a,b" "whole number" \
    -- "${train[@]}" -s evaluate.lengths=a,b
refused "an assignment without a value" 2 "KEY=VALUE" -- "${train[@]}" -s memory
refused "an unknown memory names the nearest" 2 "did you mean 'ntm'" -- "${train[@]}" -s memory.type=ntn
refused "an unknown task names the nearest" 2 "did you mean 'copy'" -- "${train[@]}" -s task.type=cop
refused "an unknown controller names the nearest" 2 "did you mean 'lstm'" \
    -- "${train[@]}" -s controller.type=lst
refused "a seed that is too large" 2 "--seed" "4294967295" -- "${train[@]}" --seed 4294967296
refused "lengths that are upside down" 2 "task.length_min = 9" "task.length_max = 5" \
    -- "${train[@]}" -s task.length_min=9

# --- shapes ---

refused "a shift range wider than the memory" 2 "memory.shift_range = 9" "memory.slots = 16" \
    -- "${train[@]}" -s memory.shift_range=9
refused "a memory of one slot with room to shift" 2 "memory.shift_range = 1" "memory.slots = 1" \
    -- "${train[@]}" -s memory.slots=1
run train ntm/copy "${small[@]}" -s memory.slots=1 -s memory.shift_range=0 -o one.h5 -q
ended "a memory of one slot without shifts trains" 0
claim "and its run file is whole" "$engram" check one.h5

# --- files of options ---

# refused_file SENTENCE WORDS... -- TEXT: the file my.yaml with this text is refused.
refused_file() {
    local sentence=$1 words=()
    shift
    while [ "$1" != -- ]; do
        words+=("$1")
        shift
    done
    printf '%b' "$2" >my.yaml
    refused "$sentence" 2 "${words[@]}" -- train my.yaml -o x.h5
}

refused_file "malformed YAML names file, line and column" "my.yaml:3:9" "not valid YAML" \
    -- 'memory:\n  slots: 3\n   width: [2\n'
refused_file "an unknown key in a file names its place" "my.yaml:2:10" "did you mean memory.slots" \
    -- 'memory:\n  slotz: 3\n'
refused_file "a wrong type in a file names its place" "my.yaml:2:10" "not a whole number" \
    -- 'memory:\n  slots: many\n'
refused_file "a value out of range in a file names its place" "my.yaml:2:10" "1 to 16777216" \
    -- 'memory:\n  slots: -3\n'
refused_file "a value where a group belongs names its place" "my.yaml:1:9" "memory" -- 'memory: 3\n'
refused_file "a file that is no text" "my.yaml:1:1" -- '\001\002'
refused "a file of options that is not there" 5 "nofile.yaml" "No such file" \
    -- train nofile.yaml -o x.h5

# --- run files that are none ---

"$engram" train ntm/copy "${small[@]}" --seed 1 -q -o good.h5 || exit 1
cp good.h5 copy.h5
head -c 3000 good.h5 >truncated.h5
head -c 400000 /dev/zero | tr '\0' x >text.h5
: >empty.h5
mkdir directory.h5
"$bad_data" good other.h5 || exit 1
cp good.h5 newer.h5
"$bump_format" newer.h5 99 || exit 1
[ "$(id -u)" -eq 0 ] || { cp good.h5 secret.h5 && chmod 000 secret.h5; }

bad_run() { # bad_run SENTENCE FILE WORDS
    local verb before after
    before=$(cksum "$2" 2>&1)
    for verb in resume evaluate plot rerun check 'diff good.h5'; do
        # shellcheck disable=SC2086
        run $verb "$2"
        ended "$1: $verb" 5 "$2" "$3"
    done
    after=$(cksum "$2" 2>&1)
    claim "$1 is left as it was" [ "$before" = "$after" ]
}

bad_run "a truncated run file" truncated.h5 "truncated"
bad_run "a file that is not HDF5" text.h5 "not an HDF5 file"
bad_run "an empty file" empty.h5 "empty"
bad_run "an HDF5 file of another kind" other.h5 "not a run file"
bad_run "a run file of a newer format" newer.h5 "newer engram"
bad_run "a run file that is not there" nothing.h5 "No such file"
bad_run "a directory for a run file" directory.h5 "is not a file"
if [ "$(id -u)" -eq 0 ]; then
    skip "a run file that may not be read: root may read all"
else
    bad_run "a run file that may not be read" secret.h5 "Permission denied"
fi

# --- where the output goes ---

run train ntm/copy "${small[@]}" -o good.h5
ended "an output file that exists is refused" 5 "good.h5 exists already"
claim "and left as it was" cmp -s good.h5 copy.h5
run train copy --dump 3 -o good.h5
ended "a dump into a file that exists is refused" 5 "good.h5 exists already"
claim "and leaves it as it was" cmp -s good.h5 copy.h5
run train ntm/copy "${small[@]}" -o nowhere/x.h5
ended "a directory that does not exist is refused" 5 "nowhere" "No such file"
run train copy --dump 3 -o nowhere/x.h5
ended "a dump into a directory that does not exist is refused" 5 "nowhere" "No such file"
run train ntm/copy "${small[@]}" --force -o directory.h5
ended "a directory as output is refused" 5 "directory.h5"
claim "and nothing is left of all these" nothing_left nowhere

# --- a full disk: files may not grow past 30 KB ---

full() { # full ARGUMENT...: as run, on a disk that is full
    status=0
    (
        ulimit -f 30
        exec "$engram" "$@"
    ) >"$work/said/out" 2>"$work/said/err" </dev/null || status=$?
}

claim "a whole run file needs more than the disk of this test has" \
    [ "$(stat -c %s good.h5)" -gt 40000 ]
full resume good.h5 --threads 1 -s train.sequences=1600
ended "a full disk while a run is saved" 5 "good.h5" "File too large"
claim "leaves the earlier file as it was" cmp -s good.h5 copy.h5
claim "and nothing beside it" tidy good.h5
full train ntm/copy "${small[@]}" --force -o good.h5
ended "a full disk when a run begins" 5 "good.h5" "File too large"
claim "leaves the earlier file as it was" cmp -s good.h5 copy.h5
claim "and nothing beside that" tidy good.h5
cp copy.h5 good.h5
full train ntm/copy "${small[@]}" -o x.h5
ended "a full disk when a new run begins" 5 "x.h5" "File too large"
claim "leaves no file without a checkpoint" nothing_left x.h5
rm -f x.h5
full train copy --dump 1000 -o x.h5
ended "a full disk while sequences are dumped" 5 "x.h5" "File too large"
claim "leaves no dump" nothing_left x.h5
full train copy --dump 1000 --force -o good.h5
ended "a full disk while a file is replaced by a dump" 5 "good.h5" "File too large"
claim "leaves that file as it was" cmp -s good.h5 copy.h5

# --- the user's sequences ---

own=(train ntm/copy --threads 1 -s memory.slots=16 -s memory.width=8 -s controller.size=24
    -s train.sequences=80 -s train.batch=4 -s evaluate.sequences=40 -s task.type=file -o x.h5)
bad_sequences() { # bad_sequences FAULT SENTENCE WORDS...
    local fault=$1 sentence=$2
    shift 2
    "$bad_data" "$fault" "$fault.h5" || exit 1
    refused "$sentence" 5 "$fault.h5: " "$@" -- "${own[@]}" -s task.path="$fault.h5"
}

bad_sequences zero-length "a sequence without steps" "length of sequence 3 of 6 is 0" "1 to 4"
bad_sequences too-long "a sequence longer than the data" "length of sequence 3 of 6 is 5" "1 to 4"
bad_sequences nan-input "NaN among the inputs" \
    "input of sequence 2 of 6, step 3 of 3, channel 2 of 2 is NaN"
bad_sequences infinite "infinity among the inputs" "channel 2 of 2 is inf"
bad_sequences nan-target "NaN among the targets" \
    "target of sequence 5 of 6, step 2 of 4, channel 1 of 1 is NaN"
bad_sequences big-target "a target that is no probability" "is 1.5" "from 0 to 1"
bad_sequences mask "a sequence that asks for nothing" "mask of sequence 4 of 6"
bad_sequences sequences "as many targets as inputs" "target has 5 sequences and input 6"
bad_sequences steps "as many steps of target as of input" "target has 3 steps and input 4"
bad_sequences no-steps "data without steps" "no steps"
bad_sequences no-target "data without targets" "no dataset target"
bad_sequences text "targets that are no numbers" "does not hold numbers"
"$bad_data" good six.h5 || exit 1
"$bad_data" wide wide.h5 || exit 1
refused "a batch larger than the data" 2 "train.batch = 7" "6 sequences" \
    -- "${own[@]}" -s task.path=six.h5 -s train.batch=7
refused "the task file without a file" 2 "task.path" -- "${own[@]}"
refused "a file of sequences that is not there" 5 "gone.h5" "No such file" \
    -- "${own[@]}" -s task.path=gone.h5
refused "more sequences than the data have" 2 "task.last = 7" "6 sequences" \
    -- "${own[@]}" -s task.path=six.h5 -s task.last=7
run "${own[@]}" -s task.path=six.h5 -q -o own.h5
ended "good data train, NaN in the padding or not" 0
run evaluate own.h5 --threads 1 -s task.path=wide.h5
ended "data of another width than the network's are refused" 2 "wide.h5" "inputs"

# --- the user's stories ---

printf '1 %s went to the %s.\n2 Where is %s?\t%s\t1\n' \
    Ada attic Ada attic Ben yard Ben yard Ada yard Ada yard Ben attic Ben attic >train.txt
printf '1 Ben went to the attic.\n2 Where is Ben?\tattic\t1\n' >test.txt
printf '1 Ben went to the attic attic.\n2 Where is Ben?\tattic\t1\n' | cat train.txt - >long.txt
sed '1s/Ada/Ben/; 2s/Ada/Ben/' train.txt >other.txt
stories=(train memn2n/babi --threads 1 --seed 1 -q -s train.batch=2 -s train.sequences=200
    -s task.type=stories -s task.train=train.txt -s task.validation=0)
run "${stories[@]}" -o stories.h5
ended "stories train" 0
run "${stories[@]}" -s model.encoding=position -o position.h5
ended "stories train with weights of each sentence's own" 0
run evaluate stories.h5 --threads 1 -s task.test=test.txt
ended "stories of the same words are evaluated" 0 "out:test"
run evaluate stories.h5 --threads 1 -s task.train=other.txt
ended "words that would have other numbers are refused" 5 "err:other words than stories.h5"
run evaluate stories.h5 --threads 1 -s task.train=long.txt
ended "a longer sentence is, where it changes the weights of all words" 5 "err:has 6 words" "had 5"
run evaluate position.h5 --threads 1 -s task.train=long.txt
ended "and is not where it does not" 0
run evaluate stories.h5 --threads 1 -s task.test=long.txt
ended "nor in a test" 0 "out:test"
cp other.txt train.txt
run resume stories.h5 --threads 1 -s train.sequences=400
ended "a run does not go on with other data" 5 "err:other words than stories.h5"

claim "nothing was left beside any file" tidy ./*.h5
finish
