#include "rollback.h"

#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "error.h"
#include "fault_mark.h"
#include "packed.h"
#include "page_list.h"
#include "pagemap.h"

#define HOST_PAGE_BYTES 4096u
/* What decides between two right ways; measured, see ROLLBACK.md. */
#define STALE_BATCH 32   /* pages that no run changes: so many are given back together */
#define FORGET_GAP 16    /* pages given back with their neighbours rather than with a call more */
#define PROTECT_PAGES 256 /* so many pages that no run changes are tracked, not compared */
#define CALM_ROLLBACKS 2  /* a saved page that was unchanged for so many counts for that */

/* What is known of the writers since the list was complete. */
enum writers {
    WRITERS_UNKNOWN, /* nobody entered: anybody may have written */
    WRITERS_ONE,     /* `mark` is where that thread was when it entered */
    WRITERS_SEVERAL,
};

/*
 * Invariant, with `complete` and no write since: every private page that is not write-protected is
 * in `list` and not gone; every page that differs from the reference is one of those. In PLAIN the
 * list is empty and not complete. What is in `packed` is not in the memory, nor listed, until wake().
 */
struct rollback {
    struct memory *memory;
    const uint8_t *image;
    uint64_t image_bytes;
    uint64_t first_pages;    /* size of the memory when there is no checkpoint, in wasm pages */
    uint64_t resident_pages; /* allowed */
    int always_scan;
    int complete;
    enum writers writers;
    struct fault_mark mark;
    uint64_t tracked; /* pagemap_tracker() that tracks the memory; 0: it is not tracked */
    struct page_list list;
    uint32_t new_entries; /* at most so many PAGE_NEW in it */
    struct checkpoint_stack stack;
    struct packed packed; /* pages, against the image */
    struct rollback_statistics statistics; /* the first four but `method` are kept elsewhere */
};

static const uint8_t zero_page[HOST_PAGE_BYTES] __attribute__((aligned(HOST_PAGE_BYTES)));

/* Looks references up for ascending pages. */
struct reference_walk {
    const struct saved_page *at, *end; /* what the top checkpoint has from there on */
};

static struct reference_walk reference_start(const struct rollback *rollback)
{
    const struct checkpoint *top = checkpoint_top(&rollback->stack);
    if (top == NULL)
        return (struct reference_walk){NULL, NULL};
    return (struct reference_walk){top->saved, top->saved + top->saved_count};
}

static const uint8_t *image_page(const struct rollback *rollback, uint32_t page)
{
    uint64_t address = (uint64_t)page * HOST_PAGE_BYTES;
    return address < rollback->image_bytes ? rollback->image + address : zero_page;
}

/* Whether the top checkpoint has the page: if not, its reference is the image's or zero, and it can
 * be given back to the kernel. */
static int reference_is_saved(struct reference_walk *walk, uint32_t page)
{
    while (walk->at < walk->end && walk->at->page < page)
        walk->at++;
    return walk->at < walk->end && walk->at->page == page;
}

static const uint8_t *reference_page(const struct rollback *rollback, struct reference_walk *walk,
                                     uint32_t page)
{
    return reference_is_saved(walk, page) ? checkpoint_bytes(&rollback->stack, walk->at->slot)
                                          : image_page(rollback, page);
}

static uint8_t *memory_page(const struct rollback *rollback, uint32_t page)
{
    return rollback->memory->base + (uint64_t)page * HOST_PAGE_BYTES;
}

static struct pagemap_area area_of(const struct rollback *rollback)
{
    return (struct pagemap_area){rollback->memory->base, memory_bytes(rollback->memory),
                                 rollback->image_bytes};
}

