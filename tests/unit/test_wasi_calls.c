/* The calls that are not about files, pointers that lie outside memory, and limits. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wasi_fixture.h"

#include <cmocka.h>

#define OUTSIDE (GUEST_BYTES - 3) /* no value of four bytes fits here */

static const char *const arguments[] = {"prog", "", "\xc3\xa9"};
static const char *const environment[] = {"A=1", "EMPTY="};

static int set_up(void **state)
{
    const struct wasi_options options = {
        .arguments = arguments,
        .argument_count = 3,
        .environment = environment,
        .environment_count = 2,
    };
    struct guest *guest = malloc(sizeof *guest);
    guest_start(guest, NULL, NULL, &options);
    *state = guest;
    return 0;
}

static int tear_down(void **state)
{
    guest_end(*state);
    free(*state);
    return 0;
}

static void test_the_table_has_all_of_preview1(void **state)
{
    (void)state;
    size_t count;
    const struct wasi_call *calls = wasi_calls(&count);
    assert_int_equal(count, 46);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(wasi_find("wasi_snapshot_preview1", calls[i].name, calls[i].type), &calls[i]);
        assert_null(wasi_find("wasi_snapshot_preview1", calls[i].name, "F:F"));
        assert_null(wasi_find("wasi_unstable", calls[i].name, calls[i].type));
        if (i > 0)
            assert_true(strcmp(calls[i - 1].name, calls[i].name) < 0);
    }
    assert_null(wasi_find("wasi_snapshot_preview1", "fd_none", "i:i"));
}

static void test_arguments_and_environment(void **state)
{
    struct guest *guest = *state;
    assert_int_equal(CALL(guest, "args_sizes_get", 64, 68), E_OK);
    assert_int_equal(guest_u32(guest, 64), 3);
    assert_int_equal(guest_u32(guest, 68), 5 + 1 + 3);
    assert_int_equal(CALL(guest, "args_get", 100, 200), E_OK);
    assert_int_equal(guest_u32(guest, 100), 200);
    assert_int_equal(guest_u32(guest, 104), 205);
    assert_memory_equal(guest->memory.base + 200, "prog\0\0\xc3\xa9", 9);
    assert_int_equal(CALL(guest, "environ_sizes_get", 64, 68), E_OK);
    assert_int_equal(guest_u32(guest, 64), 2);
    assert_int_equal(CALL(guest, "environ_get", 100, 200), E_OK);
    assert_memory_equal(guest->memory.base + 200, "A=1\0EMPTY=", 11);
    assert_int_equal(CALL(guest, "args_get", OUTSIDE, 200), E_FAULT);
    assert_int_equal(CALL(guest, "args_get", 101, 200), E_INVAL);
    assert_int_equal(CALL(guest, "args_get", 100, GUEST_BYTES - 8), E_FAULT);
    assert_int_equal(CALL(guest, "args_sizes_get", OUTSIDE, 64), E_FAULT);
    assert_int_equal(CALL(guest, "environ_sizes_get", 64, 66), E_INVAL);
}

static void test_too_many_arguments_are_refused(void **state)
{
    (void)state;
    struct vfs *vfs;
    struct wasi *wasi;
    char *huge = malloc(WASI_ARGUMENT_BYTES + 1);
    memset(huge, 'x', WASI_ARGUMENT_BYTES);
    huge[WASI_ARGUMENT_BYTES] = '\0';
    const char *const list[] = {huge, NULL};
    struct wasi_options options = {.arguments = list, .argument_count = 1};
    assert_int_equal(vfs_create(NULL, &vfs), PYBOX_OK);
    assert_int_equal(wasi_create(&options, vfs, &wasi), PYBOX_ERROR_LIMIT);
    assert_null(wasi);
    options.argument_count = WASI_ARGUMENTS + 1;
    assert_int_equal(wasi_create(&options, vfs, &wasi), PYBOX_ERROR_LIMIT);
    options = (struct wasi_options){.environment = list + 1, .environment_count = 1};
    assert_int_equal(wasi_create(&options, vfs, &wasi), PYBOX_ERROR_ARGUMENT);
    vfs_destroy(vfs);
    const struct vfs_quota quota = {.open_files = 3};
    assert_int_equal(vfs_create(&quota, &vfs), PYBOX_OK);
    assert_int_equal(wasi_create(NULL, vfs, &wasi), PYBOX_ERROR_LIMIT);
    vfs_destroy(vfs);
    free(huge);
}

static void test_clocks(void **state)
{
    struct guest *guest = *state;
    uint64_t last = 0;
    for (uint64_t id = 0; id < 4; id++) {
        assert_int_equal(CALL(guest, "clock_time_get", id, 1, 64), E_OK);
        assert_int_equal(CALL(guest, "clock_res_get", id, 72), E_OK);
        assert_int_equal(guest_u64(guest, 72), 1);
    }
    assert_int_equal(CALL(guest, "clock_time_get", 0, 0, 64), E_OK);
    assert_true(guest_u64(guest, 64) / 1000000000 - (uint64_t)time(NULL) + 1 <= 2);
    for (int i = 0; i < 100; i++) {
        assert_int_equal(CALL(guest, "clock_time_get", 2, 0, 64), E_OK);
        assert_true(guest_u64(guest, 64) >= last);
        last = guest_u64(guest, 64);
    }
    assert_true(last < 1000000000); /* of this run, not of the process */
    assert_int_equal(CALL(guest, "clock_time_get", 4, 0, 64), E_INVAL);
    assert_int_equal(CALL(guest, "clock_res_get", 4, 64), E_INVAL);
    assert_int_equal(CALL(guest, "clock_time_get", 0, 0, GUEST_BYTES), E_FAULT);
    assert_int_equal(CALL(guest, "clock_time_get", 0, 0, 65), E_INVAL);
    assert_int_equal(CALL(guest, "clock_res_get", 0, GUEST_BYTES - 7), E_FAULT);
}

