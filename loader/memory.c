#include "memory.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "error.h"

#define HOST_PAGE_BYTES 4096u
#ifndef MADV_POPULATE_WRITE /* Linux 5.14 */
#define MADV_POPULATE_WRITE 23
#endif
#define THIS_PROCESS (-10001)      /* PIDFD_SELF_THREAD_GROUP, Linux 6.15 */
#define RANGES_AT_A_TIME 128

static pybox_status memory_refused(const char *what, uint64_t bytes)
{
    char reason[64];
    snprintf(reason, sizeof reason, "%m");
    return error_set(PYBOX_ERROR_NO_MEMORY,
                     "cannot %s %llu MiB for a box: %s; raise RLIMIT_AS (ulimit -v), "
                     "vm.max_map_count or the memory limit, or set vm.overcommit_memory to 0 or 1",
                     what, (unsigned long long)(bytes >> 20), reason);
}

pybox_status memory_create(uint64_t pages, uint64_t limit_pages, struct memory *memory)
{
    *memory = (struct memory){0};
    if (limit_pages > MEMORY_MAX_PAGES || pages > limit_pages)
        return error_set(
            PYBOX_ERROR_LIMIT,
            "%llu pages of memory with a limit of %llu; expected no more than the limit, "
            "and that at most %llu (4 GiB less 64 KiB)",
            (unsigned long long)pages, (unsigned long long)limit_pages,
            (unsigned long long)MEMORY_MAX_PAGES);
    const uint64_t span = MEMORY_BEFORE_BYTES + MEMORY_RESERVED_BYTES;
    uint8_t *start = mmap(NULL, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (start == MAP_FAILED)
        return memory_refused("reserve", span);
    uint8_t *base = start + MEMORY_BEFORE_BYTES;
    /* Where huge pages are on for everybody, one byte written behind the image would make 2 MiB to
     * clear, and to compare at a rollback. A kernel without huge pages refuses, rightly. */
    (void)madvise(base, MEMORY_RESERVED_BYTES, MADV_NOHUGEPAGE);
    struct memory made = {.base = base, .limit_pages = limit_pages};
    if (pages > 0 && mprotect(made.base, pages * MEMORY_PAGE_BYTES, PROT_READ | PROT_WRITE) != 0) {
        pybox_status status = memory_refused("make accessible", pages * MEMORY_PAGE_BYTES);
        memory_destroy(&made);
        return status;
    }
    made.pages = pages;
    *memory = made;
    return PYBOX_OK;
}

pybox_status memory_map_image(struct memory *memory, int fd, uint64_t offset, uint64_t bytes)
{
    if (offset % HOST_PAGE_BYTES != 0 || bytes % HOST_PAGE_BYTES != 0 ||
        bytes > memory_bytes(memory) || offset > INT64_MAX - bytes)
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "an image of %llu bytes at %llu for a memory of %llu bytes; expected "
                         "multiples of 4096 that fit",
                         (unsigned long long)bytes, (unsigned long long)offset,
                         (unsigned long long)memory_bytes(memory));
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return error_set_io(errno, "cannot map an image");
    if (!S_ISREG(facts.st_mode) || (uint64_t)facts.st_size < offset + bytes)
        return error_set(PYBOX_ERROR_IO,
                         "cannot map an image: its file has %lld bytes; expected at least %llu",
                         (long long)facts.st_size, (unsigned long long)(offset + bytes));
    if (bytes == 0)
        return PYBOX_OK;
    if (mmap(memory->base, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE,
             fd, (off_t)offset) == MAP_FAILED) {
        pybox_status status = memory_refused("map an image of", bytes);
        /* The kernel may have unmapped the old pages before it found that it has no memory for the
         * new ones. Another thread may have mapped something there since: that is not ours to
         * unmap. */
        munmap(memory->base - MEMORY_BEFORE_BYTES, MEMORY_BEFORE_BYTES);
        munmap(memory->base + bytes, MEMORY_RESERVED_BYTES - bytes);
        *memory = (struct memory){0};
        return status;
    }
    return PYBOX_OK;
}

uint64_t memory_grow(struct memory *memory, uint64_t delta)
{
    uint64_t old_pages = memory->pages;
    if (delta > memory->limit_pages - old_pages ||
        (delta > 0 && mprotect(memory->base + memory_bytes(memory), delta * MEMORY_PAGE_BYTES,
                               PROT_READ | PROT_WRITE) != 0))
        return UINT64_MAX;
    memory->pages += delta;
    return old_pages;
}

int memory_forget(const struct memory *memory, uint64_t address, uint64_t bytes)
{
    if (bytes == 0 || madvise(memory->base + address, bytes, MADV_DONTNEED) == 0)
        return 0;
    /* A host may have locked all of its memory (mlockall). */
    return errno == EINVAL ? madvise(memory->base + address, bytes, MADV_DONTNEED_LOCKED) : -1;
}

/* In one system call if the kernel has it. Nobody asks how it went: what is missing a fault does later. */
static void make_private(const struct iovec *ranges, uint32_t count)
{
    static atomic_int one_by_one;
    if (!atomic_load_explicit(&one_by_one, memory_order_relaxed)) {
        if (syscall(SYS_process_madvise, THIS_PROCESS, ranges, (size_t)count, MADV_POPULATE_WRITE, 0) >= 0)
            return;
        atomic_store_explicit(&one_by_one, 1, memory_order_relaxed);
    }
    for (uint32_t i = 0; i < count; i++)
        if (madvise(ranges[i].iov_base, ranges[i].iov_len, MADV_POPULATE_WRITE) != 0)
            return; /* a kernel before 5.14 */
}

void memory_prefault(const struct memory *memory, const struct memory_range *ranges, uint32_t count)
{
    struct iovec known[RANGES_AT_A_TIME];
    const int saved = errno;
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *start = memory_at(memory, ranges[i].address, ranges[i].bytes);
        if (start != NULL)
            known[used++] = (struct iovec){start, ranges[i].bytes};
        if (used == RANGES_AT_A_TIME || (used > 0 && i + 1 == count)) {
            make_private(known, used);
            used = 0;
        }
    }
    errno = saved;
}

int memory_shrink(struct memory *memory, uint64_t pages)
{
    uint64_t kept = pages * MEMORY_PAGE_BYTES, gone = memory_bytes(memory) - kept;
    if (gone > 0 && (memory_forget(memory, kept, gone) != 0 ||
                     mprotect(memory->base + kept, gone, PROT_NONE) != 0))
        return -1;
    memory->pages = pages;
    return 0;
}

void memory_destroy(struct memory *memory)
{
    if (memory->base != NULL)
        munmap(memory->base - MEMORY_BEFORE_BYTES, MEMORY_BEFORE_BYTES + MEMORY_RESERVED_BYTES);
    *memory = (struct memory){0};
}
