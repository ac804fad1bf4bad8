#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "handles.h"
#include "hot_pages.h"
#include "image_path.h"
#include "options.h"
#include "package_state.h"
#include "save.h"
#include "spare.h"

/* The base images beside a module, best first. */
#define BASE_MAPPED "python.image"
#define BASE_COMPRESSED "python.snap"

static pybox_status image_open_base(pybox_module *module, struct image **image)
{
    if (module->home == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "no image was named and the module is linked in, so there is no folder to "
                         "look for its base image in; set PYBOX_HOME or give a path");
    char path[4096];
    int length = snprintf(path, sizeof path, "%s/" BASE_MAPPED, module->home);
    if (length < 0 || (size_t)length >= sizeof path)
        return error_set(PYBOX_ERROR_PATH, "the module's folder has too long a name");
    const struct image_options options = {
        .trusted_file = 1, .trusted_folder = module->home, .layered = 1};
    if (access(path, R_OK) == 0)
        return image_open(path, module_hash_of(module), &options, image);
    snprintf(path, sizeof path, "%s/" BASE_COMPRESSED, module->home);
    return image_open(path, module_hash_of(module), &options, image);
}

/* Of a Python guest the first global is LLVM's stack pointer (WebAssembly tool conventions, "Basic C ABI"). A wild
 * one breaks only its guest; but a file is refused for what it says, not for what comes of it. */
static pybox_status image_check_stack_pointer(const pybox_module *module, const struct image *image)
{
    const struct snapshot_content *content = &image_describe(image)->content;
    if (module->guest[0] == NULL || content->global_count == 0 || content->globals[0].index != 0 ||
        content->globals[0].type != 'i')
        return PYBOX_OK;
    const uint64_t pointer = content->globals[0].value;
    if (pointer != 0 && pointer <= content->memory_bytes && pointer % 16 == 0)
        return PYBOX_OK;
    return error_set(PYBOX_ERROR_SNAPSHOT_FORMAT,
                     "the image's stack pointer is %llu; expected a multiple of 16 within its memory of %llu bytes",
                     (unsigned long long)pointer, (unsigned long long)content->memory_bytes);
}

pybox_status image_handle_make(pybox_module *module, struct image *image, pybox_image **handle)
{
    pybox_status status = image_check_stack_pointer(module, image);
    pybox_image *made = status == PYBOX_OK ? calloc(1, sizeof *made) : NULL;
    if (made == NULL) {
        image_close(image);
        return status != PYBOX_OK ? status : error_set_memory("an image", sizeof *made);
    }
    atomic_init(&made->holds, 1);
    spare_init(made);
    made->module = module_handle_hold(module);
    made->image = image;
    struct page_source source;
    const struct snapshot_content *content = &image_describe(image)->content;
    status = image_page_source(image, &source);
    made->memory = source.base;
    if (status == PYBOX_OK)
        status = package_state_decode(content->tree, content->tree_bytes, &made->packages, &made->tree, &made->tree_bytes);
    if (status != PYBOX_OK)
        pybox_image_close(made);
    else
        *handle = made;
    return status;
}

pybox_status pybox_image_load(pybox_module *module, const char *path,
                              const pybox_image_options *options, pybox_image **image)
{
    if (module == NULL || image == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "module or image is NULL; expected both");
    *image = NULL;
    pybox_image_options chosen = {0};
    pybox_status status = options_copy(&chosen, sizeof chosen, options, "pybox_image_options");
    if (status != PYBOX_OK)
        return status;
    struct image *opened;
    status = path != NULL ? image_path_load(module, path, &chosen, &opened)
                          : image_open_base(module, &opened);
    return status == PYBOX_OK ? image_handle_make(module, opened, image) : status;
}

pybox_status pybox_image_open(pybox_module *module, const char *path, pybox_image **image)
{
    return pybox_image_load(module, path, NULL, image);
}

const char *pybox_image_digest(const pybox_image *image)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    uint8_t digest[DIGEST_BYTES];
    if (image == NULL || image_digest_name(image->image, digest) != PYBOX_OK)
        return "";
    pthread_mutex_lock(&lock); /* it is written once, but two threads may ask first */
    char *text = (char *)(uintptr_t)image->digest;
    if (text[0] == '\0')
        digest_hex(digest, text);
    pthread_mutex_unlock(&lock);
    return image->digest;
}

pybox_status pybox_image_create(pybox_box *box, pybox_image **image)
{
    if (box == NULL || image == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box or image is NULL; expected both");
    *image = NULL;
    struct save_state state;
    struct image *made;
    pybox_status status = save_prepare(box);
    if (status != PYBOX_OK)
        return status;
    status = save_take(box, NULL, &state);
    if (status == PYBOX_OK)
        status = image_create_from_content(&state.content, &made);
    save_free(&state);
    return status == PYBOX_OK ? image_handle_make(box->module, made, image) : status;
}

pybox_status pybox_image_share(pybox_image *image, int *descriptor)
{
    if (image == NULL || descriptor == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "image or descriptor is NULL; expected both");
    return image_share(image->image, descriptor);
}

pybox_status pybox_image_receive(pybox_module *module, int descriptor, pybox_image **image)
{
    if (module == NULL || image == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "module or image is NULL; expected both");
    *image = NULL;
    struct image *received;
    pybox_status status = image_receive(descriptor, module_hash_of(module), &received);
    return status == PYBOX_OK ? image_handle_make(module, received, image) : status;
}

struct pybox_image *image_handle_hold(struct pybox_image *image)
{
    atomic_fetch_add_explicit(&image->holds, 1, memory_order_relaxed);
    return image;
}

void pybox_image_close(pybox_image *image)
{
    if (image == NULL || atomic_fetch_sub_explicit(&image->holds, 1, memory_order_acq_rel) > 1)
        return;
    spare_free(image);
    hot_pages_free(atomic_load(&image->hot));
    vfs_archive_close(image->packages);
    image_close(image->image);
    pybox_module_close(image->module);
    free(image);
}
