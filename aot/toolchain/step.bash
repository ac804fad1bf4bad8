# Build steps whose outputs are kept in the cache under a key made of their inputs. Needs common.bash.

# step_key INPUT...: an input is a file, a folder (names and contents of all its files), or any other text.
step_key() {
    local input
    for input; do
        if [ -f "$input" ]; then
            sha256_of "$input"
        elif [ -d "$input" ]; then
            (cd "$input" && find . -type f -not -path '*/__pycache__/*' -print0 | sort -z |
                xargs -0r sha256sum)
        else
            printf '%s\n' "$input"
        fi
    done | sha256sum | cut -c 1-16
}

# step_output NAME KEY: where that step's output is or will be.
step_output() { printf '%s\n' "$PYBOX_CACHE/steps/$1-$2"; }

step_build() {
    local name=$1 key=$2 work=$PYBOX_CACHE/tmp/$1-$2 log=$PYBOX_CACHE/logs/$1-$2.log
    shift 2
    [ ! -d "$(step_output "$name" "$key")" ] || return 0 # another build made it while we waited
    rm -rf "$work" # left by a build that was killed; the lock is ours
    mkdir -p "$work/build" "$work/output"
    if ! (cd "$work/build" && "$@" "$work/output") >"$log" 2>&1 </dev/null; then
        rm -rf "$work"
        say "the build step '$name' failed; the end of its log:" "$(tail -n 30 "$log" | sed 's/^/    /')" \
            "the whole log: $log"
        return 1
    fi
    mv "$work/output" "$(step_output "$name" "$key")"
    rm -rf "$work"
}

# step_run NAME KEY COMMAND ARG...: prints the path of the step's output. If the cache does not have it, runs
# COMMAND ARG... OUTPUT in an empty folder that is removed afterwards; OUTPUT becomes the step's output if it
# succeeds. A step is built once even if several builds want it at the same time.
step_run() {
    local output
    output=$(step_output "$1" "$2")
    if [ ! -d "$output" ]; then
        with_lock "step-$1-$2" step_build "$@" || return 1
    fi
    touch "$output" # for step_prune
    printf '%s\n' "$output"
}

# step_prune: forgets outputs that no build has used for 30 days.
step_prune() {
    find "$PYBOX_CACHE/steps" -mindepth 1 -maxdepth 1 -mtime +30 -exec rm -rf {} +
}
