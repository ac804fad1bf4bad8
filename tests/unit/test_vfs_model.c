/*
 * Random operations on a tree, with random checkpoints, rollbacks and drops, compared with a plain model of which a
 * checkpoint is a copy. Allocations fail now and then, and the quota is small.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc_fault.h"
#include "vfs_files.h"

#include <cmocka.h>

#define ROOT_FD 0u
#define NAMES 12  /* in each directory, at most */
#define NODES 96  /* there cannot be more than files of the quota */
#define FILES 40  /* quota */
#define OPENS 6
#define DEPTH 3
#define STACK 6
#define QUOTA_BYTES (600u << 10)
#define POSITIONS 100000u

/* ---- the model ---- */

struct model_node {
    int type; /* 0: unused */
    int links;
    uint32_t size;
    uint8_t *bytes; /* of a regular file, POSITIONS * 2 */
    int child[NAMES]; /* of a directory: node + 1 */
    int parent, depth;
};

struct model {
    struct model_node nodes[NODES];
    struct {
        uint32_t fd; /* 0: unused */
        int node;
        uint64_t offset;
        uint32_t flags;
    } open[OPENS];
    void *encoded; /* the tree's own idea of its state when the model was copied */
    size_t encoded_length;
    uint64_t used_bytes;
};

#define FILE_BYTES (POSITIONS * 2)

static void model_copy(struct model *to, const struct model *from)
{
    *to = *from;
    for (int i = 0; i < NODES; i++) {
        if (from->nodes[i].bytes == NULL)
            continue;
        to->nodes[i].bytes = malloc(FILE_BYTES);
        memcpy(to->nodes[i].bytes, from->nodes[i].bytes, FILE_BYTES);
    }
}

static void model_free(struct model *model)
{
    for (int i = 0; i < NODES; i++)
        free(model->nodes[i].bytes);
    free(model->encoded);
    memset(model, 0, sizeof *model);
}

static int model_is_open(const struct model *model, int node)
{
    for (int i = 0; i < OPENS; i++)
        if (model->open[i].fd != 0 && model->open[i].node == node)
            return 1;
    return 0;
}

static int model_make(struct model *model, int type)
{
    for (int i = 1; i < NODES; i++) {
        struct model_node *node = &model->nodes[i];
        if (node->type != 0 && (node->links > 0 || model_is_open(model, i)))
            continue;
        free(node->bytes);
        *node = (struct model_node){.type = type};
        if (type == VFS_REGULAR)
            node->bytes = calloc(1, FILE_BYTES);
        return i;
    }
    fail_msg("more nodes than the quota allows");
    return -1;
}

static void model_set(struct model *model, int directory, int name, int node)
{
    struct model_node *child = &model->nodes[node];
    model->nodes[directory].child[name] = node + 1;
    child->links++;
    child->parent = directory;
    child->depth = model->nodes[directory].depth + 1;
}

static void model_unset(struct model *model, int directory, int name)
{
    int node = model->nodes[directory].child[name] - 1;
    model->nodes[directory].child[name] = 0;
    model->nodes[node].links--;
}

static int model_children(const struct model *model, int directory)
{
    int count = 0;
    for (int i = 0; i < NAMES; i++)
        count += model->nodes[directory].child[i] != 0;
    return count;
}

static int model_is_below(const struct model *model, int node, int ancestor)
{
    while (node != ancestor && node != 0)
        node = model->nodes[node].parent;
    return node == ancestor;
}

/* ---- the tree beside it ---- */

struct run {
    struct vfs *vfs;
    struct model now;
    struct model stack[STACK];
    int depth;
    uint64_t random, clock;
    int faults;
    unsigned long done[16], refused;
};

static uint32_t roll(struct run *run, uint32_t below)
{
    run->random = run->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)((run->random >> 33) % below);
}

static uint64_t now_ns(void *context)
{
    struct run *run = context;
    return ++run->clock;
}

struct spot {
    int directory, name;
    int node; /* or -1 */
    char path[64];
    size_t length;
};