static pybox_status choose_method(enum rollback_method wanted, enum rollback_method *method)
{
    static const struct {
        enum rollback_method method;
        unsigned needs;
        const char *what;
    } methods[] = {
        {ROLLBACK_TRACK, PAGEMAP_CAN_SCAN | PAGEMAP_CAN_TRACK,
         "ioctl PAGEMAP_SCAN and asynchronous userfaultfd (Linux 6.7), with /proc mounted"},
        {ROLLBACK_SCAN, PAGEMAP_CAN_SCAN, "ioctl PAGEMAP_SCAN (Linux 6.7), with /proc mounted"},
        {ROLLBACK_ENTRIES, PAGEMAP_CAN_ENTRIES, "/proc/self/pagemap"},
        {ROLLBACK_PLAIN, 0, ""},
    };
    unsigned support = pagemap_probe();
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (wanted != ROLLBACK_AUTO && wanted != methods[i].method)
            continue;
        if ((support & methods[i].needs) == methods[i].needs) {
            *method = methods[i].method;
            return PYBOX_OK;
        }
        if (wanted != ROLLBACK_AUTO)
            return error_set(PYBOX_ERROR_UNSUPPORTED,
                             "this way of rolling back needs %s, which does not work here",
                             methods[i].what);
    }
    return error_set(PYBOX_ERROR_ARGUMENT, "%d is no way of rolling back", (int)wanted);
}

pybox_status rollback_create(struct memory *memory, const uint8_t *image, uint64_t image_bytes,
                             const struct rollback_options *options, struct rollback **rollback)
{
    static const struct rollback_options defaults;
    *rollback = NULL;
    if (options == NULL)
        options = &defaults;
    if (image_bytes % HOST_PAGE_BYTES != 0 || image_bytes > memory_bytes(memory))
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "an image of %llu bytes for a memory of %llu bytes; expected a multiple "
                         "of 4096 that fits",
                         (unsigned long long)image_bytes,
                         (unsigned long long)memory_bytes(memory));
    enum rollback_method method = ROLLBACK_PLAIN;
    pybox_status status = choose_method(options->method, &method);
    if (status != PYBOX_OK)
        return status;
    struct rollback *made = malloc(sizeof *made);
    if (made == NULL)
        return error_set_memory("a rollback", sizeof *made);
    uint64_t resident =
        options->resident_bytes != 0 ? options->resident_bytes : ROLLBACK_RESIDENT_BYTES;
    *made = (struct rollback){.memory = memory,
                              .image = image,
                              .image_bytes = image_bytes,
                              .first_pages = memory->pages,
                              .resident_pages = resident / HOST_PAGE_BYTES,
                              .always_scan = options->always_scan,
                              .statistics.method = method};
    *rollback = made;
    return PYBOX_OK;
}

void rollback_destroy(struct rollback *rollback)
{
    if (rollback == NULL)
        return;
    page_list_free(&rollback->list);
    checkpoint_free(&rollback->stack);
    packed_free(&rollback->packed);
    free(rollback);
}

/* What a trim has packed is in its place again. */
static void wake(struct rollback *rollback)
{
    if (rollback->packed.length == 0)
        return;
    packed_apply(&rollback->packed, rollback->memory->base);
    rollback->complete = 0;
}

void rollback_move(struct rollback *rollback, struct memory *memory)
{
    rollback->memory = memory;
}

void rollback_enter(struct rollback *rollback)
{
    wake(rollback);
    if (rollback->always_scan || rollback->statistics.method == ROLLBACK_PLAIN)
        return;
    if (rollback->writers == WRITERS_UNKNOWN) {
        rollback->mark = fault_mark_now();
        rollback->writers = WRITERS_ONE;
    } else if (!fault_mark_is_mine(&rollback->mark)) {
        rollback->writers = WRITERS_SEVERAL;
    }
}

static int add_to_set(void *context, uint32_t first, uint32_t count)
{
    return page_set_add(context, first, count);
}

/* The private pages of the memory; `written`: those that are not write-protected. 0 or -1. */
static int find_private(struct rollback *rollback, int written, struct page_set *set)
{
    struct pagemap_area area = area_of(rollback);
    enum rollback_method method = rollback->statistics.method;
    *set = (struct page_set){0};
    if (method == ROLLBACK_PLAIN)
        return -1;
    rollback->statistics.scans++;
    if ((method == ROLLBACK_ENTRIES ? pagemap_read_entries(&area, add_to_set, set)
                                    : pagemap_scan(&area, written, add_to_set, set)) == 0)
        return 0;
    page_set_free(set);
    return -1;
}

