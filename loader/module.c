#include "module.h"

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "note.h"
#include "note_layout.h"
#include "object.h"

/* What module_abi.h tells the assembly. */
_Static_assert(offsetof(struct module_env, host_stack) == MODULE_ENV_HOST_STACK, "module_abi.h");
_Static_assert(offsetof(struct module_env, memory_base) == MODULE_ENV_MEMORY_BASE, "module_abi.h");
_Static_assert(offsetof(struct module_env, host_call) == MODULE_ENV_HOST_CALL, "module_abi.h");
_Static_assert(offsetof(struct module_env, stop) == MODULE_ENV_STOP, "module_abi.h");
_Static_assert(offsetof(struct module_env, fuel) == MODULE_ENV_FUEL, "module_abi.h");
_Static_assert(offsetof(struct module_env, guest_stack) == MODULE_ENV_GUEST_STACK, "module_abi.h");
_Static_assert(sizeof(struct module_env) == 48, "a layout change raises MODULE_ABI");
_Static_assert(sizeof(struct module_descriptor) == 216, "a layout change raises MODULE_ABI");
_Static_assert(offsetof(struct module_descriptor, abi) == 0, "read before the rest is known");
_Static_assert(offsetof(struct module_descriptor, descriptor_bytes) == 4, "likewise");

/* An instance is globals and table headers. */
#define MAX_INSTANCE_BYTES (UINT64_C(16) << 20)
#define MAX_GLOBALS 4096u
#define MAX_SEGMENTS (1u << 20)
#define MAX_MEMORY_PAGES 65536u

struct module {
    atomic_uint holds;
    const struct module_descriptor *descriptor;
    char *path;   /* NULL: linked in */
    void *handle; /* of the dynamic linker's, or NULL */
    int fd;       /* of the file, or -1 */
};

/* ------------------------------------------------------------------------------------------
 * The descriptor
 */

struct check {
    const struct module_descriptor *descriptor;
    struct object object;
    const char *path; /* for messages */
};

static pybox_status check_failed(const struct check *check, const char *what)
{
    return error_set(PYBOX_ERROR_MODULE_LOAD,
                     "%s: the module's descriptor makes no sense (%s); rebuild it with pybox-aot",
                     check->path, what);
}

static int text_fits(const struct check *check, const char *text)
{
    return object_holds_text(&check->object, text, NOTE_MAX_STRING);
}

static int type_fits(const struct check *check, module_type type)
{
    return text_fits(check, type) && note_type_valid(type);
}

static int code_holds(const struct check *check, uintptr_t function)
{
    return function >= (uintptr_t)check->descriptor->code_start &&
           function < (uintptr_t)check->descriptor->code_end;
}

static int array_fits(const struct check *check, const void *array, uint32_t count, uint32_t max,
                      size_t element)
{
    return count <= max && (uintptr_t)array % _Alignof(void *) == 0 &&
           object_holds(&check->object, array, (uint64_t)count * element, PF_R);
}

static pybox_status check_sizes(const struct check *check)
{
    const struct module_descriptor *d = check->descriptor;
    if (!text_fits(check, d->name))
        return check_failed(check, "its name");
    if (d->instance_bytes > MAX_INSTANCE_BYTES)
        return check_failed(check, "the size of an instance");
    if (d->memory_min_pages > d->memory_max_pages || d->memory_max_pages > MAX_MEMORY_PAGES)
        return check_failed(check, "the size of its memory");
    if (!array_fits(check, d->imports, d->import_count, NOTE_MAX_IMPORTS, sizeof *d->imports) ||
        !array_fits(check, d->exports, d->export_count, NOTE_MAX_EXPORTS, sizeof *d->exports) ||
        !array_fits(check, d->globals, d->global_count, MAX_GLOBALS, sizeof *d->globals) ||
        !array_fits(check, d->segments, d->segment_count, MAX_SEGMENTS, sizeof *d->segments))
        return check_failed(check, "a table outside the file");
    if (d->start_export < -1 ||
        (d->start_export >= 0 && (uint32_t)d->start_export >= d->export_count))
        return check_failed(check, "its start function");
    return PYBOX_OK;
}

static pybox_status check_code(const struct check *check)
{
    const struct module_descriptor *d = check->descriptor;
    if ((uintptr_t)d->code_start >= (uintptr_t)d->code_end ||
        !object_holds(&check->object, d->code_start,
                      (uintptr_t)d->code_end - (uintptr_t)d->code_start, PF_X))
        return check_failed(check, "its code's bounds");
    if (!code_holds(check, (uintptr_t)d->instantiate) ||
        !code_holds(check, (uintptr_t)d->release) ||
        !code_holds(check, (uintptr_t)d->set_memory_pages))
        return check_failed(check, "a function outside its code");
    if ((uintptr_t)d->trap % _Alignof(void *) != 0 ||
        !object_holds(&check->object, d->trap, sizeof *d->trap, PF_R | PF_W))
        return check_failed(check, "its trap slot");
    return PYBOX_OK;
}

