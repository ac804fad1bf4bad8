/*
 * Rollback over a kernel that the tests bend: pages that are swapped out, merged with the zero page
 * or reported a few at a time; calls that fail; mappings that must not change.
 */
#include "rollback.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"
#include "pagemap.h"
#include "rollback_fixture.h"

/* As in the kernel's fs.h; see pagemap.c. */
struct region {
    uint64_t start, end, categories;
};
struct request {
    uint64_t size, flags, start, end, walk_end, regions, region_count, max_pages;
    uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN _IOWR('f', 16, struct request)
#define WRITTEN UINT64_C(2)
#define FILE_PAGE UINT64_C(4)
#define PRESENT UINT64_C(8)
#define SWAPPED UINT64_C(16)
#define ZERO_PAGE UINT64_C(32)

int __real_ioctl(int fd, unsigned long number, ...);
int __wrap_ioctl(int fd, unsigned long number, ...);
ssize_t __real_pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t __wrap_pread(int fd, void *bytes, size_t length, off_t offset);
ssize_t __wrap___pread_chk(int fd, void *bytes, size_t length, off_t offset, size_t room);
int __real_madvise(void *address, size_t length, int advice);
int __wrap_madvise(void *address, size_t length, int advice);
int __real_mprotect(void *address, size_t length, int protection);
int __wrap_mprotect(void *address, size_t length, int protection);
void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__real_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset);
int __real_munmap(void *address, size_t length);
int __wrap_munmap(void *address, size_t length);
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

/* How the kernel is bent; zeroes: not at all. */
static struct bend {
    const uint8_t *base;    /* of the memory; NULL: the requests go to the kernel as they are */
    uint64_t swapped[8];    /* these pages are swapped out, if they are private */
    size_t swapped_count;
    uint64_t merged[8];     /* these are the zero page, if they are private */
    size_t merged_count;
    uint64_t regions;       /* that one call reports at most; 0: all */
    size_t entries;         /* that one read gives at most; 0: all */
    int interrupt;          /* the next read is interrupted */
    int lie;                /* 1: the walk does not advance; 2: it ends behind the end; 3: there are
                               more regions than asked for; 4: one is outside */
    int countdown;          /* the N-th call that can fail from now does; 0: none */
    int error;              /* with this */
    int failed;             /* whether it did */
    int no_pagemap, no_tracker, no_scan; /* are forbidden */
    unsigned mappings;      /* calls that change mappings, counted */
    unsigned allocations;   /* counted */
} bend;

static int fails(void)
{
    if (bend.countdown == 0 || --bend.countdown > 0)
        return 0;
    bend.failed = 1;
    errno = bend.error;
    return 1;
}

static int among(const uint64_t *pages, size_t count, uint64_t page)
{
    for (size_t i = 0; i < count; i++)
        if (pages[i] == page)
            return 1;
    return 0;
}

/* What the kernel says of one page, bent. */
static uint64_t categories_of(int fd, uint64_t address)
{
    struct region region = {0};
    struct request request = {.size = sizeof request,
                              .start = address,
                              .end = address + FIXTURE_PAGE,
                              .regions = (uintptr_t)&region,
                              .region_count = 1,
                              .category_anyof_mask = PRESENT | SWAPPED,
                              .return_mask = WRITTEN | FILE_PAGE | PRESENT | SWAPPED | ZERO_PAGE};
    assert_true(__real_ioctl(fd, SCAN, &request) >= 0);
    uint64_t page = (address - (uintptr_t)bend.base) / FIXTURE_PAGE, found = region.categories;
    int private = (found & PRESENT) != 0 && (found & FILE_PAGE) == 0;
    if (private && among(bend.swapped, bend.swapped_count, page))
        found = (found & ~PRESENT) | SWAPPED;
    if (private && among(bend.merged, bend.merged_count, page))
        found |= ZERO_PAGE;
    return found;
}

