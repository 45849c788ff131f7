#!/usr/bin/env bash
# shellcheck disable=SC2154 # what scripts/gpu/run.sh sets
# Tasks with a time limit each, whose results outlive the call. Sourced by scripts/gpu/run.sh, which sets `budget`
# (seconds of this call), `state` (folder of the results), `scratch` and `out` (a copy of the results, or nothing).
#
#   results.jsonl       how every task ended: passed, failed, timed out, or not run
#   measurements.jsonl  objects that programs printed, with the task's name
#   tests.txt           lines that test programs printed, behind the program's name
#   log.txt             lines of everything else, behind the task's name
#   summary.txt         results.jsonl for reading

# Seconds kept at the end of a call, for a program that has to be killed and for the last copy.
RESERVE=10
# How tasks have ended so far, and the limits that they had.
declare -A ended limits

read_results() {
    local line task='^\{"task":"([^"]*)","status":"([^"]*)","seconds":[^,]*,"limit":([0-9]*)'
    while read -r line; do
        [[ $line =~ $task ]] || continue
        ended[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]}
        limits[${BASH_REMATCH[1]}]=${BASH_REMATCH[3]}
    done <"$state/results.jsonl"
}

# Sets `left`: the seconds of this call that a task may still use.
count_seconds() { left=$((budget - SECONDS - RESERVE)); }

# due TASK: whether it still has something to do in this pass, and time for it. The second pass, `again`, is for what
# timed out earlier and can have more time now.
due() {
    count_seconds
    case ${ended[$1]:-} in
    passed | failed) return 1 ;;
    "timed out") [ "$again" = 1 ] && [ "$left" -gt $((${limits[$1]} * 3 / 2)) ] ;;
    *)
        [ "$again" = 0 ] || return 1
        [ "$left" -lt 5 ] || return 0
        [ -n "${ended[$1]:-}" ] || result_line "$1" "not run" 0 0 "no time was left" >>"$state/results.jsonl"
        return 1
        ;;
    esac
}

# result_line TASK STATUS SECONDS LIMIT NOTE
result_line() { printf '{"task":"%s","status":"%s","seconds":%s,"limit":%s,"note":"%s"}\n' "$@"; }

# record TASK STATUS SECONDS LIMIT NOTE
record() {
    result_line "$@" | replace results.jsonl "$1"
    ended[$1]=$2 limits[$1]=$4
    printf '%-9s %-42s %7.1f s  %s\n' "$2" "$1" "$3" "$5"
    publish
}

# replace FILE TASK: the task's lines in a file by those from the standard input.
replace() {
    { sed "/^{\"task\":\"$2\",/d" "$state/$1"; cat; } >"$scratch/replaced"
    mv "$scratch/replaced" "$state/$1"
}

# Copies the results to where the caller looks for them: after every task, so that a killed call leaves them too.
publish() {
    sed 's/^{"task":"\([^"]*\)","status":"\([^"]*\)","seconds":\([^,]*\),.*"note":"\(.*\)"}$/\2\t\1\t\3 s\t\4/' \
        "$state/results.jsonl" >"$state/summary.txt"
    [ -z "$out" ] || cp "$state"/{results.jsonl,measurements.jsonl,tests.txt,log.txt,summary.txt} "$out"
}

# attempt LIMIT COMMAND...: runs it for at most so many seconds, or those left. Sets `code`, `status`, `seconds`,
# `limit` and `note`; what it printed lies in stdout and stderr in the scratch folder.
attempt() {
    local begun=${EPOCHREALTIME/[.,]/}
    limit=$1 code=0 note=""
    shift
    count_seconds
    [ "$again" = 0 ] || limit=$left
    timeout -k 3 "$((limit < left ? limit : left))" "$@" >"$scratch/stdout" 2>"$scratch/stderr" </dev/null || code=$?
    seconds=$(((${EPOCHREALTIME/[.,]/} - begun) / 1000))
    seconds=$((seconds / 1000)).$(printf %03d $((seconds % 1000)))
    case $code in
    0) status=passed ;;
    124 | 137)
        status="timed out"
        [ "$limit" -le "$left" ] || status="not run" note="begun, but the call had to end"
        ;;
    *) status=failed note="ended with $code" ;;
    esac
}

# measure TASK LIMIT COMMAND...: keeps the objects that the command prints.
measure() {
    local task=$1
    due "$task" || return 0
    shift
    attempt "$@"
    sed -n "s/^{\(.*}\)$/{\"task\":\"$task\",\1/p" "$scratch/stdout" | replace measurements.jsonl "$task"
    { sed '/^{/d' "$scratch/stdout"; tail -c 500000 "$scratch/stderr"; } | sed "s/^/$task: /" >>"$state/log.txt"
    record "$task" "$status" "$seconds" "$limit" "$note"
}

# results PROGRAM PATTERN: its tests whose result, in this call or an earlier one, is so.
results() {
    sed -n "s/^$1: test \(.*\) \.\.\. \($2\).*/\1/p" "$state/tests.txt" | sed 's/ - should panic$//' | sort -u
}

# Tests of a program that have no result yet.
untested() {
    comm -23 <("${on_gpu[@]}" "$scratch/tests/$1" --list --format terse 2>/dev/null | sed -n 's/: test$//p' | sort) \
        <(results "$1" 'ok\|FAILED\|ignored')
}

# keep_lines PREFIX: what a test program printed, whose errors a driver's own messages may be part of.
keep_lines() {
    tail -q -c 1000000 "$scratch/stdout" "$scratch/stderr" | sed "s/^/$1: /" >>"$state/tests.txt"
}

# tests PROGRAM LIMIT: all of its tests in one process, then, each in a process of its own, those that failed (the
# failure of one may have been another's doing) and those that a crash left without a result.
tests() {
    local program=$1 task="tests of $1" open=() result
    due "$task" || return 0
    mapfile -t open < <(untested "$program")
    attempt "$2" "${on_gpu[@]}" "$scratch/tests/$program" --exact "${open[@]}"
    keep_lines "$program"
    result=("$status" "$seconds" "$limit")
    mapfile -t open < <(
        comm -23 <(results "$program" FAILED) <(results "$program" '[a-zA-Z]* (alone')
        [[ $status != failed ]] || untested "$program"
    )
    tests_alone "$program" $((SECONDS + 60)) "${open[@]}"
    [[ ${result[0]} != passed || -z $(results "$program" FAILED) ]] || result[0]=failed # In an earlier call.
    mapfile -t open < <(untested "$program")
    note="$(results "$program" FAILED | wc -l) failed, ${#open[@]} without a result"
    [ "${#open[@]}" = 0 ] || note+=" (${open[*]:0:5}$([ "${#open[@]}" -le 5 ] || echo " ..."))"
    record "$task" "${result[@]}" "$note"
}

# tests_alone PROGRAM END NAME...: begins none after the second END of this call.
tests_alone() {
    local program=$1 end=$2 name word
    shift 2
    for name in "$@"; do
        count_seconds
        [ "$SECONDS" -lt "$end" ] && [ "$left" -ge 5 ] || return 0
        attempt 60 "${on_gpu[@]}" "$scratch/tests/$program" --exact "$name"
        keep_lines "$program alone"
        if [[ $status == passed ]]; then word=ok; else word=FAILED; fi
        echo "$program: test $name ... $word (alone: $status${note:+, $note})" >>"$state/tests.txt"
    done
}
