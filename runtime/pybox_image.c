#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "error.h"
#include "handles.h"
#include "snapshot_read.h"

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
    const struct image_options options = {.trusted_file = 1};
    if (access(path, R_OK) == 0)
        return image_open(path, module_hash_of(module), &options, image);
    snprintf(path, sizeof path, "%s/" BASE_COMPRESSED, module->home);
    return image_open(path, module_hash_of(module), &options, image);
}

/* Maps the image's memory for rollbacks to read: one mapping for all boxes. */
static pybox_status image_map_memory(pybox_image *image)
{
    const struct image_view *view = image_describe(image->image);
    if (view->content.memory_bytes == 0)
        return PYBOX_OK;
    void *mapped = mmap(NULL, view->content.memory_bytes, PROT_READ, MAP_SHARED | MAP_NORESERVE,
                        view->fd, (off_t)view->memory_offset);
    if (mapped == MAP_FAILED)
        return error_set(PYBOX_ERROR_NO_MEMORY, "cannot map the memory of an image: %s",
                         strerror(errno));
    image->memory = mapped;
    return PYBOX_OK;
}

pybox_status image_handle_make(pybox_module *module, struct image *image, pybox_image **handle)
{
    pybox_image *made = calloc(1, sizeof *made);
    pybox_status status = PYBOX_OK;
    if (made == NULL) {
        image_close(image);
        return error_set_memory("an image", sizeof *made);
    }
    atomic_init(&made->holds, 1);
    made->module = module_handle_hold(module);
    made->image = image;
    status = image_map_memory(made);
    if (status != PYBOX_OK)
        pybox_image_close(made);
    else
        *handle = made;
    return status;
}

pybox_status pybox_image_open(pybox_module *module, const char *path, pybox_image **image)
{
    if (module == NULL || image == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "module or image is NULL; expected both");
    *image = NULL;
    struct image *opened;
    pybox_status status = path != NULL ? image_open(path, module_hash_of(module), NULL, &opened)
                                       : image_open_base(module, &opened);
    return status == PYBOX_OK ? image_handle_make(module, opened, image) : status;
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
    if (image->memory != NULL)
        munmap((void *)(uintptr_t)image->memory,
               image_describe(image->image)->content.memory_bytes);
    image_close(image->image);
    pybox_module_close(image->module);
    free(image);
}
