/* The in-memory tree through the shim's table: what POSIX says of files, and every error. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wasi_fixture.h"

#include <cmocka.h>

static int set_up(void **state)
{
    struct guest *guest = malloc(sizeof *guest);
    guest_start(guest, NULL, NULL, NULL);
    *state = guest;
    return 0;
}

static int tear_down(void **state)
{
    guest_end(*state);
    free(*state);
    return 0;
}

static void test_write_then_read(void **state)
{
    struct guest *guest = *state;
    assert_int_equal(guest_put_file(guest, "work/a", "hello"), E_OK);
    assert_string_equal(guest_text(guest, "work/a"), "hello");
    assert_int_equal(guest_stat(guest, "work/a", 1), E_OK);
    assert_int_equal(guest->memory.base[GUEST_RESULT + 16], 4); /* regular */
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 24), 1);   /* links */
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 32), 5);   /* size */
}

static void test_open_flags(void **state)
{
    struct guest *guest = *state;
    uint32_t fd, done;
    char text[16];
    assert_int_equal(guest_open(guest, "work/none", 0, R_READ, &fd), E_NOENT);
    assert_int_equal(guest_open(guest, "work/none/x", O_CREATE_, R_READ, &fd), E_NOENT);
    assert_int_equal(guest_put_file(guest, "work/f", "12345"), E_OK);
    assert_int_equal(guest_open(guest, "work/f", O_CREATE_ | O_EXCLUSIVE_, R_READ, &fd), E_EXIST);
    assert_int_equal(guest_open(guest, "work/f", O_DIRECTORY_, R_READ, &fd), E_NOTDIR);
    assert_int_equal(guest_open(guest, "work/f/", 0, R_READ, &fd), E_NOTDIR);
    assert_int_equal(guest_open(guest, "work/f/x", 0, R_READ, &fd), E_NOTDIR);
    assert_int_equal(guest_open(guest, "work/new/", O_CREATE_, R_READ, &fd), E_ISDIR);
    assert_int_equal(guest_open(guest, "work", 0, R_READ | R_WRITE, &fd), E_ISDIR);
    assert_int_equal(guest_open(guest, "work", O_CREATE_, R_READ, &fd), E_ISDIR);
    assert_int_equal(guest_open(guest, "work/f", O_CREATE_ | O_DIRECTORY_, R_READ, &fd), E_INVAL);
    assert_int_equal(guest_open(guest, "work/f", 16, R_READ, &fd), E_INVAL);
    assert_int_equal(guest_open(guest, "new", O_CREATE_, R_WRITE, &fd), E_ROFS);
    assert_int_equal(guest_open(guest, "/work/f", 0, R_READ, &fd), E_PERM);
    assert_int_equal(guest_open(guest, "", 0, R_READ, &fd), E_NOENT);
    /* The lowest free number. */
    assert_int_equal(guest_open(guest, "work/f", 0, R_READ, &fd), E_OK);
    assert_int_equal(fd, 4);
    assert_int_equal(guest_write(guest, fd, "x", 1, &done), E_BADF);
    assert_int_equal(CALL(guest, "fd_filestat_set_size", fd, 0), E_INVAL);
    assert_int_equal(CALL(guest, "fd_close", fd), E_OK);
    assert_int_equal(CALL(guest, "fd_close", fd), E_BADF);
    assert_int_equal(guest_open(guest, "work/f", O_TRUNCATE_, R_WRITE, &fd), E_OK);
    assert_int_equal(fd, 4);
    assert_int_equal(guest_read(guest, fd, text, 1, &done), E_BADF);
    assert_string_equal(guest_text(guest, "work/f"), "");
}

