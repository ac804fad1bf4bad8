/* A tree's state as bytes and back; forged states; memory that runs out at every allocation. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc_fault.h"
#include "error.h"
#include "wasi_fixture.h"
#include "zip_fixture.h"

#include <cmocka.h>

static struct vfs_archive *open_archive(struct zip_fixture *zip)
{
    struct vfs_archive *archive;
    zip_fixture_start(zip);
    zip_fixture_add(zip, "lib/a.py", "aaaa");
    zip_fixture_end(zip);
    assert_int_equal(vfs_archive_open_bytes(zip->bytes, zip->length, "test", &archive), PYBOX_OK);
    return archive;
}

/* One of everything, and descriptors to each. Returns the descriptors of: 0 unlinked file, 1 archive, 2 host, 3
 * directory of the archive, 4 /usr, 5 /dev/null, 6 a removed directory. */
static void fill(struct guest *guest, const char *folder, uint32_t fds[7])
{
    uint32_t done;
    const uint64_t directory = R_ALL & ~(R_READ | R_WRITE);
    assert_int_equal(vfs_mount_host(guest->vfs, "/mnt", folder, 0), PYBOX_OK);
    assert_int_equal(vfs_mount_memory(guest->vfs, "/work/sub/inner"), PYBOX_OK);
    assert_int_equal(guest_put_file(guest, "work/a", "contents"), E_OK);
    assert_int_equal(guest_two(guest, "path_link", "work/a", "work/b"), E_OK);
    assert_int_equal(guest_symlink(guest, "a", "work/link"), E_OK);
    assert_int_equal(guest_path(guest, "path_create_directory", "work/d"), E_OK);
    assert_int_equal(guest_two(guest, "path_link", "work/a", "work/d/c"), E_OK);
    assert_int_equal(guest_put_file(guest, "work/sub/inner/deep", "deep"), E_OK);
    assert_int_equal(guest_put_file(guest, "work/gone", "gone"), E_OK);
    assert_int_equal(guest_open(guest, "work/gone", 0, R_ALL, &fds[0]), E_OK);
    assert_int_equal(guest_path(guest, "path_unlink_file", "work/gone"), E_OK);
    assert_int_equal(guest_write(guest, fds[0], "G", 1, &done), E_OK);
    assert_int_equal(guest_open(guest, "usr/lib/python3.13/lib/a.py", 0, R_ALL & ~R_WRITE, &fds[1]), E_OK);
    assert_int_equal(guest_put_file(guest, "mnt/host", "of the host"), E_OK);
    assert_int_equal(guest_open_at(guest, 3, "mnt/host", 1, 0, R_ALL, 1, &fds[2]), E_OK);
    assert_int_equal(CALL(guest, "fd_seek", fds[2], 3, 0, GUEST_RESULT), E_OK);
    assert_int_equal(guest_open(guest, "usr/lib/python3.13/lib", 2, directory, &fds[3]), E_OK);
    assert_int_equal(guest_open(guest, "usr", 2, directory, &fds[4]), E_OK);
    assert_int_equal(guest_open(guest, "dev/null", 0, R_ALL, &fds[5]), E_OK);
    assert_int_equal(guest_path(guest, "path_create_directory", "tmp/removed"), E_OK);
    assert_int_equal(guest_open(guest, "tmp/removed", 2, directory, &fds[6]), E_OK);
    assert_int_equal(guest_path(guest, "path_remove_directory", "tmp/removed"), E_OK);
}

static void check_files(struct guest *guest)
{
    assert_string_equal(guest_text(guest, "work/a"), "contents");
    assert_string_equal(guest_text(guest, "work/link"), "contents");
    assert_string_equal(guest_text(guest, "work/sub/inner/deep"), "deep");
    assert_int_equal(guest_stat(guest, "work/d/c", 1), E_OK);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 24), 3);
    assert_string_equal(guest_list(guest, "work", 4096), ". .. sub a b link d ");
    assert_int_equal(guest_path(guest, "path_remove_directory", "work/sub"), E_BUSY);
}

