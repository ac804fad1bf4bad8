#include "pagemap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From Linux 6.7's fs.h and userfaultfd.h, which are newer than the headers we build with
 * (Documentation/admin-guide/mm/pagemap.rst). The names are ours, so that theirs may exist. */
struct scan_region {
    uint64_t start, end, categories;
};

struct scan_request {
    uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define SCAN_IOCTL _IOWR('f', 16, struct scan_request)
#define SCAN_PROTECT_MATCHING (UINT64_C(1) << 0)
#define SCAN_CHECK_TRACKED (UINT64_C(1) << 1)
#define SCAN_WRITTEN (UINT64_C(1) << 1)
#define SCAN_FILE (UINT64_C(1) << 2)
#define SCAN_PRESENT (UINT64_C(1) << 3)
#define SCAN_SWAPPED (UINT64_C(1) << 4)
#define SCAN_ZERO_PAGE (UINT64_C(1) << 5)
#define SCAN_REGIONS 256 /* asked for at a time; on the stack */

#define TRACK_USER_MODE_ONLY 1 /* UFFD_USER_MODE_ONLY: what an unprivileged process may have */
#define TRACK_FEATURE_ASYNC (UINT64_C(1) << 15)

#define ENTRY_PRESENT (UINT64_C(1) << 63)
#define ENTRY_SWAPPED (UINT64_C(1) << 62)
#define ENTRY_FILE (UINT64_C(1) << 61)
#define ENTRIES 512 /* read at a time; on the stack */

/* This process's; the kernel zeroes it in a forked child, which thereby has no descriptors yet and
 * a lock that nobody holds. */
struct process {
    _Atomic uint64_t epoch;
    pthread_mutex_t lock; /* zeroes are an initialised one with glibc and musl */
    int probed;
    unsigned support;
    int pagemap, tracker; /* descriptor + 1; 0: not open */
};

/* A descriptor as it was opened: tells whether a number still means it, as a host may close what
 * it does not know. */
struct opened {
    int fd; /* + 1 */
    uint64_t number; /* how many were opened before it, by ancestors too, and itself */
    dev_t device;
    ino_t inode;
};

static struct process *process;       /* NULL: no page that is zeroed on fork */
static uint64_t last_epoch;           /* inherited by children, who go on from there */
static struct opened pagemap_opened;  /* inherited too: */
static struct opened tracker_opened;  /* a child closes its parent's */
static pthread_once_t process_made = PTHREAD_ONCE_INIT;

static void make_process(void)
{
    void *page = mmap(NULL, PAGEMAP_PAGE_BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return;
    if (madvise(page, PAGEMAP_PAGE_BYTES, MADV_WIPEONFORK) != 0)
        munmap(page, PAGEMAP_PAGE_BYTES);
    else
        process = page;
}

uint64_t pagemap_epoch(void)
{
    pthread_once(&process_made, make_process);
    if (process == NULL)
        return 0;
    uint64_t epoch = atomic_load_explicit(&process->epoch, memory_order_acquire);
    if (epoch != 0)
        return epoch;
    pthread_mutex_lock(&process->lock);
    if (process->epoch == 0)
        process->epoch = ++last_epoch;
    epoch = process->epoch;
    pthread_mutex_unlock(&process->lock);
    return epoch;
}

static int still_open(const struct opened *opened)
{
    struct stat facts;
    return opened->fd != 0 && fstat(opened->fd - 1, &facts) == 0 &&
           facts.st_dev == opened->device && facts.st_ino == opened->inode;
}

static int open_pagemap(void)
{
    return open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

static int open_tracker(void)
{
    int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | TRACK_USER_MODE_ONLY);
    struct uffdio_api api = {.api = UFFD_API, .features = TRACK_FEATURE_ASYNC};
    if (fd >= 0 && ioctl(fd, UFFDIO_API, &api) != 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

/* Under the lock: the descriptor in *slot, opened if it is not or if its number was taken away. Or
 * a negative errno. */
static int ensure_open(int *slot, struct opened *opened, int (*open_new)(void))
{
    if (*slot != 0 && still_open(opened))
        return *slot - 1;
    if (*slot == 0 && still_open(opened))
        close(opened->fd - 1); /* the parent's */
    *slot = 0;
    opened->fd = 0;
    int fd = open_new();
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts) != 0)
        return -errno;
    *opened = (struct opened){fd + 1, opened->number + 1, facts.st_dev, facts.st_ino};
    *slot = fd + 1;
    return fd;
}

static int pagemap_descriptor(void)
{
    if (pagemap_epoch() == 0)
        return -ENOSYS;
    pthread_mutex_lock(&process->lock);
    int fd = ensure_open(&process->pagemap, &pagemap_opened, open_pagemap);
    pthread_mutex_unlock(&process->lock);
    return fd;
}

static int tracker_descriptor(void)
{
    if (pagemap_epoch() == 0)
        return -ENOSYS;
    pthread_mutex_lock(&process->lock);
    int fd = ensure_open(&process->tracker, &tracker_opened, open_tracker);
    pthread_mutex_unlock(&process->lock);
    return fd;
}

static uint32_t page_of(const struct pagemap_area *area, uint64_t address)
{
    return (uint32_t)((address - (uintptr_t)area->base) / PAGEMAP_PAGE_BYTES);
}

/* Asks for the private pages from `from` on: how many regions there are in `regions`, or a negative
 * errno; `request->walk_end` is where it stopped. */
static int scan_once(int fd, uint64_t from, uint64_t to, int written, struct scan_region *regions,
                     struct scan_request *request)
{
    *request = (struct scan_request){
        .size = sizeof *request,
        .start = from,
        .end = to,
        .regions = (uintptr_t)regions,
        .region_count = SCAN_REGIONS,
        .category_inverted = SCAN_FILE,
        .category_mask = SCAN_FILE | (written ? SCAN_WRITTEN : 0),
        .category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
        .return_mask = SCAN_ZERO_PAGE,
    };
    int count = ioctl(fd, SCAN_IOCTL, request);
    if (count < 0)
        return -errno;
    /* Only progress ends the loop of our caller, and only our own range is to be believed. */
    if (count > SCAN_REGIONS || request->walk_end <= from || request->walk_end > to)
        return -EIO;
    return count;
}

int pagemap_scan(const struct pagemap_area *area, int written, pagemap_found *found, void *context)
{
    int fd = pagemap_descriptor();
    if (fd < 0)
        return fd;
    uint64_t at = (uintptr_t)area->base, end = at + area->bytes;
    uint64_t image_end = at + area->image_bytes;
    while (at < end) {
        struct scan_region regions[SCAN_REGIONS];
        struct scan_request request;
        int count = scan_once(fd, at, end, written, regions, &request);
        if (count < 0)
            return count;
        for (int i = 0; i < count; i++) {
            uint64_t start = regions[i].start, stop = regions[i].end;
            if (start < at || stop > end || start >= stop)
                return -EIO;
            if (regions[i].categories & SCAN_ZERO_PAGE) {
                if (start >= image_end)
                    continue;
                stop = stop < image_end ? stop : image_end;
            }
            int result = found(context, page_of(area, start),
                               (uint32_t)((stop - start) / PAGEMAP_PAGE_BYTES));
            if (result != 0)
                return result;
        }
        at = request.walk_end;
    }
    return 0;
}

int pagemap_read_entries(const struct pagemap_area *area, pagemap_found *found, void *context)
{
    int fd = pagemap_descriptor();
    if (fd < 0)
        return fd;
    uint64_t first = (uintptr_t)area->base / PAGEMAP_PAGE_BYTES;
    uint32_t pages = (uint32_t)(area->bytes / PAGEMAP_PAGE_BYTES), page = 0;
    while (page < pages) {
        uint64_t entries[ENTRIES];
        uint32_t wanted = pages - page < ENTRIES ? pages - page : ENTRIES;
        ssize_t got = pread(fd, entries, wanted * sizeof *entries,
                            (off_t)((first + page) * sizeof *entries));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        uint32_t count = (uint32_t)got / sizeof *entries;
        if (count == 0)
            return -EIO;
        for (uint32_t i = 0; i < count;) {
            uint32_t start = i;
            while (i < count && (entries[i] & (ENTRY_PRESENT | ENTRY_SWAPPED)) != 0 &&
                   (entries[i] & ENTRY_FILE) == 0)
                i++;
            int result = i > start ? found(context, page + start, i - start) : 0;
            if (result != 0)
                return result;
            i += i == start;
        }
        page += count;
    }
    return 0;
}

int pagemap_track(const uint8_t *base, uint64_t bytes)
{
    int fd = tracker_descriptor();
    if (fd < 0)
        return fd;
    struct uffdio_register request = {.range = {(uintptr_t)base, bytes},
                                      .mode = UFFDIO_REGISTER_MODE_WP};
    return ioctl(fd, UFFDIO_REGISTER, &request) == 0 ? 0 : -errno;
}

uint64_t pagemap_tracker(void)
{
    if (pagemap_epoch() == 0)
        return 0;
    pthread_mutex_lock(&process->lock);
    int open = process->tracker != 0 && still_open(&tracker_opened);
    uint64_t number = open ? tracker_opened.number : 0;
    pthread_mutex_unlock(&process->lock);
    return number;
}

int pagemap_untrack(const uint8_t *base, uint64_t bytes)
{
    int fd = tracker_descriptor();
    if (fd < 0)
        return fd;
    struct uffdio_range range = {(uintptr_t)base, bytes};
    return ioctl(fd, UFFDIO_UNREGISTER, &range) == 0 ? 0 : -errno;
}

int pagemap_protect(const struct pagemap_area *area)
{
    int fd = pagemap_descriptor();
    if (fd < 0)
        return fd;
    uint64_t at = (uintptr_t)area->base, end = at + area->bytes;
    while (at < end) {
        struct scan_request request = {
            .size = sizeof request,
            .flags = SCAN_PROTECT_MATCHING | SCAN_CHECK_TRACKED,
            .start = at,
            .end = end,
            .category_inverted = SCAN_FILE,
            .category_mask = SCAN_FILE | SCAN_WRITTEN,
            .category_anyof_mask = SCAN_PRESENT | SCAN_SWAPPED,
        };
        if (ioctl(fd, SCAN_IOCTL, &request) < 0)
            return -errno;
        if (request.walk_end <= at)
            return -EIO;
        at = request.walk_end;
    }
    return 0;
}

static int note_found(void *context, uint32_t first, uint32_t count)
{
    *(uint32_t *)context += first == 0 && count == 1;
    return 0;
}

/* Whether page 0 of the area, which is private, is found; `written`: as written. */
static int finds(const struct pagemap_area *area, int written)
{
    uint32_t count = 0;
    return pagemap_scan(area, written, note_found, &count) == 0 && count == 1;
}

static int tracks(const struct pagemap_area *area, volatile uint8_t *page)
{
    if (pagemap_track(area->base, area->bytes) != 0)
        return 0;
    int protects = pagemap_protect(area) == 0 && !finds(area, 1) && finds(area, 0);
    *page = 2;
    return protects && finds(area, 1);
}

static unsigned try_out(void)
{
    volatile uint8_t *page = mmap(NULL, PAGEMAP_PAGE_BYTES, PROT_READ | PROT_WRITE,
                                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return 0;
    unsigned support = 0;
    const struct pagemap_area area = {(const uint8_t *)page, PAGEMAP_PAGE_BYTES,
                                      PAGEMAP_PAGE_BYTES};
    uint32_t count = 0;
    *page = 1;
    if (pagemap_read_entries(&area, note_found, &count) == 0 && count == 1)
        support |= PAGEMAP_CAN_ENTRIES;
    if (finds(&area, 0))
        support |= PAGEMAP_CAN_SCAN;
    if ((support & PAGEMAP_CAN_SCAN) && tracks(&area, page))
        support |= PAGEMAP_CAN_TRACK;
    munmap((void *)page, PAGEMAP_PAGE_BYTES);
    return support;
}

unsigned pagemap_probe(void)
{
    if (pagemap_epoch() == 0)
        return 0;
    pthread_mutex_lock(&process->lock);
    int probed = process->probed;
    unsigned support = process->support;
    pthread_mutex_unlock(&process->lock);
    if (probed)
        return support;
    support = try_out(); /* takes the lock; two threads may both try */
    pthread_mutex_lock(&process->lock);
    process->support = support;
    process->probed = 1;
    pthread_mutex_unlock(&process->lock);
    return support;
}
