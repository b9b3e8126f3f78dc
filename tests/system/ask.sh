#!/usr/bin/env bash
# tests/system/ask.sh ENGRAM -- a story and a question of one's own: the answer, where each hop
# looked, and what is refused.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1"

# People, places and things of these stories are few, so that a moment's training will do.
cat >memn2n.yaml <<'YAML'
# A memory network of two hops on stories of one fact
task: {type: babi-like, kinds: one-fact, train: 300, test: 50, length_max: 6}
model: {type: memn2n, dimension: 20, hops: 2, memory: 4, temporal: table}
train: {sequences: 6000, batch: 8, learning_rate: 0.01, report_every: 3000}
YAML
cat >lstm.yaml <<'YAML'
# The same stories, without a memory
task: {type: babi-like, kinds: one-fact, train: 100, test: 10, length_max: 6}
model: {type: recurrent, embedding: 8}
controller: {type: lstm, size: 12}
memory: {type: none}
train: {sequences: 96, batch: 8, report_every: 48}
YAML

# asked TEXT ARGUMENT...: the program with a text on its standard input.
asked() {
    local text=$1
    shift
    status=0
    printf '%s' "$text" | "$engram" ask "$@" >"$work/said/out" 2>"$work/said/err" || status=$?
}

run train memn2n.yaml --seed 1 --threads 1 -q -o m.h5
ended "a memory network is trained on stories" 0
run train lstm.yaml --seed 1 --threads 1 -q -o l.h5
ended "and an LSTM" 0
run train lstm.yaml --seed 1 --threads 1 -q --dump 40 -o stories.txt
ended "stories are written as text" 0

# The words of the vocabulary that are needed, from stories of the task itself.
statement() { sed -n '/?/d; s/^[0-9]* \(.*\)$/\1/p' stories.txt | sed -n "$1p"; }
first=$(statement 1)
person=$(sed -n 's/^[0-9]* where is \([a-z]*\)?.*/\1/p' stories.txt | sed -n 1p)
claim "the text has people and statements" [ -n "$first" -a -n "$person" ]

# --- what is shown ---

asked "$first
Where is $person?
" m.h5
ended "a story on standard input is answered" 0 "out:Where is $person?" "out:hop 1" "out:hop 2" \
    "out:1 $first"
# shellcheck disable=SC2016 # awk expands it
claim "with three answers, the likeliest first" awk '
    NF == 2 && length($1) == 6 { if (n++ && $1 > last) bad = 1; last = $1 }
    END { exit n != 3 || bad }' "$work/said/out"
cp "$work/said/out" first.txt
printf '%s\nWhere is %s?\n' "$first" "$person" >story.txt
run ask m.h5 story.txt
claim "a file says the same" cmp first.txt "$work/said/out"
asked "1 $first
2 Where is $person?	nowhere	1
" m.h5
claim "so do lines with IDs, whatever answer they have" cmp first.txt "$work/said/out"
asked "$first Where is $person?" m.h5
claim "so does one line" cmp first.txt "$work/said/out"

# The weights of a statement stand before it; in each hop they add up to 1 over what is there.
asked "$first
$(statement 2)
$(statement 3)
Where is $person?
" m.h5 --json
ended "ask --json answers" 0 'out:"report": "ask"' 'out:"attention": ['
if command -v python3 >/dev/null; then
    claim "in an object whose weights add up to 1 in each hop" python3 -c '
import json, sys
[answer] = [json.loads(line) for line in open(sys.argv[1])]
assert answer["hops"] == 2 and len(answer["answers"]) == 3
assert [s["text"] for s in answer["statements"]][0] == sys.argv[2]
for hop in range(2):
    total = sum(s["attention"][hop] for s in answer["statements"]) + answer["attention_empty"][hop]
    assert abs(total - 1) < 1e-5, total
assert sum(a["probability"] for a in answer["answers"]) <= 1 + 1e-6' "$work/said/out" "$first"
else
    skip "the object as Python reads it"
fi

# It has learned something: most questions of its own stories are answered as the task says.
run ask m.h5 stories.txt
ended "a file of many stories is answered" 0
sed -n 's/^[0-9]* where.*	\([a-z ]*\)	.*/\1/p' stories.txt >right.txt
awk '/\?$/ { getline; print $2 }' "$work/said/out" >said.txt
claim "question after question" [ "$(wc -l <right.txt)" -eq "$(wc -l <said.txt)" ]
claim "most of them right" [ "$(paste right.txt said.txt | awk '$1 == $2' | wc -l)" -ge 20 ]

asked "$first
Where is $person?
Where is $person?

$first
Where is $person?
" m.h5
claim "a story takes several questions, and an empty line begins another" [ \
    "$(grep -c '1 '"$first" "$work/said/out")" -eq 3 -a \
    "$(grep -c '2 '"$first" "$work/said/out")" -eq 0 ]
