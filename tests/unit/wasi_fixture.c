#include "wasi_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static ptrdiff_t read_input(void *context, void *bytes, size_t capacity)
{
    struct guest *guest = context;
    size_t length = guest->input == NULL ? 0 : strlen(guest->input);
    if (guest->read_result != 0)
        return guest->read_result;
    if (length > capacity)
        length = capacity;
    if (length > 0) {
        memcpy(bytes, guest->input, length);
        guest->input += length;
    }
    return (ptrdiff_t)length;
}

static int take_output(void *context, int stream, const void *bytes, size_t length)
{
    struct guest *guest = context;
    (void)stream;
    if (guest->write_error != 0)
        return guest->write_error;
    assert_true(guest->output_length + length < sizeof guest->output);
    memcpy(guest->output + guest->output_length, bytes, length);
    guest->output_length += length;
    guest->output[guest->output_length] = '\0';
    return 0;
}

static int take_sleep(void *context, uint64_t deadline_ns)
{
    struct guest *guest = context;
    guest->slept_until = deadline_ns;
    return guest->sleep_stop;
}

void guest_start(struct guest *guest, const struct vfs_quota *quota, struct vfs_archive *archive,
                 const struct wasi_options *options)
{
    struct wasi_options chosen = options == NULL ? (struct wasi_options){0} : *options;
    memset(guest, 0, sizeof *guest);
    assert_int_equal(vfs_create(quota, &guest->vfs), PYBOX_OK);
    assert_int_equal(vfs_mount_defaults(guest->vfs, archive, "/usr/lib/python3.13"), PYBOX_OK);
    chosen.context = guest;
    chosen.read = read_input;
    chosen.write = take_output;
    chosen.sleep = take_sleep;
    assert_int_equal(wasi_create(&chosen, guest->vfs, &guest->wasi), PYBOX_OK);
    guest->memory.size = GUEST_BYTES;
    guest->memory.base = calloc(1, GUEST_BYTES);
    assert_non_null(guest->memory.base);
}

void guest_end(struct guest *guest)
{
    assert_int_equal(wasi_unlisted_error(guest->wasi), 0); /* no call gave an error that its entry does not list */
    wasi_destroy(guest->wasi);
    vfs_destroy(guest->vfs);
    free(guest->memory.base);
}

uint32_t guest_call(struct guest *guest, const char *name, int count, const uint64_t *arguments)
{
    uint64_t values[16] = {0};
    size_t calls;
    const struct wasi_call *table = wasi_calls(&calls);
    memcpy(values, arguments, (size_t)count * sizeof *values);
    for (size_t i = 0; i < calls; i++) {
        if (strcmp(table[i].name, name) != 0)
            continue;
        assert_int_equal(strchr(table[i].type, ':') - table[i].type, count);
        wasi_call_run(&table[i], guest->wasi, &guest->memory, values);
        return (uint32_t)values[0];
    }
    fail_msg("no call %s", name);
    return 0;
}

uint32_t guest_u32(const struct guest *guest, uint32_t at)
{
    uint32_t value;
    memcpy(&value, guest->memory.base + at, sizeof value);
    return value;
}

uint64_t guest_u64(const struct guest *guest, uint32_t at)
{
    uint64_t value;
    memcpy(&value, guest->memory.base + at, sizeof value);
    return value;
}

void guest_put_u32(struct guest *guest, uint32_t at, uint32_t value)
{
    memcpy(guest->memory.base + at, &value, sizeof value);
}

void guest_put_u64(struct guest *guest, uint32_t at, uint64_t value)
{
    memcpy(guest->memory.base + at, &value, sizeof value);
}

static uint64_t put_path(struct guest *guest, uint32_t at, const char *path)
{
    memcpy(guest->memory.base + at, path, strlen(path));
    return strlen(path);
}

uint32_t guest_open_at(struct guest *guest, uint32_t directory, const char *path, uint32_t lookup,
                       uint32_t oflags, uint64_t rights, uint32_t fdflags, uint32_t *fd)
{
    uint64_t length = put_path(guest, GUEST_PATH, path);
    uint32_t error = CALL(guest, "path_open", directory, lookup,
                                GUEST_PATH, length, oflags, rights, R_ALL,
                                fdflags, GUEST_RESULT);
    *fd = guest_u32(guest, GUEST_RESULT);
    return error;
}

uint32_t guest_open(struct guest *guest, const char *path, uint32_t oflags, uint64_t rights, uint32_t *fd)
{
    return guest_open_at(guest, 3, path, 1, oflags, rights, 0, fd);
}

