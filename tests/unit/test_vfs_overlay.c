/*
 * Overlays. Random operations are done in an overlay of one folder and, through a writable mount, in a plain copy of
 * that folder: both must answer the same and look the same ever after, over checkpoints, clones and encoded states, and
 * the folder below must stay as it was. Then what only overlays have, and what goes wrong.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc_fault.h"
#include "host_access.h"
#include "vfs_files.h"

#include <cmocka.h>

#define ROOT_FD 0u
#define DUMP_BYTES (1u << 20)

static char base[64], below[80], copy[80];

/* ---- the host's folders ---- */

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
    char command[1024];
    va_list list;
    va_start(list, format);
    vsnprintf(command, sizeof command, format, list);
    va_end(list);
    assert_int_equal(system(command), 0);
}

static int make_folders(void **state)
{
    (void)state;
    strcpy(base, "/tmp/pybox-overlay-XXXXXX");
    if (mkdtemp(base) == NULL)
        return -1;
    snprintf(below, sizeof below, "%s/below", base);
    snprintf(copy, sizeof copy, "%s/copy", base);
    shell("mkdir -p %s/a/b %s/c/a %s/b", below, below, below);
    shell("cd %s && printf one >a/a && printf two >a/b/c && printf three >c/b && printf four >d && ln -s d e && "
          "ln -s ../d a/e && ln -s nothing b/e && truncate -s 200000 c/a/d && printf tail >>c/a/d", below);
    shell("cp -a %s %s", below, copy);
    return 0;
}

static int remove_folders(void **state)
{
    (void)state;
    fail_at = -1;
    shell("chmod -R u+rwx %s; rm -rf %s", base, base);
    return 0;
}

/* ---- trees ---- */

static struct vfs *make_tree(const struct vfs_quota *quota)
{
    struct vfs *vfs;
    assert_int_equal(vfs_create(quota, &vfs), PYBOX_OK);
    assert_int_equal(vfs_open_root(vfs, ROOT_FD), 0);
    return vfs;
}

static struct vfs *make_overlay(const struct vfs_quota *quota)
{
    struct vfs *vfs = make_tree(quota);
    assert_int_equal(vfs_mount_overlay(vfs, "/m", below), PYBOX_OK);
    return vfs;
}

static int open_path(struct vfs *vfs, const char *path, uint32_t how, uint32_t *fd)
{
    return vfs_open(vfs, ROOT_FD, path, strlen(path), how, 0, fd);
}

struct dump {
    struct vfs *vfs;
    char *text;
    size_t length;
    char names[64][300];
    uint64_t inodes[64];
    int types[64];
    int count;
};

