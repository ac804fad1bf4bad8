#include "run_limits.h"

#include <stddef.h>
#include <string.h>

#include "error.h"
#include "options.h"

#define MIB (UINT64_C(1) << 20)

/* Name, smallest and largest value. The defaults are those of a preset (preset.c). */
static const struct limit_range {
    const char *name;
    size_t offset, bytes;
    uint64_t least, most;
} ranges[] = {
#define RANGE(field, least, most)                                                                  \
    {#field, offsetof(pybox_limits, field), sizeof(((pybox_limits *)0)->field), least, most}
    RANGE(fuel, 1, PYBOX_UNLIMITED),
    RANGE(wall_ns, 1, PYBOX_UNLIMITED),
    RANGE(cpu_ns, 1, PYBOX_UNLIMITED),
    RANGE(grace_fuel, 1, PYBOX_UNLIMITED),
    RANGE(grace_ns, 1, PYBOX_UNLIMITED),
    RANGE(output_bytes, 1, PYBOX_UNLIMITED),
    RANGE(host_calls, 1, PYBOX_UNLIMITED),
    RANGE(stack_bytes, 65536, PYBOX_UNLIMITED),
    RANGE(memory_bytes, 1, 4096 * MIB),
    RANGE(files_bytes, 1, PYBOX_UNLIMITED),
    RANGE(files, 1, 65536),
    RANGE(open_files, 4, 256),
    RANGE(name_bytes, 1, 255),
    RANGE(folder_depth, 1, 1024),
    RANGE(recursion, 10, 1000000),
#undef RANGE
};

static uint64_t limit_get(const pybox_limits *limits, const struct limit_range *range)
{
    uint64_t value = 0; /* little-endian: the low bytes come first */
    memcpy(&value, (const char *)limits + range->offset, range->bytes);
    return value;
}

static void limit_set(pybox_limits *limits, const struct limit_range *range, uint64_t value)
{
    memcpy((char *)limits + range->offset, &value, range->bytes);
}

pybox_status limits_choose(const pybox_limits *given, const pybox_limits *base, int captured,
                           const char *name, pybox_limits *chosen)
{
    pybox_limits copy = {0};
    pybox_status status = options_copy(&copy, sizeof copy, given, "pybox_limits");
    if (status != PYBOX_OK)
        return status;
    pybox_limits made = {.size = sizeof made};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const struct limit_range *range = &ranges[i];
        uint64_t value = limit_get(&copy, range);
        if (value != 0 && (value < range->least || value > range->most))
            return error_set(PYBOX_ERROR_ARGUMENT,
                             "%s.%s is %llu; expected 0 (the default), or %llu to %llu", name,
                             range->name, (unsigned long long)value,
                             (unsigned long long)range->least, (unsigned long long)range->most);
        if (value == 0)
            value = limit_get(base, range);
        limit_set(&made, range, value);
    }
    if (!captured && copy.output_bytes == 0)
        made.output_bytes = PYBOX_UNLIMITED;
    *chosen = made;
    return PYBOX_OK;
}

pybox_status limits_check_module(const pybox_limits *limits, const struct pybox_module *module)
{
    if (limits->fuel == PYBOX_UNLIMITED || module->metered)
        return PYBOX_OK;
    return error_set(PYBOX_ERROR_UNSUPPORTED,
                     "limits.fuel is %llu, but module %s is not metered; expected one that pybox-aot "
                     "compiled with metering",
                     (unsigned long long)limits->fuel, module_describe(module->native)->name);
}