static void test_append(void **state)
{
    struct guest *guest = *state;
    uint32_t fd, done;
    assert_int_equal(guest_put_file(guest, "work/log", "one "), E_OK);
    assert_int_equal(guest_open_at(guest, 3, "work/log", 1, 0, R_ALL, 1, &fd), E_OK);
    assert_int_equal(CALL(guest, "fd_seek", fd, 0, 0, GUEST_RESULT), E_OK);
    assert_int_equal(guest_write(guest, fd, "two", 3, &done), E_OK);
    assert_int_equal(CALL(guest, "fd_tell", fd, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u64(guest, GUEST_RESULT), 7);
    assert_string_equal(guest_text(guest, "work/log"), "one two");
    /* Without the flag it writes where it is. */
    assert_int_equal(CALL(guest, "fd_fdstat_set_flags", fd, 0), E_OK);
    assert_int_equal(CALL(guest, "fd_seek", fd, 0, 0, GUEST_RESULT), E_OK);
    assert_int_equal(guest_write(guest, fd, "ONE", 3, &done), E_OK);
    assert_string_equal(guest_text(guest, "work/log"), "ONE two");
    assert_int_equal(CALL(guest, "fd_fdstat_set_flags", fd, 32), E_INVAL);
    assert_int_equal(CALL(guest, "fd_fdstat_set_flags", fd, 16), E_NOTSUP);
}

static void test_seek(void **state)
{
    struct guest *guest = *state;
    uint32_t fd, done;
    char text[16] = "";
    assert_int_equal(guest_put_file(guest, "work/f", "0123456789"), E_OK);
    assert_int_equal(guest_open(guest, "work/f", 0, R_ALL, &fd), E_OK);
    assert_int_equal(CALL(guest, "fd_seek", fd, (uint64_t)-3, 2, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u64(guest, GUEST_RESULT), 7);
    assert_int_equal(CALL(guest, "fd_seek", fd, (uint64_t)-2, 1, GUEST_RESULT), E_OK);
    assert_int_equal(guest_read(guest, fd, text, 2, &done), E_OK);
    assert_memory_equal(text, "56", 2);
    assert_int_equal(CALL(guest, "fd_seek", fd, (uint64_t)-8, 1, GUEST_RESULT), E_INVAL);
    assert_int_equal(CALL(guest, "fd_seek", fd, 0, 3, GUEST_RESULT), E_INVAL);
    assert_int_equal(CALL(guest, "fd_seek", fd, INT64_MAX, 1, GUEST_RESULT), E_OVERFLOW);
    assert_int_equal(CALL(guest, "fd_seek", 0, 0, 0, GUEST_RESULT), E_SPIPE);
    assert_int_equal(CALL(guest, "fd_seek", 3, 0, 0, GUEST_RESULT), E_ISDIR);
    assert_int_equal(CALL(guest, "fd_seek", 99, 0, 0, GUEST_RESULT), E_BADF);
    assert_int_equal(CALL(guest, "fd_tell", 1, GUEST_RESULT), E_SPIPE);
}

static void test_holes_cost_nothing_and_are_zero(void **state)
{
    struct guest *guest = *state;
    uint32_t fd, done;
    char text[8] = "xxxxxxx";
    assert_int_equal(guest_open(guest, "work/sparse", O_CREATE_, R_ALL, &fd), E_OK);
    uint64_t before = vfs_used_bytes(guest->vfs);
    assert_int_equal(CALL(guest, "fd_seek", fd, (uint64_t)1 << 40, 0, GUEST_RESULT), E_OK);
    assert_int_equal(guest_write(guest, fd, "x", 1, &done), E_FBIG);
    assert_int_equal(vfs_used_bytes(guest->vfs), before);
    assert_int_equal(CALL(guest, "fd_seek", fd, (uint64_t)60 << 20, 0, GUEST_RESULT), E_OK);
    assert_int_equal(guest_write(guest, fd, "end", 3, &done), E_OK);
    assert_true(vfs_used_bytes(guest->vfs) - before < 64 * 1024);
    assert_int_equal(CALL(guest, "fd_seek", fd, (uint64_t)(60 << 20) - 2, 0, GUEST_RESULT), E_OK);
    assert_int_equal(guest_read(guest, fd, text, 8, &done), E_OK);
    assert_int_equal(done, 5);
    assert_memory_equal(text, "\0\0end", 5);
}

static void test_truncate_forgets(void **state)
{
    struct guest *guest = *state;
    uint32_t fd;
    assert_int_equal(guest_put_file(guest, "work/f", "abcdefgh"), E_OK);
    assert_int_equal(guest_open(guest, "work/f", 0, R_ALL, &fd), E_OK);
    assert_int_equal(CALL(guest, "fd_filestat_set_size", fd, 3), E_OK);
    assert_int_equal(CALL(guest, "fd_filestat_set_size", fd, 6), E_OK);
    assert_int_equal(guest_stat(guest, "work/f", 1), E_OK);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 32), 6);
    assert_string_equal(guest_text(guest, "work/f"), "abc");
    assert_int_equal(CALL(guest, "fd_filestat_set_size", fd, (uint64_t)1 << 40), E_FBIG);
    assert_int_equal(CALL(guest, "fd_filestat_set_size", fd, (uint64_t)1 << 63), E_INVAL);
    assert_int_equal(CALL(guest, "fd_filestat_set_size", 1, 0), E_INVAL);
    assert_int_equal(CALL(guest, "fd_filestat_set_size", 77, 0), E_BADF);
    assert_int_equal(CALL(guest, "fd_allocate", fd, 0, 100), E_OK);
    assert_int_equal(guest_stat(guest, "work/f", 1), E_OK);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 32), 100);
    assert_int_equal(CALL(guest, "fd_allocate", fd, 0, 0), E_INVAL);
    assert_int_equal(CALL(guest, "fd_allocate", fd, (uint64_t)1 << 30, (uint64_t)1 << 30), E_NOSPC);
    assert_int_equal(CALL(guest, "fd_allocate", fd, INT64_MAX, 1), E_FBIG);
    assert_int_equal(CALL(guest, "fd_allocate", 3, 0, 1), E_BADF);
    assert_int_equal(CALL(guest, "fd_allocate", 1, 0, 1), E_SPIPE);
    assert_int_equal(CALL(guest, "fd_allocate", 9, 0, 1), E_BADF);
}

