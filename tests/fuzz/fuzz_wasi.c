/*
 * Every call of the shim with arbitrary arguments over a real memory. The input is a program: a byte chooses a call, or
 * an action of the host's (state encoded and decoded, memory written), the bytes behind it its arguments. Small numbers
 * are made likely, so that descriptors, paths and flags are often valid; pointers lead to names, buffers and nonsense.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "remove_tree.h"
#include "vfs_files.h"
#include "wasi.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);
int LLVMFuzzerInitialize(int *count, char ***arguments);

#define MEMORY_BYTES 65536u
#define PATHS_AT 1024u
#define PATH_BYTES 32u

static char folder[] = "/tmp/pybox-fuzz-XXXXXX";
static const char *const paths[] = {
    "work", "work/a", "work/b", "work/d", "work/d/c", "work/../tmp/x", "mnt/file", "mnt/d",
    "mnt/d/l", "mnt/..", "dev/null", "dev/urandom", ".", "..", "a/b", "lib/m/os.py", "lib/m", "lib",
    "../work/a", "mnt/inner", "mnt/inner/x", "work/l", "a", "d/", "mnt/l", "/work/a", "../a", "mnt/file2",
    "over", "over/file", "over/d", "over/d/x", "over/l", "over/new", "single",
};

struct input {
    const uint8_t *at;
    size_t left;
};

static uint64_t take(struct input *input, size_t size)
{
    uint64_t value = 0;
    if (size > input->left)
        size = input->left;
    memcpy(&value, input->at, size);
    input->at += size;
    input->left -= size;
    return value;
}

/* One argument: small, a pointer, or anything. */
static uint64_t take_argument(struct input *input)
{
    uint64_t kind = take(input, 1);
    if (kind < 64)
        return kind;
    if (kind < 128)
        return PATHS_AT + (kind - 64) % (sizeof paths / sizeof *paths) * PATH_BYTES;
    if (kind < 176)
        return take(input, 2);
    if (kind < 208)
        return take(input, 2) & 0xfff8;
    if (kind < 232)
        return (uint64_t)1 << (kind - 208) | take(input, 1);
    if (kind < 244)
        return take(input, 4);
    return take(input, 8);
}

static ptrdiff_t hook_read(void *context, void *bytes, size_t capacity)
{
    (void)context;
    memset(bytes, 'i', capacity < 7 ? capacity : 7);
    return capacity < 7 ? (ptrdiff_t)capacity : 7;
}

static int hook_write(void *context, int stream, const void *bytes, size_t length)
{
    volatile unsigned sum = 0;
    (void)context;
    (void)stream;
    for (size_t i = 0; i < length; i++)
        sum += ((const uint8_t *)bytes)[i];
    return 0;
}

static int hook_sleep(void *context, uint64_t deadline_ns)
{
    (void)context;
    (void)deadline_ns;
    return 0;
}

static void encode_and_decode(struct vfs *vfs, struct input *input)
{
    void *state;
    size_t length;
    if (vfs_encode(vfs, &state, &length) != PYBOX_OK)
        return;
    uint8_t *bytes = state;
    size_t flips = take(input, 1) % 4;
    for (size_t i = 0; i < flips; i++)
        bytes[take(input, 2) % length] = (uint8_t)take(input, 1);
    if (vfs_decode(vfs, state, length, NULL) != PYBOX_OK && flips == 0)
        abort(); /* what was encoded can be decoded */
    free(state);
}

static void run(struct wasi *wasi, struct vfs *vfs, uint8_t *memory, struct input *input)
{
    const struct wasi_memory guest = {memory, MEMORY_BYTES};
    size_t count;
    const struct wasi_call *calls = wasi_calls(&count);
    while (input->left > 0) {
        size_t number = take(input, 1) % (count + 3);
        if (number == count) {
            encode_and_decode(vfs, input);
        } else if (number == count + 1) {
            uint64_t at = take(input, 2), value = take(input, 8);
            if (at <= MEMORY_BYTES - 8)
                memcpy(memory + at, &value, 8);
        } else if (number == count + 2) {
            wasi_reset(wasi);
        } else {
            uint64_t values[16] = {0};
            for (const char *type = calls[number].type; *type != ':'; type++) {
                uint64_t argument = take_argument(input);
                values[type - calls[number].type] = *type == 'i' ? (uint32_t)argument : argument;
            }
            wasi_call_run(&calls[number], wasi, &guest, values);
            if (wasi_unlisted_error(wasi) != 0)
                abort(); /* an error that the table does not list */
        }
    }
}

static void remove_folder(void)
{
    if (remove_tree(folder) != 0)
        perror(folder);
}

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    (void)count;
    (void)arguments;
    if (mkdtemp(folder) == NULL)
        abort();
    return atexit(remove_folder);
}

/* What the guest may have done to the host's folder is undone now and then, so that runs stay alike. */
static void clean(const char *path)
{
    static const char *const names[] = {"file", "file2", "d/l", "l", "d", "inner/x", "inner", "a", "b", "x"};
    char name[128];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(name, sizeof name, "%s/%s", path, names[i]);
        remove(name);
    }
    snprintf(name, sizeof name, "%s/d", path);
    mkdir(name, 0755);
    snprintf(name, sizeof name, "%s/l", path);
    if (symlink("../../etc/passwd", name) != 0)
        return;
    snprintf(name, sizeof name, "%s/file", path);
    FILE *file = fopen(name, "w");
    if (file != NULL) {
        fputs("file", file);
        fclose(file);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    static const char *const strings[] = {"a", "b=c", "work"};
    const uint64_t seed = 1;
    const struct vfs_quota quota = {.bytes = 1 << 20, .files = 100, .open_files = 32, .depth = 8};
    const struct wasi_options options = {
        .arguments = strings, .argument_count = 2, .environment = strings, .environment_count = 2,
        .preopens = strings + 2, .preopen_count = 1,
        .read = hook_read, .write = hook_write, .sleep = hook_sleep, .seed = &seed,
    };
    struct input input = {bytes, length};
    struct vfs *vfs;
    struct wasi *wasi;
    uint64_t choices = take(&input, 1);
    uint8_t *memory = malloc(MEMORY_BYTES); /* so that ASan sees every byte outside */
    memset(memory, 0, MEMORY_BYTES);
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        memcpy(memory + PATHS_AT + i * PATH_BYTES, paths[i], strlen(paths[i]));
    if (choices & 4)
        clean(folder);
    if (vfs_create(&quota, &vfs) != PYBOX_OK || vfs_mount_defaults(vfs, NULL, NULL) != PYBOX_OK ||
        vfs_mount_host(vfs, "/mnt", folder, choices & 1) != PYBOX_OK)
        abort();
    if (choices & 2)
        vfs_force_fallback(vfs);
    if (choices & 8 && vfs_mount_memory(vfs, "/mnt/inner") != PYBOX_OK)
        abort();
    if (choices & 16 && vfs_mount_memory(vfs, "/work/d/c") != PYBOX_OK)
        abort();
    if (choices & 32 && vfs_mount_overlay(vfs, "/over", folder) != PYBOX_OK)
        abort();
    if (choices & 64 && vfs_mount_bytes(vfs, "/single", "single file", 11) != PYBOX_OK)
        abort();
    if (wasi_create(&options, vfs, &wasi) != PYBOX_OK)
        abort();
    run(wasi, vfs, memory, &input);
    wasi_destroy(wasi);
    vfs_destroy(vfs);
    free(memory);
    return 0;
}
