/* Host directories in the tree, by openat2 and by the walk that replaces it: what works, and that nothing leads out. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "error.h"
#include "remove_tree.h"
#include "wasi_fixture.h"
#include "zip_fixture.h"

#include <cmocka.h>

/* A host folder: outer/secret, outer/mnt/ (mounted read-write at /mnt, read-only at /ro) with things in it. */
struct host {
    struct guest guest;
    char outer[64];
    int fallback;
};

static void make_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static const char *inside(const struct host *host, const char *name)
{
    static char path[4][256];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", host->outer, name);
    return path[next];
}

static int set_up(struct host *host, int fallback)
{
    memset(host, 0, sizeof *host);
    host->fallback = fallback;
    strcpy(host->outer, "/tmp/pybox-test-host-XXXXXX");
    assert_non_null(mkdtemp(host->outer));
    assert_int_equal(mkdir(inside(host, "mnt"), 0755), 0);
    assert_int_equal(mkdir(inside(host, "mnt/dir"), 0755), 0);
    make_file(inside(host, "secret"), "SECRET");
    make_file(inside(host, "mnt/file"), "file");
    make_file(inside(host, "mnt/dir/inner"), "inner");
    assert_int_equal(symlink("../secret", inside(host, "mnt/out")), 0);
    assert_int_equal(symlink("dir/../../secret", inside(host, "mnt/out2")), 0);
    assert_int_equal(symlink(inside(host, "secret"), inside(host, "mnt/absolute")), 0);
    assert_int_equal(symlink("/etc", inside(host, "mnt/etc")), 0);
    assert_int_equal(symlink("/proc/self/root", inside(host, "mnt/magic")), 0);
    assert_int_equal(symlink("..", inside(host, "mnt/up")), 0);
    assert_int_equal(symlink("file", inside(host, "mnt/link")), 0);
    assert_int_equal(symlink("../file", inside(host, "mnt/dir/back")), 0);
    assert_int_equal(symlink("dir", inside(host, "mnt/dirlink")), 0);
    assert_int_equal(symlink("loop", inside(host, "mnt/loop")), 0);
    guest_start(&host->guest, NULL, NULL, NULL);
    assert_int_equal(vfs_mount_host(host->guest.vfs, "/mnt", inside(host, "mnt"), 0), PYBOX_OK);
    assert_int_equal(vfs_mount_host(host->guest.vfs, "/ro", inside(host, "mnt"), 1), PYBOX_OK);
    if (fallback)
        vfs_force_fallback(host->guest.vfs);
    return 0;
}

static int set_up_openat2(void **state)
{
    *state = malloc(sizeof(struct host));
    return set_up(*state, 0);
}

static int set_up_fallback(void **state)
{
    *state = malloc(sizeof(struct host));
    return set_up(*state, 1);
}

static int tear_down(void **state)
{
    struct host *host = *state;
    guest_end(&host->guest);
    assert_int_equal(remove_tree(host->outer), 0);
    free(host);
    return 0;
}

