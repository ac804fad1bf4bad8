#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "error.h"

/* Whether the byte at `address` can be read, without a fault: the kernel is asked to copy it. */
static int readable(const uint8_t *address)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int good = write(ends[1], address, 1) == 1;
    close(ends[0]);
    close(ends[1]);
    return good;
}

/* The process's mappings within the reservation. */
static int mappings(const struct memory *memory)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[1024];
    int count = 0;
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long start, end;
        if (sscanf(line, "%lx-%lx", &start, &end) == 2 && end > (uintptr_t)memory->base &&
            start < (uintptr_t)memory->base + MEMORY_RESERVED_BYTES)
            count++;
    }
    fclose(maps);
    return count;
}

/* A file of `bytes`, of which each 4096 hold their number plus one. */
static int image_file(uint64_t bytes)
{
    int fd = memfd_create("image", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)bytes), 0);
    for (uint64_t at = 0; at < bytes; at += 4096) {
        uint64_t number = at / 4096 + 1;
        assert_int_equal(pwrite(fd, &number, sizeof number, (off_t)at), sizeof number);
    }
    return fd;
}

static uint64_t number_at(const struct memory *memory, uint64_t address)
{
    uint64_t number;
    memcpy(&number, memory->base + address, sizeof number);
    return number;
}

static void test_pages_are_zero_and_the_rest_inaccessible(void **state)
{
    (void)state;
    struct memory memory;
    assert_int_equal(memory_create(3, 100, &memory), PYBOX_OK);
    assert_int_equal((uintptr_t)memory.base % 4096, 0);
    assert_int_equal(memory_bytes(&memory), 3 * 65536);
    assert_int_equal(memory.limit_pages, 100);
    for (uint64_t at = 0; at < memory_bytes(&memory); at++)
        assert_int_equal(memory.base[at], 0);
    memory.base[0] = memory.base[3 * 65536 - 1] = 1;
    static const uint64_t outside[] = {3 * 65536, 4 * 65536, UINT64_C(1) << 32,
                                       (UINT64_C(1) << 33) - 1, MEMORY_RESERVED_BYTES - 1};
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
        assert_false(readable(memory.base + outside[i]));
    assert_int_equal(mappings(&memory), 2);
    memory_destroy(&memory);
    assert_null(memory.base);
    memory_destroy(&memory); /* harmless */
}

static void test_a_memory_may_be_empty_or_full(void **state)
{
    (void)state;
    struct memory memory;
    assert_int_equal(memory_create(0, 0, &memory), PYBOX_OK);
    assert_false(readable(memory.base));
    assert_true(memory_grow(&memory, 0) == 0);
    assert_true(memory_grow(&memory, 1) == UINT64_MAX);
    memory_destroy(&memory);
    assert_int_equal(memory_create(65535, 65535, &memory), PYBOX_OK);
    memory.base[(UINT64_C(1) << 32) - 65537] = 1;
    assert_false(readable(memory.base + (UINT64_C(1) << 32) - 65536));
    assert_false(readable(memory.base - 1));
    assert_false(readable(memory.base - 65536));
    memory_destroy(&memory);
}

static void test_sizes_are_checked(void **state)
{
    (void)state;
    struct memory memory;
    memset(&memory, 1, sizeof memory);
    assert_int_equal(memory_create(2, 1, &memory), PYBOX_ERROR_LIMIT);
    assert_null(memory.base);
    assert_int_equal(memory_create(1, 65536, &memory), PYBOX_ERROR_LIMIT);
    assert_int_equal(memory_create(UINT64_MAX, UINT64_MAX, &memory), PYBOX_ERROR_LIMIT);
}

static void test_growth_stops_at_the_limit(void **state)
{
    (void)state;
    struct memory memory;
    assert_int_equal(memory_create(1, 5, &memory), PYBOX_OK);
    memory.base[5] = 9;
    assert_int_equal(memory_grow(&memory, 2), 1);
    assert_int_equal(memory_grow(&memory, 1), 3);
    assert_true(memory_grow(&memory, 2) == UINT64_MAX);
    assert_true(memory_grow(&memory, UINT64_MAX) == UINT64_MAX);
    assert_true(memory_grow(&memory, UINT64_MAX - 3) == UINT64_MAX);
    assert_int_equal(memory.pages, 4);
    assert_int_equal(memory.base[5], 9);
    assert_int_equal(memory.base[4 * 65536 - 1], 0);
    assert_false(readable(memory.base + 4 * 65536));
    assert_int_equal(mappings(&memory), 2);
    memory_destroy(&memory);
}