static void test_fixed_clocks_and_seed_repeat(void **state)
{
    (void)state;
    const uint64_t seed = 7;
    const struct wasi_options options = {
        .seed = &seed, .clock_fixed = 1, .clock_start_ns = 5000000000, .clock_step_ns = 10};
    uint8_t random[2][100];
    uint64_t times[2][2];
    for (int i = 0; i < 2; i++) {
        struct guest guest;
        guest_start(&guest, NULL, NULL, &options);
        assert_int_equal(CALL(&guest, "clock_time_get", 0, 0, 64), E_OK);
        times[i][0] = guest_u64(&guest, 64);
        assert_int_equal(CALL(&guest, "clock_time_get", 1, 0, 64), E_OK);
        times[i][1] = guest_u64(&guest, 64);
        assert_int_equal(CALL(&guest, "random_get", 1000, 30), E_OK);
        assert_int_equal(CALL(&guest, "random_get", 1030, 70), E_OK);
        memcpy(random[i], guest.memory.base + 1000, 100);
        struct wasi_saved saved = wasi_save(guest.wasi);
        assert_int_equal(saved.random_bytes, 100);
        assert_int_equal(CALL(&guest, "random_get", 2000, 64), E_OK);
        wasi_restore(guest.wasi, &saved);
        assert_int_equal(CALL(&guest, "random_get", 3000, 64), E_OK);
        assert_memory_equal(guest.memory.base + 2000, guest.memory.base + 3000, 64);
        /* Files are stamped with the fixed clock. */
        assert_int_equal(guest_put_file(&guest, "work/f", "x"), E_OK);
        assert_int_equal(guest_stat(&guest, "work/f", 1), E_OK);
        assert_int_equal(guest_u64(&guest, GUEST_RESULT + 48), 5000000020);
        guest_end(&guest);
    }
    assert_int_equal(times[0][0], 5000000010);
    assert_int_equal(times[0][1], 20);
    assert_memory_equal(times[0], times[1], sizeof times[0]);
    assert_memory_equal(random[0], random[1], 100);
}

static void test_random(void **state)
{
    struct guest *guest = *state;
    uint8_t zero[64] = {0};
    assert_int_equal(CALL(guest, "random_get", 1000, 64), E_OK);
    assert_memory_not_equal(guest->memory.base + 1000, zero, 64);
    assert_int_equal(CALL(guest, "random_get", 1064, 64), E_OK);
    assert_memory_not_equal(guest->memory.base + 1000, guest->memory.base + 1064, 64);
    assert_int_equal(CALL(guest, "random_get", 0, 0), E_OK);
    assert_int_equal(CALL(guest, "random_get", GUEST_BYTES, 0), E_OK);
    assert_int_equal(CALL(guest, "random_get", GUEST_BYTES - 63, 64), E_FAULT);
    assert_int_equal(CALL(guest, "random_get", 8, 0xffffffff), E_FAULT);
}

static void test_streams(void **state)
{
    struct guest *guest = *state;
    char text[16];
    uint32_t done;
    assert_int_equal(guest_write(guest, 1, "out ", 4, &done), E_OK);
    assert_int_equal(guest_write(guest, 2, "err", 3, &done), E_OK);
    assert_string_equal(guest->output, "out err");
    guest->input = "line";
    assert_int_equal(guest_read(guest, 0, text, 3, &done), E_OK);
    assert_int_equal(done, 3);
    assert_int_equal(guest_read(guest, 0, text, 16, &done), E_OK);
    assert_int_equal(done, 1);
    assert_int_equal(guest_read(guest, 0, text, 16, &done), E_OK);
    assert_int_equal(done, 0);
    assert_int_equal(guest_read(guest, 1, text, 16, &done), E_BADF);
    assert_int_equal(guest_write(guest, 0, "x", 1, &done), E_BADF);
    assert_int_equal(CALL(guest, "fd_pread", 0, GUEST_IOVEC, 1, 0, GUEST_RESULT), E_SPIPE);
    assert_int_equal(CALL(guest, "fd_pwrite", 1, GUEST_IOVEC, 1, 0, GUEST_RESULT), E_SPIPE);
    assert_int_equal(CALL(guest, "fd_sync", 1), E_INVAL);
    assert_int_equal(CALL(guest, "fd_advise", 1, 0, 0, 0), E_SPIPE);
    guest->write_error = 32; /* EPIPE */
    assert_int_equal(guest_write(guest, 1, "x", 1, &done), E_PIPE);
    assert_int_equal(wasi_stop(guest->wasi), WASI_STOP_NONE);
    guest->write_error = WASI_WRITE_FULL;
    assert_int_equal(guest_write(guest, 1, "x", 1, &done), E_IO);
    assert_int_equal(wasi_stop(guest->wasi), WASI_STOP_OUTPUT_FULL);
    wasi_reset(guest->wasi);
    assert_int_equal(wasi_stop(guest->wasi), WASI_STOP_NONE);
}