static void check_descriptors(struct guest *guest, const uint32_t fds[7])
{
    char text[32] = "";
    uint32_t done;
    assert_int_equal(guest_read(guest, fds[0], text, 20, &done), E_OK);
    assert_string_equal(text, "one"); /* behind the G */
    assert_int_equal(guest_read(guest, fds[1], text, 20, &done), E_OK);
    assert_string_equal(text, "aaaa");
    assert_int_equal(guest_read(guest, fds[2], text, 20, &done), E_OK);
    assert_string_equal(text, "the host");
    assert_int_equal(guest_open_at(guest, fds[3], "a.py", 1, 0, R_READ, 0, &done), E_OK);
    assert_int_equal(CALL(guest, "fd_close", done), E_OK);
    assert_int_equal(guest_open_at(guest, fds[4], "lib/python3.13/lib/a.py", 1, 0, R_READ, 0, &done), E_OK);
    assert_int_equal(CALL(guest, "fd_close", done), E_OK);
    assert_int_equal(guest_write(guest, fds[5], "x", 1, &done), E_OK);
    assert_int_equal(guest_open_at(guest, fds[6], "x", 1, 1, R_READ, 0, &done), E_NOENT);
}

struct fixture {
    struct guest guest;
    struct zip_fixture zip;
    struct vfs_archive *archive;
    char folder[64];
    uint32_t fds[7];
    void *bytes;
    size_t length;
};

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof *fixture);
    strcpy(fixture->folder, "/tmp/pybox-test-state-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    fixture->archive = open_archive(&fixture->zip);
    guest_start(&fixture->guest, NULL, fixture->archive, NULL);
    fill(&fixture->guest, fixture->folder, fixture->fds);
    assert_int_equal(vfs_encode(fixture->guest.vfs, &fixture->bytes, &fixture->length), PYBOX_OK);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    char path[128];
    guest_end(&fixture->guest);
    vfs_archive_close(fixture->archive);
    zip_fixture_free(&fixture->zip);
    snprintf(path, sizeof path, "%s/host", fixture->folder);
    unlink(path);
    rmdir(fixture->folder);
    free(fixture->bytes);
    free(fixture);
    return 0;
}

static void test_round_trip_into_another_box(void **state)
{
    struct fixture *fixture = *state;
    struct guest other;
    uint32_t lost = 9;
    void *again;
    size_t length;
    guest_start(&other, NULL, fixture->archive, NULL);
    assert_int_equal(vfs_mount_host(other.vfs, "/mnt", fixture->folder, 0), PYBOX_OK);
    assert_int_equal(vfs_mount_memory(other.vfs, "/work/sub/inner"), PYBOX_OK);
    assert_int_equal(guest_put_file(&other, "work/old", "goes away"), E_OK);
    assert_int_equal(vfs_decode(other.vfs, fixture->bytes, fixture->length, &lost), PYBOX_OK);
    assert_int_equal(lost, 0);
    assert_int_equal(vfs_encode(other.vfs, &again, &length), PYBOX_OK);
    assert_int_equal(length, fixture->length);
    assert_memory_equal(again, fixture->bytes, length);
    assert_int_equal(vfs_used_bytes(other.vfs) > 0, 1);
    check_files(&other);
    check_descriptors(&other, fixture->fds);
    free(again);
    guest_end(&other);
}