static void test_an_image_is_mapped_copy_on_write(void **state)
{
    (void)state;
    struct memory a, b;
    int fd = image_file(5 * 4096);
    assert_int_equal(memory_create(1, 10, &a), PYBOX_OK);
    assert_int_equal(memory_create(1, 10, &b), PYBOX_OK);
    assert_int_equal(memory_map_image(&a, fd, 4096, 4 * 4096), PYBOX_OK);
    assert_int_equal(memory_map_image(&b, fd, 4096, 4 * 4096), PYBOX_OK);
    assert_int_equal(number_at(&a, 0), 2);
    assert_int_equal(number_at(&a, 3 * 4096), 5);
    assert_int_equal(number_at(&a, 4 * 4096), 0);
    a.base[0] = 77;
    assert_int_equal(number_at(&b, 0), 2);
    uint64_t in_file;
    assert_int_equal(pread(fd, &in_file, sizeof in_file, 4096), sizeof in_file);
    assert_int_equal(in_file, 2);
    assert_int_equal(memory_grow(&a, 2), 1);
    a.base[3 * 65536 - 1] = 1;
    assert_int_equal(mappings(&a), 3);
    /* And again, over what was written. */
    assert_int_equal(memory_map_image(&a, fd, 0, 4096), PYBOX_OK);
    assert_int_equal(number_at(&a, 0), 1);
    close(fd);
    memory_destroy(&a);
    memory_destroy(&b);
}

