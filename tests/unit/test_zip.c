/* Read-only archives: what is served, and every malformed one refused with its own message. */
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "error.h"
#include "wasi_fixture.h"
#include "zip_fixture.h"

#include <cmocka.h>

static void start_small(struct zip_fixture *zip)
{
    zip_fixture_start(zip);
    zip_fixture_add(zip, "os.py", "import sys");
    zip_fixture_add(zip, "json/", "");
    zip_fixture_add(zip, "json/__init__.py", "# json");
    zip_fixture_add(zip, "json/__pycache__/decoder.pyc", "code"); /* a parent that is not listed */
    zip_fixture_add(zip, "empty", "");
}

static void test_served_to_the_guest(void **state)
{
    (void)state;
    struct zip_fixture zip;
    struct vfs_archive *archive;
    struct guest guest;
    uint32_t fd, done;
    char text[32] = "";
    start_small(&zip);
    zip_fixture_end(&zip);
    assert_int_equal(vfs_archive_open_bytes(zip.bytes, zip.length, "test", &archive), PYBOX_OK);
    guest_start(&guest, NULL, archive, NULL);
    vfs_archive_close(archive); /* the tree holds it */
    assert_string_equal(guest_text(&guest, "usr/lib/python3.13/os.py"), "import sys");
    assert_string_equal(guest_text(&guest, "usr/lib/python3.13/json/__pycache__/decoder.pyc"), "code");
    assert_string_equal(guest_text(&guest, "usr/lib/python3.13/json/../empty"), "");
    assert_string_equal(guest_text(&guest, "usr/lib/python3.13/../../lib/python3.13/os.py"), "import sys");
    assert_string_equal(guest_list(&guest, "usr/lib/python3.13", 4096), ". .. os.py json empty ");
    assert_string_equal(guest_list(&guest, "usr/lib/python3.13/json", 40), ". .. __init__.py __pycache__ ");
    assert_string_equal(guest_list(&guest, "usr", 4096), ". .. lib ");
    assert_string_equal(guest_list(&guest, "usr/lib", 4096), ". .. python3.13 ");
    assert_int_equal(guest_stat(&guest, "usr/lib/python3.13/os.py", 1), E_OK);
    assert_int_equal(guest_u64(&guest, GUEST_RESULT + 32), 10);
    assert_int_equal(guest_u64(&guest, GUEST_RESULT + 48), 1709210096000000000); /* 2024-02-29 12:34:56 UTC */
    assert_int_equal(guest_open(&guest, "usr/lib/python3.13/os.py", 0, R_ALL & ~R_WRITE, &fd), E_OK);
    assert_int_equal(CALL(&guest, "fd_seek", fd, 7, 0, GUEST_RESULT), E_OK);
    assert_int_equal(guest_read(&guest, fd, text, 20, &done), E_OK);
    assert_string_equal(text, "sys");
    assert_int_equal(guest_read(&guest, fd, text, 20, &done), E_OK);
    assert_int_equal(done, 0);
    assert_int_equal(guest_open(&guest, "usr/lib/python3.13/os.py", 0, R_WRITE, &fd), E_ROFS);
    assert_int_equal(guest_open(&guest, "usr/lib/python3.13/new", O_CREATE_, R_WRITE, &fd), E_ROFS);
    assert_int_equal(guest_open(&guest, "usr/lib/python3.13/os.py/x", 0, R_READ, &fd), E_NOTDIR);
    assert_int_equal(guest_open(&guest, "usr/lib/python3.13/none/x", 0, R_READ, &fd), E_NOENT);
    assert_int_equal(guest_path(&guest, "path_unlink_file", "usr/lib/python3.13/os.py"), E_ROFS);
    assert_int_equal(guest_path(&guest, "path_create_directory", "usr/lib/python3.13/d"), E_ROFS);
    assert_int_equal(guest_two(&guest, "path_rename", "usr/lib/python3.13/os.py", "work/x"), E_ROFS);
    assert_int_equal(guest_two(&guest, "path_link", "usr/lib/python3.13/os.py", "work/x"), E_XDEV);
    guest_end(&guest);
    zip_fixture_free(&zip);
}

