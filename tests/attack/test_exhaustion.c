/* What a guest can make its host spend on it: memory through the shim's own buffers, and descriptors. Sums of lengths
 * and offsets that do not fit their types are among the ways. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasi_fixture.h"

#include <cmocka.h>

/* ---- the largest piece of memory that is asked for ---- */

static size_t largest;

static void *note(size_t bytes, void *memory)
{
    if (bytes > largest)
        largest = bytes;
    return memory;
}

void *__real_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_malloc(size_t bytes)
{
    return note(bytes, __real_malloc(bytes));
}

void *__real_calloc(size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes)
{
    return note(count * bytes, __real_calloc(count, bytes));
}

void *__real_realloc(void *memory, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes)
{
    return note(bytes, __real_realloc(memory, bytes));
}

/* A shim call may use this much of the host at a time for itself: a path, a few descriptors, a block of a file. */
#define CALL_BYTES ((size_t)128 << 10)

static struct guest guest;

static int start(void **state)
{
    (void)state;
    guest_start(&guest, NULL, NULL, NULL);
    return 0;
}

static int end(void **state)
{
    (void)state;
    guest_end(&guest);
    return 0;
}

/* Numbers that overflow when they are added or multiplied, and those beside them. */
static const uint64_t edges[] = {
    0, 1, 3, 7, 8, 255, 256, 1024, 1025, 4096, 65535, 65536, GUEST_BYTES - 1, GUEST_BYTES, GUEST_BYTES + 1,
    0x1fffffff, 0x20000000, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff, UINT64_C(0x100000000),
    INT64_MAX - 1, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX - 7, UINT64_MAX,
};

#define EDGES (sizeof edges / sizeof *edges)

static uint64_t number;

static uint64_t next_number(void)
{
    number = number * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return number >> 33;
}

/* Each call with numbers from the edges, and with descriptors that are open. */
static void test_no_call_takes_more_than_it_may(void **state)
{
    (void)state;
    size_t count;
    uint32_t fd;
    const struct wasi_call *calls = wasi_calls(&count);
    assert_int_equal(guest_put_file(&guest, "work/file", "text"), E_OK);
    assert_int_equal(guest_open(&guest, "work/file", 0, R_ALL, &fd), E_OK);
    memset(guest.memory.base + GUEST_FREE, 'a', GUEST_BYTES / 2);
    largest = 0;
    for (size_t i = 0; i < count; i++) {
        int arguments = (int)(strchr(calls[i].type, ':') - calls[i].type);
        if (strcmp(calls[i].name, "proc_exit") == 0)
            continue;
        for (int round = 0; round < 3000; round++) {
            uint64_t values[16] = {0};
            for (int j = 0; j < arguments; j++)
                values[j] = edges[next_number() % EDGES] & (calls[i].type[j] == 'i' ? UINT32_MAX : UINT64_MAX);
            if (round % 4 != 0)
                values[0] = next_number() % 6;
            guest_call(&guest, calls[i].name, arguments, values);
            guest.output_length = 0;
        }
        if (largest > CALL_BYTES)
            fail_msg("%s: it asked for %zu bytes of the host's memory", calls[i].name, largest);
    }
}