static void test_directories(void **state)
{
    struct guest *guest = *state;
    assert_int_equal(guest_path(guest, "path_create_directory", "work/d"), E_OK);
    assert_int_equal(guest_path(guest, "path_create_directory", "work/d/"), E_EXIST);
    assert_int_equal(guest_path(guest, "path_create_directory", "work/e/"), E_OK);
    assert_int_equal(guest_path(guest, "path_create_directory", "work"), E_EXIST);
    assert_int_equal(guest_path(guest, "path_create_directory", "x"), E_ROFS);
    assert_int_equal(guest_path(guest, "path_create_directory", "work/no/d"), E_NOENT);
    assert_int_equal(guest_put_file(guest, "work/d/f", "x"), E_OK);
    assert_int_equal(guest_path(guest, "path_create_directory", "work/d/f/g"), E_NOTDIR);
    assert_int_equal(guest_path(guest, "path_remove_directory", "work/d"), E_NOTEMPTY);
    assert_int_equal(guest_path(guest, "path_remove_directory", "work/d/f"), E_NOTDIR);
    assert_int_equal(guest_path(guest, "path_unlink_file", "work/d"), E_ISDIR);
    assert_int_equal(guest_path(guest, "path_unlink_file", "work/d/f/"), E_NOTDIR);
    assert_int_equal(guest_path(guest, "path_unlink_file", "work/d/f"), E_OK);
    assert_int_equal(guest_path(guest, "path_unlink_file", "work/d/f"), E_NOENT);
    assert_int_equal(guest_path(guest, "path_remove_directory", "work/d/."), E_INVAL);
    assert_int_equal(guest_path(guest, "path_remove_directory", "work/d"), E_OK);
    assert_int_equal(guest_path(guest, "path_remove_directory", "work"), E_BUSY);
    assert_int_equal(guest_path(guest, "path_remove_directory", "."), E_INVAL);
    assert_int_equal(guest_path(guest, "path_create_directory", "work/e/."), E_EXIST);
    assert_int_equal(guest_path(guest, "path_create_directory", "work/no/."), E_NOENT);
    assert_int_equal(guest_path(guest, "path_remove_directory", "dev"), E_ROFS);
    assert_string_equal(guest_list(guest, "work", 4096), ". .. e ");
    assert_string_equal(guest_list(guest, ".", 4096), ". .. dev work tmp ");
    assert_string_equal(guest_list(guest, "dev", 4096), ". .. null urandom ");
}