static void test_back_in_the_same_box(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    uint64_t before = vfs_change_count(guest->vfs), used = 0;
    assert_int_equal(guest_stat(guest, "work/a", 1), E_OK);
    assert_int_equal(vfs_change_count(guest->vfs), before); /* looking changes nothing */
    for (int i = 0; i < 100; i++) {
        assert_int_equal(guest_put_file(guest, "work/a", "changed"), E_OK);
        assert_int_equal(guest_two(guest, "path_rename", "work/d", "work/e"), E_OK);
        assert_int_equal(CALL(guest, "fd_close", fixture->fds[0]), E_OK);
        assert_true(vfs_change_count(guest->vfs) > before);
        assert_int_equal(vfs_decode(guest->vfs, fixture->bytes, fixture->length, NULL), PYBOX_OK);
        assert_true(used == 0 || vfs_used_bytes(guest->vfs) == used); /* nothing leaks from the quota */
        used = vfs_used_bytes(guest->vfs);
    }
    check_files(guest);
    check_descriptors(guest, fixture->fds);
}

static void test_what_is_not_there_any_more_is_lost(void **state)
{
    struct fixture *fixture = *state;
    struct guest other;
    uint32_t lost, done;
    char text[4];
    guest_start(&other, NULL, NULL, NULL);
    assert_int_equal(vfs_decode(other.vfs, fixture->bytes, fixture->length, &lost), PYBOX_ERROR_PATH);
    assert_int_equal(vfs_mount_memory(other.vfs, "/work/sub/inner"), PYBOX_OK);
    assert_int_equal(vfs_decode(other.vfs, fixture->bytes, fixture->length, &lost), PYBOX_OK);
    assert_int_equal(lost, 4); /* two of the archive, the host's, /usr */
    const struct vfs_lost *files = vfs_lost_files(other.vfs, &lost);
    static const char *const paths[] = {"/usr/lib/python3.13/lib/a.py", "/mnt/host",
                                        "/usr/lib/python3.13/lib", "/usr"};
    assert_int_equal(lost, 4);
    for (uint32_t i = 0; i < lost; i++) {
        assert_int_equal(files[i].fd, fixture->fds[i + 1]);
        assert_string_equal(files[i].path, paths[i]);
    }
    check_files(&other);
    assert_int_equal(guest_read(&other, fixture->fds[1], text, 4, &done), E_BADF);
    guest_end(&other);
    /* A mount that is read-only now gives no writable descriptor. */
    guest_start(&other, NULL, fixture->archive, NULL);
    assert_int_equal(vfs_mount_memory(other.vfs, "/work/sub/inner"), PYBOX_OK);
    assert_int_equal(vfs_mount_host(other.vfs, "/mnt", fixture->folder, 1), PYBOX_OK);
    assert_int_equal(vfs_decode(other.vfs, fixture->bytes, fixture->length, &lost), PYBOX_OK);
    assert_int_equal(lost, 1);
    assert_string_equal(vfs_lost_files(other.vfs, &lost)->path, "/mnt/host");
    guest_end(&other);
}

/* ---- clones ---- */

/* A guest over a clone of another's tree. */
static void guest_clone(struct guest *from, struct guest *to)
{
    memset(to, 0, sizeof *to);
    assert_int_equal(vfs_clone(from->vfs, &to->vfs), PYBOX_OK);
    assert_int_equal(wasi_clone(from->wasi, to, to->vfs, &to->wasi), PYBOX_OK);
    to->memory.size = GUEST_BYTES;
    to->memory.base = calloc(1, GUEST_BYTES);
    assert_non_null(to->memory.base);
}

static void test_a_clone_has_the_same_state(void **state)
{
    struct fixture *fixture = *state;
    struct guest other;
    void *again;
    size_t length;
    uint32_t lost = 9;
    assert_int_equal(vfs_checkpoint(fixture->guest.vfs), PYBOX_OK);
    guest_clone(&fixture->guest, &other);
    assert_int_equal(vfs_checkpoint_count(other.vfs), 0);
    assert_null(vfs_lost_files(other.vfs, &lost));
    assert_int_equal(lost, 0);
    assert_int_equal(vfs_used_bytes(other.vfs), vfs_used_bytes(fixture->guest.vfs));
    assert_int_equal(vfs_encode(other.vfs, &again, &length), PYBOX_OK);
    assert_int_equal(length, fixture->length);
    assert_memory_equal(again, fixture->bytes, length);
    free(again);
    check_files(&other);
    check_descriptors(&other, fixture->fds);
    check_files(&fixture->guest);
    check_descriptors(&fixture->guest, fixture->fds); /* with offsets of its own */
    guest_end(&other);
}

