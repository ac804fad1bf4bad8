/* Making and freeing boxes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "box.h"
#include "error.h"
#include "guard.h"
#include "hot_pages.h"
#include "options.h"
#include "package_join.h"
#include "package_state.h"
#include "point.h"
#include "preset.h"
#include "run_limits.h"
#include "spare.h"

#define DEFAULT_DIRECTORY "/work"

/* Standard input: the host's callback, or the bytes it gave. */
static ptrdiff_t box_read_input(void *context, void *bytes, size_t capacity)
{
    pybox_box *box = context;
    if (box->input_callback != NULL)
        return box->input_callback(box->input_context, bytes, capacity);
    size_t left = box->input_length - box->input_used;
    size_t taken = left < capacity ? left : capacity;
    if (taken > 0)
        memcpy(bytes, box->input + box->input_used, taken);
    box->input_used += taken;
    return (ptrdiff_t)taken;
}

/* Standard output and error: 0, the errno for the guest's write, or a stop. */
static int box_write_output(void *context, int stream, const void *bytes, size_t length)
{
    _Static_assert(OUTPUT_IS_FULL == WASI_WRITE_FULL, "one number for both");
    pybox_box *box = context;
    return output_write(&box->output, (pybox_stream)stream, bytes, length);
}

static pybox_status box_check_options(const pybox_box_options *options)
{
    if (options->argument_count > 0 && options->arguments == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "argument_count is %zu but arguments is NULL",
                         options->argument_count);
    if (options->environment_count > 0 && options->environment == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "environment_count is %zu but environment is NULL",
                         options->environment_count);
    for (size_t i = 0; i < options->environment_count; i++)
        if (options->environment[i] == NULL)
            return error_set(PYBOX_ERROR_ARGUMENT, "environment entry %zu is NULL; expected NAME=value",
                             i);
        else if (options->environment[i][0] == '=' || strchr(options->environment[i], '=') == NULL)
            return error_set(PYBOX_ERROR_ARGUMENT, "environment entry \"%s\"; expected NAME=value",
                             options->environment[i]);
    if (options->preopen_count > 0 && options->preopens == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "preopen_count is %zu but preopens is NULL", options->preopen_count);
    if (options->mount_count > 0 && options->mounts == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "mount_count is %zu but mounts is NULL",
                         options->mount_count);
    if (options->input_length > 0 && options->input == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "input_length is %zu but input is NULL",
                         options->input_length);
    if (pybox_preset_limits(options->preset) == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "preset is %d; expected a pybox_preset", (int)options->preset);
    if (options->rollback < PYBOX_ROLLBACK_NEVER || options->rollback > PYBOX_ROLLBACK_ALWAYS)
        return error_set(PYBOX_ERROR_ARGUMENT, "rollback is %d; expected a pybox_rollback",
                         (int)options->rollback);
    return PYBOX_OK;
}

static cJSON *box_strings(const char *const *strings, size_t count)
{
    cJSON *array = cJSON_CreateArray();
    for (size_t i = 0; array != NULL && i < count; i++) {
        cJSON *string = cJSON_CreateString(strings[i]);
        if (string == NULL || !cJSON_AddItemToArray(array, string)) {
            cJSON_Delete(string);
            cJSON_Delete(array);
            return NULL;
        }
    }
    return array;
}

static cJSON *box_pairs(const char *const *strings, size_t count)
{
    cJSON *object = cJSON_CreateObject();
    for (size_t i = 0; object != NULL && i < count; i++) {
        const char *equals = strchr(strings[i], '=');
        char *name = strndup(strings[i], (size_t)(equals - strings[i]));
        int added = name != NULL && cJSON_AddStringToObject(object, name, equals + 1) != NULL;
        free(name);
        if (!added) {
            cJSON_Delete(object);
            return NULL;
        }
    }
    return object;
}