static void test_a_mount_inside_an_archive(void **state)
{
    (void)state;
    struct zip_fixture zip;
    struct vfs_archive *archive;
    struct guest guest;
    start_small(&zip);
    zip_fixture_end(&zip);
    assert_int_equal(vfs_archive_open_bytes(zip.bytes, zip.length, "test", &archive), PYBOX_OK);
    guest_start(&guest, NULL, archive, NULL);
    assert_int_equal(vfs_mount_memory(guest.vfs, "/usr/lib/python3.13/site-packages"), PYBOX_OK);
    assert_int_equal(vfs_mount_archive(guest.vfs, "/usr/lib/python3.13/json", archive), PYBOX_OK);
    assert_int_equal(vfs_mount_memory(guest.vfs, "/usr/lib/python3.13/none/x"), PYBOX_ERROR_PATH);
    assert_int_equal(vfs_mount_memory(guest.vfs, "/usr/lib/python3.13/os.py/x"), PYBOX_ERROR_PATH);
    assert_int_equal(vfs_mount_memory(guest.vfs, "/usr"), PYBOX_ERROR_PATH);
    assert_int_equal(guest_put_file(&guest, "usr/lib/python3.13/site-packages/m.py", "m"), E_OK);
    assert_string_equal(guest_text(&guest, "usr/lib/python3.13/site-packages/../os.py"), "import sys");
    assert_string_equal(guest_text(&guest, "usr/lib/python3.13/json/json/__init__.py"), "# json");
    assert_null(guest_text(&guest, "usr/lib/python3.13/json/__init__.py"));
    assert_string_equal(guest_list(&guest, "usr/lib/python3.13", 60), ". .. os.py empty site-packages json ");
    vfs_archive_close(archive);
    guest_end(&guest);
    zip_fixture_free(&zip);
}

static void test_mount_points(void **state)
{
    (void)state;
    struct vfs *vfs;
    static const char *const bad[] = {"", "/", "work", "/a/", "//a", "/a//b", "/a/./b", "/a/..", "/.", NULL};
    char name[300] = "/";
    assert_int_equal(vfs_create(NULL, &vfs), PYBOX_OK);
    for (int i = 0; i == 0 || bad[i - 1] != NULL; i++)
        assert_int_equal(vfs_mount_memory(vfs, bad[i]), PYBOX_ERROR_PATH);
    memset(name + 1, 'x', 256);
    assert_int_equal(vfs_mount_memory(vfs, name), PYBOX_ERROR_PATH);
    assert_int_equal(vfs_mount_memory(vfs, "/dev/null/x"), PYBOX_ERROR_PATH);
    assert_int_equal(vfs_mount_defaults(vfs, NULL, NULL), PYBOX_OK);
    assert_int_equal(vfs_mount_host(vfs, "/work", "/tmp", 1), PYBOX_OK); /* takes the place of an unused one */
    for (int i = 0; i < VFS_MOUNTS - 4; i++) {
        snprintf(name, sizeof name, "/m%d", i);
        assert_int_equal(vfs_mount_memory(vfs, name), PYBOX_OK);
    }
    assert_int_equal(vfs_mount_memory(vfs, "/one-more"), PYBOX_ERROR_LIMIT);
    assert_int_equal(vfs_mount_memory(vfs, "/m0"), PYBOX_ERROR_PATH); /* it is there */
    vfs_destroy(vfs);
    vfs_destroy(NULL);
    const struct vfs_quota wrong = {.name_bytes = 256};
    assert_int_equal(vfs_create(&wrong, &vfs), PYBOX_ERROR_ARGUMENT);
    assert_null(vfs);
}

/* ---- malformed ones ---- */

/* One byte range of a good archive replaced. `from`: 'c' the central record of entry 0, 'e' the end, 'l' local header
 * 0. */
struct forged {
    char from;
    uint32_t offset, bytes, value;
    const char *message;
};