static int list_is_complete(const struct rollback *rollback)
{
    return rollback->complete && rollback->writers == WRITERS_ONE &&
           fault_mark_is_quiet(&rollback->mark);
}

/* Makes the list complete. 0, or -1: it cannot be had. */
static int complete_list(struct rollback *rollback)
{
    if (rollback->tracked != 0 && rollback->tracked != pagemap_tracker()) {
        rollback->tracked = 0; /* closed, or not inherited: nothing is protected now */
        rollback->complete = 0;
    }
    if (list_is_complete(rollback)) {
        rollback->statistics.scans_spared++;
        return 0;
    }
    rollback->complete = 0;
    struct page_set set;
    uint32_t added;
    if (find_private(rollback, rollback->tracked != 0, &set) != 0)
        return -1;
    int merged = page_list_merge(&rollback->list, &set, &added);
    page_set_free(&set);
    if (merged != 0)
        return -1;
    rollback->new_entries += added;
    rollback->complete = 1;
    return 0;
}

/* The list is complete as of now, or is not, and nobody has written since. */
static void settle(struct rollback *rollback)
{
    rollback->writers = WRITERS_UNKNOWN;
}

/* Forgets the writes to the pages from `first` to `last`; where the kernel refuses, copies those of
 * the list's entries from..to back, which are all that may differ. */
static void forget_pages(struct rollback *rollback, uint32_t from, uint32_t to)
{
    struct page_entry *entries = rollback->list.entries;
    uint32_t first = entries[from].page, last = entries[to].page;
    if (memory_forget(rollback->memory, (uint64_t)first * HOST_PAGE_BYTES,
                      ((uint64_t)last - first + 1) * HOST_PAGE_BYTES) == 0) {
        for (uint32_t i = from; i <= to; i++)
            rollback->statistics.pages_dropped += entries[i].state == PAGE_LEAVING;
        return;
    }
    for (uint32_t i = from; i <= to; i++) {
        if (entries[i].state != PAGE_LEAVING)
            continue;
        memcpy(memory_page(rollback, entries[i].page), image_page(rollback, entries[i].page),
               HOST_PAGE_BYTES);
        entries[i].state = PAGE_KEPT;
    }
}

/* Whether the leaving entry `next` can be forgotten in one call with the leaving entry `last`: no
 * page between them is to stay. Moves the walk to `next`. */
static int can_join(const struct page_list *list, struct reference_walk *walk, uint32_t last,
                    uint32_t next)
{
    uint32_t page = list->entries[next].page;
    (void)reference_is_saved(walk, list->entries[last].page);
    int between = walk->at < walk->end && walk->at->page < page;
    (void)reference_is_saved(walk, page);
    if (between || page - list->entries[last].page > FORGET_GAP)
        return 0;
    for (uint32_t i = last + 1; i < next; i++)
        if (list->entries[i].state != PAGE_GONE)
            return 0;
    return 1;
}

/* Gives the PAGE_LEAVING entries back to the kernel; `remember`: they become gone, else they are
 * removed from the list. */
static void give_back(struct rollback *rollback, int remember)
{
    struct page_list *list = &rollback->list;
    struct reference_walk walk = reference_start(rollback);
    uint32_t first = UINT32_MAX, last = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->entries[i].state != PAGE_LEAVING)
            continue;
        if (first != UINT32_MAX && !can_join(list, &walk, last, i)) {
            forget_pages(rollback, first, last);
            first = UINT32_MAX;
        }
        first = first == UINT32_MAX ? i : first;
        last = i;
    }
    if (first != UINT32_MAX)
        forget_pages(rollback, first, last);
    uint32_t to = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        struct page_entry entry = list->entries[i];
        if (entry.state == PAGE_LEAVING && !remember)
            continue;
        if (entry.state == PAGE_LEAVING) {
            entry.state = PAGE_GONE;
            entry.idle = 0;
        }
        list->entries[to++] = entry;
    }
    list->count = to;
    if (list->capacity > 4 * list->count + 1024)
        page_list_fit(list);
}

