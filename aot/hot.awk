# awk -v folder=DIR -f hot.awk BRANCHES DIR/guest_*.c: takes what programs mostly execute out of wasm2c's files, and
# puts it together into guest_hot.c: the functions that BRANCHES (meter/branches.h) names, and those that have no
# branches, which it cannot name. The one with the largest switch of them, an interpreter's loop, goes to guest_loop.c:
# optimised beside others it would get so many of them inlined that it becomes slow.

# A loop's switch has so many cases or more.
BEGIN { LARGE = 64 }

function digit(letter) { return index("0123456789ABCDEF", letter) - 1 }

# The name as the module has it: wasm2c writes what C does not allow, and a leading underscore, as 0xHH.
function plain(name,    text, at) {
    text = ""
    while ((at = index(name, "0x")) > 0 && substr(name, at + 2, 2) ~ /^[0-9A-F][0-9A-F]$/) {
        text = text substr(name, 1, at - 1)
        text = text sprintf("%c", digit(substr(name, at + 2, 1)) * 16 + digit(substr(name, at + 3, 1)))
        name = substr(name, at + 4)
    }
    return text name
}

function flush_cold(    i) {
    for (i = first[count]; i < size; i++)
        print line[i] > rest
    size = first[count--]
}

FNR == 1 {
    file++
    rest = FILENAME ".rest"
}

file == 1 {
    is_named[$1] = 1
    next
}

# A function begins; what precedes it on the line is its type.
/^[a-z][a-z0-9_ ]* w2c_guest_[^ (]*\(w2c_guest\*/ {
    name = $0
    sub(/\(.*/, "", name)
    sub(/.* w2c_guest_/, "", name)
    first[++count] = size + 0
    inside = 1
    wanted = plain(name) in is_named
    branches = cases = 0
}

!inside {
    print > rest
    next
}

{ line[size++] = $0 }

/^ *if \(/ { branches = 1 }

/^ *case [0-9]+:/ {
    if (++cases > most && cases >= LARGE && wanted) {
        most = cases
        loop = count
    }
}

/^ *switch \(/ { cases = 0 }

/^}/ {
    inside = 0
    if (!wanted && branches)
        flush_cold()
}

END {
    first[count + 1] = size
    for (i = 1; i <= count; i++) {
        out = folder "/guest_" (i == loop ? "loop" : "hot") ".c"
        if (!(out in begun))
            print "#include \"guest-impl.h\"" > out
        begun[out] = 1
        for (at = first[i]; at < first[i + 1]; at++)
            print line[at] > out
    }
}