static void test_files(void **state)
{
    struct host *host = *state;
    struct guest *guest = &host->guest;
    uint32_t fd, done;
    assert_string_equal(guest_text(guest, "mnt/file"), "file");
    assert_string_equal(guest_text(guest, "mnt/link"), "file");
    assert_string_equal(guest_text(guest, "mnt/dir/back"), "file");
    assert_string_equal(guest_text(guest, "mnt/dirlink/inner"), "inner");
    assert_string_equal(guest_text(guest, "mnt/dir/../dirlink/./inner"), "inner");
    assert_string_equal(guest_text(guest, "mnt/dir/../../mnt/file"), "file");
    assert_int_equal(guest_put_file(guest, "mnt/new", "abc"), E_OK);
    assert_int_equal(access(inside(host, "mnt/new"), F_OK), 0);
    assert_int_equal(guest_open_at(guest, 3, "mnt/new", 1, 0, R_ALL, 1, &fd), E_OK);
    assert_int_equal(guest_write(guest, fd, "de", 2, &done), E_OK);
    assert_int_equal(CALL(guest, "fd_tell", fd, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u64(guest, GUEST_RESULT), 5);
    assert_int_equal(CALL(guest, "fd_filestat_set_size", fd, 4), E_OK);
    assert_int_equal(CALL(guest, "fd_allocate", fd, 0, 6), E_OK);
    assert_int_equal(CALL(guest, "fd_sync", fd), E_OK);
    assert_int_equal(CALL(guest, "fd_datasync", fd), E_OK);
    assert_int_equal(CALL(guest, "fd_filestat_set_times", fd, 1, 2000000000, 1 | 4), E_OK);
    assert_int_equal(guest_stat(guest, "mnt/new", 1), E_OK);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 32), 6);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 48), 2000000000);
    assert_int_equal(guest_path(guest, "path_create_directory", "mnt/d2"), E_OK);
    assert_int_equal(guest_path(guest, "path_create_directory", "mnt/d2"), E_EXIST);
    assert_int_equal(guest_path(guest, "path_create_directory", "mnt"), E_EXIST);
    assert_int_equal(guest_two(guest, "path_rename", "mnt/new", "mnt/d2/moved"), E_OK);
    assert_int_equal(guest_two(guest, "path_link", "mnt/d2/moved", "mnt/again"), E_OK);
    assert_int_equal(guest_two(guest, "path_rename", "mnt/file", "work/file"), E_XDEV);
    assert_int_equal(guest_two(guest, "path_rename", "mnt", "mnt2"), E_BUSY);
    assert_int_equal(guest_two(guest, "path_link", "mnt/file", "work/file"), E_XDEV);
    assert_int_equal(guest_path(guest, "path_remove_directory", "mnt/d2"), E_NOTEMPTY);
    assert_int_equal(guest_path(guest, "path_unlink_file", "mnt/d2/moved"), E_OK);
    assert_int_equal(guest_path(guest, "path_unlink_file", "mnt/file/"), E_NOTDIR);
    assert_int_equal(guest_path(guest, "path_remove_directory", "mnt/d2/"), E_OK);
    assert_int_equal(guest_path(guest, "path_remove_directory", "mnt"), E_BUSY);
    assert_int_equal(guest_symlink(guest, "file", "mnt/made"), E_OK);
    assert_string_equal(guest_text(guest, "mnt/made"), "file");
    assert_int_equal(guest_path(guest, "path_unlink_file", "mnt/made"), E_OK);
    assert_string_equal(guest_text(guest, "mnt/file"), "file");
    assert_int_equal(guest_open(guest, "mnt/none", 0, R_READ, &fd), E_NOENT);
    assert_int_equal(guest_open(guest, "mnt/file/x", 0, R_READ, &fd), E_NOTDIR);
    assert_int_equal(guest_open(guest, "mnt/file/", 0, R_READ, &fd), E_NOTDIR);
    assert_int_equal(guest_open(guest, "mnt/dir", 0, R_READ | R_WRITE, &fd), E_ISDIR);
    assert_int_equal(guest_open(guest, "mnt/new2/", O_CREATE_, R_WRITE, &fd), E_ISDIR);
    assert_int_equal(guest_open(guest, "mnt/file", O_CREATE_ | O_EXCLUSIVE_, R_WRITE, &fd), E_EXIST);
    assert_int_equal(guest_open(guest, "mnt/loop", 0, R_READ, &fd), E_LOOP);
    assert_int_equal(guest_open_at(guest, 3, "mnt/link", 0, 0, R_READ, 0, &fd), E_LOOP);
}