/* Whether what was found since the last restore is too much to keep. */
static int new_are_too_many(const struct rollback *rollback)
{
    if (rollback->new_entries == 0 || rollback->list.count <= rollback->resident_pages)
        return 0;
    struct reference_walk walk = reference_start(rollback);
    uint64_t pages = 0;
    for (uint32_t i = 0; i < rollback->list.count; i++)
        pages += rollback->list.entries[i].state != PAGE_GONE &&
                 !reference_is_saved(&walk, rollback->list.entries[i].page);
    return pages > rollback->resident_pages;
}

/* What a look at every page of the list found. */
struct look {
    uint32_t changed, copied, stale, calm;
};

static void note_use(struct page_entry *entry, int changed)
{
    if (changed)
        entry->idle = 0;
    else if (entry->idle < UINT16_MAX)
        entry->idle++;
}

/* Copies every listed page that differs back; `drop_new`: but for new ones without a saved copy,
 * which become leaving. Removes gone entries that are old. */
static struct look copy_back(struct rollback *rollback, int drop_new)
{
    struct reference_walk walk = reference_start(rollback);
    struct page_list *list = &rollback->list;
    struct look look = {0};
    uint32_t to = 0;
    for (uint32_t i = 0; i < list->count; i++) {
        struct page_entry *entry = &list->entries[to];
        *entry = list->entries[i];
        if (entry->state == PAGE_GONE) {
            to += ++entry->idle <= PAGE_GONE_ROLLBACKS;
            continue;
        }
        to++;
        const uint8_t *wanted = reference_page(rollback, &walk, entry->page);
        int saved = walk.at < walk.end && walk.at->page == entry->page;
        if (drop_new && !saved && entry->state == PAGE_NEW) {
            entry->state = PAGE_LEAVING;
            look.changed++;
            continue;
        }
        uint8_t *there = memory_page(rollback, entry->page);
        int changed = memcmp(there, wanted, HOST_PAGE_BYTES) != 0;
        if (changed)
            memcpy(there, wanted, HOST_PAGE_BYTES);
        note_use(entry, changed);
        entry->state = PAGE_KEPT;
        look.changed += (uint32_t)changed;
        look.copied += (uint32_t)changed;
        look.stale += !saved && entry->idle >= 1u << entry->patience;
        look.calm += saved && entry->idle >= CALM_ROLLBACKS;
    }
    list->count = to;
    return look;
}

/* Marks what no run has changed for long as leaving. */
static void mark_stale(struct rollback *rollback)
{
    struct reference_walk walk = reference_start(rollback);
    for (uint32_t i = 0; i < rollback->list.count; i++) {
        struct page_entry *entry = &rollback->list.entries[i];
        if (entry->state == PAGE_KEPT && entry->idle >= 1u << entry->patience &&
            !reference_is_saved(&walk, entry->page))
            entry->state = PAGE_LEAVING;
    }
}

/* Every private page equals the reference: from now on only those that are written are listed. If
 * the kernel refuses, all is as before. */
static void protect(struct rollback *rollback)
{
    struct pagemap_area area = area_of(rollback);
    if (rollback->statistics.method != ROLLBACK_TRACK)
        return;
    if (rollback->tracked == 0 && pagemap_track(area.base, MEMORY_RESERVED_BYTES) != 0)
        return;
    rollback->tracked = pagemap_tracker();
    if (pagemap_protect(&area) != 0)
        return;
    rollback->statistics.protections++;
    rollback->list.count = 0;
    rollback->new_entries = 0;
    page_list_fit(&rollback->list);
}

/* Without a checkpoint pages are not tracked: those that no run changes are given back instead.
 * 0, or -1: it cannot be ended, and goes on. */
static int end_tracking(struct rollback *rollback)
{
    if (rollback->tracked == 0)
        return 0;
    if (rollback->tracked == pagemap_tracker() &&
        pagemap_untrack(rollback->memory->base, MEMORY_RESERVED_BYTES) != 0)
        return -1;
    rollback->tracked = 0;
    rollback->complete = 0;
    return 0;
}