static void test_a_clone_lives_apart(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    struct guest other, third;
    char path[32];
    guest_clone(guest, &other);
    guest_clone(&other, &third); /* of a clone */
    assert_int_equal(guest_put_file(guest, "work/a", "here"), E_OK);
    assert_int_equal(guest_put_file(&other, "work/b", "there"), E_OK);
    assert_string_equal(guest_text(guest, "work/d/c"), "here");
    assert_string_equal(guest_text(&other, "work/a"), "there");
    check_files(&third);
    assert_int_equal(guest_path(&other, "path_unlink_file", "work/link"), E_OK);
    assert_int_equal(guest_two(guest, "path_rename", "work/d", "work/e"), E_OK);
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof path, "work/%d", i);
        assert_int_equal(guest_put_file(&other, path, ""), E_OK);
    }
    assert_int_equal(guest_stat(guest, "work/50", 1), E_NOENT);
    assert_int_equal(guest_path(&other, "path_remove_directory", "work/sub"), E_BUSY); /* a mount */
    check_files(&third);
    guest_end(&other);
    assert_int_equal(guest_stat(guest, "work/link", 0), E_OK);
    check_files(&third);
    check_descriptors(&third, fixture->fds);
    guest_end(&third);
}

static void test_a_clone_of_what_changed_since_a_checkpoint(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    struct guest other;
    assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
    assert_int_equal(guest_put_file(guest, "work/a", "changed"), E_OK);
    assert_int_equal(CALL(guest, "fd_close", fixture->fds[0]), E_OK); /* the unlinked file */
    guest_clone(guest, &other);
    assert_int_equal(vfs_used_bytes(other.vfs), vfs_used_bytes(guest->vfs));
    vfs_rollback(guest->vfs);
    check_files(guest);
    check_descriptors(guest, fixture->fds);
    assert_string_equal(guest_text(&other, "work/a"), "changed");
    assert_int_equal(CALL(&other, "fd_close", fixture->fds[0]), E_BADF);
    assert_int_equal(vfs_checkpoint(other.vfs), PYBOX_OK);
    assert_int_equal(guest_put_file(&other, "work/a", "again"), E_OK);
    vfs_rollback(other.vfs);
    assert_string_equal(guest_text(&other, "work/a"), "changed");
    guest_end(&other);
}

static void test_a_clone_loses_what_the_host_took_away(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    struct guest other;
    uint32_t lost, done;
    char text[8], path[128], moved[140];
    snprintf(path, sizeof path, "%s/host", fixture->folder);
    snprintf(moved, sizeof moved, "%s.moved", path);
    assert_int_equal(rename(path, moved), 0);
    guest_clone(guest, &other);
    const struct vfs_lost *files = vfs_lost_files(other.vfs, &lost);
    assert_int_equal(lost, 1);
    assert_int_equal(files->fd, fixture->fds[2]);
    assert_string_equal(files->path, "/mnt/host");
    assert_int_equal(guest_read(&other, fixture->fds[2], text, 4, &done), E_BADF);
    guest_end(&other);
    /* Another file of the same name is not the same file. */
    assert_int_equal(guest_put_file(guest, "mnt/host", "another"), E_OK);
    guest_clone(guest, &other);
    vfs_lost_files(other.vfs, &lost);
    assert_int_equal(lost, 1);
    guest_end(&other);
    assert_int_equal(rename(moved, path), 0);
    check_descriptors(guest, fixture->fds);
}

