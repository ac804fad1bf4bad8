/* Checkpoints of a box's tree and shim, seen through WASI calls: host files, quotas, clocks, what they cost. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc_fault.h"
#include "error.h"
#include "vfs_files.h"
#include "wasi_fixture.h"

#include <cmocka.h>

struct fixture {
    struct guest guest;
    char folder[64], file[96];
};

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    strcpy(fixture->folder, "/tmp/pybox-test-checkpoint-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->file, sizeof fixture->file, "%s/host", fixture->folder);
    guest_start(&fixture->guest, NULL, NULL, NULL);
    assert_int_equal(vfs_mount_host(fixture->guest.vfs, "/mnt", fixture->folder, 0), PYBOX_OK);
    assert_int_equal(guest_put_file(&fixture->guest, "mnt/host", "the host"), E_OK);
    assert_int_equal(guest_put_file(&fixture->guest, "work/a", "contents"), E_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    guest_end(&fixture->guest);
    unlink(fixture->file);
    assert_int_equal(rmdir(fixture->folder), 0);
    free(fixture);
    return 0;
}

/* Descriptors of this process. */
static int count_descriptors(void)
{
    DIR *directory = opendir("/proc/self/fd");
    int count = 0;
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count;
}

static void test_closed_host_files_come_back(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    char text[16] = "";
    uint32_t fd, other, done;
    assert_int_equal(guest_open(guest, "mnt/host", 0, R_ALL, &fd), E_OK);
    assert_int_equal(guest_read(guest, fd, text, 4, &done), E_OK);
    int open_before = count_descriptors();
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(guest_read(guest, fd, text, 1, &done), E_OK);
        assert_int_equal(CALL(guest, "fd_close", fd), E_OK);
        assert_int_equal(guest_open(guest, "work/a", 0, R_ALL, &other), E_OK);
        assert_int_equal(other, fd); /* the number is in use for something else */
        assert_int_equal(guest_open(guest, "mnt/host", 0, R_READ, &other), E_OK);
        vfs_rollback(guest->vfs);
        assert_int_equal(guest_read(guest, fd, text, 4, &done), E_OK);
        assert_memory_equal(text, "host", 4);
        assert_int_equal(guest_read(guest, other, text, 4, &done), E_BADF);
        vfs_rollback(guest->vfs);
        assert_int_equal(count_descriptors(), open_before); /* what was opened since is closed */
    }
    assert_int_equal(CALL(guest, "fd_close", fd), E_OK);
    assert_int_equal(count_descriptors(), open_before);
    vfs_drop(guest->vfs);
    assert_int_equal(count_descriptors(), open_before - 1);
}

static void test_writes_to_the_host_stay(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    assert_int_equal(guest_put_file(guest, "mnt/host", "written"), E_OK);
    assert_int_equal(guest_put_file(guest, "work/a", "written"), E_OK);
    vfs_rollback(guest->vfs);
    assert_string_equal(guest_text(guest, "mnt/host"), "written");
    assert_string_equal(guest_text(guest, "work/a"), "contents");
}

static void test_the_flags_of_host_files_come_back(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    uint32_t fd, done;
    assert_int_equal(guest_open(guest, "mnt/host", 0, R_ALL, &fd), E_OK);
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    assert_int_equal(CALL(guest, "fd_fdstat_set_flags", fd, VFS_APPEND), E_OK);
    assert_int_equal(CALL(guest, "fd_close", fd), E_OK);
    vfs_rollback(guest->vfs);
    assert_int_equal(guest_write(guest, fd, "THE", 3, &done), E_OK);
    assert_string_equal(guest_text(guest, "mnt/host"), "THE host");
}