static const struct forged forgeries[] = {
    {'e', 0, 4, 0, "no end of central directory"},
    {'e', 20, 2, 1, "no end of central directory"},
    {'e', 4, 2, 1, "in several parts"},
    {'e', 6, 2, 1, "in several parts"},
    {'e', 8, 2, 4, "in several parts"},
    {'e', 10, 2, 0xffff, "ZIP64"},
    {'e', 12, 4, 0xffffffff, "ZIP64"},
    {'e', 16, 4, 0xffffffff, "ZIP64"},
    {'e', 12, 4, 7, "offset or size is wrong"},
    {'e', 16, 4, 0x7fffffff, "offset or size is wrong"},
    {'e', 16, 4, 0, "offset or size is wrong"},
    {'c', 0, 4, 0, "no central directory record"},
    {'c', 8, 2, 1, "encrypted"},
    {'c', 8, 2, 0x40, "encrypted"},
    {'c', 8, 2, 0x2000, "encrypted"},
    {'c', 8, 2, 0x20, "patch data"},
    {'c', 10, 2, 8, "compressed"},
    {'c', 10, 2, 99, "compressed"},
    {'c', 20, 4, 9, "two sizes differ"},
    {'c', 24, 4, 9, "two sizes differ"},
    {'c', 20, 4, 0xffffffff, "ZIP64"},
    {'c', 42, 4, 0xffffffff, "ZIP64"},
    {'c', 34, 2, 1, "another disk"},
    {'c', 38, 4, 0xa1ff0000, "a link or a device"},
    {'c', 38, 4, 0x21ff0000, "a link or a device"},
    {'c', 42, 4, 0x7fffffff, "outside the file"},
    {'c', 28, 2, 0xffff, "cut off"},
    {'c', 28, 2, 0, "its name is"},
    {'c', 30, 2, 0xffff, "cut off"},
    {'c', 32, 2, 0xffff, "cut off"},
    {'c', 46, 1, '/', "its name is absolute"},
    {'c', 46, 1, 0, "its name is"},
    {'c', 47, 1, '/', "contradicts"}, /* o/.py: a good name, but not that of the local header */
    {'l', 0, 4, 0, "contradicts"},
    {'l', 6, 2, 1, "contradicts"},
    {'l', 8, 2, 8, "contradicts"},
    {'l', 26, 2, 3, "contradicts"},
    {'l', 28, 2, 0xffff, "contradicts"},
    {'l', 30, 1, 'X', "contradicts"},
};

static void test_forged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof forgeries / sizeof *forgeries; i++) {
        const struct forged *forged = &forgeries[i];
        struct zip_fixture zip;
        struct vfs_archive *archive = (void *)1;
        start_small(&zip);
        zip_fixture_end(&zip);
        uint8_t *at = zip.bytes + forged->offset;
        at += forged->from == 'c' ? zip.central_at : forged->from == 'e' ? zip.end_at : 0;
        if (forged->bytes == 1)
            *at = (uint8_t)forged->value;
        else if (forged->bytes == 2)
            zip_fixture_put16(at, forged->value);
        else
            zip_fixture_put32(at, forged->value);
        assert_int_equal(vfs_archive_open_bytes(zip.bytes, zip.length, "test", &archive), PYBOX_ERROR_ARCHIVE);
        if (strstr(error_message(), forged->message) == NULL)
            fail_msg("forgery %zu: %s; expected %s", i, error_message(), forged->message);
        assert_null(archive);
        zip_fixture_free(&zip);
    }
}

static void refuse_names(const char *const *names, const char *message)
{
    struct zip_fixture zip;
    struct vfs_archive *archive;
    zip_fixture_start(&zip);
    for (; *names != NULL; names++)
        zip_fixture_add(&zip, *names, "");
    zip_fixture_end(&zip);
    assert_int_equal(vfs_archive_open_bytes(zip.bytes, zip.length, "test", &archive), PYBOX_ERROR_ARCHIVE);
    if (strstr(error_message(), message) == NULL)
        fail_msg("%s; expected %s", error_message(), message);
    zip_fixture_free(&zip);
}