/* A name, in use or not, in a directory that is there. */
static struct spot choose(struct run *run)
{
    struct spot spot = {.path = "work"};
    int steps = (int)roll(run, DEPTH + 1);
    spot.length = 4;
    for (;; steps--) {
        spot.name = (int)roll(run, NAMES);
        spot.length += (size_t)snprintf(spot.path + spot.length, sizeof spot.path - spot.length, "/n%d",
                                        spot.name);
        spot.node = run->now.nodes[spot.directory].child[spot.name] - 1;
        if (steps <= 0 || spot.node < 0 || run->now.nodes[spot.node].type != VFS_DIRECTORY)
            return spot;
        spot.directory = spot.node;
    }
}

/* Whether the operation that the model allows or not was done. Lack of room or memory may refuse anything. */
static int judge(struct run *run, int error, int allowed)
{
    if (error == ENOMEM || error == ENOSPC || error == EFBIG || error == EMFILE) {
        run->refused++;
        return 0;
    }
    assert_int_equal(error == 0, allowed != 0);
    return error == 0;
}

/* Lets an allocation of the next call fail, perhaps. */
static void arm(struct run *run)
{
    fail_at = run->faults && roll(run, 4) == 0 ? (long)roll(run, 8) : -1;
}

static int disarm(int error)
{
    fail_at = -1;
    return error;
}

static void op_open(struct run *run)
{
    struct spot spot = choose(run);
    struct model *model = &run->now;
    const uint32_t how = VFS_READ | VFS_WRITE | (roll(run, 3) ? VFS_CREATE : 0) |
                         (roll(run, 4) ? 0 : VFS_EXCLUSIVE) | (roll(run, 4) ? 0 : VFS_TRUNCATE);
    const uint16_t flags = roll(run, 4) ? 0 : VFS_APPEND;
    int slot = (int)roll(run, OPENS);
    uint32_t fd;
    if (model->open[slot].fd != 0)
        return;
    int allowed = spot.node < 0 ? (how & VFS_CREATE) != 0
                                : model->nodes[spot.node].type == VFS_REGULAR &&
                                      (how & (VFS_CREATE | VFS_EXCLUSIVE)) != (VFS_CREATE | VFS_EXCLUSIVE);
    arm(run);
    if (!judge(run, disarm(vfs_open(run->vfs, ROOT_FD, spot.path, spot.length, how, flags, &fd)), allowed))
        return;
    if (spot.node < 0) {
        spot.node = model_make(model, VFS_REGULAR);
        model_set(model, spot.directory, spot.name, spot.node);
    } else if (how & VFS_TRUNCATE) {
        memset(model->nodes[spot.node].bytes, 0, FILE_BYTES);
        model->nodes[spot.node].size = 0;
    }
    model->open[slot].fd = fd;
    model->open[slot].node = spot.node;
    model->open[slot].offset = 0;
    model->open[slot].flags = flags;
}

static void op_close(struct run *run)
{
    int slot = (int)roll(run, OPENS);
    if (run->now.open[slot].fd == 0)
        return;
    arm(run);
    if (judge(run, disarm(vfs_close(run->vfs, run->now.open[slot].fd)), 1))
        run->now.open[slot].fd = 0;
}

static void op_write(struct run *run)
{
    static uint8_t bytes[POSITIONS];
    int slot = (int)roll(run, OPENS);
    size_t length = 1 + roll(run, roll(run, 2) ? 200 : POSITIONS / 2), done;
    uint64_t position = roll(run, POSITIONS), end;
    if (run->now.open[slot].fd == 0)
        return;
    struct model_node *node = &run->now.nodes[run->now.open[slot].node];
    memset(bytes, (int)(1 + roll(run, 255)), length);
    if (run->now.open[slot].flags & VFS_APPEND) {
        if (node->size + length > FILE_BYTES)
            return;
        position = node->size;
    }
    arm(run);
    int error = disarm(vfs_write(run->vfs, run->now.open[slot].fd, bytes, length,
                                 run->now.open[slot].flags & VFS_APPEND ? VFS_APPEND_POSITION : position,
                                 &done, &end));
    judge(run, error, 1);
    assert_true(error == 0 || done == 0);
    memcpy(node->bytes + position, bytes, done);
    if (done > 0 && position + done > node->size)
        node->size = (uint32_t)(position + done);
}

static void op_resize(struct run *run)
{
    int slot = (int)roll(run, OPENS);
    uint32_t size = roll(run, 3) ? roll(run, POSITIONS) : 0;
    if (run->now.open[slot].fd == 0)
        return;
    struct model_node *node = &run->now.nodes[run->now.open[slot].node];
    arm(run);
    if (!judge(run, disarm(vfs_set_size(run->vfs, run->now.open[slot].fd, size)), 1))
        return;
    if (size < node->size)
        memset(node->bytes + size, 0, node->size - size);
    node->size = size;
}

