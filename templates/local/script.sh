#!/bin/sh
# Runs one part for one input: the script of a service whose code lies in /opt/<part>.
# The name of the input carries the trace: aisprint-<uuid>... goes on, anything else begins one.
set -eu

name=${INPUT_FILE_PATH##*/}
stem=${name%.*}
stem=${stem:-$name}
case "$stem" in
    aisprint-????????-????-????-????-????????????*) output=$stem ;;
    *) output=aisprint-${AISPRINT_TRACE:-$(cat /proc/sys/kernel/random/uuid)} ;;
esac

tail=${output#aisprint-????????-????-????-????-????????????}
UUID=${output#aisprint-}
UUID=${UUID%"$tail"}
export UUID

# AWS Lambda's supervisor runs a copy of this file, away from the code.
home=${0%/*}
[ -e "$home/main.py" ] || home=${AISPRINT_ROOT:-}/opt/${COMPONENT_NAME:-}
cd "$home"
# The FaaS supervisor would send on what a failed run had written.
python main.py -i "$INPUT_FILE_PATH" -o "$TMP_OUTPUT_DIR/$output" || {
    status=$?
    find "$TMP_OUTPUT_DIR" -mindepth 1 -delete
    exit "$status"
}
