# awk [-v all=1] -f counter.awk guest_hot.c: a function that counts much more often than it calls, as an interpreter's
# loop does, keeps the counter in a local variable: this says where it comes from the register, and goes back
# (meter_local in rt/module_meter.h). all: each function of the file. Reads and writes C as wasm2c makes it.
BEGIN {
    OFTEN = 6 # places that count, for each that calls, or is the beginning or the end: it is a guess, as they are not
              # executed equally often
    hooks = split("charge adjust check charge_by take give", hook, " ")
    HOOK = "w2c_host_(charge|adjust|check|charge_by|take|give)\\("
    CALL = "w2c_[A-Za-z0-9_]+|CALL_INDIRECT|TRAP|([a-z]+_)?(memory|table)_[a-z_0-9]+|wasm_rt_[a-z_0-9]+"
    TRAPS = "(I(32|64)_)?(DIV|REM)_[SU]|I(32|64)_TRUNC_[SU]_F(32|64)"
}

# A call of anything but the hooks, or what may trap without a fault.
function is_call(text) {
    gsub(HOOK, "", text)
    return text ~ "(^|[^A-Za-z0-9_])(" CALL "|" TRAPS ")\\(|UNREACHABLE;"
}

function print_local(    i, k, text, statement, inside) {
    for (i = 1; i <= size; i++) {
        text = line[i]
        for (k = 1; k <= hooks; k++)
            gsub("w2c_host_" hook[k] "\\(", "meter_local_" hook[k] "(", text)
        if (text ~ /FUNC_EPILOGUE;/)
            print "  METER_LEAVE;"
        if (statement != "")
            statement = statement "\n" text
        else if (inside && is_call(line[i]))
            statement = text
        else
            print text
        if (statement ~ /[;}] *$/) {
            print "METER_AROUND(" statement ")"
            statement = ""
        }
        if (text ~ /FUNC_PROLOGUE;/) {
            print "  METER_ENTER;"
            inside = 1
        }
    }
}

function flush_function(    i) {
    if (!several && (all || (loops > 0 && counts >= OFTEN * (calls + 2))))
        print_local()
    else
        for (i = 1; i <= size; i++)
            print line[i]
    size = loops = counts = calls = several = 0
}

{ line[++size] = $0 }
/^ *var_L[0-9]+: *$/ { loops++ }
/ wasm_multi_/ { several = 1 } # results at once: a declaration, which cannot be in a block of its own
$0 ~ HOOK { counts++ }
size > 1 && is_call($0) { calls++ }
/^}/ { flush_function() }
END { flush_function() }