static void test_an_unlinked_open_file_comes_back(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    char text[16] = "";
    uint32_t fd, done;
    assert_int_equal(guest_open(guest, "work/a", 0, R_ALL, &fd), E_OK);
    assert_int_equal(guest_path(guest, "path_unlink_file", "work/a"), E_OK);
    uint64_t used = vfs_used_bytes(guest->vfs);
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    assert_int_equal(CALL(guest, "fd_close", fd), E_OK);
    assert_true(vfs_used_bytes(guest->vfs) < used);
    vfs_rollback(guest->vfs);
    assert_int_equal(vfs_used_bytes(guest->vfs), used);
    assert_int_equal(guest_read(guest, fd, text, 15, &done), E_OK);
    assert_string_equal(text, "contents");
    assert_int_equal(CALL(guest, "fd_close", fd), E_OK);
    vfs_drop(guest->vfs);
    assert_true(vfs_used_bytes(guest->vfs) < used);
}

static void test_nested_checkpoints(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    vfs_rollback(guest->vfs); /* without one, neither does anything */
    vfs_drop(guest->vfs);
    assert_string_equal(guest_text(guest, "work/a"), "contents");
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    assert_int_equal(guest_put_file(guest, "work/a", "one"), E_OK);
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    assert_int_equal(guest_put_file(guest, "work/a", "two"), E_OK);
    assert_int_equal(guest_put_file(guest, "work/b", "two"), E_OK);
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    assert_int_equal(vfs_checkpoint_count(guest->vfs), 3);
    assert_int_equal(guest_put_file(guest, "work/a", "three"), E_OK);
    vfs_rollback(guest->vfs);
    assert_string_equal(guest_text(guest, "work/a"), "two");
    vfs_drop(guest->vfs);
    vfs_rollback(guest->vfs);
    assert_string_equal(guest_text(guest, "work/a"), "one");
    assert_int_equal(guest_stat(guest, "work/b", 1), E_NOENT);
    assert_int_equal(guest_put_file(guest, "work/c", "kept"), E_OK);
    vfs_drop(guest->vfs);
    assert_string_equal(guest_text(guest, "work/c"), "kept");
    vfs_rollback(guest->vfs);
    assert_string_equal(guest_text(guest, "work/a"), "contents");
    assert_int_equal(guest_stat(guest, "work/c", 1), E_NOENT);
    vfs_drop(guest->vfs);
    assert_int_equal(vfs_checkpoint_count(guest->vfs), 0);
}

static void test_a_stack_has_an_end(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    for (int i = 0; i < VFS_CHECKPOINTS; i++)
        assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_ERROR_LIMIT);
    assert_int_equal(vfs_checkpoint_count(guest->vfs), VFS_CHECKPOINTS);
    vfs_drop(guest->vfs);
    fail_at = 0; /* the dropped one is used again */
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    fail_at = -1;
}

static void test_no_memory_for_a_checkpoint(void **state)
{
    struct fixture *fixture = *state;
    fail_at = 0;
    assert_int_equal(vfs_checkpoint(fixture->guest.vfs), PYBOX_ERROR_NO_MEMORY);
    fail_at = -1;
    assert_int_equal(vfs_checkpoint_count(fixture->guest.vfs), 0);
}

static void test_nothing_is_allocated_when_nothing_changes(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    uint32_t fds[3];
    for (int i = 0; i < 3; i++)
        assert_int_equal(guest_open(guest, "work/a", 0, R_ALL, &fds[i]), E_OK);
    for (int i = 0; i < 6; i++)
        i < 3 ? (void)vfs_checkpoint(guest->vfs) : vfs_drop(guest->vfs);
    unsigned long before = allocations;
    uint64_t changes = vfs_change_count(guest->vfs);
    for (int i = 0; i < 100; i++) {
        for (int j = 0; j < 3; j++)
            assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
        assert_int_equal(guest_stat(guest, "work/a", 1), E_OK);
        for (int j = 0; j < 3; j++) {
            vfs_rollback(guest->vfs);
            vfs_drop(guest->vfs);
        }
    }
    assert_int_equal(allocations, before);
    assert_int_equal(vfs_change_count(guest->vfs), changes);
}