static void test_input_that_fails(void **state)
{
    struct guest *guest = *state;
    char text[8];
    uint32_t done;
    guest->read_result = -5; /* EIO */
    assert_int_equal(guest_read(guest, 0, text, 8, &done), E_IO);
    guest->read_result = -ENOTTY; /* not an error that fd_read gives */
    assert_int_equal(guest_read(guest, 0, text, 8, &done), E_IO);
    assert_int_equal(wasi_unlisted_error(guest->wasi), 59);
    guest->read_result = 9; /* more than there is space for: the hook is wrong, and has written over what it should not */
    assert_int_equal(guest_read(guest, 0, text, 8, &done), E_IO);
    guest->read_result = 0;
    wasi_destroy(guest->wasi); /* so that the unlisted error, which was meant, is gone */
    vfs_destroy(guest->vfs);
    assert_int_equal(vfs_create(NULL, &guest->vfs), PYBOX_OK);
    assert_int_equal(wasi_create(NULL, guest->vfs, &guest->wasi), PYBOX_OK);
}

/* Much is filled in pieces, between which the host may end the run. */
static void test_random_that_is_stopped(void **state)
{
    struct guest *guest = *state;
    const size_t bytes = (size_t)4 << 20;
    free(guest->memory.base);
    guest->memory.base = calloc(1, bytes);
    guest->memory.size = bytes;
    assert_non_null(guest->memory.base);
    assert_int_equal(CALL(guest, "random_get", 0, bytes), E_OK);
    guest->sleep_stop = 77;
    assert_int_equal(CALL(guest, "random_get", 0, bytes), E_IO);
    assert_int_equal(wasi_stop(guest->wasi), 77);
}

static void test_more_preopened_directories(void **state)
{
    (void)state;
    static const char *const names[] = {"/work", "tmp", "."};
    static const char *const bad[] = {"work/none"};
    struct wasi_options options = {.preopens = names, .preopen_count = 3};
    struct guest guest;
    struct vfs *copy;
    struct wasi *clone;
    void *saved;
    size_t length;
    guest_start(&guest, NULL, NULL, &options);
    for (uint32_t i = 0; i < 3; i++) {
        assert_int_equal(CALL(&guest, "fd_prestat_get", 4 + i, GUEST_RESULT), E_OK);
        assert_int_equal(guest_u32(&guest, GUEST_RESULT + 4), strlen(names[i]));
        assert_int_equal(CALL(&guest, "fd_prestat_dir_name", 4 + i, GUEST_BUFFER, strlen(names[i])), E_OK);
        assert_memory_equal(guest.memory.base + GUEST_BUFFER, names[i], strlen(names[i]));
    }
    assert_int_equal(CALL(&guest, "fd_prestat_get", 7, GUEST_RESULT), E_BADF);
    /* A clone has the same; in a snapshot they are directories like others. */
    assert_int_equal(vfs_clone(guest.vfs, &copy), PYBOX_OK);
    assert_int_equal(wasi_clone(guest.wasi, NULL, copy, &clone), PYBOX_OK);
    uint64_t values[4] = {5, GUEST_BUFFER, 3};
    wasi_call_run(wasi_find("wasi_snapshot_preview1", "fd_prestat_dir_name", "iii:i"), clone, &guest.memory, values);
    assert_int_equal(values[0], E_OK);
    assert_memory_equal(guest.memory.base + GUEST_BUFFER, "tmp", 3);
    wasi_destroy(clone);
    vfs_destroy(copy);
    assert_int_equal(vfs_encode(guest.vfs, &saved, &length), PYBOX_OK);
    assert_int_equal(vfs_decode(guest.vfs, saved, length, NULL), PYBOX_OK);
    free(saved);
    assert_int_equal(CALL(&guest, "fd_prestat_get", 3, GUEST_RESULT), E_OK);
    assert_int_equal(CALL(&guest, "fd_prestat_get", 4, GUEST_RESULT), E_BADF);
    assert_int_equal(CALL(&guest, "fd_fdstat_get", 4, GUEST_RESULT), E_OK);
    guest_end(&guest);
    options = (struct wasi_options){.preopens = bad, .preopen_count = 1};
    struct vfs *vfs;
    struct wasi *wasi;
    assert_int_equal(vfs_create(NULL, &vfs), PYBOX_OK);
    assert_int_equal(wasi_create(&options, vfs, &wasi), PYBOX_ERROR_PATH);
    assert_null(wasi);
    vfs_destroy(vfs);
    options.preopen_count = WASI_PREOPENS + 1;
    assert_int_equal(vfs_create(NULL, &vfs), PYBOX_OK);
    assert_int_equal(wasi_create(&options, vfs, &wasi), PYBOX_ERROR_LIMIT);
    vfs_destroy(vfs);
}

static void test_what_a_libc_takes_for_a_terminal(void **state)
{
    struct guest *guest = *state, terminal;
    const struct wasi_options options = {.terminal = 1};
    const uint64_t seek_tell = 1 << 2 | 1 << 5;
    guest_start(&terminal, NULL, NULL, &options);
    for (uint64_t fd = 0; fd < 3; fd++) {
        assert_int_equal(CALL(guest, "fd_fdstat_get", fd, GUEST_RESULT), E_OK);
        assert_int_equal(guest->memory.base[GUEST_RESULT], 0);
        assert_int_equal(CALL(&terminal, "fd_fdstat_get", fd, GUEST_RESULT), E_OK);
        assert_int_equal(terminal.memory.base[GUEST_RESULT], 2);
        assert_int_equal(guest_u64(&terminal, GUEST_RESULT + 8) & seek_tell, 0);
        assert_int_equal(CALL(&terminal, "fd_filestat_get", fd, GUEST_RESULT), E_OK);
        assert_int_equal(terminal.memory.base[GUEST_RESULT + 16], 2);
    }
    /* /dev/null is a character device and no terminal. */
    uint32_t fd;
    assert_int_equal(guest_open(guest, "dev/null", 0, R_ALL, &fd), E_OK);
    assert_int_equal(CALL(guest, "fd_fdstat_get", fd, GUEST_RESULT), E_OK);
    assert_int_equal(guest->memory.base[GUEST_RESULT], 2);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 8) & seek_tell, seek_tell);
    guest_end(&terminal);
}