/* The memory's size becomes that of the reference. */
static pybox_status restore_size(struct rollback *rollback)
{
    const struct checkpoint *top = checkpoint_top(&rollback->stack);
    uint64_t pages = top != NULL ? top->pages : rollback->first_pages;
    if (memory_shrink(rollback->memory, pages) != 0)
        return error_set(PYBOX_ERROR_NO_MEMORY, "cannot make a box's memory smaller: %m");
    uint32_t end = (uint32_t)(memory_bytes(rollback->memory) / HOST_PAGE_BYTES);
    struct page_list *list = &rollback->list;
    while (list->count > 0 && list->entries[list->count - 1].page >= end)
        list->count--;
    return PYBOX_OK;
}

/* Forgets every write and copies the saved pages back: needs no list. */
static pybox_status rebuild(struct rollback *rollback)
{
    rollback->complete = 0;
    rollback->list.count = 0;
    rollback->new_entries = 0;
    if (memory_forget(rollback->memory, 0, memory_bytes(rollback->memory)) != 0)
        return error_set(PYBOX_ERROR_NO_MEMORY, "cannot give a box's memory back: %m");
    const struct checkpoint *top = checkpoint_top(&rollback->stack);
    for (uint32_t i = 0; top != NULL && i < top->saved_count; i++)
        memcpy(memory_page(rollback, top->saved[i].page),
               checkpoint_bytes(&rollback->stack, top->saved[i].slot), HOST_PAGE_BYTES);
    rollback->statistics.rebuilds++;
    settle(rollback);
    return PYBOX_OK;
}

pybox_status rollback_restore(struct rollback *rollback)
{
    wake(rollback);
    pybox_status status = restore_size(rollback);
    if (status != PYBOX_OK)
        return status;
    if (rollback->stack.depth == 0)
        (void)end_tracking(rollback); /* it may as well go on */
    if (complete_list(rollback) != 0)
        return rebuild(rollback);
    int drop_new = new_are_too_many(rollback);
    struct look look = copy_back(rollback, drop_new);
    rollback->new_entries = 0;
    rollback->statistics.changed_pages = look.changed;
    rollback->statistics.pages_copied += look.copied;
    if (look.stale >= STALE_BATCH)
        mark_stale(rollback);
    if (drop_new || look.stale >= STALE_BATCH)
        give_back(rollback, !drop_new);
    if (look.calm >= PROTECT_PAGES)
        protect(rollback);
    settle(rollback);
    return PYBOX_OK;
}

/* Adds the page to `changed` if it differs from the reference. 0 or -1. */
static int add_changed(const struct rollback *rollback, struct reference_walk *walk, uint32_t page,
                       struct page_set *changed, int *differs)
{
    *differs = memcmp(memory_page(rollback, page), reference_page(rollback, walk, page),
                      HOST_PAGE_BYTES) != 0;
    return *differs ? page_set_add(changed, page, 1) : 0;
}

/* The pages that differ from the reference. `calm` gets the number of listed ones that do not seem
 * to be in use. 0, or -1: no memory. */
static int find_changed(struct rollback *rollback, struct page_set *changed, uint32_t *calm)
{
    struct reference_walk walk = reference_start(rollback);
    int result = 0, differs;
    *changed = (struct page_set){0};
    *calm = 0;
    if (complete_list(rollback) != 0) {
        uint32_t pages = (uint32_t)(memory_bytes(rollback->memory) / HOST_PAGE_BYTES);
        for (uint32_t page = 0; result == 0 && page < pages; page++)
            result = add_changed(rollback, &walk, page, changed, &differs);
    } else {
        for (uint32_t i = 0; result == 0 && i < rollback->list.count; i++) {
            struct page_entry *entry = &rollback->list.entries[i];
            if (entry->state == PAGE_GONE)
                continue;
            result = add_changed(rollback, &walk, entry->page, changed, &differs);
            note_use(entry, differs);
            *calm += entry->idle >= CALM_ROLLBACKS;
        }
    }
    if (result != 0)
        page_set_free(changed);
    return result;
}