# The memory has four statements.
other() { sed -n "/?/d; /$person/d; s/^[0-9]* \(.*\)\$/\1/p" stories.txt | sed -n "$1p"; }
asked "$(other 1)
$first
$(other 2)
$(other 3)
$(other 4)
Where is $person?
" m.h5
ended "a statement that the memory has no room for is marked" 0 "out:1 $(other 1) (not in memory)"
# shellcheck disable=SC2016
claim "and the weights of the others are those of a hop" awk '
    / statement$/ { rows = 1; next }
    rows && NF { n++; sum += $1 }
    END { exit n != 5 || sum < 0.97 || sum > 1.03 }' "$work/said/out"

asked "$first
Xylo went to the moon.
Where is $person?
" m.h5
ended "words that are not known are named" 0 "out:not known: xylo" "out:moon"
asked "$first
Where is $person?
" l.h5
ended "an LSTM answers too, and has no attention to show" 0 "out:Where is $person?" \
    "out:no attention"

# A run that was stopped before its softmax was put in answers as it was trained, without.
run train memn2n.yaml --seed 1 --threads 1 -q -s model.linear_start=100000 -o linear.h5
ended "a memory network is trained without its softmax" 0
asked "$first
$(statement 2)
$(statement 3)
Where is $person?
" linear.h5
# shellcheck disable=SC2016
claim "and asked without it: the weights of a hop do not add up to 1" awk '
    / statement$/ { rows = 1; next }
    rows && NF { n++; sum += $1 }
    END { exit n < 3 || (sum > 0.95 && sum < 1.05) }' "$work/said/out"
claim "which is said" grep -q "in the linear start" "$work/said/out"

# The probabilities of all answers of yes-no, yes and no, and of <unknown>, which is none.
added() {
    run train memn2n/babi-like -s task.kinds=yes-no -s task.train=60 -s task.test=0 -s train.sequences=64 \
        -s probe.lengths=1 --seed 1 -q -o v.h5 --force "$@"
    asked "Anna walked to the attic. Boris walked to the attic. Is Anna in the attic?" v.h5 --json
    grep -oE '"(probability|no_answer)": [0-9.e-]*' "$work/said/out" | awk '{ sum += $2 } END { printf "%.3f\n", sum }'
}
claim "the answers of the data share all of the probability" [ "$(added)" = 1.000 ]
claim "and what no training question has is not offered" [ "$(grep -c '"<unknown>"' "$work/said/out")" -eq 0 ]
claim "words that are no answers take their part, where they are in the softmax" \
    expr "$(added -s model.answers=vocabulary)" : '0\.[0-8]'

# --- what is refused ---

run train ntm-ff/copy "${small[@]}" --seed 1 -q -s train.sequences=32 -o copy.h5
asked "$first Where is $person?" copy.h5
ended "a run of a task without words is refused" 2 "err:copy" "err:no words"
asked "$first" m.h5
ended "a story without a question" 5 "err:has no question" "err:line 1"
asked "" m.h5
ended "nothing at all" 5 "err:neither story nor question"
asked "Where is $person?" m.h5
ended "a question without a story" 5 "err:there is no statement before the question"
asked "$first

${first%.} a b c d e f g h i j k l m n o p
Where is $person?" m.h5
ended "a sentence that is too long, by its line" 5 "err:line 3 has a sentence"
asked "1 $first
not numbered" m.h5
ended "a line without an ID among such with one" 5 "err:line 2"
asked $'Ann\x01' m.h5
ended "what is no text" 5 "err:line 1"
run ask m.h5 nowhere.txt
ended "a story that is not there" 5 "err:nowhere.txt"
run ask nowhere.h5 story.txt
ended "a run that is not there" 5 "err:nowhere.h5"
asked "$first Where is $person?" m.h5 -s task.kinds=two-facts
ended "data with other words than those of the training" 5 "err:other words"
if command -v python3 >/dev/null; then
    cat >terminal.py <<'PY'
import os, pty, select, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:3] + ["m.h5"])
said = b""
def until(words, times):
    global said
    while said.count(words) < times:
        if not select.select([terminal], [], [], 60)[0]:
            sys.exit("no '%s': %s" % (words.decode(), said.decode()))
        said += os.read(terminal, 4096)
until(b"story> ", 1)
for n, line in enumerate(sys.argv[3:], 1):
    os.write(terminal, line.encode() + b"\n")
    until(b"... ", n)
os.write(terminal, b"\x04")
os.waitpid(pid, 0)
print(said.decode().replace("\r\n", "\n"), end="")
PY
    status=0
    python3 terminal.py "$engram" ask "${first%.} a b c d e f g h i j k l m n o p" "$first" \
        "Where is $person?" "Where is $person?" >"$work/said/out" 2>"$work/said/err" || status=$?
    ended "at a terminal such a sentence is named, and left out" 0 "line 1 has a sentence" "left out"
    ended "so that the story goes on" 0 "hop 1" "1 $first"
else
    skip "a sentence that is too long, at a terminal"
fi
if [ -c /dev/full ]; then
    status=0
    "$engram" ask m.h5 story.txt >/dev/full 2>"$work/said/err" || status=$?
    : >"$work/said/out"
    ended "answers that cannot be written" 5 "err:standard output"
fi
finish