/* What the guest is told before its first run, as JSON; *text stays NULL if there is nothing to tell. */
static pybox_status box_describe_options(const pybox_box_options *options, char **text)
{
    cJSON *told = cJSON_CreateObject();
    int made = told != NULL;
    pybox_limits limits = {0};
    if (options_copy(&limits, sizeof limits, options->limits, "pybox_limits") == PYBOX_OK &&
        limits.recursion != 0) /* else it stays as the image has it */
        made = made && cJSON_AddNumberToObject(told, "recursion", limits.recursion) != NULL;
    if (options->argument_count > 0)
        made = made && cJSON_AddItemToObject(
                           told, "argv", box_strings(options->arguments, options->argument_count));
    if (options->environment_count > 0)
        made = made &&
               cJSON_AddItemToObject(told, "environment",
                                     box_pairs(options->environment, options->environment_count));
    if (options->directory != NULL)
        made = made && cJSON_AddStringToObject(told, "directory", options->directory) != NULL;
    if (options->mount_count > 0)
        made = made && cJSON_AddTrueToObject(told, "mounts") != NULL;
    if (made && told->child != NULL)
        made = (*text = cJSON_PrintUnformatted(told)) != NULL;
    cJSON_Delete(told);
    return made ? PYBOX_OK : error_set_memory("a box's options", 0);
}

static pybox_status box_mount_archive(struct vfs *vfs, const pybox_mount *mount)
{
    struct vfs_archive *archive;
    pybox_status status =
        mount->host != NULL ? vfs_archive_open(mount->host, 0, &archive)
                            : vfs_archive_open_copy(mount->bytes, mount->length, mount->guest, &archive);
    if (status != PYBOX_OK)
        return status;
    status = vfs_mount_archive(vfs, mount->guest, archive);
    vfs_archive_close(archive);
    return status;
}

/* What a mount of that kind must have, and must not. NULL: it is well. */
static const char *box_check_mount(const pybox_mount *mount)
{
    const int has_host = mount->host != NULL, has_bytes = mount->bytes != NULL || mount->length > 0;
    if (mount->guest == NULL)
        return "lacks its guest path";
    if (mount->bytes == NULL && mount->length > 0)
        return "has a length, but bytes is NULL";
    switch (mount->kind) {
    case PYBOX_MOUNT_OVERLAY:
        if (mount->read_only)
            return "is an overlay; expected it to be writable, or PYBOX_MOUNT_HOST";
        /* fall through */
    case PYBOX_MOUNT_HOST:
        return !has_host ? "lacks its host path" : has_bytes ? "has bytes; expected them with BYTES or ARCHIVE" : NULL;
    case PYBOX_MOUNT_MEMORY:
        return has_host || has_bytes ? "is a folder in memory; expected neither a host path nor bytes"
               : mount->read_only    ? "is a folder in memory; expected it to be writable"
                                     : NULL;
    case PYBOX_MOUNT_BYTES:
        return has_host ? "has a host path; expected bytes alone" : NULL;
    case PYBOX_MOUNT_ARCHIVE:
        return has_host == has_bytes ? "is an archive; expected either a host path or bytes" : NULL;
    default:
        return "is of no known kind; expected a pybox_mount_kind";
    }
}

static pybox_status box_mount(struct vfs *vfs, const pybox_mount *mount, size_t number, int may_write)
{
    const char *wrong = box_check_mount(mount);
    if (wrong != NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "mount %zu%s%s %s", number, mount->guest != NULL ? ", " : "",
                         mount->guest != NULL ? mount->guest : "", wrong);
    if (mount->kind == PYBOX_MOUNT_HOST && !mount->read_only && !may_write)
        return error_set(PYBOX_ERROR_ARGUMENT, "mount %zu, %s can write to the host, which the box's preset forbids; "
                                               "expected it to be read-only, or an overlay", number, mount->guest);
    switch (mount->kind) {
    case PYBOX_MOUNT_OVERLAY:
        return vfs_mount_overlay(vfs, mount->guest, mount->host);
    case PYBOX_MOUNT_MEMORY:
        return vfs_mount_memory(vfs, mount->guest);
    case PYBOX_MOUNT_BYTES:
        return vfs_mount_bytes(vfs, mount->guest, mount->bytes, mount->length);
    case PYBOX_MOUNT_ARCHIVE:
        return box_mount_archive(vfs, mount);
    default:
        return vfs_mount_host(vfs, mount->guest, mount->host, mount->read_only);
    }
}

