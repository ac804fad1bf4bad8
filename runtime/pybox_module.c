#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "digest.h"
#include "error.h"
#include "handles.h"
#include "trap.h"

#define PYTHON_MODULE "python.so"

/* Where the library's data is installed. In a section of its own, so that an install to another prefix can put
 * the path there (objcopy --update-section); volatile, so that no compiler reads it earlier. */
#define HOME_BYTES 1024
__attribute__((section("pybox_home"), used)) static volatile char
    installed_home[HOME_BYTES] = PYBOX_INSTALLED_HOME;

static const struct {
    const char *name, *type;
} guest_exports[GUEST_EXPORT_COUNT] = {
    [GUEST_START] = {GUEST_EXPORT_START, ":i"},
    [GUEST_BUFFER] = {GUEST_EXPORT_BUFFER, "i:i"},
    [GUEST_CONFIGURE] = {GUEST_EXPORT_CONFIGURE, "i:i"},
    [GUEST_RUN] = {GUEST_EXPORT_RUN, "iii:i"},
    [GUEST_FINISH] = {GUEST_EXPORT_FINISH, ":i"},
    [GUEST_RESTORE] = {GUEST_EXPORT_RESTORE, ":"},
    [GUEST_SETTLE] = {GUEST_EXPORT_SETTLE, ":"},
    [GUEST_STOP] = {GUEST_EXPORT_STOP, "i:"},
    [GUEST_WHERE] = {GUEST_EXPORT_WHERE, ":i"},
    [GUEST_TRACE] = {GUEST_EXPORT_TRACE, "ii:"},
    [GUEST_RESUME] = {GUEST_EXPORT_RESUME, "i:i"},
    [GUEST_REQUESTS] = {GUEST_EXPORT_REQUESTS, ":i"},
    [GUEST_CONTEXT] = {GUEST_EXPORT_CONTEXT, "ii:i"},
    [GUEST_FUNCTIONS_KNOWN] = {GUEST_EXPORT_FUNCTIONS_KNOWN, "II:i"},
    [GUEST_FUNCTIONS] = {GUEST_EXPORT_FUNCTIONS, "IIi:i"},
    [GUEST_CONTEXTS] = {GUEST_EXPORT_CONTEXTS, ":i"},
    [GUEST_VALUE] = {GUEST_EXPORT_VALUE, "ii:i"},
    [GUEST_ROOM] = {GUEST_EXPORT_ROOM, "i:i"},
};

/* `folder`/python.so is there. */
static int home_has_module(const char *folder, char path[PATH_MAX])
{
    int length = snprintf(path, PATH_MAX, "%s/" PYTHON_MODULE, folder);
    return length > 0 && length < PATH_MAX && access(path, R_OK) == 0;
}

/* ../lib/pybox beside the running program, or "" if that cannot be said. */
static void home_beside_program(char folder[PATH_MAX])
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    folder[0] = '\0';
    if (length <= 0)
        return;
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash == NULL)
        return;
    *slash = '\0';
    int written = snprintf(folder, PATH_MAX, "%s/../lib/pybox", program);
    if (written < 0 || written >= PATH_MAX)
        folder[0] = '\0';
}

static pybox_status find_python(char path[PATH_MAX])
{
    char beside[PATH_MAX];
    const char *given = getenv("PYBOX_HOME");
    if (given != NULL && given[0] != '\0') {
        if (home_has_module(given, path))
            return PYBOX_OK;
        return error_set_io(ENOENT, "PYBOX_HOME is %s; expected a folder with " PYTHON_MODULE, given);
    }
    home_beside_program(beside);
    if (beside[0] != '\0' && home_has_module(beside, path))
        return PYBOX_OK;
    char installed[HOME_BYTES];
    for (size_t i = 0; i < sizeof installed; i++)
        installed[i] = installed_home[i];
    installed[sizeof installed - 1] = '\0';
    if (home_has_module(installed, path))
        return PYBOX_OK;
    return error_set_io(ENOENT,
                        PYTHON_MODULE
                        " is neither in %s nor in %s; set PYBOX_HOME to the folder it is in",
                        beside[0] != '\0' ? beside : "../lib/pybox", installed);
}

static pybox_status bind_imports(pybox_module *module)
{
    const struct module_descriptor *descriptor = module_describe(module->native);
    module->calls = calloc(descriptor->import_count + 1u, sizeof *module->calls);
    module->host_imports = calloc(descriptor->import_count + 1u, sizeof *module->host_imports);
    if (module->calls == NULL || module->host_imports == NULL)
        return error_set_memory("a module's imports", descriptor->import_count * sizeof *module->calls);
    for (uint32_t i = 0; i < descriptor->import_count; i++) {
        const struct module_import *import = &descriptor->imports[i];
        module->calls[i] = wasi_find(import->module, import->name, import->type);
        if (module->calls[i] == NULL)
            module->host_imports[i] = host_import_find(import->module, import->name, import->type);
        if (module->calls[i] == NULL && module->host_imports[i] == NULL)
            return error_set(PYBOX_ERROR_MODULE_IMPORT,
                             "module %s imports %s.%s of type %s, which this library does not "
                             "have; expected functions of wasi_snapshot_preview1",
                             descriptor->name, import->module, import->name, import->type);
    }
    return PYBOX_OK;
}