static void test_a_removed_directory_takes_no_files(void **state)
{
    struct guest *guest = *state;
    uint32_t fd, new;
    assert_int_equal(guest_path(guest, "path_create_directory", "work/d"), E_OK);
    assert_int_equal(guest_open(guest, "work/d", O_DIRECTORY_, R_ALL & ~(R_READ | R_WRITE), &fd), E_OK);
    assert_int_equal(guest_path(guest, "path_remove_directory", "work/d"), E_OK);
    assert_int_equal(guest_open_at(guest, fd, "f", 1, O_CREATE_, R_WRITE, 0, &new), E_NOENT);
    memcpy(guest->memory.base + GUEST_PATH, "sub", 3);
    assert_int_equal(CALL(guest, "path_create_directory", fd, GUEST_PATH, 3), E_NOENT);
    assert_int_equal(CALL(guest, "fd_filestat_get", fd, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 24), 0);
}

static void test_unlinked_but_open(void **state)
{
    struct guest *guest = *state;
    uint32_t fd, done;
    char text[8];
    assert_int_equal(guest_put_file(guest, "work/f", "still"), E_OK);
    assert_int_equal(guest_open(guest, "work/f", 0, R_ALL, &fd), E_OK);
    assert_int_equal(guest_path(guest, "path_unlink_file", "work/f"), E_OK);
    assert_int_equal(guest_stat(guest, "work/f", 1), E_NOENT);
    assert_int_equal(guest_read(guest, fd, text, 8, &done), E_OK);
    assert_memory_equal(text, "still", 5);
    uint64_t used = vfs_used_bytes(guest->vfs);
    assert_int_equal(CALL(guest, "fd_close", fd), E_OK);
    assert_true(vfs_used_bytes(guest->vfs) < used);
}

static void test_rename(void **state)
{
    struct guest *guest = *state;
    assert_int_equal(guest_put_file(guest, "work/a", "A"), E_OK);
    assert_int_equal(guest_put_file(guest, "work/b", "B"), E_OK);
    assert_int_equal(guest_path(guest, "path_create_directory", "work/d"), E_OK);
    assert_int_equal(guest_path(guest, "path_create_directory", "work/e"), E_OK);
    assert_int_equal(guest_two(guest, "path_rename", "work/a", "work/b"), E_OK);
    assert_null(guest_text(guest, "work/a"));
    assert_string_equal(guest_text(guest, "work/b"), "A");
    assert_int_equal(guest_two(guest, "path_rename", "work/b", "work/d"), E_ISDIR);
    assert_int_equal(guest_two(guest, "path_rename", "work/d", "work/b"), E_NOTDIR);
    assert_int_equal(guest_two(guest, "path_rename", "work/b", "work/c/"), E_NOTDIR);
    assert_int_equal(guest_two(guest, "path_rename", "work/b", "work/d/b"), E_OK);
    assert_int_equal(guest_two(guest, "path_rename", "work/e", "work/d"), E_NOTEMPTY);
    assert_int_equal(guest_two(guest, "path_rename", "work/d", "work/d"), E_OK);
    assert_int_equal(guest_two(guest, "path_rename", "work/d", "work/d/x"), E_INVAL);
    assert_int_equal(guest_two(guest, "path_rename", "work/d", "work/e"), E_OK);
    assert_string_equal(guest_text(guest, "work/e/b"), "A");
    assert_int_equal(guest_two(guest, "path_rename", "work/e", "work/f/"), E_OK);
    assert_string_equal(guest_text(guest, "work/f/../f/b"), "A");
    assert_int_equal(guest_two(guest, "path_rename", "work/none", "work/x"), E_NOENT);
    assert_int_equal(guest_two(guest, "path_rename", "work/f/b", "tmp/b"), E_XDEV);
    assert_int_equal(guest_two(guest, "path_rename", "work", "tmp/w"), E_BUSY);
    assert_int_equal(guest_two(guest, "path_rename", "work/f/b", "new"), E_XDEV);
    assert_int_equal(guest_two(guest, "path_rename", "work/f/b", "tmp"), E_XDEV);
    assert_int_equal(guest_two(guest, "path_rename", "work/f/b", "work/f/b"), E_OK);
    assert_string_equal(guest_list(guest, "work", 4096), ". .. f ");
}

