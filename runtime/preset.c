#include "preset.h"

#include <stddef.h>
#include <string.h>

#include "error.h"

#define MIB (UINT64_C(1) << 20)
#define SECOND UINT64_C(1000000000)
#define NONE PYBOX_UNLIMITED

/* One row a limit, one column a preset. `stack_bytes` NONE: the engine's. */
#define PRESETS(X)                                                                                  \
    /* field        normal            strict             permissive */                              \
    X(fuel,         NONE,             20000000000,       NONE)                                      \
    X(wall_ns,      NONE,             30 * SECOND,       NONE)                                      \
    X(cpu_ns,       NONE,             10 * SECOND,       NONE)                                      \
    X(grace_fuel,   10000000,         10000000,          100000000)                                 \
    X(grace_ns,     SECOND / 200,     SECOND / 200,      SECOND / 10)                               \
    X(output_bytes, 16 * MIB,         1 * MIB,           64 * MIB)                                  \
    X(host_calls,   NONE,             1000000,           NONE)                                      \
    X(stack_bytes,  NONE,             16 * MIB,          NONE)                                      \
    X(memory_bytes, 512 * MIB,        128 * MIB,         4096 * MIB)                                \
    X(files_bytes,  64 * MIB,         16 * MIB,          1024 * MIB)                                \
    X(files,        65536,            1024,              65536)                                     \
    X(open_files,   256,              32,                256)                                       \
    X(name_bytes,   255,              255,               255)                                       \
    X(folder_depth, 64,               16,                256)                                       \
    X(recursion,    1000,             1000,              1000)

static const struct preset {
    const char *name;
    int writes_to_host; /* writable mounts of the host's folders are allowed */
    int limits_streams;
    pybox_limits limits;
} presets[] = {
#define NORMAL(field, normal, strict, permissive) .field = normal,
#define STRICT(field, normal, strict, permissive) .field = strict,
#define PERMISSIVE(field, normal, strict, permissive) .field = permissive,
    [PYBOX_PRESET_NORMAL] = {"normal", 1, 0, {.size = sizeof(pybox_limits), PRESETS(NORMAL)}},
    [PYBOX_PRESET_STRICT] = {"strict", 0, 1, {.size = sizeof(pybox_limits), PRESETS(STRICT)}},
    [PYBOX_PRESET_PERMISSIVE] = {"permissive", 1, 0, {.size = sizeof(pybox_limits), PRESETS(PERMISSIVE)}},
};

#define PRESET_COUNT (sizeof presets / sizeof *presets)

static const struct preset *preset_get(pybox_preset preset)
{
    return (size_t)preset < PRESET_COUNT ? &presets[preset] : NULL;
}

const char *pybox_preset_name(pybox_preset preset)
{
    const struct preset *found = preset_get(preset);
    return found != NULL ? found->name : "unknown";
}

const pybox_limits *pybox_preset_limits(pybox_preset preset)
{
    const struct preset *found = preset_get(preset);
    return found != NULL ? &found->limits : NULL;
}

pybox_status pybox_preset_find(const char *name, pybox_preset *preset)
{
    if (name == NULL || preset == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "name or preset is NULL; expected both");
    *preset = PYBOX_PRESET_NORMAL;
    for (size_t i = 0; i < PRESET_COUNT; i++)
        if (strcmp(presets[i].name, name) == 0) {
            *preset = (pybox_preset)i;
            return PYBOX_OK;
        }
    return error_set(PYBOX_ERROR_ARGUMENT, "there is no preset '%s'; expected strict, normal or permissive", name);
}

int preset_writes_to_host(pybox_preset preset)
{
    return presets[preset].writes_to_host;
}

int preset_limits_streams(pybox_preset preset)
{
    return presets[preset].limits_streams;
}
