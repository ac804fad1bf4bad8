/*
 * What the kernel says about this process's own pages: which ones of a private mapping are private
 * (written, once at least), and which were written since they were protected. By
 * /proc/self/pagemap (ioctl PAGEMAP_SCAN, or its 8-byte entries) and by userfaultfd.
 *
 * The two descriptors are one each per process, opened on first use and never closed; a child of
 * fork() is recognised and gets its own (see pagemap_epoch()), and so does a process whose host
 * closed them. All functions may be called from any
 * thread; they never set an error message, as their callers have other ways.
 *
 * A page is private if it is not the file's and is present or swapped out. Within the image, the
 * kernel's zero page counts too (same-page merging can put it in the place of a page that the guest
 * zeroed); beyond the image it is only a page that was read.
 */
#ifndef PAGEMAP_H
#define PAGEMAP_H

#include <stdint.h>

#define PAGEMAP_PAGE_BYTES 4096u

enum pagemap_support {
    PAGEMAP_CAN_SCAN = 1,    /* ioctl PAGEMAP_SCAN: Linux 6.7 */
    PAGEMAP_CAN_ENTRIES = 2, /* entries with the bits present, swapped, file: Linux 3.5 */
    PAGEMAP_CAN_TRACK = 4,   /* userfaultfd with asynchronous write protection, and CAN_SCAN */
};

/* What works in this process, tried out once on a page of its own: enum pagemap_support bits. */
unsigned pagemap_probe(void);

/* A number, not 0, that differs between a process and its forked children; 0 if that cannot be told
 * here (MADV_WIPEONFORK, Linux 4.14): then pagemap_probe() is 0. Costs a memory read. */
uint64_t pagemap_epoch(void);

/* A piece of a memory: pages are counted from `base`, which is aligned to a page. */
struct pagemap_area {
    const uint8_t *base;
    uint64_t bytes;       /* a multiple of 4096 */
    uint64_t image_bytes; /* where the image ends; a multiple of 4096 */
};

/* `count` pages from page `first` were found. 0 to go on; anything else ends the walk. */
typedef int pagemap_found(void *context, uint32_t first, uint32_t count);

/* Reports the private pages in ascending order, with PAGEMAP_SCAN; `written`: only those that are
 * not write-protected. 0, what `found` returned, or a negative errno. */
int pagemap_scan(const struct pagemap_area *area, int written, pagemap_found *found,
                 void *context);

/* The same, with entries and without the choice; reports zero pages beyond the image as well. */
int pagemap_read_entries(const struct pagemap_area *area, pagemap_found *found, void *context);

/* From now on writes to `bytes` at `base` can be tracked. It says nothing yet: no page is
 * protected. A read fault then maps one page of a file instead of 16. 0 or a negative errno. */
int pagemap_track(const uint8_t *base, uint64_t bytes);

/* The number of the userfaultfd that tracks, never used again (not in children either); 0: none is
 * open. All that it tracked is lost when it is closed (by a host that closes what it does not know,
 * or with fork() for the child), and the number tells. Costs a system call, 0.2 us. */
uint64_t pagemap_tracker(void);

/* Ends that, and protection with it. 0 or a negative errno. */
int pagemap_untrack(const uint8_t *base, uint64_t bytes);

/* Protects every private page in the tracked area. Its next write costs a page fault (0.5 us), that
 * nobody waits for. 0 or a negative errno: some may be protected. */
int pagemap_protect(const struct pagemap_area *area);

#endif