static void test_read_only(void **state)
{
    struct host *host = *state;
    struct guest *guest = &host->guest;
    uint32_t fd;
    assert_string_equal(guest_text(guest, "ro/file"), "file");
    assert_int_equal(guest_open(guest, "ro/file", 0, R_READ | R_WRITE, &fd), E_ROFS);
    assert_int_equal(guest_open(guest, "ro/file", O_TRUNCATE_, R_READ, &fd), E_ROFS);
    assert_int_equal(guest_open(guest, "ro/x", O_CREATE_, R_READ, &fd), E_ROFS);
    assert_int_equal(guest_open(guest, "ro/file", O_CREATE_, R_ALL & ~R_WRITE, &fd), E_OK);
    assert_int_equal(CALL(guest, "fd_filestat_set_times", fd, 1, 1, 1 | 4), E_ROFS);
    assert_int_equal(CALL(guest, "fd_filestat_set_size", fd, 0), E_INVAL);
    assert_int_equal(guest_path(guest, "path_create_directory", "ro/d"), E_ROFS);
    assert_int_equal(guest_path(guest, "path_create_directory", "ro/dir"), E_EXIST);
    assert_int_equal(guest_path(guest, "path_unlink_file", "ro/file"), E_ROFS);
    assert_int_equal(guest_path(guest, "path_remove_directory", "ro/dir"), E_ROFS);
    assert_int_equal(guest_two(guest, "path_rename", "ro/file", "ro/x"), E_ROFS);
    assert_int_equal(guest_two(guest, "path_rename", "mnt/file", "ro/x"), E_XDEV);
    assert_int_equal(guest_two(guest, "path_link", "mnt/file", "ro/x"), E_ROFS);
    assert_int_equal(guest_symlink(guest, "file", "ro/x"), E_ROFS);
    assert_string_equal(guest_text(guest, "ro/file"), "file");
}

static void test_nothing_leads_out(void **state)
{
    struct host *host = *state;
    struct guest *guest = &host->guest;
    static const char *const paths[] = {
        "out", "out2", "absolute", "etc/passwd", "etc", "magic/etc/passwd", "up/secret", "up",
        "up/mnt/file", "dir/../up/secret", "dirlink/../../secret", "magic", "dir/../out", "./up/secret",
    };
    uint32_t fd, base;
    assert_int_equal(guest_open(guest, "mnt", O_DIRECTORY_, R_ALL & ~(R_READ | R_WRITE), &base), E_OK);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        char path[128];
        snprintf(path, sizeof path, "mnt/%s", paths[i]);
        uint32_t error = guest_open(guest, path, 0, R_READ, &fd);
        /* `dirlink/..` is above the link's name only lexically; the tree's own root has no `secret`. */
        assert_true(error == E_PERM || error == E_NOENT);
        error = guest_stat(guest, path, 1);
        assert_true(error == E_PERM || error == E_NOENT);
        assert_int_not_equal(guest_open_at(guest, base, paths[i], 1, O_CREATE_, R_READ | R_WRITE, 0, &fd), E_OK);
        strcat(path, "/new");
        assert_int_not_equal(guest_path(guest, "path_create_directory", path), E_OK);
        assert_int_not_equal(guest_put_file(guest, path, "x"), E_OK);
        assert_int_not_equal(guest_symlink(guest, "x", path), E_OK);
        assert_int_not_equal(guest_two(guest, "path_rename", "mnt/file", path), E_OK);
        assert_int_not_equal(guest_two(guest, "path_link", "mnt/file", path), E_OK);
    }
    assert_int_equal(guest_open_at(guest, base, "..", 1, 0, 0, 0, &fd), E_PERM);
    assert_int_equal(guest_open_at(guest, base, "../secret", 1, 0, R_READ, 0, &fd), E_PERM);
    assert_int_equal(guest_open_at(guest, base, "dir/../../secret", 1, 0, R_READ, 0, &fd), E_PERM);
    assert_int_equal(guest_open_at(guest, base, "dir/../file", 1, 0, R_READ, 0, &fd), E_OK);
    /* The links themselves can be looked at and removed. */
    assert_int_equal(guest_stat(guest, "mnt/out", 0), E_OK);
    assert_int_equal(guest->memory.base[GUEST_RESULT + 16], 7);
    assert_int_equal(guest_path(guest, "path_unlink_file", "mnt/out"), E_OK);
    assert_int_equal(access(inside(host, "secret"), F_OK), 0);
}