/* PAGEMAP_SCAN as its document describes it, over what categories_of() says. */
static int scan(int fd, struct request *request)
{
    struct region *regions = (struct region *)(uintptr_t)request->regions;
    uint64_t room = bend.regions != 0 ? bend.regions : request->region_count, count = 0, at;
    for (at = request->start; at < request->end; at += FIXTURE_PAGE) {
        uint64_t found = categories_of(fd, at), sense = found ^ request->category_inverted;
        if ((sense & request->category_mask) != request->category_mask ||
            (sense & request->category_anyof_mask) == 0)
            continue;
        found &= request->return_mask;
        if (count > 0 && regions[count - 1].end == at && regions[count - 1].categories == found) {
            regions[count - 1].end = at + FIXTURE_PAGE;
            continue;
        }
        if (count == room)
            break;
        regions[count++] = (struct region){at, at + FIXTURE_PAGE, found};
    }
    request->walk_end = at;
    return (int)count;
}

int __wrap_ioctl(int fd, unsigned long number, ...)
{
    va_list arguments;
    va_start(arguments, number);
    struct request *request = va_arg(arguments, struct request *);
    va_end(arguments);
    if (fails())
        return -1;
    if (number == SCAN && bend.no_scan) {
        errno = ENOTTY;
        return -1;
    }
    if (number != SCAN || bend.base == NULL || request->flags != 0 ||
        request->start < (uintptr_t)bend.base)
        return __real_ioctl(fd, number, request);
    int count = scan(fd, request);
    struct region *regions = (struct region *)(uintptr_t)request->regions;
    if (bend.lie == 1)
        request->walk_end = request->start;
    else if (bend.lie == 2)
        request->walk_end = request->end + FIXTURE_PAGE;
    else if (bend.lie == 3)
        count = (int)request->region_count + 1;
    else if (bend.lie == 4 && count > 0)
        regions[count - 1].end = request->end + FIXTURE_PAGE;
    return count;
}

ssize_t __wrap_pread(int fd, void *bytes, size_t length, off_t offset)
{
    if (fails())
        return -1;
    if (bend.interrupt) {
        bend.interrupt = 0;
        errno = EINTR;
        return -1;
    }
    if (bend.entries != 0 && length > bend.entries * 8)
        length = bend.entries * 8;
    ssize_t got = __real_pread(fd, bytes, length, offset);
    uint64_t *entries = bytes;
    uint64_t first = (uint64_t)offset / 8 - (uintptr_t)bend.base / FIXTURE_PAGE;
    for (uint64_t i = 0; bend.base != NULL && got > 0 && i < (uint64_t)got / 8; i++)
        if (among(bend.swapped, bend.swapped_count, first + i) && (entries[i] >> 61 & 5) == 4)
            entries[i] = (entries[i] & ~(UINT64_C(1) << 63)) | UINT64_C(1) << 62;
    return got;
}

ssize_t __wrap___pread_chk(int fd, void *bytes, size_t length, off_t offset, size_t room)
{
    assert_true(length <= room);
    return __wrap_pread(fd, bytes, length, offset);
}

int __wrap_madvise(void *address, size_t length, int advice)
{
    bend.mappings++;
    return fails() ? -1 : __real_madvise(address, length, advice);
}

int __wrap_mprotect(void *address, size_t length, int protection)
{
    bend.mappings++;
    return fails() ? -1 : __real_mprotect(address, length, protection);
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
    bend.mappings++;
    return fails() ? MAP_FAILED : __real_mmap(address, length, protection, flags, fd, offset);
}

int __wrap_munmap(void *address, size_t length)
{
    bend.mappings++;
    return __real_munmap(address, length);
}

void *__wrap_malloc(size_t size)
{
    bend.allocations++;
    return fails() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *old, size_t size)
{
    bend.allocations++;
    return fails() ? NULL : __real_realloc(old, size);
}

int __wrap_open(const char *path, int flags, ...)
{
    if (bend.no_pagemap) {
        errno = EACCES;
        return -1;
    }
    return fails() ? -1 : __real_open(path, flags);
}

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    va_start(arguments, number);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_userfaultfd && bend.no_tracker) {
        errno = EPERM;
        return -1;
    }
    return fails() ? -1 : __real_syscall(number, argument);
}