/* Makes or replaces the top checkpoint. */
static pybox_status keep_state(struct rollback *rollback,
                               int (*keep)(struct checkpoint_stack *, const uint8_t *, uint64_t,
                                           const struct page_set *))
{
    struct page_set changed;
    uint32_t calm;
    int first = rollback->stack.depth == 0;
    wake(rollback);
    if (find_changed(rollback, &changed, &calm) != 0)
        return error_set_memory("the list of changed pages", 0);
    int kept = keep(&rollback->stack, rollback->memory->base, rollback->memory->pages, &changed);
    uint64_t bytes = (uint64_t)changed.count * HOST_PAGE_BYTES;
    page_set_free(&changed);
    if (kept != 0)
        return error_set_memory("a checkpoint", bytes);
    /* With the first one nothing is known yet of which pages are in use. */
    if (rollback->complete && (first ? rollback->list.count : calm) >= PROTECT_PAGES)
        protect(rollback);
    settle(rollback);
    return PYBOX_OK;
}

pybox_status rollback_checkpoint(struct rollback *rollback)
{
    if (rollback->stack.depth == ROLLBACK_MAX_DEPTH)
        return error_set(PYBOX_ERROR_LIMIT, "there are %u checkpoints; expected at most %u before",
                         rollback->stack.depth, ROLLBACK_MAX_DEPTH - 1);
    return keep_state(rollback, checkpoint_push);
}

static pybox_status need_checkpoint(const struct rollback *rollback)
{
    return rollback->stack.depth > 0
               ? PYBOX_OK
               : error_set(PYBOX_ERROR_ARGUMENT, "there is no checkpoint; expected one");
}

pybox_status rollback_renew(struct rollback *rollback)
{
    pybox_status status = need_checkpoint(rollback);
    return status == PYBOX_OK ? keep_state(rollback, checkpoint_replace) : status;
}

pybox_status rollback_drop(struct rollback *rollback)
{
    pybox_status status = need_checkpoint(rollback);
    if (status != PYBOX_OK)
        return status;
    if (rollback->tracked != 0) {
        /* They may be protected, and differ from the reference below. */
        struct page_set own = {0};
        uint32_t added = 0;
        int listed = checkpoint_own_pages(&rollback->stack, &own) == 0 &&
                     page_list_merge(&rollback->list, &own, &added) == 0;
        page_set_free(&own);
        if (!listed)
            return error_set_memory("the list of changed pages", 0);
        rollback->new_entries += added;
    }
    checkpoint_pop(&rollback->stack);
    return PYBOX_OK;
}

pybox_status rollback_reset(struct rollback *rollback)
{
    packed_free(&rollback->packed); /* without it, those pages are the image's */
    while (rollback->stack.depth > 0)
        checkpoint_pop(&rollback->stack);
    if (end_tracking(rollback) == 0)
        return rollback_restore(rollback);
    pybox_status status = restore_size(rollback);
    return status == PYBOX_OK ? rebuild(rollback) : status;
}

uint32_t rollback_depth(const struct rollback *rollback)
{
    return rollback->stack.depth;
}

/* Packs a private page, or finds that it need not be; either way the kernel may have it back then. Whether so. Pages
 * that are tracked stay: there are many, and what is known of them would be lost. */
static int can_leave(struct rollback *rollback, struct reference_walk *walk, uint32_t page,
                     int *no_memory)
{
    const uint8_t *there = memory_page(rollback, page), *image = image_page(rollback, page);
    if (memcmp(there, image, HOST_PAGE_BYTES) == 0)
        return !reference_is_saved(walk, page); /* else it differs from what it is compared with */
    if (rollback->tracked != 0)
        return 0;
    enum packed_result result = packed_add(&rollback->packed, page, there, image);
    *no_memory |= result == PACKED_NO_MEMORY;
    return result == PACKED_ADDED;
}

pybox_status rollback_trim(struct rollback *rollback)
{
    struct reference_walk walk = reference_start(rollback);
    int no_memory = 0;
    wake(rollback);
    if (complete_list(rollback) == 0) {
        for (uint32_t i = 0; i < rollback->list.count; i++) {
            struct page_entry *entry = &rollback->list.entries[i];
            if (entry->state != PAGE_GONE && can_leave(rollback, &walk, entry->page, &no_memory))
                entry->state = PAGE_LEAVING;
        }
        give_back(rollback, 0);
        settle(rollback);
    }
    packed_fit(&rollback->packed);
    page_list_fit(&rollback->list);
    checkpoint_trim(&rollback->stack);
    return no_memory ? error_set_memory("the pages of an idle memory", rollback->packed.capacity)
                     : PYBOX_OK;
}