static void test_links_that_would_lead_out_are_not_made(void **state)
{
    struct host *host = *state;
    struct guest *guest = &host->guest;
    assert_int_equal(guest_symlink(guest, "/etc/passwd", "mnt/l"), E_PERM);
    assert_int_equal(guest_symlink(guest, "../secret", "mnt/l"), E_PERM);
    assert_int_equal(guest_symlink(guest, "dir/../../secret", "mnt/l"), E_PERM);
    assert_int_equal(guest_symlink(guest, "../../secret", "mnt/dir/l"), E_PERM);
    assert_int_equal(guest_symlink(guest, "../file", "mnt/dir/l"), E_OK);
    assert_string_equal(guest_text(guest, "mnt/dir/l"), "file");
}

static void test_devices_pipes_and_sockets_are_refused(void **state)
{
    struct host *host = *state;
    struct guest *guest = &host->guest;
    uint32_t fd;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int made = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", inside(host, "mnt/socket"));
    assert_int_equal(bind(made, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(mkfifo(inside(host, "mnt/pipe"), 0666), 0);
    assert_int_equal(guest_open(guest, "mnt/pipe", 0, R_READ, &fd), E_ACCES);
    assert_int_equal(guest_open(guest, "mnt/pipe", O_CREATE_, R_READ | R_WRITE, &fd), E_ACCES);
    assert_int_equal(guest_open(guest, "mnt/socket", 0, R_READ, &fd), E_ACCES);
    if (mknod(inside(host, "mnt/null"), S_IFCHR | 0666, 1 << 8 | 3) == 0)
        assert_int_equal(guest_open(guest, "mnt/null", 0, R_READ, &fd), E_ACCES);
    struct vfs *vfs;
    assert_int_equal(vfs_create(NULL, &vfs), PYBOX_OK);
    assert_int_equal(vfs_mount_host(vfs, "/p", inside(host, "mnt/pipe"), 0), PYBOX_ERROR_PATH);
    assert_int_equal(vfs_mount_host(vfs, "/p", "/dev/null", 0), PYBOX_ERROR_PATH);
    assert_int_equal(vfs_mount_host(vfs, "/p", inside(host, "none"), 0), PYBOX_ERROR_PATH);
    vfs_destroy(vfs);
    close(made);
}

static void test_listing(void **state)
{
    struct host *host = *state;
    struct guest *guest = &host->guest;
    char first[4096], path[64];
    for (int i = 0; i < 300; i++) {
        snprintf(path, sizeof path, "mnt/dir/f%03d", i);
        assert_int_equal(guest_put_file(guest, path, ""), E_OK);
    }
    strcpy(first, guest_list(guest, "mnt/dir", 8192));
    assert_string_equal(guest_list(guest, "mnt/dir", 300), first);
    for (int i = 0; i < 300; i++) {
        snprintf(path, sizeof path, " f%03d ", i);
        char *found = strstr(first, path);
        if (found == NULL)
            assert_int_equal(strncmp(first, path + 1, strlen(path + 1)), 0);
    }
    assert_non_null(strstr(first, "inner "));
    assert_non_null(strstr(first, ".. "));
    assert_string_equal(guest_list(guest, ".", 4096), ". .. dev work tmp mnt ro ");
}

/* The guest's own mounts inside host directories hide what is under them, whatever way one comes. */
static void expect_refused(pybox_status status, const char *because)
{
    assert_int_equal(status, PYBOX_ERROR_PATH);
    assert_non_null(strstr(error_message(), because));
}

static void test_a_mount_hides_nothing(void **state)
{
    struct host *host = *state;
    struct vfs *vfs;
    struct zip_fixture zip;
    struct vfs_archive *archive;
    zip_fixture_start(&zip);
    zip_fixture_add(&zip, "os.py", "");
    zip_fixture_end(&zip);
    assert_int_equal(vfs_archive_open_bytes(zip.bytes, zip.length, "test", &archive), PYBOX_OK);
    assert_int_equal(vfs_create(NULL, &vfs), PYBOX_OK);
    assert_int_equal(vfs_mount_defaults(vfs, archive, "/usr/lib/python3.13"), PYBOX_OK);
    const char *folder = inside(host, "mnt");
    expect_refused(vfs_mount_host(vfs, "/usr/lib/python3.13", folder, 1), "own /usr/lib/python3.13 is there");
    expect_refused(vfs_mount_host(vfs, "/usr/lib", folder, 1), "own /usr/lib/python3.13 is there");
    expect_refused(vfs_mount_host(vfs, "/dev/null", folder, 1), "own /dev/null is there");
    expect_refused(vfs_mount_host(vfs, "/dev", folder, 1), "own /dev/null is there");
    assert_int_equal(vfs_mount_host(vfs, "/work", folder, 1), PYBOX_OK); /* in place of the default */
    expect_refused(vfs_mount_host(vfs, "/work", folder, 1), "mounted there already");
    assert_int_equal(vfs_mount_memory(vfs, "/data/x"), PYBOX_OK);
    expect_refused(vfs_mount_memory(vfs, "/data/x"), "mounted there already");
    expect_refused(vfs_mount_memory(vfs, "/data"), "mounted below it");
    assert_int_equal(vfs_mount_memory(vfs, "/tmp/x"), PYBOX_OK);
    expect_refused(vfs_mount_memory(vfs, "/tmp"), "in it already");
    assert_true(vfs_is_directory(vfs, "/usr/lib/python3.13"));
    vfs_destroy(vfs);
    vfs_archive_close(archive);
    zip_fixture_free(&zip);
}

static void test_mounts_inside_a_host_directory(void **state)
{
    struct host *host = *state;
    struct guest *guest = &host->guest;
    uint32_t fd;
    assert_int_equal(vfs_mount_memory(guest->vfs, "/mnt/dir"), PYBOX_OK);
    assert_int_equal(vfs_mount_memory(guest->vfs, "/mnt/extra"), PYBOX_OK);
    assert_int_equal(vfs_mount_memory(guest->vfs, "/mnt/none/x"), PYBOX_ERROR_PATH);
    assert_null(guest_text(guest, "mnt/dir/inner"));
    assert_null(guest_text(guest, "mnt/dirlink/inner"));
    assert_null(guest_text(guest, "mnt/dirlink/../dir/inner"));
    assert_string_equal(guest_text(guest, "mnt/link"), "file");
    assert_string_equal(guest_text(guest, "mnt/dir/../link"), "file");
    assert_int_equal(guest_put_file(guest, "mnt/dirlink/memory", "m"), E_OK);
    assert_string_equal(guest_text(guest, "mnt/dir/memory"), "m");
    assert_int_not_equal(access(inside(host, "mnt/dir/memory"), F_OK), 0);
    assert_int_equal(guest_put_file(guest, "mnt/file2", "host"), E_OK);
    assert_int_equal(access(inside(host, "mnt/file2"), F_OK), 0);
    assert_int_equal(guest_open(guest, "mnt/out", 0, R_READ, &fd), E_PERM);
    assert_int_equal(guest_open(guest, "mnt/absolute", 0, R_READ, &fd), E_PERM);
    assert_int_equal(guest_open(guest, "mnt/up/secret", 0, R_READ, &fd), E_PERM);
    assert_int_equal(guest_path(guest, "path_remove_directory", "mnt/extra"), E_BUSY);
    assert_non_null(strstr(guest_list(guest, "mnt", 4096), " extra "));
    const char *list = guest_list(guest, "mnt", 200);
    const char *once = strstr(list, " dir ");
    assert_non_null(once);
    assert_null(strstr(once + 1, " dir "));
    assert_int_equal(guest_open(guest, "mnt/extra", O_DIRECTORY_, R_ALL & ~(R_READ | R_WRITE), &fd), E_OK);
    uint32_t ignored;
    assert_int_equal(guest_open_at(guest, fd, "../file", 1, 0, R_READ, 0, &ignored), E_PERM);
    assert_int_equal(guest_open(guest, "mnt", O_DIRECTORY_, R_ALL & ~(R_READ | R_WRITE), &fd), E_OK);
    assert_int_equal(guest_open_at(guest, fd, "extra/../file", 1, 0, R_READ, 0, &ignored), E_OK);
    assert_int_equal(guest_open_at(guest, fd, "extra/../../ro/file", 1, 0, R_READ, 0, &ignored), E_PERM);
}

static void test_a_single_file(void **state)
{
    struct host *host = *state;
    struct guest *guest = &host->guest;
    uint32_t a, b, done;
    char text[8] = "";
    assert_int_equal(vfs_mount_host(guest->vfs, "/work/data.txt", inside(host, "mnt/file"), 0), PYBOX_OK);
    assert_int_equal(vfs_mount_host(guest->vfs, "/etc/ro.txt", inside(host, "mnt/file"), 1), PYBOX_OK);
    assert_string_equal(guest_text(guest, "work/data.txt"), "file");
    assert_string_equal(guest_text(guest, "etc/ro.txt"), "file");
    assert_string_equal(guest_list(guest, "work", 4096), ". .. data.txt ");
    assert_int_equal(guest_stat(guest, "work/data.txt", 1), E_OK);
    assert_int_equal(guest->memory.base[GUEST_RESULT + 16], 4);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 32), 4);
    assert_int_equal(guest_path(guest, "path_unlink_file", "work/data.txt"), E_BUSY);
    assert_int_equal(guest_open(guest, "etc/ro.txt", 0, R_READ | R_WRITE, &a), E_ROFS);
    /* Two descriptors have positions of their own; one that appends does not make the other append. */
    assert_int_equal(guest_open_at(guest, 3, "work/data.txt", 1, 0, R_ALL, 1, &a), E_OK);
    assert_int_equal(guest_open(guest, "work/data.txt", 0, R_ALL, &b), E_OK);
    assert_int_equal(guest_write(guest, a, "+", 1, &done), E_OK);
    assert_int_equal(guest_write(guest, b, "F", 1, &done), E_OK);
    assert_string_equal(guest_text(guest, "etc/ro.txt"), "File+");
    assert_int_equal(guest_read(guest, b, text, 2, &done), E_OK);
    assert_string_equal(text, "il");
}