/* The way that the group runs with. */
static const struct fixture_way *way;

static void restore(struct fixture *fixture)
{
    assert_int_equal(rollback_restore(fixture->rollback), PYBOX_OK);
}

/* Page faults of this thread. */
static long faults_so_far(void)
{
    struct rusage usage;
    assert_int_equal(getrusage(RUSAGE_THREAD, &usage), 0);
    return usage.ru_minflt + usage.ru_majflt;
}

static void test_the_steady_state_changes_no_mapping(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    int quiet = 0; /* rounds without a fault, also of others (a sanitizer's): the pages need not be looked for */
    long last = faults_so_far();
    for (int round = 0; round < 200; round++) {
        if (round == 5)
            bend = (struct bend){0};
        for (uint64_t page = 0; page < 73; page++)
            fixture_write(&fixture, page * 11, (uint8_t)(round + 1));
        long before = faults_so_far();
        unsigned allocations = bend.allocations;
        restore(&fixture);
        if (round >= 5 && !way->options.always_scan && way->options.method != ROLLBACK_PLAIN &&
            faults_so_far() == last) {
            assert_int_equal(bend.allocations, allocations);
            quiet++;
        }
        last = before; /* before the restore that the next one counts from */
    }
    if (way->options.method != ROLLBACK_PLAIN) {
        assert_int_equal(bend.mappings, 0);
        assert_true(quiet > 0 || way->options.always_scan);
    } else {
        assert_int_equal(bend.mappings, 195);
    }
    fixture_free(&fixture);
}

static void test_steady_checkpoints_change_no_mapping(void **state)
{
    (void)state;
    if (way->options.method == ROLLBACK_PLAIN)
        skip(); /* it forgets by madvise() */
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    for (uint64_t page = 0; page < 600; page++)
        fixture_write(&fixture, page, 3);
    assert_int_equal(rollback_checkpoint(fixture.rollback), PYBOX_OK);
    for (int round = 0; round < 200; round++) {
        if (round == 5)
            bend = (struct bend){0};
        for (uint64_t page = 0; page < 73; page++)
            fixture_write(&fixture, page * 3, (uint8_t)(round + 1));
        if (round % 4 == 0)
            assert_int_equal(rollback_renew(fixture.rollback), PYBOX_OK);
        else
            restore(&fixture);
    }
    assert_int_equal(bend.mappings, 0);
    fixture_free(&fixture);
}

static void test_swapped_pages_are_rolled_back(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    bend = (struct bend){.base = fixture.memory.base,
                         .swapped = {3, 4, 20, FIXTURE_IMAGE_PAGES, 1000},
                         .swapped_count = 5};
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < bend.swapped_count; i++)
            fixture_write(&fixture, bend.swapped[i], 8);
        fixture_write(&fixture, 21, 8);
        restore(&fixture);
        fixture_assert_fresh(&fixture);
    }
    fixture_write(&fixture, 3, 1);
    fixture_write(&fixture, 1000, 1);
    uint8_t *kept = fixture_copy(&fixture);
    assert_int_equal(rollback_checkpoint(fixture.rollback), PYBOX_OK);
    fixture_write(&fixture, 4, 1);
    fixture_write(&fixture, 3, 9);
    restore(&fixture);
    fixture_assert_equal(&fixture, kept, FIXTURE_PAGES);
    free(kept);
    bend = (struct bend){0};
    fixture_free(&fixture);
}

/* Pages of the memory that are swapped out. */
static uint64_t swapped_pages(const struct memory *memory)
{
    uint64_t entry, count = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (uint64_t page = 0; page < memory_bytes(memory) / FIXTURE_PAGE; page++) {
        off_t at = (off_t)(((uintptr_t)memory->base / FIXTURE_PAGE + page) * sizeof entry);
        assert_int_equal(pread(fd, &entry, sizeof entry, at), sizeof entry);
        count += entry >> 62 & 1;
    }
    close(fd);
    return count;
}

