#!/usr/bin/env bash
# 10,000 random settings (CONFIGURATIONS_END) as JSON and as flags on the CPU path; 20 to 60 minutes on two cores. Goes on
# after the last one that it finished; delete target/soak/configurations.csv to begin anew.
set -euo pipefail

end=${CONFIGURATIONS_END:-10000}
table="$STATE/configurations.csv"
first=0
[ ! -s "$table" ] || first=$(($(tail -1 "$table" | cut -d, -f1) + 1))
status=0
while [ "$first" -lt "$end" ]; do
    last=$((first + 500 < end ? first + 500 : end))
    CONFIGURATIONS="$first..$last" cargo test --locked --test configurations -- --nocapture random_settings || status=1
    printf '%d of %d settings\n' "$last" "$end"
    first=$last
done
{
    echo "given_as,what_became_of_it,times,failures,longest_seconds,largest_mebibytes"
    awk -F, '{ key = $2 "," $3; n[key]++; failed[key] += $6 == "failed"
               if ($4 > seconds[key]) seconds[key] = $4
               if ($5 > mebibytes[key]) mebibytes[key] = $5 }
        END { for (key in n) printf "%s,%d,%d,%.2f,%d\n", key, n[key], failed[key], seconds[key], mebibytes[key] }' "$table" | sort
} >"$RESULTS/configurations.csv"
column -s, -t <"$RESULTS/configurations.csv"
exit "$status"