struct swapper {
    struct host *host;
    atomic_int stop;
};

/* Makes `mnt/swap` a directory and a link to the folder outside, as fast as it can. */
static void *swap(void *context)
{
    struct swapper *swapper = context;
    char directory[256], link[256], name[256];
    snprintf(directory, sizeof directory, "%s", inside(swapper->host, "mnt/swap-directory"));
    snprintf(link, sizeof link, "%s", inside(swapper->host, "mnt/swap-link"));
    snprintf(name, sizeof name, "%s", inside(swapper->host, "mnt/swap"));
    while (!atomic_load(&swapper->stop)) {
        rename(directory, name);
        rename(name, directory);
        rename(link, name);
        rename(name, link);
    }
    return NULL;
}

static void test_a_link_swapped_during_the_walk(void **state)
{
    struct host *host = *state;
    struct guest *guest = &host->guest;
    struct swapper swapper = {.host = host};
    pthread_t thread;
    uint32_t fd;
    int opened = 0;
    assert_int_equal(mkdir(inside(host, "mnt/swap-directory"), 0755), 0);
    make_file(inside(host, "mnt/swap-directory/secret"), "inside");
    assert_int_equal(symlink(host->outer, inside(host, "mnt/swap-link")), 0);
    assert_int_equal(pthread_create(&thread, NULL, swap, &swapper), 0);
    /* More attempts if the other thread stands still on a busy machine, while the name is the link. */
    for (int i = 0; i < 30000 || (opened == 0 && i < 3000000); i++) {
        char text[16] = "";
        uint32_t done;
        if (guest_open(guest, "mnt/swap/secret", 0, R_READ, &fd) != 0) {
            if (i >= 30000)
                sched_yield();
            continue;
        }
        assert_int_equal(guest_read(guest, fd, text, 15, &done), E_OK);
        assert_string_equal(text, "inside");
        opened++;
        CALL(guest, "fd_close", fd);
        if (i % 100 == 0)
            guest_path(guest, "path_unlink_file", "mnt/swap/none");
    }
    atomic_store(&swapper.stop, 1);
    pthread_join(thread, NULL);
    assert_true(opened > 0);
}

