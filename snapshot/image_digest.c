#include "image_inside.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

static uint32_t image_digest_count(const struct image *image)
{
    return (uint32_t)(image->view.content.memory_bytes / SNAPSHOT_CHUNK_BYTES);
}

/* Into `image->units[chunk]`, of an image that is not layered, with its lock held. */
static pybox_status image_digest_own_units(struct image *image, const struct page_source *source,
                                           uint32_t chunk)
{
    const size_t length = (size_t)SNAPSHOT_CHUNK_UNITS * DIGEST_BYTES;
    if (image->units == NULL)
        image->units = calloc(image_digest_count(image) + 1u, sizeof *image->units);
    if (image->units != NULL && image->units[chunk] == NULL) {
        uint8_t *units = image->units[chunk] = malloc(length);
        for (uint32_t i = 0; units != NULL && i < SNAPSHOT_CHUNK_UNITS; i++)
            snapshot_format_unit_digest(
                page_source_at(source, chunk * SNAPSHOT_CHUNK_UNITS + i),
                units + (size_t)i * DIGEST_BYTES);
    }
    return image->units != NULL && image->units[chunk] != NULL
               ? PYBOX_OK
               : error_set_memory("the digests of an image", length);
}

pybox_status image_digest_units(struct image *image, uint32_t chunk,
                                uint8_t units[][DIGEST_BYTES])
{
    struct image *root = image_root(image);
    memset(units, 0, (size_t)SNAPSHOT_CHUNK_UNITS * DIGEST_BYTES);
    if (chunk < image_digest_count(root)) {
        struct page_source source;
        pybox_status status = image_page_source(root, &source);
        if (status != PYBOX_OK)
            return status;
        pthread_mutex_lock(&root->lock);
        status = image_digest_own_units(root, &source, chunk);
        if (status == PYBOX_OK)
            memcpy(units, root->units[chunk], (size_t)SNAPSHOT_CHUNK_UNITS * DIGEST_BYTES);
        pthread_mutex_unlock(&root->lock);
        if (status != PYBOX_OK)
            return status;
    }
    const struct page_overlay *overlay = &image->view.overlay;
    for (uint32_t i = page_overlay_find(overlay, chunk * SNAPSHOT_CHUNK_UNITS);
         i < overlay->count && overlay->pages[i] / SNAPSHOT_CHUNK_UNITS == chunk; i++)
        snapshot_format_unit_digest(overlay->bytes + (size_t)i * PAGE_SOURCE_BYTES,
                                    units[overlay->pages[i] % SNAPSHOT_CHUNK_UNITS]);
    return PYBOX_OK;
}

/* From the memory: of an image that was not read from a file of version 2. */
static pybox_status image_digest_compute(struct image *image, uint8_t *chunks)
{
    for (uint32_t i = 0; i < image_digest_count(image); i++) {
        uint8_t units[SNAPSHOT_CHUNK_UNITS][DIGEST_BYTES];
        pybox_status status = image_digest_units(image, i, units);
        if (status != PYBOX_OK)
            return status;
        snapshot_format_units_digest((const uint8_t(*)[DIGEST_BYTES])units,
                                     chunks + (size_t)i * DIGEST_BYTES);
    }
    return PYBOX_OK;
}

/* What the snapshot's index says, or NULL. The lock is held. */
static pybox_status image_digest_index(struct image *image, const uint8_t **digests)
{
    pybox_status status = PYBOX_OK;
    struct snapshot_info info = {0};
    if (image->snapshot != NULL)
        snapshot_inform(image->snapshot, &info);
    *digests = NULL;
    if (info.version < 2 || info.delta)
        return PYBOX_OK;
    if (snapshot_digests(image->snapshot) == NULL)
        status = snapshot_read_index(image->snapshot);
    *digests = snapshot_digests(image->snapshot);
    return status;
}

pybox_status image_digest_chunks(struct image *image, const uint8_t **digests)
{
    pthread_mutex_lock(&image->lock);
    *digests = image->chunks;
    pybox_status status = *digests == NULL ? image_digest_index(image, digests) : PYBOX_OK;
    pthread_mutex_unlock(&image->lock);
    if (status != PYBOX_OK || *digests != NULL)
        return status;
    size_t length = (size_t)image_digest_count(image) * DIGEST_BYTES;
    uint8_t *chunks = malloc(length + 1);
    if (chunks == NULL)
        return error_set_memory("the digests of an image", length);
    status = image_digest_compute(image, chunks);
    pthread_mutex_lock(&image->lock);
    if (status == PYBOX_OK && image->chunks == NULL) {
        image->chunks = chunks;
        chunks = NULL; /* else another thread was quicker */
    }
    *digests = image->chunks;
    pthread_mutex_unlock(&image->lock);
    free(chunks);
    return status;
}

static void image_digest_section(struct snapshot_head *head, uint32_t type, const void *bytes,
                                 uint64_t length)
{
    struct snapshot_section *section = &head->sections[head->section_count++];
    section->type = type;
    section->content_bytes = length;
    if (bytes != NULL || length == 0)
        digest_bytes(bytes, (size_t)length, section->digest);
}

/* The name of a state, of whose chunks these are the digests. */
static pybox_status image_digest_content(const struct snapshot_content *content,
                                         const uint8_t *chunks, uint8_t digest[DIGEST_BYTES])
{
    struct snapshot_head head = {.version = SNAPSHOT_VERSION};
    uint8_t module[SNAPSHOT_MODULE_BYTES];
    size_t length = (size_t)content->global_count * SNAPSHOT_GLOBAL_BYTES;
    uint8_t *globals = malloc(length + 1);
    if (globals == NULL)
        return error_set_memory("the globals of an image", length);
    for (uint32_t i = 0; i < content->global_count; i++)
        snapshot_format_encode_global(&content->globals[i],
                                      globals + (size_t)i * SNAPSHOT_GLOBAL_BYTES);
    snapshot_format_encode_module(content, module);
    image_digest_section(&head, SNAPSHOT_SECTION_MODULE, module, sizeof module);
    image_digest_section(&head, SNAPSHOT_SECTION_METADATA, content->metadata,
                         content->metadata_bytes);
    image_digest_section(&head, SNAPSHOT_SECTION_GLOBALS, globals, length);
    image_digest_section(&head, SNAPSHOT_SECTION_TREE, content->tree, content->tree_bytes);
    image_digest_section(&head, SNAPSHOT_SECTION_MEMORY, NULL, content->memory_bytes);
    snapshot_format_memory_digest(SNAPSHOT_VERSION,
                                  (uint32_t)(content->memory_bytes / SNAPSHOT_CHUNK_BYTES), chunks,
                                  DIGEST_BYTES, head.sections[SNAPSHOT_SECTION_MEMORY - 1].digest);
    snapshot_format_content_digest(&head, digest);
    free(globals);
    return PYBOX_OK;
}

pybox_status image_digest_name(struct image *image, uint8_t digest[DIGEST_BYTES])
{
    pthread_mutex_lock(&image->lock);
    int named = image->named;
    memcpy(digest, image->name, DIGEST_BYTES);
    pthread_mutex_unlock(&image->lock);
    if (named)
        return PYBOX_OK;
    const uint8_t *chunks;
    pybox_status status = image_digest_chunks(image, &chunks);
    if (status == PYBOX_OK)
        status = image_digest_content(&image->view.content, chunks, digest);
    if (status != PYBOX_OK)
        return status;
    pthread_mutex_lock(&image->lock);
    memcpy(image->name, digest, DIGEST_BYTES);
    image->named = 1;
    pthread_mutex_unlock(&image->lock);
    return PYBOX_OK;
}
