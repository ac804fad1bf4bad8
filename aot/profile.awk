# awk -f profile.awk PROFILE SAID guest_*.c: whether a profile (llvm-profdata's text form) is of the functions it was
# used for. One that is not does no harm that could be seen: clang leaves it out, and the code is slow. SAID is what
# clang said of functions that have another shape than when they were counted; others may have gone, or have another
# name. Fails if more than one in a hundred of all counts is lost.
BEGIN { MOST = 0.01 }

function lose(name) {
    if (sum[name] > most) {
        most = sum[name]
        largest = name
    }
    lost += sum[name]
    sum[name] = 0
}

FNR == 1 { file++ }

# The name is the line before this one.
file == 1 && /^# Func Hash:/ { name = before }
file == 1 && /^[0-9]+$/ && in_values {
    sum[name] += $1
    all += $1
}
file == 1 {
    in_values = /^# Counter Values:/ || (in_values && /^[0-9]+$/)
    before = $0
    next
}

FILENAME ~ /said$/ {
    if (match($0, /hash mismatch\) [^ ]+/)) {
        name = substr($0, RSTART + 15, RLENGTH - 15)
        lose(name)
    }
    next
}

/^[a-z][a-z0-9_ ]* w2c_guest_[^ (]*\(w2c_guest\*/ {
    name = $0
    sub(/\(.*/, "", name)
    sub(/.* /, "", name)
    is_there[name] = 1
}

END {
    for (name in sum)
        if (name !~ /[;:]/ && !(name in is_there))
            lose(name)
    if (all == 0 || lost > MOST * all) {
        printf "the profile is not of this code: %.1f %% of its counts are lost", all == 0 ? 100 : 100 * lost / all
        if (largest != "")
            printf " (the largest function that has changed: %s)", substr(largest, 11)
        print ""
        print "    to do: train anew (of CPython: aot/guest/python/train-branches BUILD, then train-profile BUILD),"
        print "    or build without it, for slower code (CPython: cmake -DPYBOX_MODULE_PROFILE=OFF, or --preset quick)"
        exit 1
    }
    printf "the profile fits: %.3f %% of its counts are lost\n", 100 * lost / all
}