static void test_a_clones_shim(void **state)
{
    (void)state;
    static const char *const arguments[] = {"x", "yy"};
    static const char *const environment[] = {"A=1"};
    const uint64_t seed = 3;
    const struct wasi_options options = {
        .arguments = arguments,
        .argument_count = 2,
        .environment = environment,
        .environment_count = 1,
        .seed = &seed,
        .clock_fixed = 1,
    };
    struct guest guest, other;
    uint32_t done;
    guest_start(&guest, NULL, NULL, &options);
    assert_int_equal(CALL(&guest, "random_get", GUEST_FREE, 100), E_OK);
    assert_int_equal(CALL(&guest, "clock_time_get", 1, 0, GUEST_RESULT), E_OK);
    guest_clone(&guest, &other);
    guest_end(&guest); /* the clone needs nothing of it */
    assert_int_equal(CALL(&other, "args_get", GUEST_FREE, GUEST_FREE + 64), E_OK);
    assert_string_equal((char *)other.memory.base + GUEST_FREE + 66, "yy");
    assert_int_equal(CALL(&other, "environ_get", GUEST_FREE, GUEST_FREE + 64), E_OK);
    assert_string_equal((char *)other.memory.base + GUEST_FREE + 64, "A=1");
    assert_int_equal(guest_write(&other, 1, "out", 3, &done), E_OK);
    assert_string_equal(other.output, "out");
    assert_int_equal(CALL(&other, "clock_time_get", 1, 0, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u64(&other, GUEST_RESULT), 2000);
    assert_int_equal(wasi_save(other.wasi).random_bytes, 100);
    guest_end(&other);
}

static void test_every_allocation_of_a_clone_fails(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    pybox_status status = PYBOX_ERROR_NO_MEMORY;
    long failures = 0;
    while (status != PYBOX_OK) {
        struct vfs *vfs = (struct vfs *)1;
        fail_at = failures;
        status = vfs_clone(guest->vfs, &vfs);
        fail_at = -1;
        if (status == PYBOX_OK) {
            vfs_destroy(vfs);
            break;
        }
        assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        assert_null(vfs);
        failures++;
    }
    assert_true(failures > 30);
    for (long i = 0; i < 3; i++) {
        struct wasi *wasi = (struct wasi *)1;
        fail_at = i;
        assert_int_equal(wasi_clone(guest->wasi, NULL, guest->vfs, &wasi), PYBOX_ERROR_NO_MEMORY);
        fail_at = -1;
        assert_null(wasi);
    }
    check_files(guest);
    check_descriptors(guest, fixture->fds);
}

/* Writes all over its own tree, whose contents began as another's. */
static void *write_all(void *context)
{
    struct guest *guest = context;
    for (int i = 0; i < 300; i++) {
        assert_int_equal(vfs_checkpoint(guest->vfs), PYBOX_OK);
        assert_int_equal(guest_put_file(guest, "work/a", i % 2 ? "one" : "another"), E_OK);
        assert_int_equal(guest_put_file(guest, "work/sub/inner/deep", "x"), E_OK);
        if (i % 3 == 0)
            vfs_rollback(guest->vfs);
        vfs_drop(guest->vfs);
    }
    return NULL;
}

static void test_clones_on_several_threads(void **state)
{
    struct fixture *fixture = *state;
    struct guest others[3];
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        guest_clone(&fixture->guest, &others[i]);
    for (int i = 0; i < 3; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_all, &others[i]), 0);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(guest_text(&others[i], "work/b"), "one");
        guest_end(&others[i]);
    }
    check_files(&fixture->guest);
}

/* ---- limits ---- */

static void test_the_largest_quotas(void **state)
{
    (void)state;
    struct vfs *vfs;
    const struct vfs_quota too_large[] = {{.files = 65537}, {.open_files = 257}, {.name_bytes = 256}};
    const struct vfs_quota largest = {.files = 65536, .open_files = 256, .name_bytes = 255};
    for (size_t i = 0; i < sizeof too_large / sizeof *too_large; i++) {
        assert_int_equal(vfs_create(&too_large[i], &vfs), PYBOX_ERROR_ARGUMENT);
        assert_null(vfs);
    }
    assert_int_equal(vfs_create(&largest, &vfs), PYBOX_OK);
    vfs_destroy(vfs);
}