static void test_unsafe_names(void **state)
{
    (void)state;
    char deep[400] = "", long_name[300];
    for (int i = 0; i < 70; i++)
        strcat(deep, "d/");
    strcat(deep, "f");
    memset(long_name, 'x', 256);
    long_name[256] = '\0';
    refuse_names((const char *const[]){"..", NULL}, "its name is absolute");
    refuse_names((const char *const[]){"a/../b", NULL}, "its name is absolute");
    refuse_names((const char *const[]){"./a", NULL}, "its name is absolute");
    refuse_names((const char *const[]){"a//b", NULL}, "its name is absolute");
    refuse_names((const char *const[]){"a//", NULL}, "its name is absolute");
    refuse_names((const char *const[]){"/", NULL}, "its name is absolute");
    refuse_names((const char *const[]){long_name, NULL}, "too long");
    refuse_names((const char *const[]){deep, NULL}, "too many components");
    refuse_names((const char *const[]){"a", "a", NULL}, "there twice");
    refuse_names((const char *const[]){"a/", "a", NULL}, "there twice");
    refuse_names((const char *const[]){"a/b", "a", NULL}, "there twice");
    refuse_names((const char *const[]){"a", "a/b", NULL}, "used as a directory");
    refuse_names((const char *const[]){"a", "a/", NULL}, "used as a directory");
}

static void test_every_length_of_a_cut_off_archive(void **state)
{
    (void)state;
    struct zip_fixture zip;
    struct vfs_archive *archive;
    start_small(&zip);
    zip_fixture_end(&zip);
    for (size_t length = 0; length < zip.length; length++) {
        uint8_t *copy = malloc(length + 1); /* of its own, so that ASan sees reads behind it */
        memcpy(copy, zip.bytes, length);
        assert_int_equal(vfs_archive_open_bytes(copy, length, "test", &archive), PYBOX_ERROR_ARCHIVE);
        free(copy);
    }
    zip_fixture_free(&zip);
}

static void write_file(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void test_a_file_that_is_truncated_later(void **state)
{
    (void)state;
    char path[] = "/tmp/pybox-test-zip-XXXXXX";
    struct zip_fixture zip;
    struct vfs_archive *archive;
    struct guest guest;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    start_small(&zip);
    zip_fixture_end(&zip);
    write_file(path, zip.bytes, zip.length);
    assert_int_equal(vfs_archive_open(path, 1, &archive), PYBOX_OK);
    vfs_archive_close(archive);
    assert_int_equal(vfs_archive_open(path, 0, &archive), PYBOX_OK);
    assert_int_equal(truncate(path, 0), 0);
    guest_start(&guest, NULL, archive, NULL);
    assert_string_equal(guest_text(&guest, "usr/lib/python3.13/os.py"), "import sys");
    guest_end(&guest);
    vfs_archive_close(archive);
    assert_int_equal(vfs_archive_open(path, 0, &archive), PYBOX_ERROR_ARCHIVE);
    unlink(path);
    assert_int_equal(vfs_archive_open(path, 0, &archive), PYBOX_ERROR_IO);
    assert_int_equal(vfs_archive_open("/tmp", 0, &archive), PYBOX_ERROR_ARCHIVE);
    assert_null(archive);
    vfs_archive_close(NULL);
    zip_fixture_free(&zip);
}

static void *use_archive(void *context)
{
    struct vfs_archive *archive = context;
    for (int i = 0; i < 200; i++) {
        struct vfs *vfs;
        if (vfs_create(NULL, &vfs) != PYBOX_OK || vfs_mount_archive(vfs, "/a", archive) != PYBOX_OK)
            return (void *)1;
        if (!vfs_is_directory(vfs, "/a/json") || vfs_is_directory(vfs, "/a/os.py"))
            return (void *)1;
        vfs_destroy(vfs);
    }
    return NULL;
}

static void test_shared_by_threads(void **state)
{
    (void)state;
    struct zip_fixture zip;
    struct vfs_archive *archive;
    pthread_t threads[4];
    start_small(&zip);
    zip_fixture_end(&zip);
    assert_int_equal(vfs_archive_open_bytes(zip.bytes, zip.length, "test", &archive), PYBOX_OK);
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_archive, archive), 0);
    for (int i = 0; i < 4; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    vfs_archive_close(archive);
    zip_fixture_free(&zip);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_served_to_the_guest),
        cmocka_unit_test(test_a_mount_inside_an_archive),
        cmocka_unit_test(test_mount_points),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_unsafe_names),
        cmocka_unit_test(test_every_length_of_a_cut_off_archive),
        cmocka_unit_test(test_a_file_that_is_truncated_later),
        cmocka_unit_test(test_shared_by_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
