/*
 * A slash behind what is opened, for creating it or not, in every kind of mount that a run can write to: all answer as
 * open() of Linux does, and refusing makes nothing.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "remove_tree.h"
#include "vfs.h"
#include "vfs_files.h"

#include <cmocka.h>

#define ROOT_FD 0u
#define CREATE (VFS_READ | VFS_WRITE | VFS_CREATE)

enum kind { IN_MEMORY, OVERLAY_LOWER, OVERLAY_UPPER, HOST, HOST_SLOWLY, KINDS };
static const char *const kinds[] = {"memory", "links below an overlay", "links in an overlay", "a host's folder",
                                    "a host's folder with a mount inside"};

static const struct {
    const char *path;
    int open, follow, stay, exclusive; /* without creating; creating: following links, not, and with VFS_EXCLUSIVE */
} cases[] = {
    {"new/", ENOENT, EISDIR, EISDIR, EISDIR},
    {"file/", ENOTDIR, EISDIR, EISDIR, EISDIR},
    {"dir/", 0, EISDIR, EISDIR, EISDIR},
    {"dir//", 0, EISDIR, EISDIR, EISDIR},
    {"to-file/", ENOTDIR, EISDIR, EISDIR, EISDIR},
    {"to-dir/", 0, EISDIR, EISDIR, EISDIR},
    {"to-gone/", ENOENT, EISDIR, EISDIR, EISDIR},
    {"to-gone-deep/", ENOENT, EISDIR, EISDIR, EISDIR},
    {"loop/", ELOOP, EISDIR, EISDIR, EISDIR},
    {"dir/to-gone/", ENOENT, EISDIR, EISDIR, EISDIR},
    /* Behind a link's target. */
    {"gone-slash", ENOENT, EISDIR, ELOOP, EEXIST},
    {"gone-slash/", ENOENT, EISDIR, EISDIR, EISDIR},
    {"to-gone-slash", ENOENT, EISDIR, ELOOP, EEXIST},
    {"link-slash", ENOENT, EISDIR, ELOOP, EEXIST},
    {"dir-slash", 0, EISDIR, ELOOP, EEXIST},
    {"file-slash", ENOTDIR, EISDIR, ELOOP, EEXIST},
    {"loop-slash", ELOOP, EISDIR, ELOOP, EEXIST},
    {"gone-dot", ENOENT, ENOENT, ELOOP, EEXIST},
    /* What is before it is looked at first. */
    {"gone/x/", ENOENT, ENOENT, ENOENT, ENOENT},
    {"file/x/", ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR},
    {"loop/x/", ELOOP, ELOOP, ELOOP, ELOOP},
    {"to-dir/x/", ENOENT, EISDIR, EISDIR, EISDIR},
    /* `.` and `..` are directories that are there. */
    {"new/.", ENOENT, ENOENT, ENOENT, ENOENT},
    {"file/.", ENOTDIR, ENOTDIR, ENOTDIR, ENOTDIR},
    {"dir/.", 0, EISDIR, EISDIR, EEXIST},
    {"to-dir/./", 0, EISDIR, EISDIR, EEXIST},
    {"./", 0, EISDIR, EISDIR, EEXIST},
    {"dir/..", 0, EISDIR, EISDIR, EEXIST},
    {"dir/../", 0, EISDIR, EISDIR, EEXIST},
};
#define CASES (sizeof cases / sizeof *cases)

static char base[64], folder[80]; /* the host's, and in it the one for a mount */

static int make_base(void **state)
{
    (void)state;
    strcpy(base, "/tmp/pybox-slash-XXXXXX");
    return mkdtemp(base) == NULL ? -1 : 0;
}

static void make_folder(int number)
{
    snprintf(folder, sizeof folder, "%s/%d", base, number);
    assert_int_equal(mkdir(folder, 0755), 0);
}

static int remove_base(void **state)
{
    (void)state;
    return remove_tree(base);
}

static struct vfs *make_tree(void)
{
    struct vfs *vfs;
    assert_int_equal(vfs_create(NULL, &vfs), PYBOX_OK);
    assert_int_equal(vfs_open_root(vfs, ROOT_FD), 0);
    return vfs;
}

/* What the cases are about, in the mount at "/m". */
static void fill(struct vfs *vfs)
{
    static const char *const links[][2] = {
        {"m/to-file", "file"}, {"m/to-dir", "dir"}, {"m/to-gone", "gone"}, {"m/to-gone-deep", "gone/x"},
        {"m/loop", "loop"}, {"m/dir/to-gone", "../gone"}, {"m/gone-slash", "gone/"},
        {"m/to-gone-slash", "gone-slash"}, {"m/link-slash", "to-gone/"}, {"m/dir-slash", "to-dir/"},
        {"m/file-slash", "file/"}, {"m/loop-slash", "loop/"}, {"m/gone-dot", "gone/."}};
    uint32_t fd;
    assert_int_equal(vfs_make_directory(vfs, ROOT_FD, "m/dir", 5), 0);
    assert_int_equal(vfs_open(vfs, ROOT_FD, "m/file", 6, CREATE, 0, &fd), 0);
    assert_int_equal(vfs_close(vfs, fd), 0);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        assert_int_equal(vfs_symlink(vfs, links[i][1], strlen(links[i][1]), ROOT_FD, links[i][0], strlen(links[i][0])),
                         0);
}