static void test_smaller_quotas(void **state)
{
    struct fixture *fixture = *state;
    const struct vfs_quota quotas[] = {
        {.files = 5}, {.bytes = 1500}, {.open_files = 5}, {.name_bytes = 5}, {.depth = 2}};
    /* A name and a depth that the smaller quotas do not allow. */
    assert_int_equal(guest_path(&fixture->guest, "path_create_directory", "work/d/e"), E_OK);
    assert_int_equal(guest_path(&fixture->guest, "path_create_directory", "work/d/e/longer"), E_OK);
    free(fixture->bytes);
    assert_int_equal(vfs_encode(fixture->guest.vfs, &fixture->bytes, &fixture->length), PYBOX_OK);
    for (size_t i = 0; i < sizeof quotas / sizeof *quotas; i++) {
        struct guest other;
        guest_start(&other, &quotas[i], NULL, NULL);
        assert_int_equal(vfs_mount_memory(other.vfs, "/work/sub/inner"), PYBOX_OK);
        assert_int_equal(guest_symlink(&other, "x", "work/x"), E_OK);
        assert_int_equal(vfs_decode(other.vfs, fixture->bytes, fixture->length, NULL), PYBOX_ERROR_LIMIT);
        assert_int_equal(guest_stat(&other, "work/x", 0), E_OK);
        guest_end(&other);
    }
}

/* Every byte changed, and every length cut: an error, or a tree that can be used and encoded; never a crash. */
static void test_forged_states(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    uint8_t *copy = malloc(fixture->length);
    int refused = 0;
    for (size_t i = 0; i < fixture->length; i++) {
        static const uint8_t values[] = {0, 1, 0x7f, 0xff};
        for (size_t j = 0; j < sizeof values; j++) {
            void *again;
            size_t length;
            memcpy(copy, fixture->bytes, fixture->length);
            copy[i] = copy[i] == values[j] ? (uint8_t)(copy[i] + 1) : values[j];
            if (vfs_decode(guest->vfs, copy, fixture->length, NULL) != PYBOX_OK) {
                refused++;
                continue;
            }
            assert_int_equal(vfs_encode(guest->vfs, &again, &length), PYBOX_OK);
            free(again);
        }
    }
    free(copy);
    assert_true(refused > 100);
    for (size_t length = 0; length < fixture->length; length++) {
        copy = malloc(length + 1);
        memcpy(copy, fixture->bytes, length);
        assert_int_equal(vfs_decode(guest->vfs, copy, length, NULL), PYBOX_ERROR_SNAPSHOT_FORMAT);
        free(copy);
    }
    copy = malloc(fixture->length + 1);
    memcpy(copy, fixture->bytes, fixture->length);
    assert_int_equal(vfs_decode(guest->vfs, copy, fixture->length + 1, NULL), PYBOX_ERROR_SNAPSHOT_FORMAT);
    copy[4] = 3;
    assert_int_equal(vfs_decode(guest->vfs, copy, fixture->length, NULL), PYBOX_ERROR_SNAPSHOT_VERSION);
    free(copy);
    assert_int_equal(vfs_decode(guest->vfs, fixture->bytes, fixture->length, NULL), PYBOX_OK);
    check_files(guest);
}

static void test_every_allocation_of_encode_and_decode_fails(void **state)
{
    struct fixture *fixture = *state;
    struct guest *guest = &fixture->guest;
    pybox_status status = PYBOX_ERROR_NO_MEMORY;
    long failures = 0;
    for (long i = 0; status != PYBOX_OK; i++) {
        void *bytes = (void *)1;
        size_t length = 1;
        fail_at = i;
        status = vfs_encode(guest->vfs, &bytes, &length);
        fail_at = -1;
        if (status == PYBOX_OK) {
            free(bytes);
            break;
        }
        assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        assert_null(bytes);
        assert_int_equal(length, 0);
        failures++;
    }
    status = PYBOX_ERROR_NO_MEMORY;
    for (long i = 0; status != PYBOX_OK; i++) {
        uint64_t used = vfs_used_bytes(guest->vfs);
        uint32_t lost = 0;
        fail_at = i;
        status = vfs_decode(guest->vfs, fixture->bytes, fixture->length, &lost);
        fail_at = -1;
        if (status == PYBOX_OK)
            break;
        assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        assert_int_equal(vfs_used_bytes(guest->vfs), used);
        failures++;
    }
    assert_true(failures > 30);
    check_files(guest);
}

