/* Ways out of a host directory that tests/unit/test_wasi_host.c does not try: all that changes files while a thread
 * swaps a folder for a link, /proc as a mount, and descriptors that the process has. With openat2 and without. */
#include <dirent.h>
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
#include <sys/stat.h>
#include <unistd.h>

#include "remove_tree.h"
#include "wasi_fixture.h"

#include <cmocka.h>

/* outer/target/ and outer/mnt/, which is mounted at /mnt. In mnt, `swap` is a folder, or a link to ../target. */
struct place {
    struct guest guest;
    char outer[64];
    atomic_int stop;
};

static const char *inside(const struct place *place, const char *name)
{
    static _Thread_local char path[4][256];
    static _Thread_local int next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", place->outer, name);
    return path[next];
}

static void make_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state, int fallback)
{
    struct place *place = calloc(1, sizeof *place);
    assert_non_null(place);
    *state = place;
    strcpy(place->outer, "/tmp/pybox-escapes-XXXXXX");
    assert_non_null(mkdtemp(place->outer));
    static const char *const folders[] = {"target", "target/folder", "mnt", "mnt/folder", "mnt/folder/folder"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        assert_int_equal(mkdir(inside(place, folders[i]), 0755), 0);
    make_file(inside(place, "target/secret"), "OUTSIDE");
    make_file(inside(place, "mnt/folder/secret"), "inside");
    make_file(inside(place, "mnt/own"), "own");
    assert_int_equal(symlink("../target", inside(place, "mnt/link")), 0);
    guest_start(&place->guest, NULL, NULL, NULL);
    assert_int_equal(vfs_mount_host(place->guest.vfs, "/mnt", inside(place, "mnt"), 0), PYBOX_OK);
    if (fallback)
        vfs_force_fallback(place->guest.vfs);
    return 0;
}

static int set_up_openat2(void **state)
{
    return set_up(state, 0);
}

static int set_up_fallback(void **state)
{
    return set_up(state, 1);
}

static int tear_down(void **state)
{
    struct place *place = *state;
    guest_end(&place->guest);
    assert_int_equal(remove_tree(place->outer), 0);
    free(place);
    return 0;
}

static void *swap(void *context)
{
    struct place *place = context;
    char folder[256], link[256], name[256];
    snprintf(folder, sizeof folder, "%s", inside(place, "mnt/folder"));
    snprintf(link, sizeof link, "%s", inside(place, "mnt/link"));
    snprintf(name, sizeof name, "%s", inside(place, "mnt/swap"));
    while (!atomic_load(&place->stop)) {
        rename(folder, name);
        sched_yield();
        rename(name, folder);
        rename(link, name);
        sched_yield();
        rename(name, link);
    }
    return NULL;
}

/* One of everything that changes or shows what is below `swap`; whether something of it worked. */
static int attack(struct guest *guest, int round)
{
    uint32_t fd, done, worked = 0;
    worked += guest_open(guest, "mnt/swap/new", O_CREATE_, R_READ | R_WRITE, &fd) == E_OK;
    if (worked) {
        guest_write(guest, fd, "guest", 5, &done);
        CALL(guest, "fd_close", fd);
    }
    if (guest_open(guest, "mnt/swap/secret", O_TRUNCATE_, R_READ | R_WRITE, &fd) == E_OK) {
        guest_write(guest, fd, "guest", 5, &done);
        CALL(guest, "fd_close", fd);
    }
    guest_path(guest, "path_create_directory", round % 2 ? "mnt/swap/made" : "mnt/swap/folder/made");
    guest_path(guest, "path_remove_directory", round % 2 ? "mnt/swap/folder/made" : "mnt/swap/made");
    guest_path(guest, "path_remove_directory", "mnt/swap/folder");
    guest_path(guest, "path_unlink_file", "mnt/swap/new");
    guest_path(guest, "path_unlink_file", "mnt/swap/secret");
    guest_two(guest, "path_rename", "mnt/own", "mnt/swap/own");
    guest_two(guest, "path_rename", "mnt/swap/own", "mnt/own");
    guest_two(guest, "path_rename", "mnt/swap/secret", "mnt/stolen");
    guest_symlink(guest, "own", "mnt/swap/symlink");
    guest_path(guest, "path_unlink_file", "mnt/swap/symlink");
    guest_put_file(guest, "mnt/swap/secret", "inside");
    return worked != 0;
}

static int entries_of(const char *path)
{
    int count = 0;
    DIR *folder = opendir(path);
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count - 2;
}

static void test_changes_while_a_folder_becomes_a_link(void **state)
{
    struct place *place = *state;
    struct guest *guest = &place->guest;
    pthread_t thread;
    int worked = 0;
    struct stat before, after;
    assert_int_equal(stat(inside(place, "target/secret"), &before), 0);
    assert_int_equal(pthread_create(&thread, NULL, swap, place), 0);
    for (int i = 0; i < 2000 || (worked == 0 && i < 2000000); i++)
        worked += attack(guest, i);
    atomic_store(&place->stop, 1);
    pthread_join(thread, NULL);
    assert_true(worked > 0);
    assert_int_equal(entries_of(inside(place, "target")), 2); /* `secret` and `folder`, as before */
    assert_int_equal(entries_of(inside(place, "target/folder")), 0);
    assert_int_equal(stat(inside(place, "target/secret"), &after), 0);
    assert_int_equal(after.st_size, 7);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_int_equal(after.st_mtim.tv_nsec, before.st_mtim.tv_nsec);
}

/* Listing a folder that another thread fills and empties: every name is whole, and what stays is told once. */
static void *fill(void *context)
{
    struct place *place = context;
    char name[300];
    for (int i = 0; !atomic_load(&place->stop); i = (i + 1) % 200) {
        snprintf(name, sizeof name, "%s/%0*d", inside(place, "mnt/folder/folder"), 1 + i, 1);
        int fd = open(name, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
        if (fd >= 0)
            close(fd);
        snprintf(name, sizeof name, "%s/%0*d", inside(place, "mnt/folder/folder"), 1 + (i + 100) % 200, 1);
        unlink(name);
    }
    return NULL;
}

static void test_listing_under_change(void **state)
{
    struct place *place = *state;
    pthread_t thread;
    make_file(inside(place, "mnt/folder/folder/stays"), "");
    make_file(inside(place, "mnt/folder/folder/also"), "");
    assert_int_equal(pthread_create(&thread, NULL, fill, place), 0);
    for (int i = 0; i < 300; i++) {
        char list[60000];
        snprintf(list, sizeof list, " %s", guest_list(&place->guest, "mnt/folder/folder", 300 + (uint32_t)i));
        char *stays = strstr(list, " stays "), *also = strstr(list, " also ");
        assert_non_null(stays);
        assert_non_null(also);
        assert_null(strstr(stays + 1, " stays "));
        for (char *name = strtok(list, " "); name != NULL; name = strtok(NULL, " "))
            if (strcmp(name, "stays") != 0 && strcmp(name, "also") != 0 && strcmp(name, ".") != 0 &&
                strcmp(name, "..") != 0)
                assert_int_equal(name[strspn(name, "0")], '1');
    }
    atomic_store(&place->stop, 1);
    pthread_join(thread, NULL);
}

/* A host that shows a process's folder of /proc has shown what is in it, and no more: the links there lead nowhere. */
static void test_links_of_proc_lead_nowhere(void **state)
{
    struct place *place = *state;
    struct guest *guest = &place->guest;
    static const char *const links[] = {"proc/root/etc/passwd", "proc/root", "proc/cwd", "proc/exe", "proc/fd/0",
                                        "proc/task/../root/etc/passwd", "proc/fd/../root/etc/passwd"};
    uint32_t fd;
    int secret = open(inside(place, "target/secret"), O_RDONLY | O_CLOEXEC);
    char name[64];
    assert_true(secret >= 0);
    assert_int_equal(vfs_mount_host(guest->vfs, "/proc", "/proc/self", 0), PYBOX_OK);
    if (guest_open(guest, "proc/status", 0, R_READ, &fd) != E_OK)
        fail_msg("the mount does not work");
    CALL(guest, "fd_close", fd);
    for (size_t i = 0; i < sizeof links / sizeof *links; i++)
        if (guest_open(guest, links[i], 0, R_READ, &fd) == E_OK)
            fail_msg("%s was opened", links[i]);
    snprintf(name, sizeof name, "proc/fd/%d", secret);
    assert_int_not_equal(guest_open(guest, name, 0, R_READ, &fd), E_OK);
    close(secret);
}

/* Numbers of the guest's are not the process's. */
static void test_descriptors_of_the_process(void **state)
{
    struct place *place = *state;
    struct guest *guest = &place->guest;
    int secret = open(inside(place, "target/secret"), O_RDWR | O_CLOEXEC);
    char text[8];
    uint32_t done;
    assert_true(secret >= 0);
    for (uint32_t fd = 4; fd < 300; fd++) {
        assert_int_equal(guest_read(guest, fd, text, sizeof text, &done), E_BADF);
        assert_int_equal(CALL(guest, "fd_renumber", fd, 3), E_BADF);
        assert_int_equal(CALL(guest, "fd_filestat_get", fd, GUEST_RESULT), E_BADF);
    }
    assert_int_equal(guest_read(guest, (uint32_t)secret + 0x10000, text, sizeof text, &done), E_BADF);
    assert_int_equal(guest_read(guest, UINT32_MAX, text, sizeof text, &done), E_BADF);
    close(secret);
}

/* What is above the mount, by names of every kind. */
static void test_names_that_are_too_long_or_too_odd(void **state)
{
    struct place *place = *state;
    struct guest *guest = &place->guest;
    char path[8000];
    uint32_t fd;
    memset(path, 'a', sizeof path);
    memcpy(path, "mnt/", 4);
    path[4 + 255] = '\0'; /* the longest name */
    assert_int_equal(guest_open(guest, path, O_CREATE_, R_WRITE, &fd), E_OK);
    path[4 + 255] = 'a';
    path[4 + 256] = '\0';
    assert_int_equal(guest_open(guest, path, O_CREATE_, R_WRITE, &fd), E_NAMETOOLONG);
    for (size_t i = 4; i < 4000; i += 3) /* above the root is the root */
        memcpy(path + i, "../etc/passwd", sizeof "../etc/passwd");
    assert_int_equal(guest_open(guest, path, 0, R_READ, &fd), E_NOENT);
    for (size_t i = 4; i + 3 < 7000; i += 2)
        memcpy(path + i, "./", 3);
    assert_int_equal(guest_open(guest, path, 0, R_READ, &fd), E_NAMETOOLONG);
    static const char *const odd[] = {"mnt/..\\target\\secret", "mnt/..%2ftarget", "mnt/.. /target", "mnt/ ../target",
                                      "mnt/\xc0\xae\xc0\xae/target", "mnt/\xef\xbc\x8e\xef\xbc\x8e/target",
                                      "mnt/..\x01/target", "mnt/...", "mnt/~/target", "mnt/$HOME"};
    for (size_t i = 0; i < sizeof odd / sizeof *odd; i++)
        assert_int_equal(guest_open(guest, odd[i], 0, R_READ, &fd), E_NOENT);
}

#define BOTH(name)                                                                                                     \
    {"openat2: " #name, name, set_up_openat2, tear_down, NULL},                                                        \
    {"fallback: " #name, name, set_up_fallback, tear_down, NULL}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_changes_while_a_folder_becomes_a_link),
        BOTH(test_listing_under_change),
        BOTH(test_links_of_proc_lead_nowhere),
        BOTH(test_descriptors_of_the_process),
        BOTH(test_names_that_are_too_long_or_too_odd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