static void test_hard_links(void **state)
{
    struct guest *guest = *state;
    assert_int_equal(guest_put_file(guest, "work/a", "one"), E_OK);
    assert_int_equal(guest_two(guest, "path_link", "work/a", "work/b"), E_OK);
    assert_int_equal(guest_two(guest, "path_link", "work/a", "work/b"), E_EXIST);
    assert_int_equal(guest_put_file(guest, "work/b", "two"), E_OK);
    assert_string_equal(guest_text(guest, "work/a"), "two");
    assert_int_equal(guest_stat(guest, "work/a", 1), E_OK);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 24), 2);
    assert_int_equal(guest_two(guest, "path_rename", "work/a", "work/b"), E_OK);
    assert_string_equal(guest_list(guest, "work", 4096), ". .. a b ");
    assert_int_equal(guest_path(guest, "path_unlink_file", "work/a"), E_OK);
    assert_string_equal(guest_text(guest, "work/b"), "two");
    assert_int_equal(guest_path(guest, "path_create_directory", "work/d"), E_OK);
    assert_int_equal(guest_two(guest, "path_link", "work/d", "work/e"), E_PERM);
    assert_int_equal(guest_two(guest, "path_link", "work/b", "tmp/b"), E_XDEV);
    assert_int_equal(guest_two(guest, "path_link", "work/none", "work/c"), E_NOENT);
    assert_int_equal(guest_two(guest, "path_link", "dev/null", "work/null"), E_XDEV);
    memcpy(guest->memory.base + GUEST_PATH, "work/b", 6);
    assert_int_equal(CALL(guest, "path_link", 3, 1, GUEST_PATH, 6,
                          3, GUEST_PATH, 6), E_INVAL);
}

static void test_symbolic_links(void **state)
{
    struct guest *guest = *state;
    uint32_t fd;
    assert_int_equal(guest_put_file(guest, "work/f", "text"), E_OK);
    assert_int_equal(guest_path(guest, "path_create_directory", "work/d"), E_OK);
    assert_int_equal(guest_symlink(guest, "f", "work/relative"), E_OK);
    assert_int_equal(guest_symlink(guest, "../f", "work/d/up"), E_OK);
    assert_int_equal(guest_symlink(guest, "/work/f", "tmp/absolute"), E_OK);
    assert_int_equal(guest_symlink(guest, "loop", "work/loop"), E_OK);
    assert_int_equal(guest_symlink(guest, "nothing", "work/dangling"), E_OK);
    assert_int_equal(guest_symlink(guest, "d", "work/dir"), E_OK);
    assert_int_equal(guest_symlink(guest, "../../../../work/f", "work/d/over"), E_OK);
    assert_string_equal(guest_text(guest, "work/relative"), "text");
    assert_string_equal(guest_text(guest, "work/d/up"), "text");
    assert_string_equal(guest_text(guest, "tmp/absolute"), "text");
    assert_string_equal(guest_text(guest, "work/dir/up"), "text");
    assert_string_equal(guest_text(guest, "work/d/over"), "text"); /* `..` in the root is the root */
    assert_int_equal(guest_open(guest, "work/loop", 0, R_READ, &fd), E_LOOP);
    assert_int_equal(guest_open_at(guest, 3, "work/relative", 0, 0, R_READ, 0, &fd), E_LOOP);
    assert_int_equal(guest_open(guest, "work/dangling", 0, R_READ, &fd), E_NOENT);
    assert_int_equal(guest_open(guest, "work/dangling", O_CREATE_ | O_EXCLUSIVE_, R_WRITE, &fd), E_EXIST);
    assert_int_equal(guest_put_file(guest, "work/dangling", "made"), E_OK);
    assert_string_equal(guest_text(guest, "work/nothing"), "made");
    assert_int_equal(guest_stat(guest, "work/dir", 0), E_OK);
    assert_int_equal(guest->memory.base[GUEST_RESULT + 16], 7);
    assert_int_equal(guest_stat(guest, "work/dir/", 0), E_OK);
    assert_int_equal(guest->memory.base[GUEST_RESULT + 16], 3);
    assert_int_equal(guest_symlink(guest, "f", "work/f"), E_EXIST);
    assert_int_equal(guest_symlink(guest, "", "work/empty"), E_NOENT);
    assert_int_equal(guest_symlink(guest, "x", "x"), E_ROFS);
    /* From a directory below, what leads above it is refused. */
    assert_int_equal(guest_open(guest, "work/d", O_DIRECTORY_, R_ALL & ~(R_READ | R_WRITE), &fd), E_OK);
    uint32_t ignored;
    assert_int_equal(guest_open_at(guest, fd, "up", 1, 0, R_READ, 0, &ignored), E_PERM);
    assert_int_equal(guest_open_at(guest, fd, "..", 1, 0, 0, 0, &ignored), E_PERM);
    assert_int_equal(guest_path(guest, "path_unlink_file", "work/dir"), E_OK);
    assert_string_equal(guest_list(guest, "work/d", 4096), ". .. up over ");
}

