#include "image_inside.h"

#include "error.h"
#include "snapshot_delta.h"
#include "snapshot_find.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A delta and its parents, while they are opened. */
struct chain {
    const struct image_options *options;
    int verify;
    struct snapshot *deltas[IMAGE_DEPTH_LIMIT]; /* the first is the image's own */
    uint32_t count;
    struct image *root;          /* of the full snapshot at the end; held */
    struct page_overlay overlay; /* over the root's memory */
    uint8_t *chunks;             /* digests */
};

/* 1 if one of the deltas has that name. */
static int chain_has(const struct chain *chain, const uint8_t digest[DIGEST_BYTES])
{
    for (uint32_t i = 0; i < chain->count; i++) {
        struct snapshot_info info;
        snapshot_inform(chain->deltas[i], &info);
        if (memcmp(info.digest, digest, DIGEST_BYTES) == 0)
            return 1;
    }
    return 0;
}

static pybox_status chain_missing(const struct chain *chain, const uint8_t digest[DIGEST_BYTES])
{
    char name[DIGEST_HEX_BYTES], places[800] = "no folder";
    if (chain_has(chain, digest))
        return error_set(PYBOX_ERROR_SNAPSHOT_PARENT,
                         "the snapshot's parents form a circle: %s is its own",
                         digest_hex(digest, name));
    size_t length = 0;
    const struct image_options *options = chain->options;
    if (options->trusted_folder != NULL)
        length = (size_t)snprintf(places, sizeof places, "'%s'", options->trusted_folder);
    for (size_t i = 0; i < options->folder_count && length < sizeof places; i++)
        length += (size_t)snprintf(places + length, sizeof places - length, "%s'%s'",
                                   length > 0 ? ", " : "", options->folders[i]);
    return error_set(PYBOX_ERROR_SNAPSHOT_PARENT,
                     "the snapshot is a delta, and its parent %s is not in %s; put it there, or "
                     "name its folder",
                     digest_hex(digest, name), places);
}

/* Where the parent is not found, the reason may be that a file of its name is not well. */
static pybox_status chain_unusable(const uint8_t digest[DIGEST_BYTES], const char *folder,
                                   pybox_status status)
{
    char name[DIGEST_HEX_BYTES], reason[600];
    snprintf(reason, sizeof reason, "%s", error_message());
    return error_set(status, "the delta's parent %.16s... in '%s' cannot be used: %s",
                     digest_hex(digest, name), folder, reason);
}

/* Looks in all folders; *trusted says that it was the trusted one. */
static pybox_status chain_look(const struct chain *chain, const uint8_t digest[DIGEST_BYTES],
                               struct snapshot **found, int *trusted)
{
    const struct image_options *options = chain->options;
    struct snapshot_limits limits = image_limits(options);
    limits.without_tree = 1;
    pybox_status failed = PYBOX_OK;
    int full = chain_has(chain, digest); /* a state comes back: only a full snapshot of it ends that */
    *trusted = 0;
    for (size_t i = 0; i <= options->folder_count; i++) {
        const char *folder = i == 0 ? options->trusted_folder : options->folders[i - 1];
        if (folder == NULL)
            continue;
        pybox_status status = snapshot_find(folder, digest, full, &limits, found);
        *trusted = i == 0;
        if (*found != NULL)
            return PYBOX_OK;
        if (status == PYBOX_ERROR_NO_MEMORY)
            return status;
        if (status != PYBOX_OK)
            failed = chain_unusable(digest, folder, status);
    }
    return failed != PYBOX_OK ? failed : chain_missing(chain, digest);
}

/* A parent has its child's module and no more memory. */
static pybox_status chain_check(const struct chain *chain, const struct snapshot_content *parent)
{
    const struct snapshot_content *child = snapshot_describe(chain->deltas[chain->count - 1]);
    if (memcmp(parent->module_hash, child->module_hash, DIGEST_BYTES) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_PARENT,
                         "the snapshot is a delta of a state of another module");
    if (parent->memory_bytes > child->memory_bytes)
        return error_set(PYBOX_ERROR_SNAPSHOT_PARENT,
                         "the snapshot is a delta of a state with more memory: %" PRIu64
                         " bytes, not %" PRIu64,
                         parent->memory_bytes, child->memory_bytes);
    return PYBOX_OK;
}