static void test_an_image_must_fit_the_memory_and_the_file(void **state)
{
    (void)state;
    struct memory memory;
    int fd = image_file(65536);
    assert_int_equal(memory_create(1, 10, &memory), PYBOX_OK);
    assert_int_equal(memory_map_image(&memory, fd, 0, 65536 + 4096), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(memory_map_image(&memory, fd, 0, 100), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(memory_map_image(&memory, fd, 100, 4096), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(memory_map_image(&memory, fd, UINT64_MAX - 4095, 4096), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(memory_map_image(&memory, fd, 4096, 65536), PYBOX_ERROR_IO);
    assert_int_equal(memory_map_image(&memory, fd, UINT64_C(1) << 62, 4096), PYBOX_ERROR_IO);
    assert_int_equal(memory_map_image(&memory, -1, 0, 4096), PYBOX_ERROR_IO);
    assert_int_equal(number_at(&memory, 0), 0);
    assert_int_equal(memory_map_image(&memory, fd, 0, 0), PYBOX_OK);
    assert_int_equal(number_at(&memory, 0), 0);
    int unreadable = open("/proc/self/exe", O_PATH);
    struct stat facts;
    fstat(unreadable, &facts);
    assert_true(facts.st_size > 4096);
    assert_int_equal(memory_map_image(&memory, unreadable, 0, 4096), PYBOX_ERROR_NO_MEMORY);
    assert_null(memory.base); /* destroyed */
    close(unreadable);
    close(fd);
}

static void test_writes_can_be_forgotten(void **state)
{
    (void)state;
    struct memory memory;
    int fd = image_file(65536);
    assert_int_equal(memory_create(2, 2, &memory), PYBOX_OK);
    assert_int_equal(memory_map_image(&memory, fd, 0, 65536), PYBOX_OK);
    memset(memory.base, 9, 2 * 65536);
    assert_int_equal(memory_forget(&memory, 4096, 0), 0);
    assert_int_equal(memory_forget(&memory, 4096, 65536), 0);
    assert_int_equal(memory.base[0], 9);
    assert_int_equal(number_at(&memory, 4096), 2);
    assert_int_equal(number_at(&memory, 65536), 0);
    assert_int_equal(memory.base[65536 + 4096], 9);
    /* Also what the host has locked. */
    if (mlock(memory.base, 65536) == 0) {
        assert_int_equal(memory_forget(&memory, 0, 4096), 0);
        assert_int_equal(number_at(&memory, 0), 1);
    }
    close(fd);
    memory_destroy(&memory);
}

static int refuses_many; /* the kernel does not know advice about many ranges */
static int asked_many;

long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);

long __wrap_syscall(long number, ...)
{
    va_list arguments;
    va_start(arguments, number);
    const long first = va_arg(arguments, long), second = va_arg(arguments, long), third = va_arg(arguments, long),
               fourth = va_arg(arguments, long), fifth = va_arg(arguments, long);
    va_end(arguments);
    if (number == SYS_process_madvise) {
        asked_many++;
        if (refuses_many) {
            errno = EBADF;
            return -1;
        }
    }
    return __real_syscall(number, first, second, third, fourth, fifth);
}

/* Whether the page is mapped and not the file's. */
static int is_private(const struct memory *memory, uint64_t address)
{
    uint64_t entry = 0;
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(pread(fd, &entry, sizeof entry, (off_t)(((uintptr_t)memory->base + address) / 4096 * sizeof entry)),
                     sizeof entry);
    close(fd);
    return (entry >> 63) != 0 && (entry >> 61 & 1) == 0;
}

static void test_any_number_of_pages_is_made_private(void **state)
{
    (void)state;
    enum { RANGES = 300 };
    struct memory_range ranges[RANGES];
    for (int i = 0; i < RANGES; i++)
        ranges[i] = (struct memory_range){(uint64_t)i * 8192, 4096};
    int fd = image_file(RANGES * 8192 + 65536);
    for (refuses_many = 0; refuses_many <= 1; refuses_many++) {
        struct memory memory;
        assert_int_equal(memory_create(64, 64, &memory), PYBOX_OK);
        assert_int_equal(memory_map_image(&memory, fd, 0, RANGES * 8192), PYBOX_OK);
        asked_many = 0;
        errno = 7;
        memory_prefault(&memory, ranges, RANGES);
        assert_int_equal(errno, 7);
        for (int i = 0; i < RANGES; i++) {
            assert_true(is_private(&memory, (uint64_t)i * 8192));
            assert_false(is_private(&memory, (uint64_t)i * 8192 + 4096));
        }
        if (refuses_many) {
            assert_in_range(asked_many, 0, 1);
            memory_prefault(&memory, ranges, RANGES);
            assert_in_range(asked_many, 0, 1); /* it is not asked again */
        }
        memory_destroy(&memory);
    }
    refuses_many = 0;
    close(fd);
}

static void test_pages_made_private_in_advance_keep_their_bytes(void **state)
{
    (void)state;
    struct memory memory;
    int fd = image_file(65536);
    assert_int_equal(memory_create(2, 10, &memory), PYBOX_OK);
    assert_int_equal(memory_map_image(&memory, fd, 0, 65536), PYBOX_OK);
    number_at(&memory, 4096); /* has been read before */
    const struct memory_range ranges[] = {
        {0, 4 * 4096},
        {2 * 65536 - 4096, 2 * 4096}, /* not all of it is there */
        {65536 - 4096, 2 * 4096},     /* image and zeroes */
        {UINT64_MAX - 4095, 4096},
    };
    memory_prefault(&memory, ranges, 4);
    memory_prefault(&memory, ranges, 0);
    for (uint64_t page = 0; page < 17; page++)
        assert_int_equal(number_at(&memory, page * 4096), page < 16 ? page + 1 : 0);
    memory.base[0] = 77;
    uint64_t in_file;
    assert_int_equal(pread(fd, &in_file, sizeof in_file, 0), sizeof in_file);
    assert_int_equal(in_file, 1);
    assert_int_equal(memory_forget(&memory, 0, 4096), 0);
    assert_int_equal(number_at(&memory, 0), 1);
    close(fd);
    memory_destroy(&memory);
}

static void test_a_memory_can_become_smaller(void **state)
{
    (void)state;
    struct memory memory;
    assert_int_equal(memory_create(1, 9, &memory), PYBOX_OK);
    assert_int_equal(memory_grow(&memory, 4), 1);
    memset(memory.base, 9, 5 * 65536);
    assert_int_equal(memory_shrink(&memory, 5), 0);
    assert_int_equal(memory_shrink(&memory, 2), 0);
    assert_int_equal(memory.pages, 2);
    assert_int_equal(memory.base[2 * 65536 - 1], 9);
    assert_false(readable(memory.base + 2 * 65536));
    assert_int_equal(mappings(&memory), 2);
    assert_int_equal(memory_grow(&memory, 3), 2);
    for (uint64_t at = 2 * 65536; at < 5 * 65536; at++)
        assert_int_equal(memory.base[at], 0);
    memory_destroy(&memory);
}

static void test_ranges_are_checked(void **state)
{
    (void)state;
    struct memory memory;
    assert_int_equal(memory_create(1, 1, &memory), PYBOX_OK);
    assert_ptr_equal(memory_at(&memory, 0, 65536), memory.base);
    assert_ptr_equal(memory_at(&memory, 65535, 1), memory.base + 65535);
    assert_ptr_equal(memory_at(&memory, 65536, 0), memory.base + 65536);
    assert_null(memory_at(&memory, 65537, 0));
    assert_null(memory_at(&memory, 65536, 1));
    assert_null(memory_at(&memory, 0, 65537));
    assert_null(memory_at(&memory, UINT64_MAX, 1));
    assert_null(memory_at(&memory, 1, UINT64_MAX));
    memory_destroy(&memory);
}

static void test_a_lack_of_address_space_is_an_error(void **state)
{
    (void)state;
    struct rlimit before;
    getrlimit(RLIMIT_AS, &before);
    const struct rlimit little = {UINT64_C(4) << 30, before.rlim_max};
    struct memory memory;
    if (setrlimit(RLIMIT_AS, &little) != 0)
        skip();
    pybox_status status = memory_create(1, 10, &memory);
    setrlimit(RLIMIT_AS, &before);
    assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
    assert_null(memory.base);
    assert_non_null(strstr(error_message(), "RLIMIT_AS"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_are_zero_and_the_rest_inaccessible),
        cmocka_unit_test(test_a_memory_may_be_empty_or_full),
        cmocka_unit_test(test_sizes_are_checked),
        cmocka_unit_test(test_growth_stops_at_the_limit),
        cmocka_unit_test(test_an_image_is_mapped_copy_on_write),
        cmocka_unit_test(test_an_image_must_fit_the_memory_and_the_file),
        cmocka_unit_test(test_writes_can_be_forgotten),
        cmocka_unit_test(test_pages_made_private_in_advance_keep_their_bytes),
        cmocka_unit_test(test_any_number_of_pages_is_made_private),
        cmocka_unit_test(test_a_memory_can_become_smaller),
        cmocka_unit_test(test_ranges_are_checked),
        cmocka_unit_test(test_a_lack_of_address_space_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
