#!/usr/bin/env bash
# tests/system/readme.sh ENGRAM README.md -- the commands of the README do what they say.
#
# Every line of a code block that begins with "engram" is run, in the order of the text.  The
# command ends before two blanks, where the README says in words what it does.  So that it
# takes a moment only, training gets options for small sequences and few of them, before
# those of the README; verify, which takes an hour, is stopped as by Ctrl-C.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1" "$2"
readme=${given[0]}

# What the README takes for granted.
"$engram" train ntm/copy --print-config >my.yaml || exit 1
"$engram" train ntm/copy "${small[@]}" --seed 1 -q -o a.h5 || exit 1
cp a.h5 b.h5
"$engram" train lstm/copy --threads 1 -s task.type=babi-like -s task.train=40 -s task.test=10 \
    -s controller.size=8 -s train.sequences=32 --seed 1 -q -o stories.h5 || exit 1
echo 'Anna walked to the attic. Where is Anna?' >story.txt

# in_small VERB ARGUMENT...
in_small() {
    local verb=$1
    shift
    case $verb in
    train)
        run train "$1" "${short[@]}" -s train.sequences=96 -s evaluate.sequences=10 "${@:2}"
        ;;
    gradcheck)
        run gradcheck "$1" -s task.length_max=2 -s memory.slots=8 -s controller.size=6 \
            --components 2 "${@:2}"
        ;;
    capacity) run capacity "$1" -s capacity.loads=0.1,0.2 -s capacity.networks=4 "${@:2}" ;;
    basin) run basin "$1" -s basin.sizes=100 -s basin.networks=4 "${@:2}" ;;
    bench) run bench "$1" -s task.length_max=2 --threads 1 "${@:2}" ;;
    evaluate) run evaluate "$1" --threads 1 -s evaluate.sequences=10 "${@:2}" ;;
    compare)
        run compare "$1" "${small[@]}" -s train.sequences=96 -s evaluate.sequences=10 --threads 2 \
            --seeds 1..1 "${@:2}"
        ;;
    resume | rerun) run "$verb" "$1" --threads 1 "${@:2}" ;;
    verify)
        status=0
        timeout --foreground --preserve-status -s INT 1 "$engram" verify "$@" --threads 1 \
            >"$work/said/out" 2>"$work/said/err" </dev/null || status=$?
        [ "$status" -ne 75 ] || status=0
        ;;
    *) run "$verb" "$@" ;;
    esac
}

commands() {
    awk '/^ *```/ { inside = !inside; next } inside && /^ *(\$ )?engram / { print }' "$1" |
        sed -E 's/^ *(\$ )?//; s/  +.*$//; s/ +#.*$//; s/ +[|>].*$//'
}

n=0
while read -r line; do
    read -ra words <<<"$line"
    if [ "${words[1]}" = plot ] && ! command -v gnuplot >/dev/null; then
        skip "$line: no gnuplot"
        continue
    fi
    n=$((n + 1))
    in_small "${words[@]:1}"
    ended "$line" 0
done < <(commands "$readme")
claim "the README has ten commands or more" [ "$n" -ge 10 ]
finish