static void test_preopened_root(void **state)
{
    struct guest *guest = *state;
    assert_int_equal(CALL(guest, "fd_prestat_get", 3, GUEST_RESULT), E_OK);
    assert_int_equal(guest->memory.base[GUEST_RESULT], 0);
    assert_int_equal(guest_u32(guest, GUEST_RESULT + 4), 1);
    assert_int_equal(CALL(guest, "fd_prestat_dir_name", 3, GUEST_BUFFER, 1), E_OK);
    assert_int_equal(guest->memory.base[GUEST_BUFFER], '/');
    assert_int_equal(CALL(guest, "fd_prestat_dir_name", 3, GUEST_BUFFER, 0), E_NAMETOOLONG);
    assert_int_equal(CALL(guest, "fd_prestat_dir_name", 3, GUEST_BYTES - 1, 2), E_FAULT);
    assert_int_equal(CALL(guest, "fd_prestat_dir_name", 1, GUEST_BUFFER, 1), E_NOTDIR);
    assert_int_equal(CALL(guest, "fd_prestat_get", 4, GUEST_RESULT), E_BADF);
    assert_int_equal(CALL(guest, "fd_prestat_get", 1, GUEST_RESULT), E_BADF);
    assert_int_equal(CALL(guest, "fd_prestat_get", 3, OUTSIDE), E_FAULT);
}