static int add_name(void *context, const struct vfs_entry *entry)
{
    struct dump *dump = context;
    if (strncmp(entry->name, ".", entry->length) == 0 || strncmp(entry->name, "..", entry->length) == 0)
        return 1;
    assert_true(dump->count < 64);
    snprintf(dump->names[dump->count], sizeof dump->names[0], "%.*s", (int)entry->length, entry->name);
    dump->inodes[dump->count] = entry->inode;
    dump->types[dump->count++] = entry->type;
    return 1;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* All that is below a path, as text: kinds, names, sizes and sums of contents, targets. What a listing says of a name
 * must be what stat says. */
static void dump_path(struct vfs *vfs, const char *path, char *text, size_t *used)
{
    uint32_t fd;
    struct dump dump = {.vfs = vfs};
    assert_int_equal(open_path(vfs, path, VFS_READ | VFS_ONLY_DIRECTORY, &fd), 0);
    assert_int_equal(vfs_list(vfs, fd, 0, add_name, &dump), 0);
    for (int i = 0; i < dump.count; i++) {
        struct vfs_stat stat;
        assert_int_equal(vfs_stat_path(vfs, fd, dump.names[i], strlen(dump.names[i]), 0, &stat), 0);
        assert_int_equal(stat.inode, dump.inodes[i]);
        assert_int_equal(stat.type, dump.types[i]);
    }
    assert_int_equal(vfs_close(vfs, fd), 0);
    qsort(dump.names, (size_t)dump.count, sizeof dump.names[0], compare_names);
    for (int i = 0; i < dump.count; i++) {
        char inner[1024], target[512];
        struct vfs_stat stat;
        size_t length;
        snprintf(inner, sizeof inner, "%s/%s", path, dump.names[i]);
        if (i > 0)
            assert_string_not_equal(dump.names[i - 1], dump.names[i]); /* listed once */
        assert_int_equal(vfs_stat_path(vfs, ROOT_FD, inner, strlen(inner), 0, &stat), 0);
        if (stat.type == VFS_DIRECTORY) {
            *used += (size_t)snprintf(text + *used, DUMP_BYTES - *used, "%s/\n", inner);
            dump_path(vfs, inner, text, used);
        } else if (stat.type == VFS_SYMLINK) {
            assert_int_equal(vfs_readlink(vfs, ROOT_FD, inner, strlen(inner), target, sizeof target, &length), 0);
            *used += (size_t)snprintf(text + *used, DUMP_BYTES - *used, "%s -> %.*s\n", inner, (int)length, target);
        } else {
            uint64_t sum = 0, at = 0;
            static uint8_t piece[70000];
            assert_int_equal(open_path(vfs, inner, VFS_READ, &fd), 0);
            for (size_t done = 1; done > 0; at += done) {
                assert_int_equal(vfs_read(vfs, fd, piece, sizeof piece, at, &done), 0);
                for (size_t j = 0; j < done; j++)
                    sum = (sum ^ piece[j]) * 0x100000001b3u;
            }
            assert_int_equal(vfs_close(vfs, fd), 0);
            assert_int_equal(at, stat.size);
            *used += (size_t)snprintf(text + *used, DUMP_BYTES - *used, "%s %llu %016llx\n", inner,
                                      (unsigned long long)at, (unsigned long long)sum);
        }
        assert_true(*used < DUMP_BYTES);
    }
}

static char *dump_tree(struct vfs *vfs)
{
    char *text = malloc(DUMP_BYTES);
    size_t used = 0;
    text[0] = '\0';
    dump_path(vfs, "m", text, &used);
    return text;
}

static void assert_same(struct vfs *a, struct vfs *b)
{
    char *first = dump_tree(a), *second = dump_tree(b);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

/* ---- random operations ---- */

static uint64_t seed;

static uint32_t draw(uint32_t bound)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % bound;
}

/* "m", and up to four names of five. */
static const char *draw_path(char path[64])
{
    strcpy(path, "m");
    for (uint32_t depth = 1 + draw(4); depth > 0; depth--) {
        const char name[3] = {'/', (char)('a' + draw(5)), '\0'};
        strcat(path, name);
    }
    return path;
}

/* Numbers of open files, the same in both trees. */
static uint32_t opened[4];
static int opened_kind[4]; /* 0: not open, 1: file to read, 2: to write, 3: directory */

struct step {
    int error[2];
    uint64_t fact[2];
};

/* One operation with the same draws in each tree. */
static void operate(struct vfs *vfs, int side, uint32_t what, const char *path, const char *other, uint32_t number,
                    struct step *step)
{
    struct vfs_stat stat;
    uint32_t fd;
    size_t done = 0;
    static const char text[] = "0123456789abcdef";
    const size_t length = strlen(path);
    int *error = &step->error[side];
    uint64_t *fact = &step->fact[side];
    *error = 0;
    *fact = 0;
    switch (what) {
    case 0: /* a new or changed file */
        *error = open_path(vfs, path, VFS_WRITE | VFS_CREATE | VFS_FOLLOW | (number & 1 ? VFS_TRUNCATE : 0), &fd);
        if (*error == 0) {
            assert_int_equal(vfs_write(vfs, fd, text, number % 16, number % 300000, &done, NULL), 0);
            assert_int_equal(vfs_close(vfs, fd), 0);
        }
        break;
    case 1:
        *error = vfs_unlink(vfs, ROOT_FD, path, length);
        break;
    case 2:
        *error = vfs_make_directory(vfs, ROOT_FD, path, length);
        break;
    case 3:
        *error = vfs_remove_directory(vfs, ROOT_FD, path, length);
        break;
    case 4:
    case 5:
        *error = vfs_rename(vfs, ROOT_FD, path, length, ROOT_FD, other, strlen(other));
        break;
    case 6:
        *error = vfs_symlink(vfs, number & 1 ? "c" : "a/b", number & 1 ? 1 : 3, ROOT_FD, path, length);
        break;
    case 7:
        *error = vfs_stat_path(vfs, ROOT_FD, path, length, (int)(number & 1), &stat);
        *fact = *error == 0 ? stat.type * 1000000000u + (stat.type == VFS_REGULAR ? stat.size : 0) : 0;
        break;
    case 8: /* to a size */
        *error = open_path(vfs, path, VFS_WRITE | VFS_FOLLOW, &fd);
        if (*error == 0) {
            *error = vfs_set_size(vfs, fd, number % 300000);
            assert_int_equal(vfs_close(vfs, fd), 0);
        }
        break;
    case 9: { /* times, far from now */
        const uint64_t time = (1000000000u + (uint64_t)number) * 1000000000u;
        *error = vfs_set_times_path(vfs, ROOT_FD, path, length, 0, time, time);
        if (*error == 0)
            *error = vfs_stat_path(vfs, ROOT_FD, path, length, 0, &stat);
        *fact = *error == 0 ? stat.modified_ns : 0;
        break;
    }
    case 10: { /* a file that stays open */
        const uint32_t slot = number % 4;
        if (opened_kind[slot] != 0)
            break;
        *error = open_path(vfs, path, (number & 4 ? VFS_WRITE | VFS_READ : VFS_READ) | VFS_FOLLOW, &fd);
        *fact = fd;
        break;
    }
    case 11: { /* use it */
        const uint32_t slot = number % 4;
        char bytes[100];
        if (opened_kind[slot] == 0)
            break;
        if (opened_kind[slot] == 2)
            *error = vfs_write(vfs, opened[slot], text, number % 16, number % 1000, &done, NULL);
        else if (opened_kind[slot] == 1)
            *error = vfs_read(vfs, opened[slot], bytes, sizeof bytes, number % 10, &done);
        *fact = done;
        for (size_t i = 0; opened_kind[slot] == 1 && i < done; i++)
            *fact = (*fact ^ (uint8_t)bytes[i]) * 31;
        if (opened_kind[slot] == 3) /* names below an open directory, wherever it is now */
            *error = vfs_stat_path(vfs, opened[slot], number & 4 ? "a" : "b", 1, 0, &stat);
        break;
    }
    case 12: { /* close it */
        const uint32_t slot = number % 4;
        if (opened_kind[slot] != 0)
            *error = vfs_close(vfs, opened[slot]);
        break;
    }
    default: {
        char entry[80];
        snprintf(entry, sizeof entry, "%s/%c", path, 'a' + (int)(number % 5));
        *error = vfs_unlink(vfs, ROOT_FD, entry, strlen(entry));
    }
    }
}

/* Where several things are wrong at once, the kernel and the tree in memory may tell of different ones. A link that
 * leads out of the writable mount is refused there, while in an overlay it leads to where nothing is. */
static int error_class(uint32_t what, int error)
{
    return what != 7 ? error != 0 : error == EPERM ? ENOENT : error;
}

static void after_open(struct vfs *overlay, uint32_t number, const struct step *step)
{
    const uint32_t slot = number % 4;
    if (opened_kind[slot] != 0 || step->error[0] != 0)
        return;
    assert_int_equal(step->fact[0], step->fact[1]);
    opened[slot] = (uint32_t)step->fact[0];
    opened_kind[slot] = vfs_descriptor(overlay, opened[slot])->type == VFS_DIRECTORY ? 3 : number & 4 ? 2 : 1;
}

static void one_operation(struct vfs *overlay, struct vfs *plain)
{
    char path[64], other[64];
    struct step step;
    const uint32_t what = draw(14), number = draw(1u << 30);
    draw_path(path);
    draw_path(other);
    operate(plain, 1, what, path, other, number, &step);
    if ((what == 4 || what == 5) && step.error[1] == EPERM)
        return; /* a link that would lead out of a writable folder of the host is not moved there */
    operate(overlay, 0, what, path, other, number, &step);
    if (error_class(what, step.error[0]) != error_class(what, step.error[1]) || step.fact[0] != step.fact[1])
        fail_msg("operation %u %s %s %u: overlay %s %llu, copy %s %llu", what, path, other, number,
                 strerror(step.error[0]), (unsigned long long)step.fact[0], strerror(step.error[1]),
                 (unsigned long long)step.fact[1]);
    if (what == 10)
        after_open(overlay, number, &step);
    if (what == 12)
        opened_kind[number % 4] = 0;
}

static void close_all(struct vfs *a, struct vfs *b)
{
    for (int i = 0; i < 4; i++) {
        if (opened_kind[i] != 0) {
            vfs_close(a, opened[i]);
            vfs_close(b, opened[i]);
        }
        opened_kind[i] = 0;
    }
}

/* The state goes through bytes to another tree. */
static void assert_encodes(struct vfs *overlay)
{
    void *bytes, *again;
    size_t length, again_length;
    uint32_t lost;
    assert_int_equal(vfs_encode(overlay, &bytes, &length), PYBOX_OK);
    struct vfs *other = make_overlay(NULL);
    assert_int_equal(vfs_decode(other, bytes, length, &lost), PYBOX_OK);
    assert_same(overlay, other);
    assert_int_equal(vfs_encode(overlay, &again, &again_length), PYBOX_OK); /* looking changed nothing of it */
    assert_int_equal(again_length, length);
    assert_memory_equal(again, bytes, length);
    free(again);
    free(bytes);
    vfs_destroy(other);
}

static void run_model(uint64_t first_seed, int fallback, int rounds)
{
    struct vfs *overlay = make_overlay(NULL), *plain = make_tree(NULL);
    char *before = dump_tree(overlay);
    assert_int_equal(vfs_mount_host(plain, "/m", copy, 0), PYBOX_OK);
    if (fallback)
        vfs_force_fallback(overlay);
    seed = first_seed;
    assert_same(overlay, plain);
    for (int i = 0; i < rounds; i++) {
        for (int j = 0; j < 12; j++)
            one_operation(overlay, plain);
        assert_same(overlay, plain);
        if (i % 8 == 3) { /* what a checkpoint undoes */
            char *kept = dump_tree(overlay);
            assert_int_equal(vfs_checkpoint(overlay), PYBOX_OK);
            const uint64_t kept_seed = seed;
            struct vfs *idle = make_tree(NULL); /* the copy does not take part */
            assert_int_equal(vfs_mount_host(idle, "/m", below, 1), PYBOX_OK);
            for (int j = 0; j < 40; j++) {
                char path[64], other[64];
                struct step step;
                const uint32_t what = draw(10), number = draw(1u << 30);
                draw_path(path);
                operate(overlay, 0, what, path, draw_path(other), number, &step);
            }
            vfs_destroy(idle);
            vfs_rollback(overlay);
            vfs_drop(overlay);
            seed = kept_seed;
            char *now = dump_tree(overlay);
            assert_string_equal(now, kept);
            free(now);
            free(kept);
        }
        if (i % 8 == 5) {
            assert_encodes(overlay);
            struct vfs *clone;
            assert_int_equal(vfs_clone(overlay, &clone), PYBOX_OK);
            assert_same(overlay, clone);
            vfs_destroy(clone);
        }
    }
    close_all(overlay, plain);
    vfs_destroy(overlay);
    vfs_destroy(plain);
    overlay = make_overlay(NULL); /* the host's folder is what it was */
    char *after = dump_tree(overlay);
    assert_string_equal(after, before);
    vfs_destroy(overlay);
    free(before);
    free(after);
}

static void test_random_operations(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 40; i++) {
        run_model(i, i % 2 == 0, 24);
        shell("rm -rf %s; cp -a %s %s", copy, below, copy);
    }
}