/* The full snapshot at the end of the chain becomes an image. Takes the snapshot over. */
static pybox_status chain_open_root(struct chain *chain, struct snapshot *snapshot, int trusted)
{
    struct image_options options = *chain->options;
    options.trusted_file = (trusted || options.trusted_file) && !chain->verify;
    pybox_status status =
        chain->verify ? snapshot_verify(snapshot, options.threads) : PYBOX_OK;
    chain->root = status == PYBOX_OK ? image_create() : NULL;
    if (chain->root == NULL) {
        snapshot_close(snapshot);
        return status != PYBOX_OK ? status : error_set_memory("an image", sizeof *chain->root);
    }
    chain->root->snapshot = snapshot;
    return image_load(chain->root, &options);
}

/* Opens all that the first delta needs, to the full snapshot. */
static pybox_status chain_open(struct chain *chain)
{
    for (;;) {
        struct snapshot_info info;
        snapshot_inform(chain->deltas[chain->count - 1], &info);
        chain->root = chain->verify ? NULL : image_find_trusted(info.parent);
        if (chain->root != NULL)
            return chain_check(chain, &chain->root->view.content);
        struct snapshot *parent = NULL;
        int trusted;
        pybox_status status = chain_look(chain, info.parent, &parent, &trusted);
        if (status != PYBOX_OK)
            return status;
        status = chain_check(chain, snapshot_describe(parent));
        if (status == PYBOX_OK && !snapshot_is_delta(parent))
            return chain_open_root(chain, parent, trusted);
        if (status == PYBOX_OK && chain->count == IMAGE_DEPTH_LIMIT)
            status = error_set(PYBOX_ERROR_SNAPSHOT_PARENT,
                               "the snapshot has more than %d parents; merge some of them",
                               IMAGE_DEPTH_LIMIT);
        if (status != PYBOX_OK) {
            snapshot_close(parent);
            return status;
        }
        chain->deltas[chain->count++] = parent;
    }
}

/* Gives the first delta its tree, if that is one of its parents'. */
static pybox_status chain_find_tree(const struct chain *chain)
{
    struct snapshot *owner = chain->deltas[0];
    for (uint32_t i = 1; snapshot_inherits_tree(owner); i++) {
        struct snapshot *parent = i < chain->count ? chain->deltas[i] : chain->root->snapshot;
        if (!snapshot_same_tree(owner, parent))
            return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                             "the delta's file tree is its parent's, but that has another digest");
        owner = parent;
    }
    if (owner == chain->deltas[0])
        return PYBOX_OK;
    pybox_status status = PYBOX_OK;
    if (snapshot_is_delta(owner)) {
        struct snapshot_limits limits = image_limits(chain->options);
        status = snapshot_read_tree(owner, &limits);
        if (status == PYBOX_OK && chain->verify)
            status = snapshot_verify_tree(owner);
    }
    return status == PYBOX_OK ? snapshot_inherit_tree(chain->deltas[0], owner) : status;
}

/* Recomputes the digests of the chunks that a delta changes. */
static pybox_status chain_verify_changes(const struct snapshot_delta *delta,
                                         const struct page_source *source)
{
    for (uint32_t i = 0; i < delta->change_count; i++) {
        const struct snapshot_change *change = &delta->changes[i];
        uint8_t units[SNAPSHOT_CHUNK_UNITS][DIGEST_BYTES], digest[DIGEST_BYTES];
        for (uint32_t unit = 0; unit < SNAPSHOT_CHUNK_UNITS; unit++)
            snapshot_format_unit_digest(
                page_source_at(source, change->number * SNAPSHOT_CHUNK_UNITS + unit), units[unit]);
        snapshot_format_units_digest((const uint8_t(*)[DIGEST_BYTES])units, digest);
        if (memcmp(digest, change->digest, DIGEST_BYTES) != 0)
            return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                             "the digest of chunk %" PRIu32 " of the delta's memory does not match",
                             change->number);
    }
    return PYBOX_OK;
}

/* The digest of the section MEMORY is that of the memory as it is now. */
static pybox_status chain_check_memory(const struct chain *chain, const struct snapshot *snapshot)
{
    uint8_t digest[DIGEST_BYTES];
    uint64_t bytes = snapshot_describe(snapshot)->memory_bytes;
    snapshot_format_memory_digest(SNAPSHOT_VERSION, (uint32_t)(bytes / SNAPSHOT_CHUNK_BYTES),
                                  chain->chunks, DIGEST_BYTES, digest);
    if (memcmp(digest, snapshot_memory_digest(snapshot), DIGEST_BYTES) != 0)
        return error_set(PYBOX_ERROR_SNAPSHOT_CORRUPT,
                         "the digest of the delta's memory does not match those of its chunks and "
                         "its parent's");
    return PYBOX_OK;
}