static pybox_status check_interface(const struct check *check)
{
    const struct module_descriptor *d = check->descriptor;
    for (uint32_t i = 0; i < d->import_count; i++)
        if (!text_fits(check, d->imports[i].module) || !text_fits(check, d->imports[i].name) ||
            !type_fits(check, d->imports[i].type))
            return check_failed(check, "an import");
    for (uint32_t i = 0; i < d->export_count; i++)
        if (!text_fits(check, d->exports[i].name) || !type_fits(check, d->exports[i].type) ||
            !code_holds(check, (uintptr_t)d->exports[i].call))
            return check_failed(check, "an export");
    return PYBOX_OK;
}

static pybox_status check_state(const struct check *check)
{
    const struct module_descriptor *d = check->descriptor;
    for (uint32_t i = 0; i < d->global_count; i++) {
        const struct module_global *global = &d->globals[i];
        if (global->type == '\0' || strchr("iIfF", global->type) == NULL ||
            global->offset > d->instance_bytes || d->instance_bytes - global->offset < 8 ||
            (i > 0 && global->index <= d->globals[i - 1].index))
            return check_failed(check, "a global");
    }
    for (uint32_t i = 0; i < d->segment_count; i++)
        if (!object_holds(&check->object, d->segments[i].bytes, d->segments[i].length, PF_R))
            return check_failed(check, "a data segment outside the file");
    return PYBOX_OK;
}

/* `path` names the module in messages. */
static pybox_status check_descriptor(const struct module_descriptor *descriptor, const char *path)
{
    struct check check = {.descriptor = descriptor, .path = path};
    if ((uintptr_t)descriptor % _Alignof(struct module_descriptor) != 0 ||
        !object_find(descriptor, &check.object) ||
        !object_holds(&check.object, descriptor, 2 * sizeof(uint32_t), PF_R))
        return check_failed(&check, "its place");
    if (descriptor->abi != MODULE_ABI)
        return error_set(
            PYBOX_ERROR_MODULE_ABI,
            "%s: made for module ABI %u; expected %u; rebuild it with the pybox-aot of "
            "pybox " PYBOX_VERSION,
            path, descriptor->abi, MODULE_ABI);
    if (descriptor->descriptor_bytes != sizeof *descriptor ||
        !object_holds(&check.object, descriptor, sizeof *descriptor, PF_R))
        return check_failed(&check, "its size");
    pybox_status status = check_sizes(&check);
    if (status == PYBOX_OK)
        status = check_code(&check);
    if (status == PYBOX_OK)
        status = check_interface(&check);
    if (status == PYBOX_OK)
        status = check_state(&check);
    return status;
}

static int interface_equals(const struct module_descriptor *d, const struct note *note)
{
    if (d->import_count != note->import_count || d->export_count != note->export_count)
        return 0;
    for (uint32_t i = 0; i < d->import_count; i++)
        if (strcmp(d->imports[i].module, note->imports[i].module) != 0 ||
            strcmp(d->imports[i].name, note->imports[i].name) != 0 ||
            strcmp(d->imports[i].type, note->imports[i].type) != 0)
            return 0;
    for (uint32_t i = 0; i < d->export_count; i++)
        if (strcmp(d->exports[i].name, note->exports[i].name) != 0 ||
            strcmp(d->exports[i].type, note->exports[i].type) != 0)
            return 0;
    return 1;
}

/* Note and code are of the same module. */
static pybox_status check_note(const struct module_descriptor *d, const struct note *note,
                               const char *path)
{
    if (memcmp(d->hash, note->hash, sizeof d->hash) != 0 ||
        memcmp(d->costs_hash, note->costs_hash, sizeof d->costs_hash) != 0 ||
        d->metering != note->metering || d->flags != note->flags ||
        strcmp(d->name, note->name) != 0 || !interface_equals(d, note))
        return error_set(PYBOX_ERROR_MODULE_HASH,
                         "%s: its note and its code are not of the same module; rebuild it with "
                         "pybox-aot",
                         path);
    return PYBOX_OK;
}

/* ------------------------------------------------------------------------------------------
 * Opening
 */

/*
 * Loads the very file that is open at `fd`. The dynamic linker takes a name that it has seen for
 * the file it loaded then, and descriptor numbers are used again; so each name is spelled
 * differently, with a counter's bits as "./" and ".//". It goes through the process's number, not
 * "self", so that a debugger finds the file too.
 */