static struct vfs *make_mount(enum kind kind)
{
    struct vfs *vfs = make_tree();
    if (kind == OVERLAY_LOWER) {
        assert_int_equal(vfs_mount_host(vfs, "/m", folder, 0), PYBOX_OK);
        fill(vfs);
        vfs_destroy(vfs);
        vfs = make_tree();
    }
    if (kind == IN_MEMORY)
        assert_int_equal(vfs_mount_memory(vfs, "/m"), PYBOX_OK);
    else if (kind == HOST || kind == HOST_SLOWLY)
        assert_int_equal(vfs_mount_host(vfs, "/m", folder, 0), PYBOX_OK);
    else
        assert_int_equal(vfs_mount_overlay(vfs, "/m", folder), PYBOX_OK);
    if (kind == HOST_SLOWLY)
        assert_int_equal(vfs_mount_memory(vfs, "/m/inside"), PYBOX_OK);
    if (kind != OVERLAY_LOWER)
        fill(vfs);
    return vfs;
}

/* By its path from the root, and from the mounted directory. */
static void expect(struct vfs *vfs, const char *where, const char *path, uint32_t how, int expected)
{
    char from_root[64];
    struct vfs_stat stat;
    uint32_t folder_fd, fd;
    snprintf(from_root, sizeof from_root, "m/%s", path);
    assert_int_equal(vfs_open(vfs, ROOT_FD, "m", 1, VFS_READ | VFS_ONLY_DIRECTORY, 0, &folder_fd), 0);
    for (int i = 0; i < 2; i++) {
        const char *from = i == 0 ? from_root : path;
        int error = vfs_open(vfs, i == 0 ? ROOT_FD : folder_fd, from, strlen(from), how, 0, &fd);
        if (error != expected)
            fail_msg("%s: \"%s\" opened with %u: %s instead of %s", where, from, how, strerror(error),
                     strerror(expected));
        if (error == 0)
            assert_int_equal(vfs_close(vfs, fd), 0);
    }
    assert_int_equal(vfs_close(vfs, folder_fd), 0);
    assert_int_equal(vfs_stat_path(vfs, ROOT_FD, "m/gone", 6, 0, &stat), ENOENT);
    assert_int_equal(vfs_stat_path(vfs, ROOT_FD, "m/new", 5, 0, &stat), ENOENT);
}

static void run_kinds(int fallback)
{
    for (int kind = 0; kind < KINDS; kind++) {
        make_folder(kind);
        struct vfs *vfs = make_mount((enum kind)kind);
        if (fallback)
            vfs_force_fallback(vfs);
        for (size_t i = 0; i < CASES; i++) {
            expect(vfs, kinds[kind], cases[i].path, VFS_READ | VFS_FOLLOW, cases[i].open);
            expect(vfs, kinds[kind], cases[i].path, CREATE | VFS_FOLLOW, cases[i].follow);
            expect(vfs, kinds[kind], cases[i].path, CREATE, cases[i].stay);
            expect(vfs, kinds[kind], cases[i].path, CREATE | VFS_EXCLUSIVE, cases[i].exclusive);
            expect(vfs, kinds[kind], cases[i].path, CREATE | VFS_EXCLUSIVE | VFS_FOLLOW, cases[i].exclusive);
        }
        if (kind == HOST_SLOWLY) {
            expect(vfs, kinds[kind], "inside/", CREATE, EISDIR);
            expect(vfs, kinds[kind], "inside/x/", CREATE, EISDIR);
        }
        vfs_destroy(vfs);
    }
}

static void test_slashes(void **state)
{
    (void)state;
    run_kinds(0);
}

static void test_slashes_without_openat2(void **state)
{
    (void)state;
    run_kinds(1);
}

/* Where nothing can be made: a mount's own name, above all mounts, and in a folder that is only read. */
static void test_slashes_where_nothing_is_made(void **state)
{
    (void)state;
    struct vfs *vfs = make_tree();
    uint32_t fd;
    make_folder(0);
    assert_int_equal(vfs_mount_host(vfs, "/m", folder, 1), PYBOX_OK);
    static const char *const paths[] = {"m/", "new/", "m/new/", "m/../m/"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(vfs_open(vfs, ROOT_FD, paths[i], strlen(paths[i]), CREATE, 0, &fd), EISDIR);
        assert_int_equal(vfs_open(vfs, ROOT_FD, paths[i], strlen(paths[i]), CREATE | VFS_EXCLUSIVE, 0, &fd), EISDIR);
    }
    assert_int_equal(vfs_open(vfs, ROOT_FD, "m/new", 5, CREATE, 0, &fd), EROFS);
    vfs_destroy(vfs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_slashes, make_base, remove_base),
        cmocka_unit_test_setup_teardown(test_slashes_without_openat2, make_base, remove_base),
        cmocka_unit_test_setup_teardown(test_slashes_where_nothing_is_made, make_base, remove_base),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