static void op_seek(struct run *run)
{
    int slot = (int)roll(run, OPENS);
    struct vfs_descriptor *descriptor;
    if (run->now.open[slot].fd == 0)
        return;
    arm(run);
    if (judge(run, disarm(vfs_change(run->vfs, run->now.open[slot].fd, &descriptor)), 1))
        descriptor->offset = run->now.open[slot].offset = roll(run, POSITIONS);
}

static void op_flags(struct run *run)
{
    int slot = (int)roll(run, OPENS);
    uint16_t flags = roll(run, 2) ? VFS_APPEND : 0;
    if (run->now.open[slot].fd == 0)
        return;
    arm(run);
    if (judge(run, disarm(vfs_set_flags(run->vfs, run->now.open[slot].fd, flags)), 1))
        run->now.open[slot].flags = flags;
}

static void op_renumber(struct run *run)
{
    int from = (int)roll(run, OPENS), to = (int)roll(run, OPENS);
    struct model *model = &run->now;
    if (from == to || model->open[from].fd == 0 || model->open[to].fd == 0)
        return;
    arm(run);
    if (!judge(run, disarm(vfs_renumber(run->vfs, model->open[from].fd, model->open[to].fd)), 1))
        return;
    uint32_t fd = model->open[to].fd;
    model->open[to] = model->open[from];
    model->open[to].fd = fd;
    model->open[from].fd = 0;
}

static void op_unlink(struct run *run)
{
    struct spot spot = choose(run);
    arm(run);
    if (judge(run, disarm(vfs_unlink(run->vfs, ROOT_FD, spot.path, spot.length)),
              spot.node >= 0 && run->now.nodes[spot.node].type != VFS_DIRECTORY))
        model_unset(&run->now, spot.directory, spot.name);
}

static void op_make_directory(struct run *run)
{
    struct spot spot = choose(run);
    if (run->now.nodes[spot.directory].depth >= DEPTH)
        return;
    arm(run);
    if (judge(run, disarm(vfs_make_directory(run->vfs, ROOT_FD, spot.path, spot.length)), spot.node < 0))
        model_set(&run->now, spot.directory, spot.name, model_make(&run->now, VFS_DIRECTORY));
}

static void op_remove_directory(struct run *run)
{
    struct spot spot = choose(run);
    arm(run);
    if (judge(run, disarm(vfs_remove_directory(run->vfs, ROOT_FD, spot.path, spot.length)),
              spot.node >= 0 && run->now.nodes[spot.node].type == VFS_DIRECTORY &&
                  model_children(&run->now, spot.node) == 0))
        model_unset(&run->now, spot.directory, spot.name);
}

static void op_symlink(struct run *run)
{
    struct spot spot = choose(run);
    arm(run);
    if (judge(run, disarm(vfs_symlink(run->vfs, "nowhere", 7, ROOT_FD, spot.path, spot.length)), spot.node < 0))
        model_set(&run->now, spot.directory, spot.name, model_make(&run->now, VFS_SYMLINK));
}

static void op_link(struct run *run)
{
    struct spot from = choose(run), to = choose(run);
    arm(run);
    if (judge(run,
              disarm(vfs_link(run->vfs, ROOT_FD, from.path, from.length, ROOT_FD, to.path, to.length)),
              from.node >= 0 && to.node < 0 && run->now.nodes[from.node].type != VFS_DIRECTORY))
        model_set(&run->now, to.directory, to.name, from.node);
}