/* ---- what only overlays have ---- */

static void write_text(struct vfs *vfs, const char *path, const char *text)
{
    assert_int_equal(host_access_write(vfs, path, text, strlen(text)), 0);
}

static void assert_text(struct vfs *vfs, const char *path, const char *text)
{
    void *bytes;
    size_t length;
    assert_int_equal(host_access_read(vfs, path, 1000, &bytes, &length), 0);
    assert_int_equal(length, strlen(text));
    assert_memory_equal(bytes, text, length);
    free(bytes);
}

/* The host's folder changes under the guest: what it has not changed is as it is there, the rest stays. */
static void test_the_host_changes(void **state)
{
    (void)state;
    struct vfs *vfs = make_overlay(NULL);
    struct vfs_stat stat;
    assert_text(vfs, "/m/d", "four");
    write_text(vfs, "/m/a/a", "changed");
    shell("cd %s && printf five >d && printf other >a/a && printf new >new && rm -r c && rm -r b && printf file >b", below);
    assert_text(vfs, "/m/d", "five");
    assert_text(vfs, "/m/new", "new");
    assert_text(vfs, "/m/a/a", "changed");
    assert_int_equal(vfs_stat_path(vfs, ROOT_FD, "m/c/b", 5, 0, &stat), ENOENT);
    write_text(vfs, "/m/a/b/c", "two and more");
    shell("cd %s && rm -r a && ln -s /etc a", below); /* a link is no folder, and is not followed */
    assert_text(vfs, "/m/a/a", "changed");
    assert_text(vfs, "/m/a/b/c", "two and more");
    assert_int_equal(vfs_stat_path(vfs, ROOT_FD, "m/a/passwd", 10, 1, &stat), ENOENT);
    write_text(vfs, "/m/a/b/d", "still writable");
    char *text = dump_tree(vfs);
    assert_non_null(strstr(text, "m/a/b/d 14"));
    free(text);
    vfs_destroy(vfs);
}