/* Only with the argument "swap": where nothing is swapped out the whole program says that it was skipped. */
static uint64_t really_swapped;

static void test_really_swapped_pages_are_rolled_back(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    for (int round = 0; round < 2; round++) {
        for (uint64_t page = 0; page < 900; page++)
            fixture_write(&fixture, page, 3);
        madvise(fixture.memory.base, memory_bytes(&fixture.memory), MADV_PAGEOUT);
        really_swapped += swapped_pages(&fixture.memory);
        restore(&fixture);
        fixture_assert_fresh(&fixture);
    }
    fixture_free(&fixture);
}

static void test_a_zero_page_is_skipped_only_beyond_the_image(void **state)
{
    (void)state;
    if (way->options.method == ROLLBACK_PLAIN || way->options.method == ROLLBACK_ENTRIES)
        skip(); /* they do not tell zero pages apart */
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    bend = (struct bend){.base = fixture.memory.base,
                         .merged = {1, 3, FIXTURE_IMAGE_PAGES - 1, FIXTURE_IMAGE_PAGES, 700},
                         .merged_count = 5};
    for (size_t i = 0; i < bend.merged_count; i++)
        fixture_write(&fixture, bend.merged[i], 0);
    restore(&fixture);
    fixture_assert_fresh(&fixture);
    assert_int_equal(rollback_statistics(fixture.rollback).resident_pages, 3);
    bend = (struct bend){0};
    fixture_free(&fixture);
}

static void test_a_scan_is_resumed_to_its_end(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    for (uint64_t limit = 1; limit < 6; limit++) {
        bend = (struct bend){.base = fixture.memory.base, .regions = limit, .entries = limit * 7,
                             .interrupt = 1};
        for (uint64_t page = limit; page < 1024; page += 50 + limit)
            fixture_write(&fixture, page, 8);
        restore(&fixture);
        fixture_assert_fresh(&fixture);
    }
    bend = (struct bend){0};
    fixture_free(&fixture);
}

static void test_more_regions_than_fit_one_request(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    for (uint64_t page = 0; page < 1024; page += 2)
        fixture_write(&fixture, page, 8);
    restore(&fixture);
    fixture_assert_fresh(&fixture);
    fixture_free(&fixture);
}

static void test_a_kernel_that_answers_nonsense_is_not_believed(void **state)
{
    (void)state;
    if (way->options.method == ROLLBACK_PLAIN || way->options.method == ROLLBACK_ENTRIES)
        skip(); /* they do not ask */
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    for (int lie = 1; lie <= 4; lie++) {
        bend = (struct bend){.base = fixture.memory.base, .lie = lie};
        fixture_write(&fixture, 3, 8);
        fixture_write(&fixture, 1023, 8);
        restore(&fixture);
        fixture_assert_fresh(&fixture);
        assert_int_equal(rollback_statistics(fixture.rollback).rebuilds, lie);
    }
    bend = (struct bend){0};
    fixture_free(&fixture);
}

/* A call that may fail once: then it must say NO_MEMORY and, if it is not one that `changes` the
 * memory, leave all as it was. */
static void call(struct fixture *fixture, pybox_status (*function)(struct rollback *), int changes)
{
    uint32_t depth = rollback_depth(fixture->rollback);
    uint64_t pages = fixture->memory.pages;
    static uint8_t before[FIXTURE_LIMIT * MEMORY_PAGE_BYTES];
    if (!changes)
        memcpy(before, fixture->memory.base, memory_bytes(&fixture->memory));
    pybox_status status = function(fixture->rollback);
    if (!changes)
        fixture_assert_equal(fixture, before, pages);
    if (status != PYBOX_OK) {
        assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        assert_int_not_equal(strlen(error_message()), 0);
        if (!changes)
            assert_int_equal(rollback_depth(fixture->rollback), depth);
        assert_int_equal(function(fixture->rollback), PYBOX_OK);
        if (!changes)
            fixture_assert_equal(fixture, before, pages);
    }
}

