# awk -f dispatch.awk guest_loop.c: what an interpreter's loop does at its head, a check and a large switch, is done
# where it is repeated instead. Each of the interpreter's instructions then jumps to the next by a jump of its own,
# which processors foresee far better than one for all. Reads and writes C as wasm2c makes it, with computed gotos,
# which gcc and clang have.

# A loop's head: its label, statements, and a switch of so many cases or more.
BEGIN { LARGE = 64 }

function flush_function(    i, j, label) {
    for (i = 1; i <= count; i++) {
        if (match(line[i], /goto var_L[0-9]+;/)) {
            label = substr(line[i], RSTART + 5, RLENGTH - 6)
            if (label in jump)
                line[i] = substr(line[i], 1, RSTART - 1) "{" head[label] jump[label] "}" \
                    substr(line[i], RSTART + RLENGTH)
        }
        print line[i]
        if (line[i] ~ /FUNC_PROLOGUE;/)
            for (j = 1; j <= loops; j++)
                print table[j]
    }
    split("", head)
    split("", jump)
    count = loops = 0
    loop = ""
}

{ line[++count] = $0 }

/^ *var_L[0-9]+: *$/ {
    loop = $1
    sub(/:/, "", loop)
    in_switch = 0
    text = ""
    next
}

# In the head.
loop != "" && !in_switch {
    if ($0 ~ /^ *switch \(var_i0\) \{$/) {
        in_switch = count
        cases = 0
        targets = ""
        next
    }
    if ($0 ~ /^ *[^{}:]*;$/ && $0 !~ /goto|return/) {
        text = text " " $0
        next
    }
    loop = ""
}

loop != "" && in_switch {
    if ($1 == "case" && $2 == cases ":") {
        targets = targets "&&" substr($4, 1, length($4) - 1) ", "
        cases++
    } else if ($1 == "default:") {
        targets = targets "&&" substr($3, 1, length($3) - 1)
    } else {
        if ($1 == "}" && cases >= LARGE) {
            head[loop] = text
            table[++loops] = "static const void *const " loop "_targets[] = {" targets "};"
            jump[loop] = " goto *" loop "_targets[var_i0 < " cases "u ? var_i0 : " cases "u];"
            # The head's own, too: what is reached by one kind of jump alone takes over the other's registers.
            line[count = in_switch] = jump[loop]
        }
        loop = ""
    }
}

/^}/ { flush_function() }
END { flush_function() }
