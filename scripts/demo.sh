#!/usr/bin/env bash
# The main job: a real application is validated, designed, split, turned into TOSCA, deployed on this
# machine, fed with real pages, compared with the truth, and removed again.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$PWD/demo-output
app=digit_reader
export AISPRINT_HOME=$work/runtime

rm -rf "$work"
mkdir -p "$work"
cp -r "examples/$app" "$work/$app"
cd "$work"

run() {
    printf '\n$ aisprint %s\n' "$*"
    aisprint "$@"
}

clean_up() {
    status=$?
    if [ "$status" -ne 0 ]; then
        printf '\nThe demo stopped early (exit code %s); removing what it deployed.\n' "$status" >&2
        aisprint undeploy "$app" --yes >/dev/null 2>&1 || true
    fi
}
trap clean_up EXIT

run validate $app
run design $app

printf '\n== The whole model on the edge device: deployment "base"\n'
run toscarize $app --base
run deploy $app --base --backend local --yes
run invoke $app $app/input/*.png --output-dir results/base
run status $app --qos
python "$app/check.py" results/base

printf '\n== The model in two halves, on the edge device and in the private cluster\n'
split=$(aisprint deployments $app --with classify_partition1_1@1 --with classify_partition1_2@2 -o json |
    python -c 'import json, sys; print(json.load(sys.stdin)["deployments"][0]["name"])')
run toscarize $app --deployment "$split"
run deploy $app --deployment "$split" --backend local --yes
run invoke $app $app/input/*.png --output-dir results/split
run status $app --qos

printf '\n== The same answers from both, and the truth\n'
python "$app/check.py" results/base results/split

run undeploy $app --yes
printf '\nAll of it is in demo-output/: the design in %s/aisprint, the answers in results/.\n' "$app"
