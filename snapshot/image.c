#include "image_inside.h"

#include "error.h"
#include "file_io.h"
#include "memory_file.h"
#include "snapshot_delta.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Images of trusted files, which serve as parents of deltas. */
static pthread_mutex_t trusted_lock = PTHREAD_MUTEX_INITIALIZER;
static struct image *trusted_images;

pybox_status image_create_memory(uint64_t bytes, int *result)
{
    int fd = memory_file_create("pybox-image");
    if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EACCES))
        return error_set(PYBOX_ERROR_UNSUPPORTED,
                         "this system does not allow memfd_create(), which images need");
    if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0) {
        int reason = errno;
        if (fd >= 0)
            close(fd);
        error_set_io(reason, "cannot create the memory of an image");
        return error_set(PYBOX_ERROR_NO_MEMORY, "%s", error_message());
    }
    *result = fd;
    return PYBOX_OK;
}

pybox_status image_seal_memory(int fd)
{
    if (memory_file_seal(fd) == 0)
        return PYBOX_OK;
    if (errno == EBUSY)
        return error_set_io(errno, "cannot seal the memory of an image, whose pages the system holds");
    return error_set(PYBOX_ERROR_UNSUPPORTED, "this system cannot seal a memfd, which images need");
}

struct image *image_create(void)
{
    struct image *image = calloc(1, sizeof *image);
    if (image == NULL)
        return NULL;
    atomic_init(&image->holds, 1);
    pthread_mutex_init(&image->lock, NULL);
    image->memory_fd = image->shared_fd = -1;
    image->view.fd = -1;
    return image;
}

struct image *image_find_trusted(const uint8_t digest[DIGEST_BYTES])
{
    pthread_mutex_lock(&trusted_lock);
    struct image *image = trusted_images;
    while (image != NULL && memcmp(image->name, digest, DIGEST_BYTES) != 0)
        image = image->next;
    if (image != NULL)
        image_hold(image);
    pthread_mutex_unlock(&trusted_lock);
    return image;
}

static void image_list_trusted(struct image *image)
{
    pthread_mutex_lock(&trusted_lock);
    image->trusted = 1;
    image->next = trusted_images;
    trusted_images = image;
    pthread_mutex_unlock(&trusted_lock);
}

/* Fills the image from its open snapshot. */
pybox_status image_load(struct image *image, const struct image_options *options)
{
    struct snapshot_info info;
    snapshot_inform(image->snapshot, &info);
    image->view.content = *snapshot_describe(image->snapshot);
    image->view.mapped_bytes = image->view.content.memory_bytes;
    memcpy(image->name, info.digest, DIGEST_BYTES);
    image->named = 1;
    if (info.form == PYBOX_FORM_MAPPED && options->trusted_file) {
        image->view.fd = snapshot_descriptor(image->snapshot, &image->view.memory_offset);
        image_list_trusted(image);
        return PYBOX_OK;
    }
    pybox_status status = image_create_memory(image->view.content.memory_bytes, &image->memory_fd);
    if (status == PYBOX_OK)
        status = snapshot_extract(image->snapshot, image->memory_fd, options->threads);
    if (status == PYBOX_OK)
        status = image_seal_memory(image->memory_fd);
    snapshot_release_file(image->snapshot);
    image->view.fd = image->memory_fd;
    if (status == PYBOX_OK && options->trusted_file)
        image_list_trusted(image);
    return status;
}

pybox_status image_flatten(struct image *image)
{
    const struct page_overlay *overlay = &image->view.overlay;
    struct page_source root;
    pybox_status status = image_page_source(image->root, &root);
    if (status == PYBOX_OK)
        status = image_create_memory(image->view.content.memory_bytes, &image->memory_fd);
    if (status == PYBOX_OK)
        status =
            file_io_write_sparse(image->memory_fd, root.base, (size_t)root.base_bytes, 0);
    for (uint32_t i = 0; i < overlay->count && status == PYBOX_OK; i++)
        status = file_io_write(image->memory_fd, overlay->bytes + (size_t)i * PAGE_SOURCE_BYTES,
                               PAGE_SOURCE_BYTES, (uint64_t)overlay->pages[i] * PAGE_SOURCE_BYTES);
    if (status == PYBOX_OK)
        status = image_seal_memory(image->memory_fd);
    if (status != PYBOX_OK)
        return status;
    image->view.fd = image->memory_fd;
    image->view.memory_offset = 0;
    image->view.mapped_bytes = image->view.content.memory_bytes;
    page_overlay_free(&image->view.overlay);
    image_close(image->root);
    image->root = NULL;
    return PYBOX_OK;
}

struct snapshot_limits image_limits(const struct image_options *options)
{
    return (struct snapshot_limits){.memory_bytes = options->max_memory_bytes,
                                    .tree_bytes = options->max_tree_bytes};
}

pybox_status image_open(const char *path, const uint8_t *module_hash,
                        const struct image_options *options, struct image **result)
{
    static const struct image_options defaults;
    *result = NULL;
    if (options == NULL)
        options = &defaults;
    struct snapshot_limits limits = image_limits(options);
    struct image *image = image_create();
    if (image == NULL)
        return error_set_memory("an image", sizeof *image);
    pybox_status status = snapshot_open(path, &limits, &image->snapshot);
    if (status == PYBOX_OK && module_hash != NULL)
        status = snapshot_check_module(image->snapshot, module_hash);
    if (status == PYBOX_OK)
        status = snapshot_is_delta(image->snapshot) ? image_chain_load(image, options, 0)
                                                    : image_load(image, options);
    if (status != PYBOX_OK) {
        image_close(image);
        return status;
    }
    *result = image;
    return PYBOX_OK;
}