static void op_rename(struct run *run)
{
    struct spot from = choose(run), to = choose(run);
    struct model *model = &run->now;
    int directory = from.node >= 0 && model->nodes[from.node].type == VFS_DIRECTORY;
    int allowed = from.node >= 0;
    if (allowed && directory && model_children(model, from.node) > 0)
        return; /* moving whole trees would need the depths of all in it */
    if (allowed && directory && to.directory != from.node && model->nodes[to.directory].depth >= DEPTH)
        return;
    if (allowed && to.node >= 0)
        allowed = (model->nodes[to.node].type == VFS_DIRECTORY) == directory &&
                  (!directory || model_children(model, to.node) == 0);
    if (allowed && directory && model_is_below(model, to.directory, from.node))
        allowed = 0;
    if (from.node >= 0 && from.node == to.node)
        allowed = 1;
    arm(run);
    int error = disarm(
        vfs_rename(run->vfs, ROOT_FD, from.path, from.length, ROOT_FD, to.path, to.length));
    if (!judge(run, error, allowed) || from.node == to.node)
        return;
    if (to.node >= 0)
        model_unset(model, to.directory, to.name);
    model_unset(model, from.directory, from.name);
    model_set(model, to.directory, to.name, from.node);
}

static void op_times(struct run *run)
{
    struct spot spot = choose(run);
    arm(run);
    judge(run, disarm(vfs_set_times_path(run->vfs, ROOT_FD, spot.path, spot.length, 0, roll(run, 1000), 7)),
          spot.node >= 0);
}

/* ---- comparing ---- */

static void check_bytes(struct run *run, uint32_t fd, const struct model_node *node)
{
    static uint8_t bytes[FILE_BYTES];
    size_t done;
    assert_int_equal(vfs_read(run->vfs, fd, bytes, sizeof bytes, 0, &done), 0);
    assert_int_equal(done, node->size);
    assert_memory_equal(bytes, node->bytes, done);
}

static void check_node(struct run *run, int number, const char *path)
{
    const struct model_node *node = &run->now.nodes[number];
    struct vfs_stat stat;
    uint32_t fd;
    assert_int_equal(vfs_stat_path(run->vfs, ROOT_FD, path, strlen(path), 0, &stat), 0);
    assert_int_equal(stat.type, node->type);
    if (node->type == VFS_REGULAR) {
        assert_int_equal(stat.size, node->size);
        assert_int_equal(stat.links, node->links);
        assert_int_equal(vfs_open(run->vfs, ROOT_FD, path, strlen(path), VFS_READ, 0, &fd), 0);
        check_bytes(run, fd, node);
        assert_int_equal(vfs_close(run->vfs, fd), 0);
    }
    for (int i = 0; node->type == VFS_DIRECTORY && i < NAMES; i++) {
        char below[64];
        snprintf(below, sizeof below, "%s/n%d", path, i);
        if (node->child[i] != 0)
            check_node(run, node->child[i] - 1, below);
        else
            assert_int_equal(vfs_stat_path(run->vfs, ROOT_FD, below, strlen(below), 0, &stat), ENOENT);
    }
}

static int count_entry(void *context, const struct vfs_entry *entry)
{
    (void)entry;
    ++*(int *)context;
    return 1;
}

static void check_all(struct run *run)
{
    uint32_t fd;
    int entries = 0;
    check_node(run, 0, "work");
    assert_int_equal(vfs_open(run->vfs, ROOT_FD, "work", 4, VFS_READ | VFS_ONLY_DIRECTORY, 0, &fd), 0);
    assert_int_equal(vfs_list(run->vfs, fd, 0, count_entry, &entries), 0);
    assert_int_equal(entries, 2 + model_children(&run->now, 0));
    assert_int_equal(vfs_close(run->vfs, fd), 0);
    for (int i = 0; i < OPENS; i++) {
        if (run->now.open[i].fd == 0)
            continue;
        const struct vfs_descriptor *descriptor = vfs_descriptor(run->vfs, run->now.open[i].fd);
        assert_non_null(descriptor);
        assert_int_equal(descriptor->offset, run->now.open[i].offset);
        assert_int_equal(descriptor->flags, run->now.open[i].flags);
        check_bytes(run, run->now.open[i].fd, &run->now.nodes[run->now.open[i].node]);
    }
}

/* ---- checkpoints ---- */

static void op_checkpoint(struct run *run)
{
    struct model *top = &run->stack[run->depth];
    if (run->depth == STACK)
        return;
    arm(run);
    pybox_status status = vfs_checkpoint(run->vfs);
    fail_at = -1;
    if (status != PYBOX_OK) {
        assert_int_equal(status, PYBOX_ERROR_NO_MEMORY);
        return;
    }
    run->depth++;
    model_copy(top, &run->now);
    assert_int_equal(vfs_encode(run->vfs, &top->encoded, &top->encoded_length), PYBOX_OK);
    top->used_bytes = vfs_used_bytes(run->vfs);
}

