#include "shim.h"

#include <stdlib.h>

#include "error.h"

#define CLOCK_STEP_NS 1000u
#define PREOPEN_FD 3u

/* ---- making shims ---- */

/* Packs strings one behind the other, each with its NUL. */
static pybox_status shim_pack(const char *what, const char *const *strings, size_t count,
                              struct wasi_strings *packed)
{
    size_t total = 0;
    if (count > WASI_ARGUMENTS)
        return error_set(PYBOX_ERROR_LIMIT, "%zu %s; expected at most %u", count, what, WASI_ARGUMENTS);
    for (size_t i = 0; i < count; i++) {
        if (strings[i] == NULL)
            return error_set(PYBOX_ERROR_ARGUMENT, "one of the %s is NULL; expected text", what);
        total += strlen(strings[i]) + 1;
        if (total > WASI_ARGUMENT_BYTES)
            return error_set(PYBOX_ERROR_LIMIT, "the %s are longer than %u bytes", what,
                             WASI_ARGUMENT_BYTES);
    }
    packed->bytes = malloc(total + 1);
    if (packed->bytes == NULL)
        return error_set_memory(what, total);
    packed->count = (uint32_t)count;
    packed->length = (uint32_t)total;
    char *at = packed->bytes;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(strings[i]) + 1;
        memcpy(at, strings[i], length);
        at += length;
    }
    return PYBOX_OK;
}

/* Sets the rights of a descriptor that was just opened. */
static int shim_set_rights(struct vfs *vfs, uint32_t fd, uint64_t rights, uint64_t inheriting)
{
    struct vfs_descriptor *descriptor;
    int error = vfs_change(vfs, fd, &descriptor);
    if (error != 0)
        return error;
    descriptor->rights = rights;
    descriptor->inheriting = inheriting;
    return 0;
}

/* Opens the streams and "/". */
static int shim_open_first(struct vfs *vfs)
{
    int error = 0;
    for (uint8_t stream = 0; stream < 3 && error == 0; stream++) {
        error = vfs_open_stream(vfs, stream, stream);
        if (error == 0)
            error = shim_set_rights(vfs, stream,
                                    RIGHTS_STREAM | (stream == 0 ? RIGHT_FD_READ : RIGHT_FD_WRITE), 0);
    }
    if (error == 0)
        error = vfs_open_root(vfs, PREOPEN_FD);
    if (error == 0)
        error = shim_set_rights(vfs, PREOPEN_FD, RIGHTS_DIRECTORY, RIGHTS_DIRECTORY | RIGHTS_FILE);
    return error;
}

/* Opens one more directory, by a path from "/" or without its slash. */
static pybox_status shim_preopen(struct wasi *wasi, const char *name, uint8_t number)
{
    struct vfs_descriptor *descriptor;
    const char *path = name + strspn(name, "/");
    uint32_t fd;
    if (*path == '\0')
        path = ".";
    int error = vfs_open(wasi->vfs, PREOPEN_FD, path, strlen(path), VFS_ONLY_DIRECTORY | VFS_READ | VFS_FOLLOW, 0, &fd);
    if (error == 0)
        error = shim_set_rights(wasi->vfs, fd, RIGHTS_DIRECTORY, RIGHTS_DIRECTORY | RIGHTS_FILE);
    if (error == 0)
        error = vfs_change(wasi->vfs, fd, &descriptor);
    if (error == ENOMEM)
        return error_set_memory("preopened directories", 0);
    if (error != 0)
        return error_set(PYBOX_ERROR_PATH,
                         "preopened directory %s cannot be opened in the box: %s; expected the path of one that is there",
                         name, strerror(error));
    descriptor->preopen = number;
    return PYBOX_OK;
}

static pybox_status shim_preopen_all(struct wasi *wasi, const struct wasi_options *options)
{
    if (options->preopen_count > WASI_PREOPENS)
        return error_set(PYBOX_ERROR_LIMIT, "%zu preopened directories; expected at most %u", options->preopen_count,
                         WASI_PREOPENS);
    pybox_status status =
        shim_pack("preopened directories", options->preopens, options->preopen_count, &wasi->preopens);
    for (size_t i = 0; status == PYBOX_OK && i < options->preopen_count; i++)
        status = shim_preopen(wasi, options->preopens[i], (uint8_t)(i + 2));
    return status;
}

static void shim_take_options(struct wasi *wasi, const struct wasi_options *options)
{
    wasi->context = options->context;
    wasi->read = options->read;
    wasi->write = options->write;
    wasi->sleep = options->sleep;
    wasi->terminal = options->terminal != 0;
    wasi->clock_fixed = options->clock_fixed != 0;
    wasi->clock_start_ns = options->clock_start_ns;
    wasi->clock_step_ns = options->clock_step_ns == 0 ? CLOCK_STEP_NS : options->clock_step_ns;
    wasi->seeded = options->seed != NULL;
    if (wasi->seeded)
        random_seed(wasi, *options->seed);
}

static void shim_set_hooks(struct wasi *wasi)
{
    const struct vfs_hooks hooks = {wasi, clock_now, random_fill};
    vfs_set_hooks(wasi->vfs, &hooks);
}