static void *load_file(int fd)
{
    static atomic_uint counter;
    unsigned number = atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
    char name[256];
    int length = snprintf(name, sizeof name, "/proc/%ld/", (long)getpid());
    for (unsigned bits = number; bits != 0; bits >>= 1)
        length += snprintf(name + length, sizeof name - (size_t)length, bits & 1 ? ".//" : "./");
    snprintf(name + length, sizeof name - (size_t)length, "fd/%d", fd);
    return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

/* Loads and checks; `module` has its fd, and takes handle and descriptor. */
static pybox_status module_load(struct module *module, const struct note *note)
{
    const char *path = module->path;
    module->handle = load_file(module->fd);
    if (module->handle == NULL) {
        const char *reason = dlerror();
        return error_set(PYBOX_ERROR_MODULE_LOAD, "%s: the dynamic linker refused it: %s", path,
                         reason != NULL ? reason : "no reason given");
    }
    module->descriptor = dlsym(module->handle, MODULE_SYMBOL);
    if (module->descriptor == NULL)
        return error_set(PYBOX_ERROR_MODULE_LOAD,
                         "%s: has no symbol " MODULE_SYMBOL "; rebuild it with pybox-aot", path);
    pybox_status status = check_descriptor(module->descriptor, path);
    if (status == PYBOX_OK)
        status = check_note(module->descriptor, note, path);
    return status;
}

static void module_free(struct module *module)
{
    if (module->handle != NULL)
        dlclose(module->handle);
    if (module->fd >= 0)
        close(module->fd);
    free(module->path);
    free(module);
}

static struct module *module_new(int fd, const char *path)
{
    struct module *made = calloc(1, sizeof *made);
    if (made == NULL)
        return NULL;
    atomic_init(&made->holds, 1);
    made->fd = fd;
    if (path != NULL && (made->path = strdup(path)) == NULL) {
        free(made);
        return NULL;
    }
    return made;
}

pybox_status module_open(const char *path, const uint8_t *expected_hash, struct module **module)
{
    *module = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* not to wait for a FIFO's writer */
    if (fd < 0)
        return error_set_io(errno, "cannot open module %s", path);
    struct note *note;
    pybox_status status = note_read(fd, path, &note);
    if (status == PYBOX_OK && expected_hash != NULL)
        status = note_expect_hash(note, path, expected_hash);
    struct module *made = status == PYBOX_OK ? module_new(fd, path) : NULL;
    if (status == PYBOX_OK && made == NULL)
        status = error_set_memory("a module", sizeof *made);
    if (made == NULL)
        close(fd);
    else
        status = module_load(made, note);
    note_free(note);
    if (status == PYBOX_OK)
        *module = made;
    else if (made != NULL)
        module_free(made);
    return status;
}

pybox_status module_open_linked(const struct module_descriptor *descriptor, struct module **module)
{
    *module = NULL;
    if (descriptor == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "the linked module is NULL; expected its descriptor");
    pybox_status status = check_descriptor(descriptor, "linked module");
    if (status != PYBOX_OK)
        return status;
    struct module *made = module_new(-1, NULL);
    if (made == NULL)
        return error_set_memory("a module", sizeof *made);
    made->descriptor = descriptor;
    *module = made;
    return PYBOX_OK;
}

struct module *module_hold(struct module *module)
{
    atomic_fetch_add_explicit(&module->holds, 1, memory_order_relaxed);
    return module;
}

void module_close(struct module *module)
{
    if (module != NULL && atomic_fetch_sub_explicit(&module->holds, 1, memory_order_acq_rel) == 1)
        module_free(module);
}

const struct module_descriptor *module_describe(const struct module *module)
{
    return module->descriptor;
}

const char *module_path(const struct module *module)
{
    return module->path;
}

void module_bind_trap(struct module *module, void (*trap)(uint32_t code))
{
    /* A module that is opened twice has one slot: others may be using it. */
    __atomic_store_n(module->descriptor->trap, trap, __ATOMIC_RELEASE);
}

const struct module_export *module_find_export(const struct module *module, const char *name,
                                               module_type type)
{
    const struct module_descriptor *d = module->descriptor;
    for (uint32_t i = 0; i < d->export_count; i++)
        if ((int64_t)i != d->start_export && strcmp(d->exports[i].name, name) == 0)
            return type == NULL || strcmp(d->exports[i].type, type) == 0 ? &d->exports[i] : NULL;
    return NULL;
}

uint32_t module_type_values(module_type type)
{
    uint32_t parameters = (uint32_t)strspn(type, "iIfF");
    uint32_t results = (uint32_t)strlen(type) - parameters - 1;
    return parameters > results ? parameters : results;
}