static pybox_status box_build_tree(pybox_box *box, const pybox_box_options *options)
{
    struct vfs_quota quota = {
        .bytes = box->limits.files_bytes,
        .files = box->limits.files,
        .open_files = box->limits.open_files,
        .name_bytes = box->limits.name_bytes,
        .depth = box->limits.folder_depth,
    };
    pybox_status status = package_state_join(box->image, options->packages, options->package_count, &box->packages);
    if (status == PYBOX_OK)
        status = package_state_charge(box->packages, &quota);
    if (status == PYBOX_OK)
        status = vfs_create(&quota, &box->vfs);
    if (status == PYBOX_OK)
        status = vfs_mount_defaults(box->vfs, box->module->stdlib, GUEST_STDLIB_PATH);
    if (status == PYBOX_OK && box->packages != NULL)
        status = vfs_mount_archive(box->vfs, PACKAGE_FOLDER, box->packages);
    for (size_t i = 0; status == PYBOX_OK && i < options->mount_count; i++)
        status = box_mount(box->vfs, &options->mounts[i], i, preset_writes_to_host(options->preset));
    if (status == PYBOX_OK && options->directory != NULL &&
        !vfs_is_directory(box->vfs, options->directory))
        status = error_set(PYBOX_ERROR_PATH,
                           "directory %s is not there in the box; expected the absolute path of one "
                           "that is, such as " DEFAULT_DIRECTORY,
                           options->directory);
    return status;
}

static pybox_status box_build_shim(pybox_box *box, const pybox_box_options *options)
{
    const struct wasi_options shim = {
        .arguments = options->arguments,
        .argument_count = options->argument_count,
        .environment = options->environment,
        .environment_count = options->environment_count,
        .preopens = options->preopens,
        .preopen_count = options->preopen_count,
        .context = box,
        .read = box_read_input,
        .write = box_write_output,
        .sleep = guard_sleep,
        .terminal = options->terminal,
        .seed = options->seed,
        .clock_fixed = options->clock_ns != NULL,
        .clock_start_ns = options->clock_ns != NULL ? *options->clock_ns : 0,
    };
    pybox_status status = wasi_create(&shim, box->vfs, &box->wasi);
    if (status != PYBOX_OK)
        return status;
    box->seeded = options->seed != NULL;
    box->output.callback = options->output;
    box->output.context = options->output_context;
    box->output.limit_bytes = box->limits.output_bytes;
    box->display.callback = options->display;
    box->display.context = options->display_context;
    box->input_callback = options->input_callback;
    box->input_context = options->input_context;
    if (options->input_length > 0 && options->input_callback == NULL) {
        box->input = malloc(options->input_length);
        if (box->input == NULL)
            return error_set_memory("standard input", options->input_length);
        memcpy(box->input, options->input, options->input_length);
        box->input_length = options->input_length;
    }
    return PYBOX_OK;
}

/* A memory of `pages` with the image in it, and its rollback. */
static pybox_status box_map_memory(struct pybox_box *box, uint64_t pages, uint64_t limit_pages)
{
    const struct image_view *view = box->image != NULL ? image_describe(box->image->image) : NULL;
    if (view != NULL && spare_take(box, limit_pages))
        return PYBOX_OK;
    pybox_status status = memory_create(pages, limit_pages, &box->memory);
    if (status == PYBOX_OK && view != NULL)
        status = memory_map_image(&box->memory, view->fd, view->memory_offset, view->mapped_bytes);
    if (status == PYBOX_OK)
        status = rollback_create(&box->memory, view != NULL ? box->image->memory : NULL,
                                 view != NULL ? view->mapped_bytes : 0, NULL,
                                 &box->rollback);
    if (status == PYBOX_OK)
        hot_pages_prefault(box);
    return status;
}

pybox_status box_build_memory(struct pybox_box *box)
{
    const struct module_descriptor *descriptor = module_describe(box->module->native);
    uint64_t limit = box->limits.memory_bytes;
    if (limit > MEMORY_MAX_PAGES * MEMORY_PAGE_BYTES)
        limit = MEMORY_MAX_PAGES * MEMORY_PAGE_BYTES;
    uint64_t limit_pages = limit / MEMORY_PAGE_BYTES;
    if (limit_pages > descriptor->memory_max_pages)
        limit_pages = descriptor->memory_max_pages;
    uint64_t pages = box->image != NULL
                         ? image_describe(box->image->image)->content.memory_bytes / MEMORY_PAGE_BYTES
                         : descriptor->memory_min_pages;
    if (pages > limit_pages)
        return error_set(PYBOX_ERROR_LIMIT,
                         "the memory limit of %llu bytes is too low; the %s needs at least %llu",
                         (unsigned long long)limit, box->image != NULL ? "image" : "module",
                         (unsigned long long)(pages * MEMORY_PAGE_BYTES));
    pybox_status status = box_map_memory(box, pages, limit_pages);
    box->env.memory_base = box->memory.base;
    box->env.host_call = guard_host_call;
    if (status == PYBOX_OK)
        status = instance_create(box->module->native, &box->env, pages, &box->instance);
    return status;
}

