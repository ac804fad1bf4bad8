/*
 * Checkpoint and rollback of one linear memory: what a guest wrote is undone by copying back the
 * pages it made private, in microseconds; see ROLLBACK.md for how, and for the measurements.
 *
 * A rollback knows its memory's image, and a stack of checkpoints above it. "The reference" below
 * is what rollback_restore() returns to: the top checkpoint, or without one the image at the size
 * that the memory had when the rollback was created.
 *
 *     rollback_create(&memory, image_bytes_mapped_read_only, image_bytes, NULL, &rollback);
 *     for (;;) {
 *         rollback_enter(rollback);      // by the thread that is about to run the guest
 *         ... run ...
 *         rollback_restore(rollback);    // the same thread, or another
 *     }
 *
 * Threads: a rollback and its memory belong to one thread at a time. THE RULE OF rollback_enter():
 * every write to the memory (by the guest, or by the host on its behalf) happens on a thread that
 * has called it since the last restore, checkpoint, renew or drop, and before the next of them.
 * Whether a page was newly written is told from the thread's count of page faults, so a write by a
 * thread that did not enter may go unnoticed and survive; so may one to a page that another thread
 * made writable (mlockall(MCL_CURRENT), MADV_POPULATE_WRITE): a host that does such things while
 * boxes run sets always_scan. Without any rollback_enter() all is still right, but slower (each
 * call scans the page tables). Entering again on the same thread changes nothing: enter as early as
 * possible, also before a checkpoint that nothing was written before.
 *
 * Processes: after fork() parent and child may both use their copies. The descriptors of
 * /proc/self/pagemap and userfaultfd are one of each per process, opened on first use and anew in a
 * child (an inherited one would look at the parent); a child is recognised by a page that the
 * kernel zeroes on fork, so that this holds for a bare clone() too. A vfork() child must not call
 * anything here.
 */
#ifndef ROLLBACK_H
#define ROLLBACK_H

#include <stdint.h>

#include "memory.h"
#include "pybox.h"

/* How written pages are found. Each finds the same; they differ in speed and in what they need. */
enum rollback_method {
    ROLLBACK_AUTO, /* the first of the following that works in this process; probed once */
    /* ioctl PAGEMAP_SCAN (Linux 6.7); in memories with a checkpoint that has many pages, also
     * userfaultfd's asynchronous write protection. */
    ROLLBACK_TRACK,
    ROLLBACK_SCAN,    /* PAGEMAP_SCAN alone: private pages are compared with what was saved */
    ROLLBACK_ENTRIES, /* the same, with the 8-byte entries of /proc/self/pagemap */
    /* Nothing but madvise(): a restore drops all private pages and copies the saved ones back; a
     * checkpoint compares the whole memory with the image (milliseconds). */
    ROLLBACK_PLAIN,
};

/* All zeroes: the defaults. */
struct rollback_options {
    enum rollback_method method;
    /* Private pages that a restore leaves resident for the next run, saved ones not counted.
     * 0: ROLLBACK_RESIDENT_BYTES. What is above is given back to the kernel. */
    uint64_t resident_bytes;
    int always_scan; /* do not trust the count of page faults */
};

#define ROLLBACK_RESIDENT_BYTES (UINT64_C(4) << 20)
#define ROLLBACK_MAX_DEPTH 1026 /* checkpoints: a box's origin, 1,024 of its host's, and a run's */

struct rollback;

/*
 * For a memory whose first `image_bytes` were mapped by memory_map_image() (0: none) and whose rest is zero pages.
 * `image` is a mapping of the same bytes that nobody changes and that outlives the rollback; one per image serves any
 * number of memories and threads. `memory` must outlive the rollback too, keep its address (but for rollback_move()),
 * and not be mapped anew. Its pages may have been written already: the reference is the image all the same.
 * Allocates, a few hundred bytes. Errors: ARGUMENT (image_bytes is no multiple of 4096, or more than the memory has);
 * UNSUPPORTED (the method that is asked for does not work here; the message says why); NO_MEMORY.
 */
pybox_status rollback_create(struct memory *memory, const uint8_t *image, uint64_t image_bytes,
                             const struct rollback_options *options, struct rollback **rollback);

/* Frees it and its checkpoints; the memory stays as it is. Before memory_destroy(). NULL is
 * allowed. */
void rollback_destroy(struct rollback *rollback);

/* The struct has been copied to `memory`, which is the one to use from now on. */
void rollback_move(struct rollback *rollback, struct memory *memory);

/* The calling thread is about to write the memory, see above, or to read it after a trim. About 0.2 us, never fails. */
void rollback_enter(struct rollback *rollback);

