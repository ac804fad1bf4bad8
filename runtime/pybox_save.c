/* Saving boxes. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "box.h"
#include "context.h"
#include "error.h"
#include "guard.h"
#include "options.h"
#include "package_state.h"
#include "rollback.h"
#include "save.h"
#include "snapshot_delta.h"

/* A base image is made tidy before it is saved; other states are saved as they are. */
static pybox_status save_settle(pybox_box *box)
{
    if (box->image != NULL || box->module->guest[0] == NULL)
        return PYBOX_OK;
    uint64_t values[1] = {0};
    uint32_t trap;
    rollback_enter(box->rollback);
    stop_begin(&box->stop);
    guard_begin_setup(box);
    pybox_status status = box_call(box, box->module->guest[GUEST_SETTLE], values, &trap);
    if (status == PYBOX_OK && trap != 0) {
        box->state = BOX_DIRTY;
        status = error_set(PYBOX_ERROR_GUEST, "the guest failed before it was saved: %s",
                           box_trap_text(trap));
    }
    return status;
}

pybox_status save_prepare(pybox_box *box)
{
    pybox_status status = box_check_still(box);
    if (status == PYBOX_OK)
        status = box_check_savable(box);
    return status == PYBOX_OK ? save_settle(box) : status;
}

pybox_status save_take(pybox_box *box, const char *metadata, struct save_state *state)
{
    const struct module_descriptor *descriptor = module_describe(box->module->native);
    size_t tree_bytes = 0;
    *state = (struct save_state){0};
    rollback_enter(box->rollback); /* its memory is read */
    state->globals = calloc(descriptor->global_count + 1u, sizeof *state->globals);
    if (state->globals == NULL)
        return error_set_memory("a snapshot's globals",
                                descriptor->global_count * sizeof *state->globals);
    for (uint32_t i = 0; i < descriptor->global_count; i++)
        state->globals[i] = (struct snapshot_global){descriptor->globals[i].index,
                                                     descriptor->globals[i].type,
                                                     instance_global(box->instance, i)};
    pybox_status status = vfs_encode(box->vfs, &state->tree, &tree_bytes);
    if (status == PYBOX_OK)
        status = package_state_encode(box->packages, &state->tree, &tree_bytes);
    if (status != PYBOX_OK)
        return status;
    state->content = (struct snapshot_content){
        .metering = descriptor->metering,
        .global_count = descriptor->global_count,
        .globals = state->globals,
        .memory = box->memory.base,
        .memory_bytes = memory_bytes(&box->memory),
        .tree = state->tree,
        .tree_bytes = tree_bytes,
        .metadata = metadata,
        .metadata_bytes = metadata != NULL ? strlen(metadata) : 0,
    };
    memcpy(state->content.module_hash, descriptor->hash, sizeof state->content.module_hash);
    memcpy(state->content.costs_hash, descriptor->costs_hash, sizeof state->content.costs_hash);
    return PYBOX_OK;
}

void save_free(struct save_state *state)
{
    free(state->tree);
    free(state->globals);
    *state = (struct save_state){0};
}

/* Pages by number, ascending. */
struct save_pages {
    uint32_t *pages;
    uint32_t count, capacity;
};

static pybox_status save_add_page(struct save_pages *set, uint64_t page)
{
    if (set->count == set->capacity) {
        uint32_t capacity = set->capacity < 256 ? 256 : set->capacity * 2; /* at most 2^21 */
        uint32_t *grown = realloc(set->pages, capacity * sizeof *grown);
        if (grown == NULL)
            return error_set_memory("a list of pages", capacity * sizeof *grown);
        set->pages = grown;
        set->capacity = capacity;
    }
    set->pages[set->count++] = (uint32_t)page;
    return PYBOX_OK;
}

/* Pages that are collected, and those of the image's overlay that are to be put in between. */
struct save_changes {
    struct save_pages set;
    const struct page_overlay *overlay;
    uint32_t next; /* in the overlay */
};

/* The pages of the overlay below `page`, which may be as in the mapped image again. */
static pybox_status save_add_overlay(struct save_changes *changes, uint64_t page)
{
    pybox_status status = PYBOX_OK;
    while (changes->next < changes->overlay->count &&
           changes->overlay->pages[changes->next] < page && status == PYBOX_OK)
        status = save_add_page(&changes->set, changes->overlay->pages[changes->next++]);
    if (changes->next < changes->overlay->count && changes->overlay->pages[changes->next] == page)
        changes->next++;
    return status;
}

/* rollback_range_function. */
static pybox_status save_add_range(void *context, uint64_t address, uint64_t bytes)
{
    struct save_changes *changes = context;
    pybox_status status = PYBOX_OK;
    uint64_t first = address / PAGE_SOURCE_BYTES;
    for (uint64_t i = 0; i < bytes / PAGE_SOURCE_BYTES && status == PYBOX_OK; i++) {
        status = save_add_overlay(changes, first + i);
        if (status == PYBOX_OK)
            status = save_add_page(&changes->set, first + i);
    }
    return status;
}

/* The pages in which the memory may differ from its image, or from the root of that. */
static pybox_status save_find_changes(pybox_box *box, struct save_pages *pages)
{
    struct save_changes changes = {.overlay = &image_describe(box->image->image)->overlay};
    pybox_status status = rollback_each_change(box->rollback, save_add_range, &changes);
    if (status == PYBOX_OK)
        status = save_add_overlay(&changes, UINT64_MAX);
    *pages = changes.set;
    return status;
}

/* Now, since 1970; 0 in a box whose clocks are fixed: what it saves is reproducible. */
static uint64_t save_time(const pybox_box *box)
{
    struct timespec now;
    if (wasi_clock_is_fixed(box->wasi) || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return 0;
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

pybox_status save_write(pybox_box *box, const char *path, struct image *parent, const char *metadata,
                        const struct snapshot_write_options *how)
{
    struct snapshot_write_options options = *how;
    struct save_state state = {0};
    struct save_pages set = {0};
    char *with = NULL, *with_packages = NULL;
    options.created_ns = save_time(box);
    pybox_status status = context_add_summary(box, metadata, &with);
    if (with != NULL)
        metadata = with;
    if (status == PYBOX_OK)
        status = package_state_add_summary(box->packages, metadata, &with_packages);
    if (status == PYBOX_OK)
        status = save_take(box, with_packages != NULL ? with_packages : metadata, &state);
    if (status == PYBOX_OK && parent != NULL)
        status = save_find_changes(box, &set);
    const struct snapshot_pages pages = {.pages = set.pages, .count = set.count};
    if (status == PYBOX_OK)
        status = parent != NULL ? snapshot_write_delta(path, &state.content, parent, &pages, &options)
                                : snapshot_write(path, &state.content, &options);
    free(set.pages);
    save_free(&state);
    free(with);
    free(with_packages);
    return status;
}

pybox_status pybox_box_save(pybox_box *box, const char *path, const pybox_save_options *options)
{
    if (box == NULL || path == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "box or path is NULL; expected both");
    pybox_save_options chosen = {0};
    pybox_status status = options_copy(&chosen, sizeof chosen, options, "pybox_save_options");
    if (status != PYBOX_OK)
        return status;
    if (chosen.delta && box->image == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "a box that was started from nothing has no image to be a delta of");
    status = save_prepare(box);
    if (status != PYBOX_OK)
        return status;
    const struct snapshot_write_options how = {.form = chosen.form, .level = chosen.level};
    return save_write(box, path, chosen.delta ? box->image->image : NULL, chosen.metadata, &how);
}
