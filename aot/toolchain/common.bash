# Shared by the programs in this folder and by the guest's build. Source it; it changes nothing by itself
# but PYBOX_CACHE, which it makes absolute and exports.

toolchain_folder=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${PYBOX_CACHE:=${XDG_CACHE_HOME:-${HOME:?set HOME or PYBOX_CACHE}/.cache}/pybox}"
mkdir -p "$PYBOX_CACHE"/{inputs,steps,logs,locks,tmp}
PYBOX_CACHE=$(cd "$PYBOX_CACHE" && pwd)
export PYBOX_CACHE LC_ALL=C

# say LINE...: to the user. Standard output is for results.
say() { printf '%s\n' "$@" >&2; }

# fail LINE...: says what went wrong, what was expected and what to do, and ends the program.
fail() {
    printf '%s: %s\n' "${0##*/}" "$1" >&2
    shift
    [ $# -eq 0 ] || printf '    %s\n' "$@" >&2
    exit 1
}

sha256_of() { sha256sum -- "$1" | cut -d' ' -f1; }

# with_lock NAME COMMAND...: no two of the same name at once, in any process that shares the cache.
with_lock() {
    local lock_file=$PYBOX_CACHE/locks/$1 lock_descriptor lock_status=0
    shift
    exec {lock_descriptor}>"$lock_file"
    flock "$lock_descriptor"
    "$@" || lock_status=$?
    exec {lock_descriptor}>&-
    return $lock_status
}