static void find_exports(pybox_module *module)
{
    module->initialize = module_find_export(module->native, "_initialize", ":");
    module->start = module_find_export(module->native, "_start", ":");
    for (int i = 0; i < GUEST_EXPORT_COUNT; i++) {
        module->guest[i] =
            module_find_export(module->native, guest_exports[i].name, guest_exports[i].type);
        if (module->guest[i] == NULL && i < GUEST_NEEDED_COUNT) {
            memset(module->guest, 0, sizeof module->guest);
            return;
        }
    }
}

static pybox_status open_stdlib(pybox_module *module)
{
    if (module->home == NULL)
        return error_set(PYBOX_ERROR_ARCHIVE,
                         "the Python module is linked in, so there is no folder to look for "
                         GUEST_STDLIB_FILE " in; set PYBOX_HOME");
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/" GUEST_STDLIB_FILE, module->home);
    if (length < 0 || (size_t)length >= sizeof path)
        return error_set(PYBOX_ERROR_PATH, "the module's folder has too long a name");
    return vfs_archive_open(path, 1, &module->stdlib);
}

/* Takes over `native`, also on failure. */
static pybox_status finish_open(pybox_engine *engine, struct module *native, char *home,
                                pybox_module **opened)
{
    pybox_module *made = calloc(1, sizeof *made);
    if (made == NULL) {
        module_close(native);
        free(home);
        return error_set_memory("a module", sizeof *made);
    }
    atomic_init(&made->holds, 1);
    made->engine = engine_hold(engine);
    made->native = native;
    made->home = home;
    module_bind_trap(native, trap_raise);
    made->metered = module_describe(native)->metering != 0;
    digest_hex(module_hash_of(made), made->hash);
    pybox_status status = bind_imports(made);
    find_exports(made);
    if (status == PYBOX_OK && made->guest[0] != NULL)
        status = open_stdlib(made);
    if (status != PYBOX_OK) {
        pybox_module_close(made);
        return status;
    }
    *opened = made;
    return PYBOX_OK;
}

/* The folder of the file at `path`, or NULL with a message. */
static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash != NULL ? strndup(path, (size_t)(slash - path) + (slash == path))
                                 : strdup(".");
    if (folder == NULL)
        error_set_memory("a path", strlen(path));
    return folder;
}

pybox_status pybox_module_open(pybox_engine *engine, const char *path, pybox_module **module)
{
    if (engine == NULL || module == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "engine or module is NULL; expected both");
    *module = NULL;
    char found[PATH_MAX];
    if (path == NULL) {
        pybox_status status = find_python(found);
        if (status != PYBOX_OK)
            return status;
        path = found;
    }
    char *home = folder_of(path);
    if (home == NULL)
        return PYBOX_ERROR_NO_MEMORY;
    struct module *native;
    pybox_status status = module_open(path, NULL, &native);
    if (status != PYBOX_OK) {
        free(home);
        return status;
    }
    return finish_open(engine, native, home, module);
}

pybox_status pybox_module_open_linked(pybox_engine *engine, const pybox_linked_module *linked,
                                      pybox_module **module)
{
    if (engine == NULL || linked == NULL || module == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "engine, linked or module is NULL; expected all");
    *module = NULL;
    const char *given = getenv("PYBOX_HOME");
    char *home = given != NULL ? strdup(given) : NULL;
    if (given != NULL && home == NULL)
        return error_set_memory("a path", strlen(given));
    struct module *native;
    pybox_status status = module_open_linked(linked, &native);
    if (status != PYBOX_OK) {
        free(home);
        return status;
    }
    return finish_open(engine, native, home, module);
}

struct pybox_module *module_handle_hold(struct pybox_module *module)
{
    atomic_fetch_add_explicit(&module->holds, 1, memory_order_relaxed);
    return module;
}

void pybox_module_close(pybox_module *module)
{
    if (module == NULL || atomic_fetch_sub_explicit(&module->holds, 1, memory_order_acq_rel) > 1)
        return;
    vfs_archive_close(module->stdlib);
    module_close(module->native);
    pybox_engine_destroy(module->engine);
    free(module->calls);
    free(module->host_imports);
    free(module->home);
    free(module);
}

void pybox_module_describe(const pybox_module *module, pybox_module_info *info)
{
    if (info == NULL)
        return;
    *info = (pybox_module_info){0};
    if (module == NULL)
        return;
    const struct module_descriptor *descriptor = module_describe(module->native);
    *info = (pybox_module_info){
        .name = descriptor->name,
        .hash = module->hash,
        .home = module->home,
        .memory_bytes = descriptor->memory_min_pages * UINT64_C(65536),
        .is_python = module->guest[0] != NULL,
        .is_command = module->start != NULL,
    };
}