static void test_iovecs(void **state)
{
    struct guest *guest = *state;
    uint32_t fd;
    assert_int_equal(guest_put_file(guest, "work/f", "abcdefghij"), E_OK);
    assert_int_equal(guest_open(guest, "work/f", 0, R_ALL, &fd), E_OK);
    const uint32_t list[] = {GUEST_FREE, 3, 0, 0, GUEST_FREE + 100, 4};
    memcpy(guest->memory.base + GUEST_IOVEC, list, sizeof list);
    assert_int_equal(CALL(guest, "fd_read", fd, GUEST_IOVEC, 3, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u32(guest, GUEST_RESULT), 7);
    assert_memory_equal(guest->memory.base + GUEST_FREE + 100, "defg", 4);
    assert_int_equal(CALL(guest, "fd_pread", fd, GUEST_IOVEC, 3, 8, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u32(guest, GUEST_RESULT), 2);
    assert_int_equal(CALL(guest, "fd_pread", fd, GUEST_IOVEC, 3, (uint64_t)1 << 63, GUEST_RESULT), E_INVAL);
    assert_int_equal(CALL(guest, "fd_pwrite", fd, GUEST_IOVEC, 1, 9, GUEST_RESULT), E_OK);
    assert_string_equal(guest_text(guest, "work/f"), "abcdefghiijc");
}

static void test_bad_iovecs(void **state)
{
    struct guest *guest = *state;
    const char *const calls[] = {"fd_read", "fd_write"};
    uint32_t fd;
    assert_int_equal(guest_open(guest, "work/f", O_CREATE_, R_ALL, &fd), E_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(CALL(guest, calls[i], fd, GUEST_IOVEC, 0, GUEST_RESULT), E_OK);
        assert_int_equal(guest_u32(guest, GUEST_RESULT), 0);
        assert_int_equal(CALL(guest, calls[i], fd, GUEST_IOVEC, 1025, GUEST_RESULT), E_INVAL);
        assert_int_equal(CALL(guest, calls[i], fd, GUEST_IOVEC, 0xffffffff, GUEST_RESULT), E_FAULT);
        assert_int_equal(CALL(guest, calls[i], fd, GUEST_IOVEC, 0x20000001, GUEST_RESULT), E_FAULT);
        assert_int_equal(CALL(guest, calls[i], fd, GUEST_IOVEC + 2, 1, GUEST_RESULT), E_INVAL);
        assert_int_equal(CALL(guest, calls[i], fd, GUEST_IOVEC, 1, OUTSIDE), E_FAULT);
        assert_int_equal(CALL(guest, calls[i], fd, GUEST_IOVEC, 1, GUEST_RESULT + 1), E_INVAL);
        /* A buffer that ends outside, and one whose end does not fit 32 bits. */
        guest_put_u32(guest, GUEST_IOVEC, GUEST_BYTES - 4);
        guest_put_u32(guest, GUEST_IOVEC + 4, 5);
        assert_int_equal(CALL(guest, calls[i], fd, GUEST_IOVEC, 1, GUEST_RESULT), E_FAULT);
        guest_put_u32(guest, GUEST_IOVEC, 16);
        guest_put_u32(guest, GUEST_IOVEC + 4, 0xfffffff8);
        assert_int_equal(CALL(guest, calls[i], fd, GUEST_IOVEC, 1, GUEST_RESULT), E_FAULT);
        /* 1,024 buffers that are each all right and together more than an ssize_t. */
        guest->memory.size = GUEST_BYTES;
        for (uint32_t j = 0; j < 1024; j++) {
            guest_put_u32(guest, GUEST_BUFFER + j * 8, 0);
            guest_put_u32(guest, GUEST_BUFFER + j * 8 + 4, GUEST_BYTES);
        }
        assert_int_equal(CALL(guest, calls[i], fd, GUEST_BUFFER, 1024, GUEST_RESULT), E_OK);
        assert_int_equal(CALL(guest, calls[i], 99, GUEST_BUFFER, 1, GUEST_RESULT), E_BADF);
        assert_int_equal(CALL(guest, calls[i], 3, GUEST_BUFFER, 1, GUEST_RESULT), E_ISDIR);
    }
}

/* What is read may overwrite the list of buffers: then it is the guest's own fault, but nobody else's. */
static void test_a_read_into_its_own_iovecs(void **state)
{
    struct guest *guest = *state;
    uint32_t fd, done;
    const uint32_t evil[] = {GUEST_BYTES - 1, 0xffffffff};
    assert_int_equal(guest_open(guest, "work/evil", O_CREATE_, R_ALL, &fd), E_OK);
    for (int i = 0; i < 10; i++)
        assert_int_equal(guest_write(guest, fd, evil, sizeof evil, &done), E_OK);
    assert_int_equal(CALL(guest, "fd_seek", fd, 0, 0, GUEST_RESULT), E_OK);
    const uint32_t list[] = {GUEST_IOVEC + 8, 8, GUEST_FREE, 8};
    memcpy(guest->memory.base + GUEST_IOVEC, list, sizeof list);
    assert_int_equal(CALL(guest, "fd_read", fd, GUEST_IOVEC, 2, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u32(guest, GUEST_RESULT), 8);
}

static void test_pointers_of_paths(void **state)
{
    struct guest *guest = *state;
    assert_int_equal(CALL(guest, "path_unlink_file", 3, GUEST_BYTES - 3, 4), E_FAULT);
    assert_int_equal(CALL(guest, "path_unlink_file", 3, 0xffffffff, 0xffffffff), E_FAULT);
    assert_int_equal(CALL(guest, "path_create_directory", 3, 8, 0xffffffff), E_FAULT);
    assert_int_equal(CALL(guest, "path_remove_directory", 3, 0xfffffff0, 32), E_FAULT);
    assert_int_equal(CALL(guest, "path_filestat_get", 3, 1, GUEST_PATH, 1, GUEST_BYTES - 63), E_FAULT);
    assert_int_equal(CALL(guest, "path_filestat_get", 3, 1, GUEST_PATH, 1, 4), E_INVAL);
    assert_int_equal(CALL(guest, "path_filestat_get", 3, 2, GUEST_PATH, 1, 64), E_INVAL);
    assert_int_equal(CALL(guest, "path_filestat_get", 3, 1, GUEST_BYTES, 1, 64), E_FAULT);
    assert_int_equal(CALL(guest, "path_filestat_set_times", 3, 1, GUEST_BYTES, 1, 0, 0, 0), E_FAULT);
    assert_int_equal(CALL(guest, "path_filestat_set_times", 3, 2, GUEST_PATH, 1, 0, 0, 0), E_INVAL);
    assert_int_equal(CALL(guest, "path_link", 3, 0, GUEST_BYTES, 1, 3, GUEST_PATH, 1), E_FAULT);
    assert_int_equal(CALL(guest, "path_link", 3, 0, GUEST_PATH, 1, 3, GUEST_BYTES, 1), E_FAULT);
    assert_int_equal(CALL(guest, "path_rename", 3, GUEST_BYTES, 1, 3, GUEST_PATH, 1), E_FAULT);
    assert_int_equal(CALL(guest, "path_rename", 3, GUEST_PATH, 1, 3, GUEST_BYTES, 1), E_FAULT);
    assert_int_equal(CALL(guest, "path_symlink", GUEST_BYTES, 1, 3, GUEST_PATH, 1), E_FAULT);
    assert_int_equal(CALL(guest, "path_symlink", GUEST_PATH, 1, 3, GUEST_BYTES, 1), E_FAULT);
    assert_int_equal(CALL(guest, "path_readlink", 3, GUEST_PATH, 1, GUEST_BYTES, 1, 64), E_FAULT);
    assert_int_equal(CALL(guest, "path_readlink", 3, GUEST_PATH, 1, 64, 1, OUTSIDE), E_FAULT);
    assert_int_equal(CALL(guest, "path_open", 3, 1, GUEST_BYTES, 1, 0, 0, 0, 0, 64), E_FAULT);
    assert_int_equal(CALL(guest, "path_open", 3, 1, GUEST_PATH, 1, 0, 0, 0, 0, OUTSIDE), E_FAULT);
    assert_int_equal(CALL(guest, "path_open", 3, 1, GUEST_PATH, 1, 0, 0, 0, 0, 66), E_INVAL);
    assert_int_equal(CALL(guest, "path_open", 3, 2, GUEST_PATH, 1, 0, 0, 0, 0, 64), E_INVAL);
    assert_int_equal(CALL(guest, "path_open", 3, 1, GUEST_PATH, 1, 0, 0, 0, 32, 64), E_INVAL);
    assert_int_equal(CALL(guest, "fd_readdir", 3, GUEST_BYTES - 3, 4, 0, 64), E_FAULT);
    assert_int_equal(CALL(guest, "fd_readdir", 3, 64, 4, 0, OUTSIDE), E_FAULT);
    assert_int_equal(CALL(guest, "fd_fdstat_get", 3, GUEST_BYTES - 16), E_FAULT);
    assert_int_equal(CALL(guest, "fd_filestat_get", 3, GUEST_BYTES - 56), E_FAULT);
    assert_int_equal(CALL(guest, "fd_tell", 3, 64), E_ISDIR);
    /* A memory of nothing at all. */
    guest->memory.size = 0;
    assert_int_equal(CALL(guest, "random_get", 0, 1), E_FAULT);
    assert_int_equal(CALL(guest, "path_unlink_file", 3, 0, 1), E_FAULT);
    guest->memory.size = GUEST_BYTES;
}

/* Writes a clock's subscription. */
static void subscribe_clock(struct guest *guest, uint32_t at, uint32_t id, uint64_t timeout, uint32_t flags)
{
    memset(guest->memory.base + at, 0, 48);
    guest_put_u64(guest, at, 0x1234);
    guest_put_u32(guest, at + 16, id);
    guest_put_u64(guest, at + 24, timeout);
    guest_put_u32(guest, at + 40, flags);
}

static void test_poll_clocks(void **state)
{
    struct guest *guest = *state;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t before = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
    subscribe_clock(guest, 1024, 1, 5000000000, 0);
    subscribe_clock(guest, 1024 + 48, 0, 9000000000, 0);
    assert_int_equal(CALL(guest, "poll_oneoff", 1024, 4096, 2, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u32(guest, GUEST_RESULT), 1);
    assert_int_equal(guest_u64(guest, 4096), 0x1234);
    assert_int_equal(guest_u32(guest, 4096 + 8), 0);
    assert_true(guest->slept_until >= before + 5000000000);
    assert_true(guest->slept_until < before + 6000000000);
    /* An absolute time that has passed needs no sleep. */
    guest->slept_until = 0;
    subscribe_clock(guest, 1024, 0, 1, 1);
    assert_int_equal(CALL(guest, "poll_oneoff", 1024, 4096, 1, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u32(guest, GUEST_RESULT), 1);
    assert_int_equal(guest->slept_until, 0);
    subscribe_clock(guest, 1024, 1, UINT64_MAX, 0);
    guest->sleep_stop = 77;
    assert_int_equal(CALL(guest, "poll_oneoff", 1024, 4096, 1, GUEST_RESULT), E_OK);
    assert_int_equal(guest->slept_until, UINT64_MAX);
    assert_int_equal(wasi_stop(guest->wasi), 77);
}

static void test_poll_errors(void **state)
{
    struct guest *guest = *state;
    assert_int_equal(CALL(guest, "poll_oneoff", 1024, 4096, 0, GUEST_RESULT), E_INVAL);
    assert_int_equal(CALL(guest, "poll_oneoff", 1024, 4096, 0xffffffff, GUEST_RESULT), E_FAULT);
    assert_int_equal(CALL(guest, "poll_oneoff", 1028, 4096, 1, GUEST_RESULT), E_INVAL);
    assert_int_equal(CALL(guest, "poll_oneoff", 1024, GUEST_BYTES - 24, 1, GUEST_RESULT), E_FAULT);
    assert_int_equal(CALL(guest, "poll_oneoff", 1024, 4096, 1, OUTSIDE), E_FAULT);
    assert_int_equal(CALL(guest, "poll_oneoff", 1024, 1056, 1, GUEST_RESULT), E_INVAL); /* overlap */
    subscribe_clock(guest, 1024, 1, 0, 0);
    guest->memory.base[1024 + 8] = 3;
    assert_int_equal(CALL(guest, "poll_oneoff", 1024, 4096, 1, GUEST_RESULT), E_INVAL);
    const struct {
        uint32_t id, flags, error;
    } bad[] = {{2, 0, E_NOTSUP}, {9, 0, E_INVAL}, {1, 2, E_INVAL}};
    for (size_t i = 0; i < 3; i++) {
        subscribe_clock(guest, 1024, bad[i].id, 1000000000, bad[i].flags);
        assert_int_equal(CALL(guest, "poll_oneoff", 1024, 4096, 1, GUEST_RESULT), E_OK);
        assert_int_equal(guest_u32(guest, 4096 + 8) & 0xffff, bad[i].error);
    }
    assert_int_equal(guest->slept_until, 0);
}

static void test_poll_descriptors(void **state)
{
    struct guest *guest = *state;
    uint32_t fd;
    assert_int_equal(guest_put_file(guest, "work/f", "123"), E_OK);
    assert_int_equal(guest_open(guest, "work/f", 0, R_ALL, &fd), E_OK);
    subscribe_clock(guest, 1024, 1, 1000000000, 0);
    for (uint32_t i = 1; i < 4; i++) {
        memset(guest->memory.base + 1024 + 48 * i, 0, 48);
        guest->memory.base[1024 + 48 * i + 8] = i == 2 ? 2 : 1;
        guest_put_u32(guest, 1024 + 48 * i + 16, i == 1 ? fd : i == 2 ? 1 : 99);
    }
    assert_int_equal(CALL(guest, "poll_oneoff", 1024, 4096, 4, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u32(guest, GUEST_RESULT), 3);
    assert_int_equal(guest_u64(guest, 4096 + 16), 3); /* bytes to read */
    assert_int_equal(guest->memory.base[4096 + 32 + 10], 2);
    assert_int_equal(guest_u32(guest, 4096 + 64 + 8) & 0xffff, E_BADF);
    assert_int_equal(guest->slept_until, 0);
}

static void test_process(void **state)
{
    struct guest *guest = *state;
    assert_int_equal(CALL(guest, "proc_raise", 6), E_NOSYS);
    uint64_t none;
    const struct wasi_call *yield = wasi_find("wasi_snapshot_preview1", "sched_yield", ":i");
    wasi_call_run(yield, guest->wasi, &guest->memory, &none);
    assert_int_equal(none, 0);
    CALL(guest, "proc_exit", 3);
    assert_int_equal(wasi_stop(guest->wasi), WASI_STOP_EXIT);
    assert_int_equal(wasi_exit_code(guest->wasi), 3);
}

static void test_sockets_are_refused(void **state)
{
    struct guest *guest = *state;
    assert_int_equal(CALL(guest, "sock_accept", 1, 0, 64), E_NOTSOCK);
    assert_int_equal(CALL(guest, "sock_recv", 3, 0, 0, 0, 64, 64), E_NOTSOCK);
    assert_int_equal(CALL(guest, "sock_send", 3, 0, 0, 0, 64), E_NOTSOCK);
    assert_int_equal(CALL(guest, "sock_shutdown", 0, 3), E_NOTSOCK);
    assert_int_equal(CALL(guest, "sock_shutdown", 9, 3), E_BADF);
}

static uint64_t fuel_of(struct guest *guest, const char *name)
{
    size_t count;
    const struct wasi_call *calls = wasi_calls(&count);
    for (size_t i = 0; i < count; i++)
        if (strcmp(calls[i].name, name) == 0)
            return wasi_take_fuel(guest->wasi) - calls[i].price.call;
    fail_msg("no call %s", name);
    return 0;
}

static const struct wasi_price *price_of(const char *name, const char *type)
{
    return &wasi_find("wasi_snapshot_preview1", name, type)->price;
}

/* Each call costs what its entry says: for itself, for what it looked at, for what went over the border either way. */
static void test_prices(void **state)
{
    (void)state;
    static const char *const words[] = {"four"};
    const struct wasi_options options = {.arguments = words, .argument_count = 1};
    const uint64_t iovec = price_of("fd_write", "iiii:i")->entry;
    const uint64_t step = price_of("path_readlink", "iiiiii:i")->entry;
    struct guest guest;
    uint32_t fd, done;
    char text[512];
    memset(text, 'x', sizeof text);
    guest_start(&guest, NULL, NULL, &options);
    assert_int_equal(guest_open(&guest, "work/f", O_CREATE_, R_ALL, &fd), E_OK);
    assert_int_equal(fuel_of(&guest, "path_open"), 2 * price_of("path_open", "iiiiiIIii:i")->entry);
    assert_int_equal(guest_write(&guest, fd, text, 160, &done), E_OK);
    assert_int_equal(fuel_of(&guest, "fd_write"), 10 + iovec);
    assert_int_equal(wasi_take_fuel(guest.wasi), 0);
    assert_int_equal(guest_write(&guest, 1, text, 32, &done), E_OK);
    assert_int_equal(fuel_of(&guest, "fd_write"), 2 + iovec);
    assert_int_equal(CALL(&guest, "fd_seek", fd, 64, 0, GUEST_RESULT), E_OK);
    assert_int_equal(fuel_of(&guest, "fd_seek"), 0);
    assert_int_equal(guest_read(&guest, fd, text, 512, &done), E_OK);
    assert_int_equal(fuel_of(&guest, "fd_read"), 6 + iovec); /* not the 512 asked for */
    assert_int_equal(CALL(&guest, "random_get", GUEST_FREE, 1600), E_OK);
    assert_int_equal(fuel_of(&guest, "random_get"), 100);
    assert_int_equal(CALL(&guest, "args_get", GUEST_FREE, GUEST_FREE + 64), E_OK);
    assert_int_equal(fuel_of(&guest, "args_get"), 0 + price_of("args_get", "ii:i")->entry);
    assert_int_equal(guest_symlink(&guest, "a-target-of-32-bytes-12345678901", "work/l"), E_OK);
    wasi_take_fuel(guest.wasi);
    assert_int_equal(guest_call(&guest, "path_readlink", 6,
                                (uint64_t[]){3, GUEST_PATH2, 6, GUEST_FREE, 100, GUEST_RESULT}), E_OK);
    assert_int_equal(fuel_of(&guest, "path_readlink"), 2 + 2 * step);
    assert_int_equal(guest_open(&guest, "work", O_DIRECTORY_, R_ALL & ~(R_READ | R_WRITE), &fd), E_OK);
    wasi_take_fuel(guest.wasi);
    assert_int_equal(CALL(&guest, "fd_readdir", fd, GUEST_BUFFER, 4096, 0, GUEST_RESULT), E_OK); /* four entries */
    assert_int_equal(fuel_of(&guest, "fd_readdir"), 4 * price_of("fd_readdir", "iiiIi:i")->entry +
                                                        (4 * 24 + 1 + 2 + 1 + 1) / 16);
    memset(guest.memory.base + GUEST_BUFFER, 0, 480);
    for (uint32_t i = 0; i < 10; i++)
        guest.memory.base[GUEST_BUFFER + 48 * i + 8] = 2;
    assert_int_equal(CALL(&guest, "poll_oneoff", GUEST_BUFFER, GUEST_FREE, 10, GUEST_RESULT), E_OK);
    assert_int_equal(fuel_of(&guest, "poll_oneoff"), 10 * price_of("poll_oneoff", "iiii:i")->entry);
    /* What the host does with the tree is not the guest's to pay. */
    assert_int_equal(vfs_is_directory(guest.vfs, "/work/../work/../work"), 1);
    assert_int_equal(CALL(&guest, "sched_yield"), 0);
    assert_int_equal(wasi_take_fuel(guest.wasi), 0);
    /* One that fails costs what it looked at, and no bytes. */
    assert_int_equal(guest_write(&guest, 99, text, 160, &done), E_BADF);
    assert_int_equal(fuel_of(&guest, "fd_write"), 0);
    assert_int_equal(guest_stat(&guest, "work/none/x", 1), E_NOENT);
    assert_int_equal(fuel_of(&guest, "path_filestat_get"), 2 * price_of("path_filestat_get", "iiiii:i")->entry);
    guest_end(&guest);
}

/* A chain of links costs each component of each target: what the host walks for is paid. */
static void test_links_pay_for_what_they_lead_to(void **state)
{
    struct guest *guest = *state;
    char target[1024] = "";
    for (int i = 0; i < 200; i++)
        strcat(target, "a/../");
    strcat(target, "f");
    assert_int_equal(guest_path(guest, "path_create_directory", "work/a"), E_OK);
    assert_int_equal(guest_put_file(guest, "work/f", ""), E_OK);
    assert_int_equal(guest_symlink(guest, target, "work/l"), E_OK);
    wasi_take_fuel(guest->wasi);
    assert_int_equal(guest_stat(guest, "work/l", 1), E_OK);
    assert_int_equal(fuel_of(guest, "path_filestat_get"), (2 + 401) * price_of("path_filestat_get", "iiiii:i")->entry);
}

static void test_the_table_knows_its_errors(void **state)
{
    (void)state;
    size_t count;
    const struct wasi_call *calls = wasi_calls(&count);
    const struct wasi_call *open = wasi_find("wasi_snapshot_preview1", "path_open", "iiiiiIIii:i");
    assert_int_equal(wasi_call_lists(open, E_NOENT), 1);
    assert_int_equal(wasi_call_lists(open, E_IO), 2);      /* of the host */
    assert_int_equal(wasi_call_lists(open, E_NOTSOCK), 0);
    assert_int_equal(wasi_call_lists(open, 999), 0);
    assert_string_equal(wasi_error_name(E_NOTCAPABLE), "NOTCAPABLE");
    assert_null(wasi_error_name(0));
    for (size_t i = 0; i < count; i++) {
        assert_non_null(wasi_family_name(calls[i].family));
        assert_true(calls[i].status == WASI_IMPLEMENTED || calls[i].errors != 0);
    }
}

static void test_quotas(void **state)
{
    (void)state;
    const struct vfs_quota quota = {.bytes = 100000, .files = 20, .name_bytes = 10, .depth = 3, .open_files = 8};
    struct guest guest;
    uint32_t fd, done, error = 0;
    char path[64];
    guest_start(&guest, &quota, NULL, NULL);
    assert_int_equal(guest_put_file(&guest, "work/eleven_char", ""), E_NAMETOOLONG);
    assert_int_equal(guest_path(&guest, "path_create_directory", "work/1"), E_OK);
    assert_int_equal(guest_path(&guest, "path_create_directory", "work/1/2"), E_OK);
    assert_int_equal(guest_path(&guest, "path_create_directory", "work/1/2/3"), E_OK);
    assert_int_equal(guest_path(&guest, "path_create_directory", "work/1/2/3/4"), E_NOSPC);
    assert_int_equal(guest_path(&guest, "path_create_directory", "work/x"), E_OK);
    assert_int_equal(guest_two(&guest, "path_rename", "work/1", "work/x/1"), E_NOSPC);
    assert_int_equal(guest_two(&guest, "path_rename", "work/1/2", "work/x/2"), E_OK);
    /* Bytes: writes are cut short, then refused; what is taken away can be used again. */
    assert_int_equal(guest_open(&guest, "work/f", O_CREATE_, R_ALL, &fd), E_OK);
    uint64_t total = 0;
    static char block[20000];
    do {
        error = guest_write(&guest, fd, block, sizeof block, &done);
        total += done;
    } while (error == 0);
    assert_int_equal(error, E_NOSPC);
    assert_true(total > 60000 && total < 100000);
    assert_true(vfs_used_bytes(guest.vfs) <= 100000);
    assert_int_equal(CALL(&guest, "fd_filestat_set_size", fd, 0), E_OK);
    assert_int_equal(guest_write(&guest, fd, block, sizeof block, &done), E_OK);
    /* Files. */
    for (int i = 0; i < 40 && error != 0; i++) {
        snprintf(path, sizeof path, "work/n%d", i);
        if (guest_put_file(&guest, path, "") == E_NOSPC)
            error = 0;
    }
    assert_int_equal(error, 0);
    /* Descriptors. */
    for (int i = 0; i < 3; i++)
        assert_int_equal(guest_open(&guest, "work/f", 0, R_READ, &fd), E_OK);
    assert_int_equal(fd, 7);
    assert_int_equal(guest_open(&guest, "work/f", 0, R_READ, &fd), E_MFILE);
    guest_end(&guest);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_table_has_all_of_preview1),
        TEST(test_arguments_and_environment),
        cmocka_unit_test(test_too_many_arguments_are_refused),
        TEST(test_clocks),
        cmocka_unit_test(test_fixed_clocks_and_seed_repeat),
        TEST(test_random), TEST(test_random_that_is_stopped), TEST(test_streams), TEST(test_input_that_fails),
        cmocka_unit_test(test_more_preopened_directories), TEST(test_what_a_libc_takes_for_a_terminal),
        TEST(test_preopened_root), TEST(test_iovecs), TEST(test_bad_iovecs),
        TEST(test_a_read_into_its_own_iovecs), TEST(test_pointers_of_paths), TEST(test_poll_clocks),
        TEST(test_poll_errors), TEST(test_poll_descriptors), TEST(test_process),
        TEST(test_sockets_are_refused),
        cmocka_unit_test(test_quotas),
        cmocka_unit_test(test_prices), TEST(test_links_pay_for_what_they_lead_to),
        cmocka_unit_test(test_the_table_knows_its_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