uint32_t guest_read(struct guest *guest, uint32_t fd, void *bytes, uint32_t length, uint32_t *done)
{
    guest_put_u32(guest, GUEST_IOVEC, GUEST_FREE);
    guest_put_u32(guest, GUEST_IOVEC + 4, length);
    uint32_t error = CALL(guest, "fd_read", fd, GUEST_IOVEC, 1,
                                GUEST_RESULT);
    *done = error == 0 ? guest_u32(guest, GUEST_RESULT) : 0;
    memcpy(bytes, guest->memory.base + GUEST_FREE, *done);
    return error;
}

uint32_t guest_write(struct guest *guest, uint32_t fd, const void *bytes, uint32_t length, uint32_t *done)
{
    memcpy(guest->memory.base + GUEST_FREE, bytes, length);
    guest_put_u32(guest, GUEST_IOVEC, GUEST_FREE);
    guest_put_u32(guest, GUEST_IOVEC + 4, length);
    uint32_t error = CALL(guest, "fd_write", fd, GUEST_IOVEC, 1,
                                GUEST_RESULT);
    *done = error == 0 ? guest_u32(guest, GUEST_RESULT) : 0;
    return error;
}

uint32_t guest_path(struct guest *guest, const char *call, const char *path)
{
    uint64_t length = put_path(guest, GUEST_PATH, path);
    return CALL(guest, call, 3, GUEST_PATH, length);
}

uint32_t guest_stat(struct guest *guest, const char *path, int follow)
{
    uint64_t length = put_path(guest, GUEST_PATH, path);
    return CALL(guest, "path_filestat_get", 3, follow,
                      GUEST_PATH, length, GUEST_RESULT);
}

uint32_t guest_two(struct guest *guest, const char *call, const char *from, const char *to)
{
    uint64_t from_length = put_path(guest, GUEST_PATH, from);
    uint64_t to_length = put_path(guest, GUEST_PATH2, to);
    if (strcmp(call, "path_link") == 0)
        return CALL(guest, call, 3, 0, GUEST_PATH, from_length,
                          3, GUEST_PATH2, to_length);
    return CALL(guest, call, 3, GUEST_PATH, from_length, 3,
                      GUEST_PATH2, to_length);
}

uint32_t guest_symlink(struct guest *guest, const char *target, const char *path)
{
    uint64_t target_length = put_path(guest, GUEST_PATH, target);
    uint64_t length = put_path(guest, GUEST_PATH2, path);
    return CALL(guest, "path_symlink", GUEST_PATH, target_length, 3,
                      GUEST_PATH2, length);
}

uint32_t guest_put_file(struct guest *guest, const char *path, const char *text)
{
    uint32_t fd, done;
    uint32_t error = guest_open(guest, path, O_CREATE_ | O_TRUNCATE_, R_WRITE, &fd);
    if (error != 0)
        return error;
    error = guest_write(guest, fd, text, (uint32_t)strlen(text), &done);
    assert_int_equal(CALL(guest, "fd_close", fd), 0);
    return error;
}

const char *guest_text(struct guest *guest, const char *path)
{
    static char text[8192];
    uint32_t fd, done = 0;
    if (guest_open(guest, path, 0, R_READ, &fd) != 0)
        return NULL;
    assert_int_equal(guest_read(guest, fd, text, sizeof text - 1, &done), 0);
    assert_int_equal(CALL(guest, "fd_close", fd), 0);
    text[done] = '\0';
    return text;
}

const char *guest_list(struct guest *guest, const char *path, uint32_t piece)
{
    static char names[65536];
    uint32_t fd, used;
    uint64_t cookie = 0;
    size_t length = 0;
    if (guest_open(guest, path, O_DIRECTORY_, R_ALL & ~(R_WRITE | R_READ), &fd) != 0)
        return NULL;
    do {
        uint64_t before = cookie;
        assert_int_equal(CALL(guest, "fd_readdir", fd, GUEST_BUFFER,
                                    piece, cookie, GUEST_RESULT), 0);
        used = guest_u32(guest, GUEST_RESULT);
        for (uint32_t at = 0; at + 24 <= used;) {
            uint32_t name = guest_u32(guest, GUEST_BUFFER + at + 16);
            if (at + 24 + name > used)
                break;
            cookie = guest_u64(guest, GUEST_BUFFER + at);
            memcpy(names + length, guest->memory.base + GUEST_BUFFER + at + 24, name);
            length += name;
            names[length++] = ' ';
            at += 24 + name;
        }
        assert_true(used < piece || cookie != before); /* a name that does not fit would never end */
    } while (used == piece);
    names[length] = '\0';
    assert_int_equal(CALL(guest, "fd_close", fd), 0);
    return names;
}