/* A link of the host's leads where it leads in the guest's tree. */
static void test_links_stay_inside(void **state)
{
    (void)state;
    shell("cd %s && ln -s /etc/passwd absolute && ln -s ../../../../../../etc/passwd relative && ln -s /m/d home", below);
    for (int fallback = 0; fallback < 2; fallback++) {
        struct vfs *vfs = make_overlay(NULL);
        uint32_t fd;
        if (fallback)
            vfs_force_fallback(vfs);
        assert_int_equal(open_path(vfs, "m/absolute", VFS_READ | VFS_FOLLOW, &fd), ENOENT);
        assert_int_equal(open_path(vfs, "m/relative", VFS_READ | VFS_FOLLOW, &fd), ENOENT);
        assert_text(vfs, "/m/home", "four");
        vfs_destroy(vfs);
    }
}

static void test_quota(void **state)
{
    (void)state;
    shell("cd %s && truncate -s 2M large && head -c 300000 /dev/urandom >full", below);
    const struct vfs_quota quota = {.bytes = 1 << 18, .files = 3};
    struct vfs *vfs = make_overlay(&quota);
    uint32_t fd;
    char *text = dump_tree(vfs); /* five folders are looked into: they are no files of the quota */
    free(text);
    const uint64_t used = vfs_used_bytes(vfs);
    assert_int_equal(open_path(vfs, "m/full", VFS_WRITE, &fd), ENOSPC);
    assert_int_equal(open_path(vfs, "m/large", VFS_WRITE, &fd), ENOSPC);
    assert_true(vfs_used_bytes(vfs) == used); /* nothing is left of it */
    assert_int_equal(open_path(vfs, "m/full", VFS_WRITE | VFS_TRUNCATE, &fd), 0); /* nothing is copied */
    assert_int_equal(vfs_close(vfs, fd), 0);
    write_text(vfs, "/m/x", "1");
    assert_int_equal(vfs_unlink(vfs, ROOT_FD, "m/d", 3), 0); /* a whiteout is one */
    assert_int_equal(vfs_unlink(vfs, ROOT_FD, "m/a/a", 5), ENOSPC);
    assert_text(vfs, "/m/a/a", "one");
    vfs_destroy(vfs);
}