static void op_rollback(struct run *run)
{
    if (run->depth == 0)
        return;
    struct model *top = &run->stack[run->depth - 1];
    void *bytes;
    size_t length;
    fail_at = 0; /* needs no memory */
    vfs_rollback(run->vfs);
    fail_at = -1;
    assert_int_equal(vfs_used_bytes(run->vfs), top->used_bytes);
    assert_int_equal(vfs_encode(run->vfs, &bytes, &length), PYBOX_OK);
    assert_int_equal(length, top->encoded_length);
    assert_memory_equal(bytes, top->encoded, length);
    free(bytes);
    model_free(&run->now);
    model_copy(&run->now, top);
    run->now.encoded = NULL;
    check_all(run);
}

static void op_drop(struct run *run)
{
    if (run->depth == 0)
        return;
    vfs_drop(run->vfs);
    model_free(&run->stack[--run->depth]);
}

static void step(struct run *run)
{
    static void (*const ops[])(struct run *) = {
        op_open,    op_close,  op_write,          op_resize,           op_seek,    op_flags, op_renumber,
        op_unlink,  op_rename, op_make_directory, op_remove_directory, op_symlink, op_link,  op_times,
    };
    const uint32_t kind = roll(run, 20 + sizeof ops / sizeof *ops * 12);
    if (kind < 8)
        op_checkpoint(run);
    else if (kind < 15)
        op_rollback(run);
    else if (kind < 20)
        op_drop(run);
    else
        ops[(kind - 20) / 12](run);
}

static void play(uint64_t seed, int steps, int faults)
{
    static struct run run;
    memset(&run, 0, sizeof run);
    const struct vfs_quota quota = {.bytes = QUOTA_BYTES, .files = FILES, .open_files = OPENS + 2};
    const struct vfs_hooks hooks = {.context = &run, .now_ns = now_ns};
    run.random = seed;
    run.faults = faults;
    run.now.nodes[0] = (struct model_node){.type = VFS_DIRECTORY, .links = 1};
    assert_int_equal(vfs_create(&quota, &run.vfs), PYBOX_OK);
    assert_int_equal(vfs_mount_memory(run.vfs, "/work"), PYBOX_OK);
    vfs_set_hooks(run.vfs, &hooks);
    assert_int_equal(vfs_open_root(run.vfs, ROOT_FD), 0);
    for (int i = 0; i < steps; i++) {
        step(&run);
        if (i % 64 == 0)
            check_all(&run);
    }
    check_all(&run);
    while (run.depth > 0) {
        if (roll(&run, 2))
            op_rollback(&run);
        op_drop(&run);
    }
    check_all(&run);
    assert_int_equal(vfs_checkpoint_count(run.vfs), 0);
    vfs_destroy(run.vfs);
    model_free(&run.now);
}

static void test_checkpoints_are_copies_of_the_model(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 12; seed++)
        play(seed, 3000, 0);
}

static void test_and_so_they_are_when_memory_runs_out(void **state)
{
    (void)state;
    for (uint64_t seed = 101; seed <= 112; seed++)
        play(seed, 3000, 1);
}

static void test_a_tree_may_go_with_its_checkpoints(void **state)
{
    (void)state;
    struct vfs *vfs;
    uint32_t fd;
    size_t done;
    assert_int_equal(vfs_create(NULL, &vfs), PYBOX_OK);
    assert_int_equal(vfs_mount_memory(vfs, "/work"), PYBOX_OK);
    assert_int_equal(vfs_open_root(vfs, ROOT_FD), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(vfs_open(vfs, ROOT_FD, "work/f", 6, VFS_CREATE | VFS_WRITE, 0, &fd), 0);
        assert_int_equal(vfs_write(vfs, fd, "text", 4, 0, &done, NULL), 0);
        assert_int_equal(vfs_checkpoint(vfs), PYBOX_OK);
        assert_int_equal(vfs_unlink(vfs, ROOT_FD, "work/f", 6), 0);
        assert_int_equal(vfs_close(vfs, fd), 0);
    }
    vfs_destroy(vfs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoints_are_copies_of_the_model),
        cmocka_unit_test(test_and_so_they_are_when_memory_runs_out),
        cmocka_unit_test(test_a_tree_may_go_with_its_checkpoints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
