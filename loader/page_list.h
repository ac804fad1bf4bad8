/*
 * A sorted list of pages that each rollback must compare, with what is known of their use: a page
 * that no run changes any more is given back to the kernel. It stays for some rollbacks as a gone
 * entry: if it returns by then (runs do write it, and leave it as it was), it is kept twice as long
 * the next time.
 */
#ifndef PAGE_LIST_H
#define PAGE_LIST_H

#include <stdint.h>

struct page_entry {
    uint32_t page;
    uint16_t idle;    /* rollbacks in a row that found it unchanged (or gone); stops at the top */
    uint8_t patience; /* it may be given back after 1 << patience of them */
    uint8_t state;    /* enum page_state */
};

enum page_state {
    PAGE_KEPT,
    PAGE_NEW,     /* found since the last rollback */
    PAGE_LEAVING, /* is about to be given back */
    PAGE_GONE,    /* was given back, is not private */
};

#define PAGE_FIRST_PATIENCE 3
#define PAGE_LAST_PATIENCE 12
#define PAGE_GONE_ROLLBACKS 4 /* that a gone entry is kept */

/* Zeroes: empty. Belongs to one thread at a time. */
struct page_list {
    struct page_entry *entries; /* by page, ascending, none twice */
    uint32_t count, capacity;
};

/* Pages that were found, ascending; zeroes: none. */
struct page_set {
    uint32_t *pages;
    uint32_t count, capacity;
};

/* Adds `count` pages from `first` on, all above those that are there. 0, or -1: no memory. */
int page_set_add(struct page_set *set, uint32_t first, uint32_t count);

void page_set_free(struct page_set *set);

/* Puts the pages of `set` that the list does not have, or has as gone, into it as PAGE_NEW, and
 * stores how many they were. 0, or -1: no memory, nothing changed. */
int page_list_merge(struct page_list *list, const struct page_set *set, uint32_t *added);

/* Gives back what it does not use, if it can. */
void page_list_fit(struct page_list *list);

void page_list_free(struct page_list *list);

#endif