/* Calls `each` for the ranges of pages that differ from the image, among those of `set`; NULL:
 * among all. `equal`: for those that do not differ, too. */
static pybox_status report_pages(const struct rollback *rollback, const struct page_set *set, int equal,
                                 rollback_range_function *each, void *context)
{
    uint32_t pages = (uint32_t)(memory_bytes(rollback->memory) / HOST_PAGE_BYTES);
    uint32_t count = set != NULL ? set->count : pages, first = 0, end = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t page = set != NULL ? set->pages[i] : i;
        if (!equal &&
            memcmp(memory_page(rollback, page), image_page(rollback, page), HOST_PAGE_BYTES) == 0)
            continue;
        if (page != end && end > first) {
            pybox_status status = each(context, (uint64_t)first * HOST_PAGE_BYTES,
                                       (uint64_t)(end - first) * HOST_PAGE_BYTES);
            if (status != PYBOX_OK)
                return status;
        }
        if (page != end || end == first)
            first = page;
        end = page + 1;
    }
    return end > first ? each(context, (uint64_t)first * HOST_PAGE_BYTES,
                              (uint64_t)(end - first) * HOST_PAGE_BYTES)
                       : PYBOX_OK;
}

pybox_status rollback_each_change(struct rollback *rollback, rollback_range_function *each,
                                  void *context)
{
    struct page_set set;
    wake(rollback);
    if (find_private(rollback, 0, &set) != 0)
        return report_pages(rollback, NULL, 0, each, context);
    pybox_status status = report_pages(rollback, &set, 0, each, context);
    page_set_free(&set);
    return status;
}

pybox_status rollback_each_private(struct rollback *rollback, rollback_range_function *each,
                                   void *context)
{
    struct page_set set;
    if (find_private(rollback, 0, &set) != 0)
        return PYBOX_OK;
    pybox_status status = report_pages(rollback, &set, 1, each, context);
    page_set_free(&set);
    return status;
}

struct copying {
    const struct memory *from;
    struct memory *to;
};

static pybox_status copy_range(void *context, uint64_t address, uint64_t bytes)
{
    const struct copying *copying = context;
    memcpy(copying->to->base + address, copying->from->base + address, bytes);
    return PYBOX_OK;
}

pybox_status rollback_clone(struct rollback *from, struct rollback *to)
{
    if (from->image != to->image || from->image_bytes != to->image_bytes ||
        from->first_pages != to->first_pages || to->stack.depth > 0 || from == to)
        return error_set(PYBOX_ERROR_ARGUMENT, "a memory is cloned onto one that does not fit; "
                                               "expected the same image and size at the start, "
                                               "and no checkpoints");
    if (from->memory->pages > to->memory->limit_pages)
        return error_set(PYBOX_ERROR_LIMIT,
                         "a memory of %llu pages is cloned onto one whose limit is %llu",
                         (unsigned long long)from->memory->pages,
                         (unsigned long long)to->memory->limit_pages);
    pybox_status status = rollback_restore(to);
    if (status != PYBOX_OK)
        return status;
    to->complete = 0; /* what is written now, no thread entered for */
    if (memory_grow(to->memory, from->memory->pages - to->memory->pages) == UINT64_MAX)
        return error_set(PYBOX_ERROR_NO_MEMORY, "cannot make a cloned memory as large: %m");
    struct copying copying = {from->memory, to->memory};
    return rollback_each_change(from, copy_range, &copying);
}

struct rollback_statistics rollback_statistics(const struct rollback *rollback)
{
    struct rollback_statistics statistics = rollback->statistics;
    for (uint32_t i = 0; i < rollback->list.count; i++)
        statistics.resident_pages += rollback->list.entries[i].state != PAGE_GONE;
    statistics.storage_bytes = checkpoint_storage_bytes(&rollback->stack) +
                               rollback->list.capacity * sizeof *rollback->list.entries +
                               rollback->packed.capacity;
    return statistics;
}