static void test_odd_names(void **state)
{
    struct host *host = *state;
    struct guest *guest = &host->guest;
    char name[400] = "mnt/";
    uint32_t fd;
    assert_int_equal(guest_put_file(guest, "mnt/\xff\n\x01 \\", "odd"), E_OK);
    assert_string_equal(guest_text(guest, "mnt/\xff\n\x01 \\"), "odd");
    memset(name + 4, 'n', 256);
    assert_int_equal(guest_open(guest, name, O_CREATE_, R_WRITE, &fd), E_NAMETOOLONG);
    memcpy(guest->memory.base + GUEST_PATH, "mnt/fi\0le", 9);
    assert_int_equal(CALL(guest, "path_unlink_file", 3, GUEST_PATH, 9), E_INVAL);
    assert_int_equal(guest_open(guest, "mnt//file", 0, R_READ, &fd), E_OK);
    assert_int_equal(guest_open(guest, "mnt/.../file", 0, R_READ, &fd), E_NOENT);
}

static void test_descriptors_are_closed_on_exec(void **state)
{
    struct host *host = *state;
    uint32_t fd;
    char path[64];
    assert_int_equal(guest_open(&host->guest, "mnt/file", 0, R_READ, &fd), E_OK);
    assert_int_equal(guest_open(&host->guest, "mnt/dir", 0, R_READ, &fd), E_OK);
    int seen = 0;
    for (int i = 3; i < 64; i++) {
        struct stat stat;
        snprintf(path, sizeof path, "/proc/self/fd/%d", i);
        char target[256] = "";
        if (fstat(i, &stat) != 0 || readlink(path, target, sizeof target - 1) < 0 ||
            strncmp(target, host->outer, strlen(host->outer)) != 0)
            continue;
        assert_int_equal(fcntl(i, F_GETFD), FD_CLOEXEC);
        seen++;
    }
    assert_true(seen >= 4);
}

#define BOTH(name)                                                                                 \
    {"openat2: " #name, name, set_up_openat2, tear_down, NULL},                                    \
    {"fallback: " #name, name, set_up_fallback, tear_down, NULL}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_files), BOTH(test_read_only), BOTH(test_nothing_leads_out),
        BOTH(test_links_that_would_lead_out_are_not_made),
        BOTH(test_devices_pipes_and_sockets_are_refused), BOTH(test_listing),
        cmocka_unit_test_setup_teardown(test_a_mount_hides_nothing, set_up_openat2, tear_down),
        BOTH(test_mounts_inside_a_host_directory), BOTH(test_a_single_file),
        BOTH(test_a_link_swapped_during_the_walk), BOTH(test_odd_names),
        BOTH(test_descriptors_are_closed_on_exec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