pybox_status box_list_lost_files(struct pybox_box *box)
{
    uint32_t count;
    const struct vfs_lost *lost = vfs_lost_files(box->vfs, &count);
    if (count == 0)
        return PYBOX_OK;
    box->lost_files = calloc(count, sizeof *box->lost_files);
    if (box->lost_files == NULL)
        return error_set_memory("the list of lost files", count * sizeof *box->lost_files);
    for (uint32_t i = 0; i < count; i++)
        box->lost_files[i] = lost[i].path;
    box->lost_file_count = count;
    return PYBOX_OK;
}

const char *const *pybox_box_lost_files(const pybox_box *box, size_t *count)
{
    if (count != NULL)
        *count = box != NULL ? box->lost_file_count : 0;
    return box != NULL ? box->lost_files : NULL;
}

/* Gives the instance and the file tree what the image says. */
static pybox_status box_restore_image(pybox_box *box)
{
    const struct snapshot_content *content = &image_describe(box->image->image)->content;
    if (content->global_count != module_describe(box->module->native)->global_count)
        return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                         "the image has %u globals; expected the module's %u",
                         (unsigned)content->global_count,
                         (unsigned)module_describe(box->module->native)->global_count);
    for (uint32_t i = 0; i < content->global_count; i++) {
        const struct snapshot_global *global = &content->globals[i];
        int64_t position = instance_find_global(box->instance, global->index, global->type);
        if (position < 0)
            return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                             "the image has a global %u that the module has not",
                             (unsigned)global->index);
        instance_set_global(box->instance, (uint32_t)position, global->value);
    }
    box->unrestored = 1;
    if (image_root(box->image->image) != box->image->image) {
        rollback_enter(box->rollback);
        image_put_overlay(box->image->image, box->memory.base);
    }
    if (box->image->tree_bytes == 0)
        return PYBOX_OK;
    pybox_status status = vfs_decode(box->vfs, box->image->tree, box->image->tree_bytes, NULL);
    return status == PYBOX_OK ? box_list_lost_files(box) : status;
}

/* Calls an export that takes nothing, if there is one. */
static pybox_status box_call_start(pybox_box *box, const struct module_export *export)
{
    if (export == NULL)
        return PYBOX_OK;
    uint64_t values[1] = {0};
    uint32_t trap;
    pybox_status status = box_call(box, export, values, &trap);
    if (status != PYBOX_OK)
        return status;
    if (trap == 0 && (int32_t)values[0] == 0)
        return PYBOX_OK;
    pybox_bytes errors = output_captured(&box->output, PYBOX_STDERR);
    return error_set(PYBOX_ERROR_GUEST, "the guest's %s failed%s%s: %.*s", export->name,
                     trap != 0 ? ": " : "", trap != 0 ? box_trap_text(trap) : "",
                     (int)(errors.length < 600 ? errors.length : 600), errors.bytes);
}

/* Starts the guest from nothing. */
static pybox_status box_start_guest(pybox_box *box)
{
    const struct module_descriptor *descriptor = module_describe(box->module->native);
    pybox_status status = instance_copy_segments(box->instance, &box->memory);
    guard_begin_start(box);
    if (status == PYBOX_OK && descriptor->start_export >= 0)
        status = box_call_start(box, &descriptor->exports[descriptor->start_export]);
    if (status == PYBOX_OK)
        status = box_call_start(box, box->module->initialize);
    if (status == PYBOX_OK)
        status = box_call_start(box, box->module->guest[GUEST_START]);
    return status;
}

/* Keeps the state in which the box is made, as far as it can be returned to. */
static pybox_status box_keep_origin(pybox_box *box)
{
    int layered = box->image != NULL && image_root(box->image->image) != box->image->image;
    if (box->image != NULL)
        return point_push(box, layered ? POINT_ORIGIN : POINT_IMAGE);
    if (!point_keeps_origin(box))
        return PYBOX_OK;
    rollback_enter(box->rollback);
    return point_push(box, POINT_ORIGIN);
}

static pybox_status box_take_functions(pybox_box *box, const pybox_functions *functions)
{
    if (box->module->guest[GUEST_FUNCTIONS_KNOWN] == NULL || box->module->guest[GUEST_FUNCTIONS] == NULL)
        return error_set(PYBOX_ERROR_MODULE_EXPORT, "module %s cannot call host functions",
                         module_describe(box->module->native)->name);
    return functions_hold(functions, &box->functions);
}