static void test_readlink(void **state)
{
    struct guest *guest = *state;
    assert_int_equal(guest_symlink(guest, "/a/b", "work/l"), E_OK);
    memcpy(guest->memory.base + GUEST_PATH, "work/l", 6);
    assert_int_equal(CALL(guest, "path_readlink", 3, GUEST_PATH, 6,
                          GUEST_BUFFER, 100, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u32(guest, GUEST_RESULT), 4);
    assert_memory_equal(guest->memory.base + GUEST_BUFFER, "/a/b", 4);
    assert_int_equal(CALL(guest, "path_readlink", 3, GUEST_PATH, 6,
                          GUEST_BUFFER, 2, GUEST_RESULT), E_OK);
    assert_int_equal(guest_u32(guest, GUEST_RESULT), 2); /* cut, as POSIX says */
    assert_int_equal(CALL(guest, "path_readlink", 3, GUEST_PATH, 4,
                          GUEST_BUFFER, 2, GUEST_RESULT), E_INVAL);
}

static void test_forty_links_are_too_many(void **state)
{
    struct guest *guest = *state;
    char from[32], to[32];
    assert_int_equal(guest_put_file(guest, "work/l0", "end"), E_OK);
    for (int i = 1; i <= 41; i++) {
        snprintf(to, sizeof to, "l%d", i - 1);
        snprintf(from, sizeof from, "work/l%d", i);
        assert_int_equal(guest_symlink(guest, to, from), E_OK);
    }
    assert_string_equal(guest_text(guest, "work/l40"), "end");
    uint32_t fd;
    assert_int_equal(guest_open(guest, "work/l41", 0, R_READ, &fd), E_LOOP);
}

static void test_names(void **state)
{
    struct guest *guest = *state;
    char name[400] = "work/", long_path[6000] = "work";
    uint32_t fd;
    memset(name + 5, 'n', 255);
    assert_int_equal(guest_put_file(guest, name, "x"), E_OK);
    name[260] = 'n';
    assert_int_equal(guest_open(guest, name, O_CREATE_, R_WRITE, &fd), E_NAMETOOLONG);
    for (int i = 0; i < 2100; i++)
        strcat(long_path, "/.");
    assert_int_equal(guest_open(guest, long_path, 0, R_READ, &fd), E_NAMETOOLONG);
    long_path[4096] = '\0';
    assert_int_equal(guest_open(guest, long_path, 0, 0, &fd), E_OK);
    /* Any bytes but NUL and slash. */
    assert_int_equal(guest_put_file(guest, "work/\xff\n\x01 \\", "odd"), E_OK);
    assert_string_equal(guest_text(guest, "work/\xff\n\x01 \\"), "odd");
    memcpy(guest->memory.base + GUEST_PATH, "work/a\0b", 8);
    assert_int_equal(CALL(guest, "path_unlink_file", 3, GUEST_PATH, 8), E_INVAL);
}

static void test_list_in_small_pieces_while_it_changes(void **state)
{
    struct guest *guest = *state;
    char path[32], expected[4096] = ". .. ";
    for (int i = 0; i < 100; i++) {
        snprintf(path, sizeof path, "work/file%02d", i);
        assert_int_equal(guest_put_file(guest, path, ""), E_OK);
        strcat(strcat(expected, path + 5), " ");
    }
    assert_string_equal(guest_list(guest, "work", 64), expected);
    assert_string_equal(guest_list(guest, "work", 4096), expected);
    /* Every file is removed as soon as it is seen. */
    uint32_t fd, seen = 0;
    uint64_t cookie = 0;
    assert_int_equal(guest_open(guest, "work", O_DIRECTORY_, R_ALL & ~(R_READ | R_WRITE), &fd), E_OK);
    for (;;) {
        assert_int_equal(CALL(guest, "fd_readdir", fd, GUEST_BUFFER, 40, cookie,
                              GUEST_RESULT), E_OK);
        if (guest_u32(guest, GUEST_RESULT) < 24)
            break;
        cookie = guest_u64(guest, GUEST_BUFFER);
        uint32_t length = guest_u32(guest, GUEST_BUFFER + 16);
        if (length > 2) {
            snprintf(path, sizeof path, "work/%.*s", (int)length, (char *)guest->memory.base + GUEST_BUFFER + 24);
            assert_int_equal(guest_path(guest, "path_unlink_file", path), E_OK);
            seen++;
        }
    }
    assert_int_equal(seen, 100);
    assert_string_equal(guest_list(guest, "work", 4096), ". .. ");
    assert_int_equal(CALL(guest, "fd_readdir", 1, GUEST_BUFFER, 40, 0,
                          GUEST_RESULT), E_NOTDIR);
    /* No cookie is dangerous. */
    for (uint64_t bit = 0; bit < 64; bit++)
        assert_int_equal(CALL(guest, "fd_readdir", 3, GUEST_BUFFER, 400,
                              (uint64_t)1 << bit, GUEST_RESULT), E_OK);
}

static void test_times(void **state)
{
    struct guest *guest = *state;
    uint32_t fd;
    assert_int_equal(guest_put_file(guest, "work/f", "x"), E_OK);
    memcpy(guest->memory.base + GUEST_PATH, "work/f", 6);
    assert_int_equal(CALL(guest, "path_filestat_set_times", 3, 1, GUEST_PATH,
                          6, 111, 222, (uint64_t)(1 | 4)), E_OK);
    assert_int_equal(guest_stat(guest, "work/f", 1), E_OK);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 40), 111);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 48), 222);
    assert_true(guest_u64(guest, GUEST_RESULT + 56) > 1000000000000000000u);
    assert_int_equal(guest_open(guest, "work/f", 0, R_ALL, &fd), E_OK);
    assert_int_equal(CALL(guest, "fd_filestat_set_times", fd, 5, 5, (uint64_t)(2)), E_OK);
    assert_int_equal(CALL(guest, "fd_filestat_get", fd, GUEST_RESULT), E_OK);
    assert_true(guest_u64(guest, GUEST_RESULT + 40) > 1000000000000000000u);
    assert_int_equal(guest_u64(guest, GUEST_RESULT + 48), 222);
    assert_int_equal(CALL(guest, "fd_filestat_set_times", fd, 5, 5, 3), E_INVAL);
    assert_int_equal(CALL(guest, "fd_filestat_set_times", fd, 5, 5, 12), E_INVAL);
    assert_int_equal(CALL(guest, "fd_filestat_set_times", fd, 5, 5, 16), E_INVAL);
    assert_int_equal(CALL(guest, "fd_filestat_set_times", 3, 5, 5, 1), E_ROFS);
    assert_int_equal(CALL(guest, "fd_filestat_set_times", 1, 5, 5, 1), E_INVAL);
}