static pybox_status chain_apply(struct chain *chain, const struct snapshot *snapshot)
{
    struct page_source source;
    struct snapshot_delta delta;
    pybox_status status = image_page_source(chain->root, &source);
    if (status != PYBOX_OK)
        return status;
    source.overlay = &chain->overlay;
    status = snapshot_delta_read(snapshot, &source, chain->options->threads, &delta);
    if (status == PYBOX_OK && chain->overlay.count > 0) {
        struct page_overlay merged;
        status = page_overlay_merge(&chain->overlay, &delta.pages, &merged);
        if (status == PYBOX_OK) {
            page_overlay_free(&chain->overlay);
            chain->overlay = merged;
        }
    } else if (status == PYBOX_OK) {
        page_overlay_free(&chain->overlay);
        chain->overlay = delta.pages; /* taken over */
        delta.pages = (struct page_overlay){0};
    }
    for (uint32_t i = 0; status == PYBOX_OK && i < delta.change_count; i++)
        memcpy(chain->chunks + (size_t)delta.changes[i].number * DIGEST_BYTES,
               delta.changes[i].digest, DIGEST_BYTES);
    if (status == PYBOX_OK && chain->verify)
        status = chain_verify_changes(&delta, &source);
    if (status == PYBOX_OK && (chain->verify || snapshot == chain->deltas[0]))
        status = chain_check_memory(chain, snapshot);
    snapshot_delta_free(&delta);
    return status;
}

/* Puts the deltas over the root, the lowest first. */
static pybox_status chain_apply_all(struct chain *chain)
{
    const uint8_t *digests;
    pybox_status status = image_digest_chunks(chain->root, &digests);
    if (status != PYBOX_OK)
        return status;
    size_t count = snapshot_describe(chain->deltas[0])->memory_bytes / SNAPSHOT_CHUNK_BYTES;
    chain->chunks = calloc(count + 1, DIGEST_BYTES);
    if (chain->chunks == NULL)
        return error_set_memory("the digests of an image", count * DIGEST_BYTES);
    memcpy(chain->chunks, digests,
           chain->root->view.content.memory_bytes / SNAPSHOT_CHUNK_BYTES * DIGEST_BYTES);
    for (uint32_t i = chain->count; i > 0 && status == PYBOX_OK; i--)
        status = chain_apply(chain, chain->deltas[i - 1]);
    return status;
}

/* What was opened becomes the image's. */
static pybox_status chain_give(struct chain *chain, struct image *image)
{
    struct snapshot_info info;
    snapshot_inform(image->snapshot, &info);
    snapshot_release_file(image->snapshot);
    memcpy(image->name, info.digest, DIGEST_BYTES);
    image->named = 1;
    image->root = chain->root;
    image->chunks = chain->chunks;
    image->depth = chain->count;
    image->view = (struct image_view){.fd = chain->root->view.fd,
                                      .memory_offset = chain->root->view.memory_offset,
                                      .mapped_bytes = chain->root->view.mapped_bytes,
                                      .overlay = chain->overlay,
                                      .content = *snapshot_describe(image->snapshot)};
    chain->root = NULL;
    chain->chunks = NULL;
    chain->overlay = (struct page_overlay){0};
    int small = image->view.overlay.count <= IMAGE_LAYER_LIMIT_BYTES / PAGE_SOURCE_BYTES;
    return chain->verify || (chain->options->layered && small) ? PYBOX_OK : image_flatten(image);
}

pybox_status image_chain_load(struct image *image, const struct image_options *options, int verify)
{
    struct chain chain = {
        .options = options, .verify = verify, .deltas = {image->snapshot}, .count = 1};
    pybox_status status = chain_open(&chain);
    if (status == PYBOX_OK)
        status = chain_find_tree(&chain);
    if (status == PYBOX_OK)
        status = chain_apply_all(&chain);
    if (status == PYBOX_OK)
        status = chain_give(&chain, image);
    for (uint32_t i = 1; i < chain.count; i++)
        snapshot_close(chain.deltas[i]);
    page_overlay_free(&chain.overlay);
    free(chain.chunks);
    image_close(chain.root);
    return status;
}