static void test_what_a_checkpoint_keeps_is_not_the_guests_quota(void **state)
{
    (void)state;
    const struct vfs_quota quota = {.bytes = 300000};
    struct guest guest;
    static char block[120000];
    uint32_t fd, done;
    guest_start(&guest, &quota, NULL, NULL);
    memset(block, 'a', sizeof block);
    assert_int_equal(guest_open(&guest, "work/f", O_CREATE_, R_ALL, &fd), E_OK);
    assert_int_equal(guest_write(&guest, fd, block, sizeof block, &done), E_OK);
    assert_int_equal(guest_write(&guest, fd, block, sizeof block, &done), E_OK);
    assert_int_equal(done, sizeof block);
    assert_int_equal(vfs_checkpoint(guest.vfs), PYBOX_OK);
    memset(block, 'b', sizeof block);
    for (int i = 0; i < 3; i++) {
        uint64_t used = vfs_used_bytes(guest.vfs);
        assert_int_equal(CALL(&guest, "fd_seek", fd, 0, 0, GUEST_RESULT), E_OK);
        assert_int_equal(guest_write(&guest, fd, block, sizeof block, &done), E_OK);
        assert_int_equal(done, sizeof block);
        assert_int_equal(vfs_used_bytes(guest.vfs), used);
        assert_int_equal(CALL(&guest, "fd_filestat_set_size", fd, 0), E_OK);
        assert_int_equal(CALL(&guest, "fd_seek", fd, 0, 0, GUEST_RESULT), E_OK);
        assert_int_equal(guest_write(&guest, fd, block, sizeof block, &done), E_OK);
        assert_int_equal(guest_path(&guest, "path_unlink_file", "work/f"), i == 0 ? E_OK : E_NOENT);
    }
    vfs_rollback(guest.vfs);
    assert_int_equal(guest_stat(&guest, "work/f", 1), E_OK);
    assert_int_equal(guest_u64(&guest, GUEST_RESULT + 32), 2 * sizeof block);
    assert_int_equal(CALL(&guest, "fd_seek", fd, 5, 0, GUEST_RESULT), E_OK);
    assert_int_equal(guest_read(&guest, fd, block, 10, &done), E_OK);
    assert_memory_equal(block, "aaaaaaaaaa", 10);
    guest_end(&guest);
}

/* The same things again and again are kept once: neither a long run nor many runs make a tree grow. */
static void test_repeated_changes_do_not_pile_up(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    uint64_t used = 0;
    size_t held = 0;
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    for (int i = 0; i < 20000; i++) {
        if (i % 10 == 0)
            assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
        assert_int_equal(guest_put_file(guest, "work/new", "text"), E_OK);
        assert_int_equal(guest_two(guest, "path_rename", "work/new", "work/a"), E_OK);
        assert_int_equal(guest_put_file(guest, "work/gone", "text"), E_OK);
        assert_int_equal(guest_path(guest, "path_unlink_file", "work/gone"), E_OK);
        if (i % 10 == 9)
            vfs_drop(guest->vfs);
        if (i == 999) {
            used = vfs_used_bytes(guest->vfs);
            held = mallinfo2().uordblks;
        }
    }
    assert_int_equal(vfs_used_bytes(guest->vfs), used);
    assert_true(mallinfo2().uordblks <= held + 4096);
    vfs_rollback(guest->vfs);
    assert_string_equal(guest_text(guest, "work/a"), "contents");
    assert_string_equal(guest_list(guest, "work", 4096), ". .. a ");
}

static void test_no_mount_over_checkpoints(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(vfs_checkpoint(fixture->guest.vfs), PYBOX_OK);
    assert_int_equal(vfs_mount_memory(fixture->guest.vfs, "/late"), PYBOX_ERROR_ARGUMENT);
    assert_int_equal(vfs_mount_host(fixture->guest.vfs, "/late", fixture->folder, 1), PYBOX_ERROR_ARGUMENT);
    vfs_drop(fixture->guest.vfs);
    assert_int_equal(vfs_mount_memory(fixture->guest.vfs, "/late"), PYBOX_OK);
}

