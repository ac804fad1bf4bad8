#include "page_list.h"

#include <stdlib.h>

/* At least `wanted` places. 0 or -1. */
static int grow(void **items, uint32_t *capacity, uint64_t wanted, size_t size)
{
    if (wanted <= *capacity)
        return 0;
    uint64_t more = wanted + wanted / 2 + 32;
    if (more > UINT32_MAX)
        return -1;
    void *grown = realloc(*items, more * size);
    if (grown == NULL)
        return -1;
    *items = grown;
    *capacity = (uint32_t)more;
    return 0;
}

int page_set_add(struct page_set *set, uint32_t first, uint32_t count)
{
    void *pages = set->pages;
    if (grow(&pages, &set->capacity, (uint64_t)set->count + count, sizeof *set->pages) != 0)
        return -1;
    set->pages = pages;
    for (uint32_t i = 0; i < count; i++)
        set->pages[set->count++] = first + i;
    return 0;
}

void page_set_free(struct page_set *set)
{
    free(set->pages);
    *set = (struct page_set){0};
}

/* A page that was gone is private again, soon: it is in use, though runs leave it as it was. */
static void return_entry(struct page_entry *entry)
{
    if (entry->patience < PAGE_LAST_PATIENCE)
        entry->patience++;
    entry->idle = 0;
    entry->state = PAGE_NEW;
}

/* How many pages of the set the list lacks. */
static uint32_t count_missing(const struct page_list *list, const struct page_set *set)
{
    uint32_t missing = 0, at = 0;
    for (uint32_t i = 0; i < set->count; i++) {
        while (at < list->count && list->entries[at].page < set->pages[i])
            at++;
        missing += at == list->count || list->entries[at].page != set->pages[i];
    }
    return missing;
}

int page_list_merge(struct page_list *list, const struct page_set *set, uint32_t *added)
{
    uint32_t missing = count_missing(list, set);
    void *entries = list->entries;
    if (missing > 0 && grow(&entries, &list->capacity, (uint64_t)list->count + missing,
                            sizeof *list->entries) != 0)
        return -1;
    list->entries = entries;
    /* From the end, so that it can be done in place. */
    uint32_t from = list->count, to = list->count + missing;
    *added = missing;
    for (uint32_t i = set->count; i-- > 0;) {
        while (from > 0 && list->entries[from - 1].page > set->pages[i])
            list->entries[--to] = list->entries[--from];
        if (from > 0 && list->entries[from - 1].page == set->pages[i]) {
            list->entries[--to] = list->entries[--from];
            if (list->entries[to].state == PAGE_GONE) {
                return_entry(&list->entries[to]);
                ++*added;
            }
        } else {
            list->entries[--to] =
                (struct page_entry){set->pages[i], 0, PAGE_FIRST_PATIENCE, PAGE_NEW};
        }
    }
    list->count += missing;
    return 0;
}

void page_list_fit(struct page_list *list)
{
    struct page_entry *entries =
        list->count > 0 ? realloc(list->entries, list->count * sizeof *entries) : NULL;
    if (list->count == 0)
        free(list->entries);
    else if (entries == NULL)
        return;
    list->entries = entries;
    list->capacity = list->count;
}

void page_list_free(struct page_list *list)
{
    free(list->entries);
    *list = (struct page_list){0};
}
