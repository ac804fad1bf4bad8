# awk -f counter.awk guest_loop.c: an interpreter's loop checks the counter at each instruction that it interprets, and
# calls seldom. So it keeps it in a local variable (METER_COUNTER_LOCAL in rt/module_meter.h): this says where it comes
# from the register, and goes back. Reads and writes C as wasm2c makes it.
BEGIN { print "#define METER_COUNTER_LOCAL" }

BEGIN {
    CALL = "w2c_[A-Za-z0-9_]+|CALL_INDIRECT|TRAP|(memory|table|wasm_rt)_[a-z_0-9]+"
    TRAPS = "(I(32|64)_)?(DIV|REM)_[SU]|I(32|64)_TRUNC_[SU]_F(32|64)"
}

# A call of anything but the hooks, or what may trap without a fault.
function is_call(text) {
    gsub(/w2c_host_(charge|adjust|check|charge_by|take|give)\(/, "", text)
    return text ~ "(^|[^A-Za-z0-9_])(" CALL "|" TRAPS ")\\(|UNREACHABLE;"
}

/^}/ { inside = 0 }
!inside {
    print
    if (/FUNC_PROLOGUE;/) {
        print "  METER_ENTER;"
        inside = 1
    }
    next
}
/FUNC_EPILOGUE;/ { print "  METER_LEAVE;" }
statement != "" { statement = statement "\n" $0 }
statement == "" && is_call($0) { statement = $0 }
statement == "" { print; next }
statement ~ /[;}] *$/ {
    print "METER_AROUND(" statement ")"
    statement = ""
}