static void test_decoding_drops_checkpoints(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    void *bytes;
    size_t length;
    assert_int_equal(vfs_encode(guest->vfs, &bytes, &length), PYBOX_OK);
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    assert_int_equal(guest_put_file(guest, "work/a", "changed"), E_OK);
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    assert_int_not_equal(vfs_decode(guest->vfs, bytes, length - 1, NULL), PYBOX_OK);
    assert_int_equal(vfs_checkpoint_count(guest->vfs), 2); /* as it was */
    assert_int_equal(vfs_decode(guest->vfs, bytes, length, NULL), PYBOX_OK);
    assert_int_equal(vfs_checkpoint_count(guest->vfs), 0);
    assert_string_equal(guest_text(guest, "work/a"), "contents");
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    assert_int_equal(guest_put_file(guest, "work/a", "changed"), E_OK);
    vfs_rollback(guest->vfs);
    assert_string_equal(guest_text(guest, "work/a"), "contents");
    free(bytes);
}

static void test_the_shim_goes_back(void **state)
{
    (void)state;
    const uint64_t seed = 5;
    const struct wasi_options options = {.seed = &seed, .clock_fixed = 1, .clock_start_ns = 1000};
    struct guest guest;
    guest_start(&guest, NULL, NULL, &options);
    assert_int_equal(CALL(&guest, "random_get", GUEST_FREE, 5), E_OK);
    const struct wasi_saved saved = wasi_save(guest.wasi);
    uint64_t numbers[2], times[2];
    for (int i = 0; i < 2; i++) {
        assert_int_equal(CALL(&guest, "random_get", GUEST_FREE, 8), E_OK);
        assert_int_equal(CALL(&guest, "clock_time_get", 0, 0, GUEST_RESULT), E_OK);
        numbers[i] = guest_u64(&guest, GUEST_FREE);
        times[i] = guest_u64(&guest, GUEST_RESULT);
        wasi_restore(guest.wasi, &saved);
    }
    assert_int_equal(numbers[0], numbers[1]);
    assert_int_equal(times[0], times[1]);
    guest_end(&guest);
}

static void test_a_large_directory_goes_back(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    char path[32];
    for (int i = 0; i < 1000; i++) {
        snprintf(path, sizeof path, "work/f%d", i);
        assert_int_equal(guest_put_file(guest, path, ""), E_OK);
    }
    char *before = strdup(guest_list(guest, "work", 4096));
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    for (int run = 0; run < 3; run++) {
        for (int i = 0; i < 1000; i += 1 + run) {
            snprintf(path, sizeof path, "work/f%d", i);
            assert_int_equal(guest_path(guest, "path_unlink_file", path), E_OK);
            snprintf(path, sizeof path, "work/%d", i);
            assert_int_equal(guest_put_file(guest, path, "new"), E_OK);
        }
        for (int i = 0; i < 3000 * run; i++) {
            snprintf(path, sizeof path, "work/more%d", i);
            assert_int_equal(guest_put_file(guest, path, ""), E_OK);
        }
        vfs_rollback(guest->vfs);
        assert_string_equal(guest_list(guest, "work", 4096), before);
        for (int i = 0; i < 1000; i++) {
            snprintf(path, sizeof path, "work/f%d", i);
            assert_int_equal(guest_stat(guest, path, 1), E_OK);
        }
        assert_int_equal(guest_stat(guest, "work/1", 1), E_NOENT);
    }
    free(before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_closed_host_files_come_back),
        TEST(test_writes_to_the_host_stay),
        TEST(test_the_flags_of_host_files_come_back),
        TEST(test_an_unlinked_open_file_comes_back),
        TEST(test_nested_checkpoints),
        TEST(test_a_stack_has_an_end),
        TEST(test_no_memory_for_a_checkpoint),
        TEST(test_nothing_is_allocated_when_nothing_changes),
        cmocka_unit_test(test_what_a_checkpoint_keeps_is_not_the_guests_quota),
        TEST(test_repeated_changes_do_not_pile_up),
        TEST(test_no_mount_over_checkpoints),
        TEST(test_decoding_drops_checkpoints),
        cmocka_unit_test(test_the_shim_goes_back),
        TEST(test_a_large_directory_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