static pybox_status count_range(void *context, uint64_t address, uint64_t bytes)
{
    (void)address;
    *(uint64_t *)context += bytes / FIXTURE_PAGE;
    return PYBOX_OK;
}

static void write_many(struct fixture *fixture, uint8_t value)
{
    for (uint64_t page = 0; page < 330; page++)
        fixture_write(fixture, page * 3, value);
}

static void work(struct fixture *fixture, struct fixture *clone)
{
    write_many(fixture, 1);
    call(fixture, rollback_checkpoint, 0);
    uint8_t *first = fixture_copy(fixture);
    write_many(fixture, 2);
    fixture_write(fixture, 1, 2);
    call(fixture, rollback_restore, 1);
    fixture_assert_equal(fixture, first, FIXTURE_PAGES);
    fixture_write(fixture, 4, 4);
    call(fixture, rollback_renew, 0);
    free(first);
    first = fixture_copy(fixture);
    rollback_enter(fixture->rollback);
    if (memory_grow(&fixture->memory, 2) == UINT64_MAX)
        assert_int_equal(memory_grow(&fixture->memory, 2), FIXTURE_PAGES);
    fixture_write(fixture, FIXTURE_PAGES * 16, 4);
    call(fixture, rollback_checkpoint, 0);
    write_many(fixture, 5);
    call(fixture, rollback_drop, 0);
    uint64_t changes = 0;
    assert_int_equal(rollback_each_change(fixture->rollback, count_range, &changes), PYBOX_OK);
    assert_int_equal(changes, 332); /* and pages 4 and 1024 */
    uint8_t *now = fixture_copy(fixture);
    if (rollback_clone(fixture->rollback, clone->rollback) != PYBOX_OK)
        assert_int_equal(rollback_clone(fixture->rollback, clone->rollback), PYBOX_OK);
    fixture_assert_equal(clone, now, fixture->memory.pages);
    free(now);
    call(fixture, rollback_restore, 1);
    fixture_assert_equal(fixture, first, FIXTURE_PAGES);
    free(first);
    write_many(fixture, 6);
    call(fixture, rollback_drop, 0);
    call(fixture, rollback_trim, 0);
    call(fixture, rollback_reset, 1);
    fixture_assert_fresh(fixture);
    call(clone, rollback_reset, 1);
    fixture_assert_fresh(clone);
}

static void test_each_call_may_fail(void **state)
{
    (void)state;
    for (int n = 1; n < 1000; n++) {
        struct fixture fixture, clone;
        fixture_make(&fixture, &way->options);
        fixture_make_sibling(&clone, &fixture, &way->options);
        bend = (struct bend){.countdown = n, .error = n % 3 == 0 ? EPERM : ENOMEM};
        work(&fixture, &clone);
        int failed = bend.failed;
        bend = (struct bend){0};
        fixture_free_sibling(&clone);
        fixture_free(&fixture);
        if (!failed) {
            assert_true(n > 3);
            return;
        }
    }
    fail_msg("the work never succeeds");
}

static void test_creation_may_fail(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    rollback_destroy(fixture.rollback);
    bend = (struct bend){.countdown = 1, .error = ENOMEM};
    assert_int_equal(rollback_create(&fixture.memory, fixture.image, FIXTURE_PAGE, &way->options,
                                     &fixture.rollback),
                     PYBOX_ERROR_NO_MEMORY);
    assert_null(fixture.rollback);
    bend = (struct bend){0};
    fixture_free(&fixture);
}