static pybox_status box_build(pybox_box *box, const pybox_box_options *options)
{
    pybox_status status =
        limits_choose(options->limits, pybox_preset_limits(options->preset),
                      options->output == NULL || preset_limits_streams(options->preset),
                      "pybox_box_options.limits", &box->limits);
    if (status == PYBOX_OK)
        status = limits_check_module(&box->limits, box->module);
    box->policy = options->rollback;
    box->keeps_set_up = options->rollback == PYBOX_ROLLBACK_ALWAYS;
    if (status == PYBOX_OK && box->policy != PYBOX_ROLLBACK_NEVER)
        status = box_check_savable(box);
    box->run_limits = box->limits;
    stop_begin(&box->stop);
    if (status == PYBOX_OK)
        status = box_build_tree(box, options);
    if (status == PYBOX_OK)
        status = box_build_shim(box, options);
    if (status == PYBOX_OK)
        status = box_build_memory(box);
    if (status == PYBOX_OK)
        status = box->image != NULL ? box_restore_image(box) : box_start_guest(box);
    if (status == PYBOX_OK)
        vfs_begin_image(box->vfs);
    if (status == PYBOX_OK && box->module->guest[0] != NULL)
        status = box_describe_options(options, &box->configuration);
    if (status == PYBOX_OK && options->functions != NULL)
        status = box_take_functions(box, options->functions);
    box->configured = box->configuration == NULL && box->functions == NULL;
    return status == PYBOX_OK ? box_keep_origin(box) : status;
}

struct pybox_box *box_allocate(struct pybox_module *module, struct pybox_image *image)
{
    pybox_box *box = calloc(1, sizeof *box);
    if (box == NULL)
        return NULL;
    box->module = module_handle_hold(module);
    box->image = image != NULL ? image_handle_hold(image) : NULL;
    box->first_run = 1;
    result_reset(&box->result);
    return box;
}

pybox_status pybox_box_create(pybox_module *module, pybox_image *image,
                              const pybox_box_options *options, pybox_box **box)
{
    if (module == NULL || box == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "module or box is NULL; expected both");
    *box = NULL;
    if (image != NULL && image->module != module)
        return error_set(PYBOX_ERROR_ARGUMENT, "the image was opened for another module handle");
    pybox_box_options chosen = {0};
    pybox_status status = options_copy(&chosen, sizeof chosen, options, "pybox_box_options");
    if (status == PYBOX_OK)
        status = box_check_options(&chosen);
    if (status != PYBOX_OK)
        return status;
    if (image != NULL && chosen.preopen_count > 0)
        return error_set(PYBOX_ERROR_ARGUMENT, "preopened directories and an image, which has its own open files");
    pybox_box *made = box_allocate(module, image);
    if (made == NULL)
        return error_set_memory("a box", sizeof *made);
    status = box_build(made, &chosen);
    if (status != PYBOX_OK) {
        pybox_box_destroy(made);
        return status;
    }
    *box = made;
    return PYBOX_OK;
}

pybox_status pybox_box_redirect(pybox_box *box, pybox_output_callback *output, void *output_context,
                                pybox_display_callback *display, void *display_context)
{
    if (box == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box is NULL; expected one");
    if (box->state == BOX_RUNNING)
        return error_set(PYBOX_ERROR_BUSY, "the box is running; redirect it between its runs");
    output_finish(&box->output);
    box->output.callback = output;
    box->output.context = output_context;
    box->display.callback = display;
    box->display.context = display_context;
    return PYBOX_OK;
}

void pybox_box_destroy(pybox_box *box)
{
    if (box == NULL || box->state == BOX_RUNNING)
        return;
    box_abandon(box);
    wait_clear(&box->wait);
    instance_destroy(box->instance);
    point_free(box);
    if (!spare_keep(box)) {
        rollback_destroy(box->rollback);
        memory_destroy(&box->memory);
    }
    wasi_destroy(box->wasi);
    vfs_destroy(box->vfs);
    vfs_archive_close(box->packages);
    output_free(&box->output);
    display_free(&box->display);
    result_reset(&box->result);
    free(box->lost_files);
    free(box->file_bytes);
    free(box->file);
    free(box->input);
    free(box->answer.bytes);
    pybox_functions_destroy(box->functions);
    cJSON_free(box->configuration);
    pybox_image_close(box->image);
    pybox_module_close(box->module);
    free(box);
}