/* The same on purpose: as much as can be described, with every length. */
static void test_large_buffers_cost_the_guest_and_not_the_host(void **state)
{
    (void)state;
    uint32_t fd, folder;
    assert_int_equal(guest_put_file(&guest, "work/file", "text"), E_OK);
    assert_int_equal(guest_open(&guest, "work/file", 0, R_ALL, &fd), E_OK);
    assert_int_equal(guest_open(&guest, "work", O_DIRECTORY_, R_ALL & ~R_WRITE, &folder), E_OK);
    assert_int_equal(guest_symlink(&guest, "target", "work/link"), E_OK);
    largest = 0;
    /* 1,024 buffers, each all of the guest's memory: the sum is a gigabyte; and 65,536, whose list fills it. */
    for (uint32_t i = 0; i < 1024; i++) {
        guest_put_u32(&guest, GUEST_FREE + 8 * i, 0);
        guest_put_u32(&guest, GUEST_FREE + 8 * i + 4, GUEST_BYTES);
    }
    guest_put_u32(&guest, 0, 'x');
    uint32_t error = CALL(&guest, "fd_read", fd, GUEST_FREE, 1024, GUEST_RESULT);
    assert_true(error == E_OK || error == E_INVAL || error == E_FAULT);
    error = CALL(&guest, "fd_pread", fd, GUEST_FREE, 65536, 0, GUEST_RESULT);
    assert_int_not_equal(error, E_OK);
    error = CALL(&guest, "fd_write", fd, GUEST_FREE, UINT32_MAX, GUEST_RESULT);
    assert_int_not_equal(error, E_OK);
    /* A sum of 2^32 and of more, in lengths that are in the memory. */
    for (uint32_t i = 0; i < 4097; i++) {
        guest_put_u32(&guest, GUEST_FREE + 8 * i, 0);
        guest_put_u32(&guest, GUEST_FREE + 8 * i + 4, GUEST_BYTES);
    }
    error = CALL(&guest, "fd_pwrite", fd, GUEST_FREE, 4096, 0, GUEST_RESULT);
    assert_int_not_equal(error, E_OK);
    error = CALL(&guest, "fd_pwrite", fd, GUEST_FREE, 4097, 0, GUEST_RESULT);
    assert_int_not_equal(error, E_OK);
    /* Lists and texts with a room that is all there can be. */
    assert_int_equal(CALL(&guest, "path_readlink", folder, GUEST_PATH, 0, 0, UINT32_MAX, GUEST_RESULT), E_FAULT);
    assert_int_not_equal(CALL(&guest, "fd_readdir", folder, 0, UINT32_MAX, 0, GUEST_RESULT), E_OK);
    assert_int_equal(CALL(&guest, "fd_readdir", folder, 0, GUEST_BYTES, 0, GUEST_BYTES - 4), E_OK);
    assert_int_equal(CALL(&guest, "random_get", 0, GUEST_BYTES), E_OK);
    assert_int_not_equal(CALL(&guest, "random_get", 1, GUEST_BYTES), E_OK);
    assert_int_not_equal(CALL(&guest, "poll_oneoff", 0, 0, UINT32_MAX, GUEST_RESULT), E_OK);
    assert_int_not_equal(CALL(&guest, "poll_oneoff", 0, 0, 0x10000000, GUEST_RESULT), E_OK);
    assert_int_not_equal(CALL(&guest, "path_symlink", GUEST_FREE, GUEST_BYTES / 2, 3, GUEST_PATH, 4), E_OK);
    assert_true(largest <= CALL_BYTES);
}

static void test_offsets_at_the_end_of_their_type(void **state)
{
    (void)state;
    uint32_t fd;
    assert_int_equal(guest_put_file(&guest, "work/file", "text"), E_OK);
    assert_int_equal(guest_open(&guest, "work/file", 0, R_ALL, &fd), E_OK);
    guest_put_u32(&guest, GUEST_IOVEC, GUEST_FREE);
    guest_put_u32(&guest, GUEST_IOVEC + 4, 16);
    largest = 0;
    static const uint64_t far[] = {INT64_MAX - 15, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX - 15, UINT64_MAX};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        assert_int_not_equal(CALL(&guest, "fd_pwrite", fd, GUEST_IOVEC, 1, far[i], GUEST_RESULT), E_OK);
        assert_int_not_equal(CALL(&guest, "fd_filestat_set_size", fd, far[i]), E_OK);
        assert_int_not_equal(CALL(&guest, "fd_allocate", fd, far[i], 16), E_OK);
        assert_int_not_equal(CALL(&guest, "fd_allocate", fd, 16, far[i]), E_OK);
        uint32_t error = CALL(&guest, "fd_pread", fd, GUEST_IOVEC, 1, far[i], GUEST_RESULT);
        assert_true(error != E_OK || guest_u32(&guest, GUEST_RESULT) == 0);
    }
    assert_int_equal(CALL(&guest, "fd_seek", fd, INT64_MAX, 0, GUEST_RESULT), E_OK); /* as POSIX */
    assert_int_not_equal(CALL(&guest, "fd_seek", fd, 1, 1, GUEST_RESULT), E_OK);
    assert_int_not_equal(CALL(&guest, "fd_write", fd, GUEST_IOVEC, 1, GUEST_RESULT), E_OK);
    assert_true(largest <= CALL_BYTES);
    assert_string_equal(guest_text(&guest, "work/file"), "text");
}

