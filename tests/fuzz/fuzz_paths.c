/*
 * Path resolution against a model file system (paths_model.h): random trees of directories, files and symbolic links in
 * two in-memory mounts, one within the other, and in an overlay, and random operations on random paths: `.`, `..`,
 * doubled and final slashes, links that lead in circles, absolute ones and ones into another mount, from "/" and from
 * open directories that may have been removed. Errors and what is found must be as in the model; errors where it has no
 * opinion on their order must at least be errors.
 *
 * In every eighth input a directory of the host is mounted too, with the same in it each time, so that what comes of an
 * input does not depend on those before it. What lies beside it, and what lies below the overlay, must stay as it is,
 * and the former is never found, whatever links there are in it. With PATHS_TELL=1 in the environment each step is
 * printed.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "paths_model.h"
#include "remove_tree.h"
#include "vfs_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerInitialize(int *count, char ***arguments);

#define BASES 4 /* 0: "/"; the others are directories that were opened */
#define PATH_BYTES 60
#define MOST_STEPS 100
#define MOUNTS 3 /* that the model knows: its first nodes */
#define OVERLAY 3

static const char *const names[] = {"a", "b", "c", "m", "n", "h", "o"};

struct fuzz {
    const uint8_t *at, *end;
    struct vfs *vfs;
    struct paths_model model;
    struct {
        uint32_t fd;
        int node;
    } bases[BASES];
    uint64_t clock_ns;
    uint64_t host_device; /* 0: there is none of the host's */
};

static int tells; /* PATHS_TELL is set: each step is printed */

static unsigned take(struct fuzz *fuzz)
{
    return fuzz->at < fuzz->end ? *fuzz->at++ : 0;
}

static void need(int condition, const char *what, const char *path, int is, int expected)
{
    if (condition)
        return;
    fprintf(stderr, "%s \"%s\": %d (%s), the model: %d (%s)\n", what, path, is, strerror(is), expected,
            strerror(expected));
    abort();
}

/* ---- the host's folder, and what lies beside it ---- */

static char folder[] = "/tmp/pybox-fuzz-XXXXXX";
static const char *const outside[] = {"", "out", "out/a", "low", "low/a", "low/b", "low/b/a"};
#define OUTSIDE (sizeof outside / sizeof *outside)
static struct stat outside_before[OUTSIDE];