/* A sparse file stays one. */
static void test_holes(void **state)
{
    (void)state;
    shell("cd %s && truncate -s 50M hole && printf end >>hole", below);
    struct vfs *vfs = make_overlay(NULL);
    uint32_t fd;
    size_t done;
    assert_int_equal(open_path(vfs, "m/hole", VFS_WRITE | VFS_READ, &fd), 0);
    assert_true(vfs_used_bytes(vfs) < 1 << 20);
    char bytes[4] = "";
    assert_int_equal(vfs_read(vfs, fd, bytes, 3, 50 << 20, &done), 0);
    assert_string_equal(bytes, "end");
    vfs_destroy(vfs);
}

/* Every allocation fails once: each time the operation fails and the tree is as it was, or it is done. */
static void test_every_allocation_fails(void **state)
{
    (void)state;
    static const char *const paths[] = {"/m/a/b/c", "/m/c/a/d", "/m/d", "/m/new/folder/file"};
    for (long i = 0, failures = 1; failures > 0; i++) {
        struct vfs *vfs = make_overlay(NULL), *clone = NULL;
        void *bytes = NULL;
        size_t length;
        failures = 0;
        for (size_t j = 0; j < sizeof paths / sizeof *paths; j++) {
            char *before = dump_tree(vfs);
            fail_at = i;
            int error = host_access_write(vfs, paths[j], "x", 1);
            failures += fail_at < 0;
            fail_at = -1;
            char *after = dump_tree(vfs);
            assert_true(error == 0 || error == ENOMEM);
            if (error != 0)
                assert_string_equal(after, before);
            free(before);
            free(after);
        }
        char *before = dump_tree(vfs);
        fail_at = i;
        int error = vfs_rename(vfs, ROOT_FD, "m/a", 3, ROOT_FD, "m/b/z", 5);
        if (error == 0)
            error = vfs_unlink(vfs, ROOT_FD, "m/b/z/a", 7);
        if (error == 0)
            error = host_access_remove(vfs, "/m/c", 1);
        failures += fail_at < 0;
        fail_at = -1;
        assert_true(error == 0 || error == ENOMEM);
        fail_at = i;
        pybox_status status = vfs_encode(vfs, &bytes, &length);
        if (status == PYBOX_OK)
            status = vfs_clone(vfs, &clone);
        failures += fail_at < 0;
        fail_at = -1;
        assert_true(status == PYBOX_OK || status == PYBOX_ERROR_NO_MEMORY);
        free(before);
        free(bytes);
        vfs_destroy(clone);
        char *whole = dump_tree(vfs); /* it can be used */
        free(whole);
        vfs_destroy(vfs);
    }
}