static void test_a_kernel_that_comes_to_refuse_everything(void **state)
{
    (void)state;
    struct fixture fixture;
    fixture_make(&fixture, &way->options);
    write_many(&fixture, 1);
    assert_int_equal(rollback_checkpoint(fixture.rollback), PYBOX_OK);
    uint8_t *kept = fixture_copy(&fixture);
    for (int round = 0; round < 4; round++) {
        bend = (struct bend){.no_scan = round % 2, .no_pagemap = 1, .no_tracker = 1};
        write_many(&fixture, 7);
        fixture_write(&fixture, 1, 1);
        restore(&fixture);
        fixture_assert_equal(&fixture, kept, FIXTURE_PAGES);
    }
    bend = (struct bend){0};
    free(kept);
    fixture_free(&fixture);
}

/* In a child, which tries the kernel anew: which method is taken, and what the others say. */
static void expect_method(struct bend kernel, enum rollback_method expected)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct memory memory;
        struct rollback *rollback;
        bend = kernel;
        if (memory_create(1, 1, &memory) != PYBOX_OK ||
            rollback_create(&memory, NULL, 0, NULL, &rollback) != PYBOX_OK)
            _exit(1);
        if (rollback_statistics(rollback).method != expected)
            _exit(2);
        for (enum rollback_method method = ROLLBACK_TRACK; method < expected; method++) {
            const struct rollback_options options = {.method = method};
            struct rollback *refused;
            if (rollback_create(&memory, NULL, 0, &options, &refused) != PYBOX_ERROR_UNSUPPORTED ||
                refused != NULL || strstr(error_message(), "/proc") == NULL)
                _exit(3);
        }
        memory.base[100] = 1;
        if (rollback_restore(rollback) != PYBOX_OK || memory.base[100] != 0)
            _exit(4);
        _exit(0);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_int_equal(result, 0);
}

static void test_the_method_is_chosen_by_what_works(void **state)
{
    (void)state;
    if ((pagemap_probe() & PAGEMAP_CAN_TRACK) == 0)
        skip();
    expect_method((struct bend){0}, ROLLBACK_TRACK);
    expect_method((struct bend){.no_tracker = 1}, ROLLBACK_SCAN);
    expect_method((struct bend){.no_scan = 1}, ROLLBACK_ENTRIES);
    expect_method((struct bend){.no_pagemap = 1}, ROLLBACK_PLAIN);
}

static int skip_what_does_not_work(void **state)
{
    (void)state;
    bend = (struct bend){0};
    if (!fixture_works_here(way))
        skip();
    return 0;
}

#define SKIPPED 77 /* SKIP_RETURN_CODE */

static int swap_for_real(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_really_swapped_pages_are_rolled_back, skip_what_does_not_work)};
    int failed = 0;
    for (way = fixture_ways; way < fixture_ways + FIXTURE_WAYS; way++)
        failed += cmocka_run_group_tests_name(way->name, tests, NULL, NULL);
    if (failed == 0 && really_swapped == 0) {
        print_message("skipped: this machine swaps nothing out\n");
        return SKIPPED;
    }
    return failed;
}

int main(int argc, char **argv)
{
    (void)argv;
    if (argc > 1)
        return swap_for_real();
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup(name, skip_what_does_not_work)
        TEST(test_the_steady_state_changes_no_mapping),
        TEST(test_steady_checkpoints_change_no_mapping),
        TEST(test_swapped_pages_are_rolled_back),
        TEST(test_a_zero_page_is_skipped_only_beyond_the_image),
        TEST(test_a_scan_is_resumed_to_its_end),
        TEST(test_more_regions_than_fit_one_request),
        TEST(test_a_kernel_that_answers_nonsense_is_not_believed),
        TEST(test_each_call_may_fail),
        TEST(test_creation_may_fail),
        TEST(test_a_kernel_that_comes_to_refuse_everything),
    };
    const struct CMUnitTest once[] = {cmocka_unit_test(test_the_method_is_chosen_by_what_works)};
    int failed = cmocka_run_group_tests_name("choice", once, NULL, NULL);
    for (way = fixture_ways; way < fixture_ways + FIXTURE_WAYS; way++) {
        print_message("-- %s\n", way->name);
        failed += cmocka_run_group_tests_name(way->name, tests, NULL, NULL);
    }
    return failed;
}