static const char *in_folder(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static void remove_folder(void)
{
    if (remove_tree(folder) != 0)
        perror(folder);
}

static void host_write(const char *name)
{
    FILE *file = fopen(in_folder(name), "w");
    if (file == NULL || fputs("text", file) < 0 || fclose(file) != 0)
        abort();
}

static int host_link(const char *target, const char *name)
{
    return symlink(target, in_folder(name));
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count, (void)arguments;
    tells = getenv("PATHS_TELL") != NULL;
    if (mkdtemp(folder) == NULL || mkdir(in_folder("out"), 0755) != 0 || mkdir(in_folder("in"), 0755) != 0 ||
        mkdir(in_folder("low"), 0755) != 0 || mkdir(in_folder("low/b"), 0755) != 0 ||
        host_link("../a", "low/b/c") != 0 || host_link("b", "low/c") != 0 || atexit(remove_folder) != 0)
        abort();
    host_write("out/a");
    host_write("low/a");
    host_write("low/b/a");
    for (size_t i = 0; i < OUTSIDE; i++)
        if (stat(in_folder(outside[i]), &outside_before[i]) != 0)
            abort();
    return 0;
}

/* The same for every input, whatever the one before it has left there. Some links lead out, which no guest could have
 * made. */
static void host_prepare(void)
{
    char out[128];
    snprintf(out, sizeof out, "%s/out", folder);
    if (remove_inside(in_folder("in")) != 0 || mkdir(in_folder("in/b"), 0755) != 0 ||
        host_link("../out", "in/c") != 0 || host_link(out, "in/m") != 0 || host_link("../../out/a", "in/b/c") != 0 ||
        host_link("/", "in/b/h") != 0 || host_link("..", "in/b/n") != 0)
        abort();
    host_write("in/a");
}

static int is_same(const struct stat *now, const struct stat *before)
{
    return now->st_ino == before->st_ino && now->st_size == before->st_size && now->st_nlink == before->st_nlink &&
           now->st_mtim.tv_sec == before->st_mtim.tv_sec && now->st_mtim.tv_nsec == before->st_mtim.tv_nsec &&
           now->st_ctim.tv_sec == before->st_ctim.tv_sec && now->st_ctim.tv_nsec == before->st_ctim.tv_nsec;
}

static void host_check(void)
{
    struct stat now;
    for (size_t i = 0; i < OUTSIDE; i++)
        if (stat(in_folder(outside[i]), &now) != 0 || !is_same(&now, &outside_before[i]))
            abort(); /* something was changed outside */
}

static void host_check_found(const struct fuzz *fuzz, const struct vfs_stat *found)
{
    for (size_t i = 0; i < OUTSIDE && fuzz->host_device != 0; i++)
        if (found->device == fuzz->host_device && found->inode == outside_before[i].st_ino)
            abort(); /* it is one of those outside */
}

/* ---- what the input says ---- */

static void take_path(struct fuzz *fuzz, char *path, int may_be_absolute)
{
    size_t used = 0;
    unsigned first = take(fuzz);
    if (may_be_absolute && first % 8 == 0)
        path[used++] = '/';
    for (unsigned parts = 1 + first / 8 % 7; parts > 0 && used < PATH_BYTES - 6; parts--) {
        const unsigned what = take(fuzz);
        const char *part = what % 16 < 3 ? ".." : what % 16 == 3 ? "." : names[what % 16 % 7];
        const char *slashes = what % 64 > 60 ? "//" : parts > 1 || what % 64 > 50 ? "/" : "";
        used += (size_t)sprintf(path + used, "%s%s", part, slashes);
    }
    path[used] = '\0';
}

static unsigned take_base(struct fuzz *fuzz)
{
    const unsigned base = take(fuzz) % (BASES * 2);
    return base < BASES && fuzz->bases[base].node != MODEL_NONE ? base : 0;
}

/* ---- comparing ---- */

/* What is found there is the host's, and not for the model to say. */
static int is_hosts(int expected)
{
    return expected == MODEL_UNKNOWN || expected == MODEL_INSIDE;
}

/* An operation that changes the tree. */
static void expect_status(struct fuzz *fuzz, const char *what, const char *path, int error, int expected)
{
    if (is_hosts(expected)) /* perhaps in a place that the model cannot know */
        fuzz->model.is_full |= error == 0 && expected == MODEL_UNKNOWN;
    else if (expected == MODEL_REFUSED)
        need(error != 0, what, path, error, EPERM);
    else
        need(error == expected, what, path, error, expected);
}

static void expect_node(struct fuzz *fuzz, const char *path, const struct vfs_stat *stat, int number)
{
    static const int types[] = {
        [MODEL_DIRECTORY] = VFS_DIRECTORY, [MODEL_FILE] = VFS_REGULAR, [MODEL_LINK] = VFS_SYMLINK};
    struct model_node *node = &fuzz->model.nodes[number];
    if (node->mount == MODEL_HOST)
        return;
    need(stat->type == types[node->type], "type of", path, stat->type, types[node->type]);
    if (node->inode == 0)
        node->inode = stat->inode;
    need(stat->inode == node->inode, "inode of", path, (int)stat->inode, (int)node->inode);
    if (node->type == MODEL_FILE)
        need(stat->links == (uint64_t)node->links, "links of", path, (int)stat->links, node->links);
}

static void step_stat(struct fuzz *fuzz, unsigned base, const char *path, int follow)
{
    struct vfs_stat stat;
    int node = MODEL_NONE;
    const int expected = model_look(&fuzz->model, fuzz->bases[base].node, path, follow, &node);
    const int error = vfs_stat_path(fuzz->vfs, fuzz->bases[base].fd, path, strlen(path), follow, &stat);
    if (!is_hosts(expected))
        expect_status(fuzz, follow ? "stat" : "lstat", path, error, expected);
    if (error == 0 && expected == 0)
        expect_node(fuzz, path, &stat, node);
    if (error == 0)
        host_check_found(fuzz, &stat);
}

static void step_open(struct fuzz *fuzz, unsigned base, const char *path, unsigned how)
{
    const int follow = how & 1, exclusive = how >> 1 & 1;
    const uint32_t flags =
        VFS_READ | VFS_WRITE | VFS_CREATE | (follow ? VFS_FOLLOW : 0) | (exclusive ? VFS_EXCLUSIVE : 0);
    struct vfs_stat stat;
    uint32_t fd;
    int node = MODEL_NONE;
    const int expected = model_create(&fuzz->model, fuzz->bases[base].node, path, follow, exclusive, &node);
    const int error = vfs_open(fuzz->vfs, fuzz->bases[base].fd, path, strlen(path), flags, 0, &fd);
    expect_status(fuzz, exclusive ? "create" : "open", path, error, expected);
    if (error != 0)
        return;
    if (vfs_stat_file(fuzz->vfs, fd, &stat) != 0)
        abort();
    if (expected == 0 && !fuzz->model.is_full)
        expect_node(fuzz, path, &stat, node);
    host_check_found(fuzz, &stat);
    vfs_close(fuzz->vfs, fd);
}

/* The directory is kept open, as one that paths may begin in. */
static void step_open_directory(struct fuzz *fuzz, unsigned base, const char *path, unsigned slot)
{
    uint32_t fd;
    int node = MODEL_NONE;
    const int follow = slot & 1;
    const int expected = model_open_directory(&fuzz->model, fuzz->bases[base].node, path, follow, &node);
    const int error = vfs_open(fuzz->vfs, fuzz->bases[base].fd, path, strlen(path),
                               VFS_READ | VFS_ONLY_DIRECTORY | (follow ? VFS_FOLLOW : 0), 0, &fd);
    if (!is_hosts(expected))
        expect_status(fuzz, "open directory", path, error, expected);
    if (error != 0)
        return;
    slot = 1 + slot / 2 % (BASES - 1);
    if (is_hosts(expected)) {
        vfs_close(fuzz->vfs, fd);
        return;
    }
    if (fuzz->bases[slot].node != MODEL_NONE)
        vfs_close(fuzz->vfs, fuzz->bases[slot].fd);
    fuzz->bases[slot].fd = fd;
    fuzz->bases[slot].node = node;
}

struct listing {
    struct fuzz *fuzz;
    const struct model_node *directory;
    int count;
};

static int list_one(void *context, const struct vfs_entry *entry)
{
    struct listing *listing = context;
    if (entry->name[0] == '.' || (entry->length == 3 && memcmp(entry->name, "dev", 3) == 0))
        return 1;
    for (int i = 0; i < MODEL_ENTRIES; i++) {
        const struct model_entry *known = &listing->directory->entries[i];
        if (known->node != MODEL_NONE && strlen(known->name) == entry->length &&
            memcmp(known->name, entry->name, entry->length) == 0) {
            listing->count++;
            return 1;
        }
    }
    need(0, "listed", entry->name, 0, ENOENT);
    return 0;
}

static void step_list(struct fuzz *fuzz, unsigned base)
{
    struct listing listing = {.fuzz = fuzz, .directory = &fuzz->model.nodes[fuzz->bases[base].node]};
    int expected = 0;
    if (fuzz->model.is_full || listing.directory->mount == MODEL_HOST)
        return;
    for (int i = 0; i < MODEL_ENTRIES; i++)
        expected += listing.directory->entries[i].node != MODEL_NONE;
    need(vfs_list(fuzz->vfs, fuzz->bases[base].fd, 0, list_one, &listing) == 0, "list", "", EIO, 0);
    need(listing.count == expected, "entries of", "a directory", listing.count, expected);
}

static void step_readlink(struct fuzz *fuzz, unsigned base, const char *path)
{
    char target[VFS_PATH_BYTES];
    const char *known = "";
    size_t length;
    const int expected = model_readlink(&fuzz->model, fuzz->bases[base].node, path, &known);
    const int error = vfs_readlink(fuzz->vfs, fuzz->bases[base].fd, path, strlen(path), target, sizeof target, &length);
    if (!is_hosts(expected))
        expect_status(fuzz, "readlink", path, error, expected);
    if (error == 0 && expected == 0)
        need(length == strlen(known) && memcmp(target, known, length) == 0, "target of", path, 0, 0);
}

/* The state becomes bytes and comes back: everything must be as before, the open directories too. Only the roots of
 * mounts may be other nodes, as those of empty ones are not kept, and so may what is from below an overlay. */
static void step_encode(struct fuzz *fuzz)
{
    void *state;
    size_t length;
    if (vfs_encode(fuzz->vfs, &state, &length) != PYBOX_OK)
        abort();
    if (vfs_decode(fuzz->vfs, state, length, NULL) != PYBOX_OK)
        abort();
    free(state);
    for (int i = 1; i < MODEL_NODES; i++)
        if (i <= MOUNTS || fuzz->model.nodes[i].mount == OVERLAY)
            fuzz->model.nodes[i].inode = 0;
}

static void step_two(struct fuzz *fuzz, unsigned what, unsigned base, const char *path)
{
    char to[PATH_BYTES];
    const unsigned to_base = take_base(fuzz);
    take_path(fuzz, to, 0);
    const int node = fuzz->bases[base].node, to_node = fuzz->bases[to_base].node;
    const uint32_t fd = fuzz->bases[base].fd, to_fd = fuzz->bases[to_base].fd;
    int error, expected;
    if (what == 0) {
        expected = model_link(&fuzz->model, node, path, to_node, to);
        error = vfs_link(fuzz->vfs, fd, path, strlen(path), to_fd, to, strlen(to));
    } else {
        expected = model_rename(&fuzz->model, node, path, to_node, to);
        error = vfs_rename(fuzz->vfs, fd, path, strlen(path), to_fd, to, strlen(to));
    }
    char both[PATH_BYTES * 2 + 5];
    snprintf(both, sizeof both, "%s\", \"%s", path, to);
    expect_status(fuzz, what == 0 ? "link" : "rename", both, error, expected);
}

static void step(struct fuzz *fuzz)
{
    char path[PATH_BYTES], target[PATH_BYTES];
    const unsigned what = take(fuzz) % 16, base = take_base(fuzz);
    const int node = fuzz->bases[base].node;
    const uint32_t fd = fuzz->bases[base].fd;
    take_path(fuzz, path, what == 15);
    const size_t length = strlen(path);
    if (tells)
        fprintf(stderr, "step %u from %u: \"%s\"\n", what, base, path);
    switch (what) {
    case 0: case 1: step_stat(fuzz, base, path, (int)what); break;
    case 2: case 3: step_open(fuzz, base, path, take(fuzz)); break;
    case 4: step_open_directory(fuzz, base, path, take(fuzz)); break;
    case 5: step_list(fuzz, base); break;
    case 6: step_readlink(fuzz, base, path); break;
    case 7: step_encode(fuzz); break;
    case 8: case 9: step_two(fuzz, what - 8, base, path); break;
    case 10: case 11:
        expect_status(fuzz, "mkdir", path, vfs_make_directory(fuzz->vfs, fd, path, length),
                      model_make_directory(&fuzz->model, node, path));
        break;
    case 12:
        expect_status(fuzz, "unlink", path, vfs_unlink(fuzz->vfs, fd, path, length),
                      model_unlink(&fuzz->model, node, path));
        break;
    case 13:
        expect_status(fuzz, "rmdir", path, vfs_remove_directory(fuzz->vfs, fd, path, length),
                      model_remove_directory(&fuzz->model, node, path));
        break;
    default:
        take_path(fuzz, target, 1);
        expect_status(fuzz, "symlink", path, vfs_symlink(fuzz->vfs, target, strlen(target), fd, path, length),
                      model_symlink(&fuzz->model, target, node, path));
    }
}

/* What lies below the overlay. */
static void put_overlay(struct paths_model *model)
{
    const int root = model_mount(model, MODEL_ROOT, "o", OVERLAY);
    model_put(model, root, "a", MODEL_FILE, "");
    model_put(model, root, "c", MODEL_LINK, "b");
    const int folder_b = model_put(model, root, "b", MODEL_DIRECTORY, "");
    model_put(model, folder_b, "a", MODEL_FILE, "");
    model_put(model, folder_b, "c", MODEL_LINK, "../a");
}

static uint64_t now_ns(void *context)
{
    return ++*(uint64_t *)context;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static struct fuzz fuzz;
    fuzz.at = bytes;
    fuzz.end = bytes + length;
    const unsigned choices = take(&fuzz);
    const struct vfs_hooks hooks = {.context = &fuzz.clock_ns, .now_ns = now_ns};
    const uint32_t root = 3;
    fuzz.host_device = 0;
    fuzz.clock_ns = 0;
    model_start(&fuzz.model);
    const int outer = model_mount(&fuzz.model, MODEL_ROOT, "m", 1);
    model_mount(&fuzz.model, outer, "n", 2);
    put_overlay(&fuzz.model);
    if (vfs_create(NULL, &fuzz.vfs) != PYBOX_OK || vfs_mount_memory(fuzz.vfs, "/m") != PYBOX_OK ||
        vfs_mount_memory(fuzz.vfs, "/m/n") != PYBOX_OK ||
        vfs_mount_overlay(fuzz.vfs, "/o", in_folder("low")) != PYBOX_OK)
        abort();
    vfs_set_hooks(fuzz.vfs, &hooks);
    if (choices % 8 == 0) {
        host_prepare();
        model_mount(&fuzz.model, MODEL_ROOT, "h", MODEL_HOST);
        if (vfs_mount_host(fuzz.vfs, "/h", in_folder("in"), 0) != PYBOX_OK)
            abort();
        if (choices & 64)
            vfs_force_fallback(fuzz.vfs);
    }
    struct vfs_stat stat;
    if (vfs_open_root(fuzz.vfs, root) != 0)
        abort();
    if (choices % 8 == 0 && vfs_stat_path(fuzz.vfs, root, "h", 1, 1, &stat) == 0)
        fuzz.host_device = stat.device;
    fuzz.bases[0].fd = root;
    fuzz.bases[0].node = MODEL_ROOT;
    for (int i = 1; i < BASES; i++)
        fuzz.bases[i].node = MODEL_NONE;
    for (int steps = 0; fuzz.at < fuzz.end && steps < MOST_STEPS && !fuzz.model.is_full; steps++)
        step(&fuzz);
    vfs_destroy(fuzz.vfs);
    host_check();
    return 0;
}