/* Every byte of an encoded overlay changed: an error, or a tree that can be used; never a crash. */
static void test_forged_states(void **state)
{
    (void)state;
    struct vfs *vfs = make_overlay(NULL);
    void *bytes, *again;
    size_t length, again_length;
    uint32_t fd;
    int refused = 0;
    write_text(vfs, "/m/a/b/c", "x");
    assert_int_equal(vfs_unlink(vfs, ROOT_FD, "m/d", 3), 0);
    assert_int_equal(vfs_rename(vfs, ROOT_FD, "m/c", 3, ROOT_FD, "m/k", 3), 0);
    assert_int_equal(open_path(vfs, "m/k/b", VFS_READ, &fd), 0);
    assert_int_equal(open_path(vfs, "m/k", VFS_READ | VFS_ONLY_DIRECTORY, &fd), 0);
    assert_int_equal(vfs_encode(vfs, &bytes, &length), PYBOX_OK);
    uint8_t *forged = malloc(length);
    for (size_t i = 0; i < length; i++) {
        static const uint8_t values[] = {0, 1, '/', '.', 0x7f, 0xff};
        for (size_t j = 0; j < sizeof values; j++) {
            memcpy(forged, bytes, length);
            forged[i] = forged[i] == values[j] ? (uint8_t)(forged[i] + 1) : values[j];
            if (vfs_decode(vfs, forged, length, NULL) != PYBOX_OK) {
                refused++;
                continue;
            }
            struct host_list list;
            host_list_match(vfs, "/**", &list); /* whatever it says */
            host_list_free(&list);
            host_access_write(vfs, "/m/a/b/c", "y", 1);
            assert_int_equal(vfs_encode(vfs, &again, &again_length), PYBOX_OK);
            free(again);
        }
    }
    assert_true(refused > 100);
    for (size_t cut = 0; cut < length; cut++)
        assert_int_not_equal(vfs_decode(vfs, bytes, cut, NULL), PYBOX_OK);
    free(forged);
    free(bytes);
    vfs_destroy(vfs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_random_operations, make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(test_the_host_changes, make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(test_links_stay_inside, make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(test_quota, make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(test_holes, make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(test_every_allocation_fails, make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(test_forged_states, make_folders, remove_folders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