pybox_status wasi_create(const struct wasi_options *options, struct vfs *vfs, struct wasi **created)
{
    const struct wasi_options none = {0};
    *created = NULL;
    if (options == NULL)
        options = &none;
    struct wasi *wasi = calloc(1, sizeof *wasi);
    if (wasi == NULL)
        return error_set_memory("a WASI shim", sizeof *wasi);
    wasi->vfs = vfs;
    shim_take_options(wasi, options);
    pybox_status status =
        shim_pack("arguments", options->arguments, options->argument_count, &wasi->arguments);
    if (status == PYBOX_OK)
        status = shim_pack("environment variables", options->environment,
                           options->environment_count, &wasi->environment);
    int error = status == PYBOX_OK ? shim_open_first(vfs) : 0;
    if (error == ENOMEM)
        status = error_set_memory("descriptors for the streams and /", 0);
    else if (error != 0)
        status = error_set(PYBOX_ERROR_LIMIT, "no descriptors for the streams and /; expected a quota "
                                              "of at least 4 open files");
    if (status == PYBOX_OK)
        status = shim_preopen_all(wasi, options);
    if (status != PYBOX_OK) {
        wasi_destroy(wasi);
        return status;
    }
    shim_set_hooks(wasi);
    wasi_reset(wasi);
    *created = wasi;
    return PYBOX_OK;
}

static int shim_copy_strings(const struct wasi_strings *from, struct wasi_strings *to)
{
    *to = *from;
    to->bytes = malloc((size_t)from->length + 1);
    if (to->bytes == NULL)
        return ENOMEM;
    memcpy(to->bytes, from->bytes, from->length);
    return 0;
}

pybox_status wasi_clone(const struct wasi *from, void *context, struct vfs *vfs, struct wasi **clone)
{
    *clone = NULL;
    struct wasi *wasi = malloc(sizeof *wasi);
    if (wasi == NULL)
        return error_set_memory("a WASI shim", sizeof *wasi);
    *wasi = *from;
    wasi->vfs = vfs;
    wasi->context = context;
    wasi->fuel = 0;
    wasi->environment.bytes = NULL;
    wasi->preopens.bytes = NULL;
    if (shim_copy_strings(&from->arguments, &wasi->arguments) != 0 ||
        shim_copy_strings(&from->environment, &wasi->environment) != 0 ||
        shim_copy_strings(&from->preopens, &wasi->preopens) != 0) {
        wasi_destroy(wasi);
        return error_set_memory("arguments and environment",
                                (size_t)from->arguments.length + from->environment.length);
    }
    shim_set_hooks(wasi);
    wasi_reset(wasi);
    *clone = wasi;
    return PYBOX_OK;
}

uint64_t wasi_take_fuel(struct wasi *wasi)
{
    uint64_t fuel = wasi->fuel;
    wasi->fuel = 0;
    return fuel;
}

uint16_t wasi_unlisted_error(const struct wasi *wasi)
{
    return wasi->unlisted;
}

void wasi_destroy(struct wasi *wasi)
{
    if (wasi == NULL)
        return;
    free(wasi->arguments.bytes);
    free(wasi->environment.bytes);
    free(wasi->preopens.bytes);
    free(wasi);
}

void wasi_reset(struct wasi *wasi)
{
    wasi->stop = WASI_STOP_NONE;
    wasi->exit_code = 0;
    wasi->cpu_start_ns = 0;
}

uint32_t wasi_stop(const struct wasi *wasi)
{
    return wasi->stop;
}

int wasi_exit_code(const struct wasi *wasi)
{
    return wasi->exit_code;
}

struct wasi_saved wasi_save(const struct wasi *wasi)
{
    return (struct wasi_saved){wasi->clock_ns, wasi->random_bytes};
}

void wasi_restore(struct wasi *wasi, const struct wasi_saved *saved)
{
    wasi->clock_ns = saved->clock_ns;
    wasi->random_bytes = saved->random_bytes;
}

/* ---- descriptors ---- */

const char *shim_preopen_name(const struct wasi *wasi, const struct vfs_descriptor *descriptor)
{
    if (descriptor->preopen <= 1)
        return descriptor->preopen == 1 ? "/" : NULL;
    const char *name = wasi->preopens.bytes;
    uint32_t number = descriptor->preopen - 2u;
    if (number >= wasi->preopens.count)
        return NULL;
    for (; number > 0; number--)
        name += strlen(name) + 1;
    return name;
}

uint64_t shim_rights(uint8_t type)
{
    return type == VFS_DIRECTORY ? RIGHTS_DIRECTORY : RIGHTS_FILE;
}

uint16_t shim_descriptor(struct wasi *wasi, uint64_t fd, uint64_t rights,
                         const struct vfs_descriptor **descriptor)
{
    *descriptor = vfs_descriptor(wasi->vfs, (uint32_t)fd);
    if (*descriptor == NULL)
        return WASI_EBADF;
    return ((*descriptor)->rights & rights) == rights ? WASI_OK : WASI_ENOTCAPABLE;
}