/* ---- descriptors of the host ---- */

static int open_descriptors(void)
{
    int count = 0;
    DIR *folder = opendir("/proc/self/fd");
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void run_out_of_descriptors(int fallback)
{
    char outer[] = "/tmp/pybox-exhaustion-XXXXXX", path[128];
    uint32_t fds[64], fd, count = 0;
    struct rlimit before;
    assert_non_null(mkdtemp(outer));
    snprintf(path, sizeof path, "%s/a", outer);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(vfs_mount_host(guest.vfs, "/mnt", outer, 0), PYBOX_OK);
    if (fallback)
        vfs_force_fallback(guest.vfs);
    assert_int_equal(guest_put_file(&guest, "mnt/a/file", "text"), E_OK);
    int open_before = open_descriptors();
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    struct rlimit low = {(rlim_t)open_before + 8, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    uint32_t error = E_OK;
    while (count < 64 && (error = guest_open(&guest, "mnt/a/file", 0, R_ALL, &fds[count])) == E_OK)
        count++;
    assert_int_equal(error, E_MFILE);
    assert_true(count > 0 && count < 64);
    /* Nothing else has gone wrong: what is open works, what needs one more says so, memory needs none. */
    uint32_t done;
    char text[4];
    assert_int_equal(guest_read(&guest, fds[0], text, 4, &done), E_OK);
    assert_memory_equal(text, "text", 4);
    error = guest_path(&guest, "path_create_directory", "mnt/a/b"); /* may find one that is left */
    assert_true(error == E_MFILE || (error == E_OK && guest_path(&guest, "path_remove_directory", "mnt/a/b") == E_OK));
    assert_int_equal(guest_put_file(&guest, "work/memory", "text"), E_OK);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(CALL(&guest, "fd_close", fds[i]), E_OK);
    assert_int_equal(guest_open(&guest, "mnt/a/file", 0, R_ALL, &fd), E_OK);
    assert_int_equal(CALL(&guest, "fd_close", fd), E_OK);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_int_equal(open_descriptors(), open_before);
    assert_int_equal(guest_path(&guest, "path_unlink_file", "mnt/a/file"), E_OK);
    assert_int_equal(guest_path(&guest, "path_remove_directory", "mnt/a"), E_OK);
    assert_int_equal(rmdir(outer), 0);
}

static void test_the_host_runs_out_of_descriptors(void **state)
{
    (void)state;
    run_out_of_descriptors(0);
}

static void test_the_host_runs_out_of_descriptors_without_openat2(void **state)
{
    (void)state;
    run_out_of_descriptors(1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_no_call_takes_more_than_it_may, start, end),
        cmocka_unit_test_setup_teardown(test_large_buffers_cost_the_guest_and_not_the_host, start, end),
        cmocka_unit_test_setup_teardown(test_offsets_at_the_end_of_their_type, start, end),
        cmocka_unit_test_setup_teardown(test_the_host_runs_out_of_descriptors, start, end),
        cmocka_unit_test_setup_teardown(test_the_host_runs_out_of_descriptors_without_openat2, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