static void test_every_allocation_of_a_box_fails(void **state)
{
    struct fixture *fixture = *state;
    static const char *const arguments[] = {"x"};
    const struct wasi_options options = {.arguments = arguments, .argument_count = 1};
    int done = 0;
    long failures = 0;
    for (long i = 0; !done; i++) {
        struct vfs *vfs = NULL;
        struct wasi *wasi = NULL;
        fail_at = i;
        done = vfs_create(NULL, &vfs) == PYBOX_OK &&
               vfs_mount_defaults(vfs, fixture->archive, "/usr/lib/python3.13") == PYBOX_OK &&
               vfs_mount_host(vfs, "/mnt", fixture->folder, 1) == PYBOX_OK &&
               vfs_mount_memory(vfs, "/work/a/b") == PYBOX_OK && vfs_mount_memory(vfs, "/x") == PYBOX_OK &&
               wasi_create(&options, vfs, &wasi) == PYBOX_OK;
        fail_at = -1;
        if (!done) {
            assert_string_not_equal(error_message(), "");
            failures++;
        }
        wasi_destroy(wasi);
        vfs_destroy(vfs);
    }
    assert_true(failures >= 8);
}

static void test_every_allocation_of_the_files_calls_fails(void **state)
{
    (void)state;
    struct guest guest;
    guest_start(&guest, NULL, NULL, NULL);
    for (long i = 0; i < 12; i++) {
        char path[32];
        snprintf(path, sizeof path, "work/f%ld", i);
        fail_at = i;
        uint32_t made = guest_put_file(&guest, path, "text");
        uint32_t directory = guest_path(&guest, "path_create_directory", "work/d");
        uint32_t link = guest_symlink(&guest, "f", "work/l");
        uint32_t moved = guest_two(&guest, "path_rename", path, "work/moved");
        fail_at = -1;
        assert_true(made == E_OK || made == 48);
        assert_true(directory == E_OK || directory == 48 || directory == E_EXIST);
        assert_true(link == E_OK || link == 48 || link == E_EXIST);
        assert_true(moved == E_OK || moved == 48 || moved == E_NOENT);
        /* Whatever failed, the tree works on. */
        assert_int_equal(guest_put_file(&guest, "work/after", "after"), E_OK);
        assert_int_equal(guest_path(&guest, "path_unlink_file", "work/after"), E_OK);
    }
    assert_int_equal(guest_path(&guest, "path_remove_directory", "work/d"), E_OK);
    guest_end(&guest);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_round_trip_into_another_box),
        TEST(test_back_in_the_same_box),
        TEST(test_what_is_not_there_any_more_is_lost),
        TEST(test_a_clone_has_the_same_state),
        TEST(test_a_clone_lives_apart),
        TEST(test_a_clone_of_what_changed_since_a_checkpoint),
        TEST(test_a_clone_loses_what_the_host_took_away),
        cmocka_unit_test(test_a_clones_shim),
        TEST(test_every_allocation_of_a_clone_fails),
        TEST(test_clones_on_several_threads),
        cmocka_unit_test(test_the_largest_quotas),
        TEST(test_smaller_quotas),
        TEST(test_forged_states),
        TEST(test_every_allocation_of_encode_and_decode_fails),
        TEST(test_every_allocation_of_a_box_fails),
        TEST(test_every_allocation_of_the_files_calls_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