static void test_devices(void **state)
{
    struct guest *guest = *state;
    uint32_t fd, done;
    uint8_t bytes[32] = {0}, zero[32] = {0};
    assert_int_equal(guest_open(guest, "dev/null", O_CREATE_ | O_TRUNCATE_, R_READ | R_WRITE, &fd), E_OK);
    assert_int_equal(guest_write(guest, fd, "gone", 4, &done), E_OK);
    assert_int_equal(done, 4);
    assert_int_equal(guest_read(guest, fd, bytes, 32, &done), E_OK);
    assert_int_equal(done, 0);
    assert_int_equal(guest_open(guest, "dev/urandom", 0, R_READ, &fd), E_OK);
    assert_int_equal(guest_read(guest, fd, bytes, 32, &done), E_OK);
    assert_int_equal(done, 32);
    assert_memory_not_equal(bytes, zero, 32);
    assert_int_equal(guest_open(guest, "dev/null/x", 0, R_READ, &fd), E_NOTDIR);
    assert_int_equal(guest_path(guest, "path_unlink_file", "dev/null"), E_BUSY);
}

static void test_renumber(void **state)
{
    struct guest *guest = *state;
    uint32_t a, b, done;
    char text[8];
    assert_int_equal(guest_put_file(guest, "work/a", "A"), E_OK);
    assert_int_equal(guest_put_file(guest, "work/b", "B"), E_OK);
    assert_int_equal(guest_open(guest, "work/a", 0, R_ALL, &a), E_OK);
    assert_int_equal(guest_open(guest, "work/b", 0, R_ALL, &b), E_OK);
    assert_int_equal(CALL(guest, "fd_renumber", a, b), E_OK);
    assert_int_equal(guest_read(guest, b, text, 8, &done), E_OK);
    assert_memory_equal(text, "A", 1);
    assert_int_equal(guest_read(guest, a, text, 8, &done), E_BADF);
    assert_int_equal(CALL(guest, "fd_renumber", a, b), E_BADF);
    assert_int_equal(CALL(guest, "fd_renumber", b, 500), E_BADF);
    assert_int_equal(CALL(guest, "fd_renumber", b, b), E_OK);
}