/* A delta's own bytes first: they can be checked without the parent. */
static pybox_status image_verify_delta(struct image *image, const struct image_options *options)
{
    struct snapshot_delta delta;
    pybox_status status = snapshot_inherits_tree(image->snapshot)
                              ? PYBOX_OK
                              : snapshot_verify_tree(image->snapshot);
    if (status == PYBOX_OK) {
        status = snapshot_delta_read(image->snapshot, NULL, options->threads, &delta);
        snapshot_delta_free(&delta);
    }
    return status == PYBOX_OK ? image_chain_load(image, options, 1) : status;
}

pybox_status image_verify(const char *path, const struct image_options *options)
{
    static const struct image_options defaults;
    if (options == NULL)
        options = &defaults;
    struct snapshot_limits limits = image_limits(options);
    struct image *image = image_create();
    if (image == NULL)
        return error_set_memory("an image", sizeof *image);
    pybox_status status = snapshot_open(path, &limits, &image->snapshot);
    if (status == PYBOX_OK)
        status = snapshot_is_delta(image->snapshot)
                     ? image_verify_delta(image, options)
                     : snapshot_verify(image->snapshot, options->threads);
    image_close(image);
    return status;
}

struct image *image_hold(struct image *image)
{
    atomic_fetch_add_explicit(&image->holds, 1, memory_order_relaxed);
    return image;
}

/* Gives up the last hold, or another: 1 if it was the last. One that is listed must not be found
 * in between. */
static int image_drop_hold(struct image *image)
{
    if (!image->trusted)
        return atomic_fetch_sub_explicit(&image->holds, 1, memory_order_acq_rel) == 1;
    pthread_mutex_lock(&trusted_lock);
    int last = atomic_fetch_sub_explicit(&image->holds, 1, memory_order_acq_rel) == 1;
    struct image **link = &trusted_images;
    while (last && *link != image)
        link = &(*link)->next;
    if (last)
        *link = image->next;
    pthread_mutex_unlock(&trusted_lock);
    return last;
}

void image_close(struct image *image)
{
    if (image == NULL || !image_drop_hold(image))
        return;
    if (image->bytes != NULL)
        munmap((void *)(uintptr_t)image->bytes, (size_t)image->view.mapped_bytes);
    if (image->memory_fd >= 0)
        close(image->memory_fd);
    for (uint64_t i = 0; image->units != NULL &&
                         i < image->view.content.memory_bytes / SNAPSHOT_CHUNK_BYTES;
         i++)
        free(image->units[i]);
    free(image->units);
    free(image->chunks);
    page_overlay_free(&image->view.overlay);
    image_close(image->root);
    snapshot_close(image->snapshot);
    if (image->shared_fd >= 0)
        close(image->shared_fd);
    pthread_mutex_destroy(&image->lock);
    free(image);
}

uint32_t image_depth(const struct image *image)
{
    return image->depth;
}

uint64_t image_created_ns(const struct image *image)
{
    struct snapshot_info info = {0};
    if (image->snapshot != NULL)
        snapshot_inform(image->snapshot, &info);
    return info.created_ns;
}

struct image *image_root(struct image *image)
{
    return image->root != NULL ? image->root : image;
}

const struct image_view *image_describe(const struct image *image)
{
    return &image->view;
}

/* Its own pages, without those below. */
static pybox_status image_read_bytes(struct image *image)
{
    pybox_status status = PYBOX_OK;
    pthread_mutex_lock(&image->lock);
    if (image->bytes == NULL && image->view.mapped_bytes > 0) {
        void *mapped = mmap(NULL, (size_t)image->view.mapped_bytes, PROT_READ,
                            MAP_PRIVATE | MAP_NORESERVE, image->view.fd,
                            (off_t)image->view.memory_offset);
        if (mapped == MAP_FAILED)
            status = error_set_memory("reading an image", (size_t)image->view.mapped_bytes);
        else
            image->bytes = mapped;
    }
    pthread_mutex_unlock(&image->lock);
    return status;
}

pybox_status image_page_source(struct image *image, struct page_source *source)
{
    struct image *root = image_root(image);
    pybox_status status = image_read_bytes(root);
    *source = (struct page_source){.base = root->bytes,
                                   .base_bytes = root->view.mapped_bytes,
                                   .overlay = &image->view.overlay};
    return status;
}

void image_put_overlay(const struct image *image, uint8_t *address)
{
    const struct page_overlay *overlay = &image->view.overlay;
    for (uint32_t i = 0; i < overlay->count; i++)
        memcpy(address + (uint64_t)overlay->pages[i] * PAGE_SOURCE_BYTES,
               overlay->bytes + (size_t)i * PAGE_SOURCE_BYTES, PAGE_SOURCE_BYTES);
}

static pybox_status image_map_failed(void)
{
    error_set_io(errno, "cannot map the memory of an image");
    return error_set(PYBOX_ERROR_NO_MEMORY, "%s", error_message());
}

pybox_status image_map(const struct image *image, uint8_t **memory)
{
    size_t length = (size_t)image->view.content.memory_bytes;
    size_t mapped = (size_t)image->view.mapped_bytes;
    *memory = NULL;
    if (length == 0)
        return PYBOX_OK;
    uint8_t *address = mmap(NULL, length, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (address == MAP_FAILED)
        return image_map_failed();
    if (mapped > 0 && mmap(address, mapped, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, image->view.fd,
                           (off_t)image->view.memory_offset) == MAP_FAILED) {
        pybox_status status = image_map_failed();
        munmap(address, length);
        return status;
    }
    image_put_overlay(image, address);
    *memory = address;
    return PYBOX_OK;
}

void image_unmap(const struct image *image, uint8_t *memory)
{
    if (memory != NULL)
        munmap(memory, (size_t)image->view.content.memory_bytes);
}