/*
 * The memory returns to the reference: bytes, size, and inaccessibility of what lies beyond (the
 * caller tells its instance: instance_set_pages()). Any number of times. Allocates at most a list
 * of pages, and does without if it cannot. If the set of pages that runs write is steady and below
 * `resident_bytes`, no mapping changes (no mmap, munmap, madvise, mprotect).
 * Errors: NO_MEMORY (the kernel refused to shrink the memory or to drop pages): the memory is
 * between the two states, and the call may be made again.
 */
pybox_status rollback_restore(struct rollback *rollback);

/*
 * The state now becomes the reference, above the others. Copies the pages that differ from the
 * reference before; they share the rest. Costs 4 KiB and 8 bytes per copied page, and 8 bytes per
 * page that the checkpoint below has.
 * Errors: NO_MEMORY, LIMIT (ROLLBACK_MAX_DEPTH): nothing changed.
 */
pybox_status rollback_checkpoint(struct rollback *rollback);

/*
 * The state now replaces the top checkpoint: as drop and checkpoint, but only the pages that were
 * written since are copied. Errors: ARGUMENT (there is none); NO_MEMORY: the checkpoint and the
 * memory are as before.
 */
pybox_status rollback_renew(struct rollback *rollback);

/* Forgets the top checkpoint; the memory stays as it is. The checkpoint's storage is kept for the
 * next one until rollback_trim(). Errors: ARGUMENT (there is none); NO_MEMORY: nothing changed. */
pybox_status rollback_drop(struct rollback *rollback);

/* Forgets all checkpoints and returns to the image. Errors: as rollback_restore(). */
pybox_status rollback_reset(struct rollback *rollback);

/* The number of checkpoints. */
uint32_t rollback_depth(const struct rollback *rollback);

/*
 * For a memory that will not run for a while: gives its private pages back to the kernel, and frees storage that no
 * checkpoint uses. What a page has that the image has not is kept aside, if that is less than half of it. UNTIL
 * rollback_enter(), or a call of another function here that looks at the memory, IT MUST BE NEITHER READ NOR WRITTEN;
 * then those pages are in their places again, for about 1 us each. Errors: NO_MEMORY: less was given back.
 */
pybox_status rollback_trim(struct rollback *rollback);

/*
 * Makes the memory of `to` equal to that of `from`, size and bytes, by copying the pages of `from`
 * that differ from the image. Both have the same image; `to` has no checkpoints and its limit is at
 * least the size of `from`. `from` and its checkpoints do not change, and the checkpoints are not
 * copied. Writes to `to`: enter it before.
 * Errors: ARGUMENT (not the same image bytes and address, or `to` has checkpoints); LIMIT;
 * NO_MEMORY: then `to` is between two states, restore it.
 */
pybox_status rollback_clone(struct rollback *from, struct rollback *to);

/* `bytes` at `address` of the memory (multiples of 4096, not 0). A result other than PYBOX_OK ends
 * the walk. It must not change the memory, nor call anything here on this rollback. */
typedef pybox_status rollback_range_function(void *context, uint64_t address, uint64_t bytes);

/*
 * Calls `each` for every maximal range of pages that differ from the image, or beyond it from
 * zero, ascending, whatever checkpoints there are: what a delta holds. The memory and the rollback
 * do not change. Errors: those of `each`.
 */
pybox_status rollback_each_change(struct rollback *rollback, rollback_range_function *each,
                                  void *context);

/* The same for the private pages, whether they differ or not: what has been written. None, where they cannot be told,
 * and while the memory is trimmed. */
pybox_status rollback_each_private(struct rollback *rollback, rollback_range_function *each,
                                   void *context);

/* Counts since creation, but for the first four. */
struct rollback_statistics {
    enum rollback_method method; /* in use; never AUTO */
    uint64_t changed_pages;      /* that differed from the reference at the last restore */
    uint64_t resident_pages;     /* private, listed: each restore compares them */
    uint64_t storage_bytes;      /* of checkpoints, lists, what a trim keeps, and storage kept for them */
    uint64_t scans;              /* walks over the page tables */
    uint64_t scans_spared;       /* restores (and so on) that needed none: no page fault */
    uint64_t pages_copied;       /* back, by restores */
    uint64_t pages_dropped;      /* given back to the kernel */
    uint64_t rebuilds;           /* restores that dropped everything, as PLAIN does */
    uint64_t protections;        /* times that write protection was laid over the memory */
};
struct rollback_statistics rollback_statistics(const struct rollback *rollback);

#endif