static void test_rights(void **state)
{
    struct guest *guest = *state;
    uint32_t fd, other;
    assert_int_equal(guest_path(guest, "path_create_directory", "work/d"), E_OK);
    assert_int_equal(guest_open(guest, "work/d", O_DIRECTORY_, R_ALL & ~(R_READ | R_WRITE), &fd), E_OK);
    assert_int_equal(CALL(guest, "fd_fdstat_get", fd, GUEST_RESULT), E_OK);
    uint64_t rights = guest_u64(guest, GUEST_RESULT + 8);
    assert_int_equal(rights & (R_READ | R_WRITE | 1 << 2 | 1 << 5), 0);
    assert_int_equal(CALL(guest, "fd_fdstat_set_rights", fd, rights & ~((uint64_t)1 << 10), (uint64_t)R_READ), E_OK);
    assert_int_equal(CALL(guest, "fd_fdstat_set_rights", fd, rights, (uint64_t)R_READ), E_NOTCAPABLE);
    assert_int_equal(guest_open_at(guest, fd, "f", 1, O_CREATE_, R_READ, 0, &other), E_NOTCAPABLE);
    assert_int_equal(guest_open_at(guest, fd, ".", 1, 0, R_WRITE, 0, &other), E_NOTCAPABLE);
    assert_int_equal(CALL(guest, "fd_fdstat_set_rights", fd, 0, 0), E_OK);
    assert_int_equal(CALL(guest, "fd_readdir", fd, GUEST_BUFFER, 40, 0,
                          GUEST_RESULT), E_NOTCAPABLE);
    assert_int_equal(CALL(guest, "fd_filestat_get", fd, GUEST_RESULT), E_NOTCAPABLE);
    assert_int_equal(CALL(guest, "path_unlink_file", fd, GUEST_PATH, 1), E_NOTCAPABLE);
    assert_int_equal(CALL(guest, "path_unlink_file", 1, GUEST_PATH, 1), E_NOTDIR);
    assert_int_equal(CALL(guest, "path_unlink_file", 50, GUEST_PATH, 1), E_BADF);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_write_then_read), TEST(test_open_flags), TEST(test_append), TEST(test_seek),
        TEST(test_holes_cost_nothing_and_are_zero), TEST(test_truncate_forgets),
        TEST(test_directories), TEST(test_a_removed_directory_takes_no_files),
        TEST(test_unlinked_but_open), TEST(test_rename), TEST(test_hard_links),
        TEST(test_symbolic_links), TEST(test_readlink), TEST(test_forty_links_are_too_many),
        TEST(test_names), TEST(test_list_in_small_pieces_while_it_changes), TEST(test_times),
        TEST(test_devices), TEST(test_renumber), TEST(test_rights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
