/* path_open: what it opens, makes and refuses, and with which rights; each error. And preopened directories. */
#include "wasi_raw.h"

#define CREAT __WASI_OFLAGS_CREAT
#define DIRECTORY __WASI_OFLAGS_DIRECTORY
#define EXCL __WASI_OFLAGS_EXCL
#define TRUNC __WASI_OFLAGS_TRUNC
#define READ __WASI_RIGHTS_FD_READ
#define WRITE __WASI_RIGHTS_FD_WRITE

static char long_path[5000];

/* Opens without following a link at the end, which is closed again at once if it worked. */
static i32 try(i32 folder, const char *path, i32 oflags, i64 rights)
{
    i32 error = path_open(folder, 0, S(path), oflags, rights, 0, 0, P(&out.size));
    if (error == 0)
        raw_close((i32)out.size);
    return error;
}

static i32 follow(i32 folder, const char *path, i32 oflags, i64 rights)
{
    i32 error = path_open(folder, 1, S(path), oflags, rights, 0, 0, P(&out.size));
    if (error == 0)
        raw_close((i32)out.size);
    return error;
}

static void makes(i32 folder)
{
    GIVES(NOENT, try(folder, "f", 0, READ), "path_open: not there");
    WORKS(try(folder, "f", CREAT, WRITE), "CREAT makes it");
    WORKS(try(folder, "f", CREAT, WRITE), "and takes what is there");
    GIVES(EXIST, try(folder, "f", CREAT | EXCL, WRITE), "path_open: EXCL, and it is there");
    WORKS(try(folder, "g", CREAT | EXCL, WRITE), "EXCL, and it is not");
    i32 fd = raw_open(folder, "f", 0, ALL_RIGHTS, 0);
    raw_put(fd, "text");
    WORKS(try(folder, "f", TRUNC, WRITE), "TRUNC empties it");
    HOLDS(raw_size(fd) == 0);
    WORKS(path_unlink_file(folder, S("f")), "an open file loses its name");
    WORKS(try(folder, "f", CREAT | EXCL, WRITE), "which another file can have");
    HOLDS(raw_put(fd, "old") == 3 && raw_has(fd, "oldt") == 0); /* where it stood: behind a hole */
    raw_close(fd);
    GIVES(NOENT, try(folder, "none/x", CREAT, WRITE), "path_open: CREAT in a directory that is not there");
    GIVES(ISDIR, try(folder, "new/", CREAT, WRITE), "path_open: CREAT of a name with a slash behind it");
    GIVES(INVAL, try(folder, "new", CREAT | DIRECTORY, 0), "path_open: CREAT makes no directories");
}

static void types(i32 folder)
{
    WORKS(path_create_directory(folder, S("d")), "a directory");
    raw_close(raw_file(folder, "file"));
    WORKS(try(folder, "d", DIRECTORY, 0), "a directory");
    WORKS(try(folder, "d/", 0, 0), "a directory, with a slash");
    WORKS(try(folder, "d/./../d/.", DIRECTORY, 0), "odd ways to it");
    WORKS(try(folder, ".", DIRECTORY, 0), "where it begins");
    GIVES(NOTDIR, try(folder, "file", DIRECTORY, 0), "path_open: a file, and DIRECTORY");
    GIVES(NOTDIR, try(folder, "file/", 0, READ), "path_open: a file, with a slash behind it");
    GIVES(NOTDIR, try(folder, "file/x", CREAT, WRITE), "path_open: through a file");
    GIVES(ISDIR, try(folder, "d", 0, WRITE), "path_open: a directory, to be written to");
    GIVES(ISDIR, try(folder, "d", CREAT, 0), "path_open: a directory, and CREAT");
    GIVES(ISDIR, try(folder, "d", TRUNC, 0), "path_open: a directory, and TRUNC");
}

static void links(i32 folder)
{
    WORKS(path_symlink(S("file"), folder, S("l")), "a link to a file");
    WORKS(path_symlink(S("made"), folder, S("dangling")), "a link to nothing");
    WORKS(path_symlink(S("loop"), folder, S("loop")), "a link to itself");
    WORKS(path_symlink(S("d"), folder, S("to-d")), "a link to a directory");
    WORKS(path_symlink(S(".."), folder, S("up")), "a link upwards");
    WORKS(follow(folder, "l", 0, READ), "it is followed");
    WORKS(follow(folder, "to-d/../file", 0, READ), "through it, and back from where it led to");
    GIVES(LOOP, try(folder, "l", 0, READ), "path_open: a link that is not to be followed");
    GIVES(LOOP, follow(folder, "loop", 0, READ), "path_open: links in a circle");
    GIVES(LOOP, follow(folder, "loop/x", 0, READ), "path_open: through links in a circle");
    GIVES(NOENT, follow(folder, "dangling", 0, READ), "path_open: a link to nothing");
    GIVES(EXIST, follow(folder, "dangling", CREAT | EXCL, WRITE), "path_open: EXCL follows no link");
    WORKS(follow(folder, "dangling", CREAT, WRITE), "CREAT makes what the link names");
    WORKS(try(folder, "made", 0, READ), "so it is there");
    GIVES(PERM, follow(folder, "up", DIRECTORY, 0), "path_open: a link that leads above where it begins");
    GIVES(PERM, follow(folder, "up/cases/file", 0, READ), "path_open: above, and back");
    char name[32], before[32] = "file";
    for (int i = 0; i < 45; i++) { /* each leads to the one before */
        snprintf(name, sizeof name, "chain%d", i);
        WORKS(path_symlink(S(before), folder, S(name)), "one more link");
        strcpy(before, name);
    }
    WORKS(follow(folder, "chain20", 0, READ), "21 links");
    GIVES(LOOP, follow(folder, "chain44", 0, READ), "path_open: more than 40 links");
}

static void arguments(i32 folder)
{
    const i32 result = P(&out.size);
    i32 file = raw_file(folder, "arguments");
    GIVES(BADF, path_open(99, 0, S("x"), 0, 0, 0, 0, result), "no such descriptor");
    GIVES(NOTDIR, path_open(file, 0, S("x"), 0, 0, 0, 0, result), "from a file");
    GIVES(NOTDIR, path_open(0, 0, S("x"), 0, 0, 0, 0, result), "from a stream");
    GIVES(FAULT, path_open(folder, 0, EDGE, 5, 0, 0, 0, 0, result), "the path ends outside memory");
    GIVES(FAULT, path_open(folder, 0, S("made-by-mistake"), CREAT, 0, 0, 0, OUTSIDE),
          "the result outside memory: nothing is made");
    GIVES(NOENT, try(folder, "made-by-mistake", 0, 0), "path_open: it was not made");
    GIVES(INVAL, path_open(folder, 0, S("x"), 0, 0, 0, 0, result + 1), "the result not aligned");
    GIVES(INVAL, path_open(folder, 2, S("x"), 0, 0, 0, 0, result), "no such lookup flag");
    GIVES(INVAL, path_open(folder, 0, S("x"), 16, 0, 0, 0, result), "no such flag");
    GIVES(INVAL, path_open(folder, 0, S("x"), 0, 0, 0, 32, result), "no such descriptor flag");
    GIVES(INVAL, path_open(folder, 0, P("file\0"), 5, 0, 0, 0, 0, result), "a NUL in it");
    GIVES(NOENT, path_open(folder, 0, S(""), 0, 0, 0, 0, result), "nothing");
    GIVES(NAMETOOLONG, path_open(folder, 0, S(long_path), 0, 0, 0, 0, result), "a path of more than 4,096 bytes");
    GIVES(PERM, path_open(folder, 0, S("/work"), 0, 0, 0, 0, result), "an absolute path");
    GIVES(PERM, path_open(folder, 0, S(".."), 0, 0, 0, 0, result), "above the directory it begins in");
    GIVES(PERM, path_open(folder, 0, S("d/../../cases/file"), 0, 0, 0, 0, result), "above, and back");
    raw_close(file);
}

static void rights(i32 folder)
{
    i32 narrow = raw_folder(folder, ".");
    const i64 own = ALL_RIGHTS & ~(READ | WRITE);
    i32 fd = raw_open(folder, "file", 0, READ, 0);
    WORKS(fd_fdstat_get(fd, P(&out.fdstat)), "what was asked for");
    HOLDS(out.fdstat.fs_rights_base == READ);
    GIVES(BADF, fd_write(fd, P(out.bytes), 0, P(&out.size)), "opened without the right");
    raw_close(fd);
    WORKS(fd_fdstat_get(narrow, P(&out.fdstat)), "what a directory has");
    const i64 base = (i64)out.fdstat.fs_rights_base;
    WORKS(fd_fdstat_set_rights(narrow, base, READ | __WASI_RIGHTS_PATH_OPEN), "to be inherited: reading and opening");
    GIVES(NOTCAPABLE, path_open(narrow, 0, S("file"), 0, WRITE, 0, 0, P(&out.size)), "a right that is not inherited");
    GIVES(NOTCAPABLE, path_open(narrow, 0, S("file"), 0, 0, WRITE, 0, P(&out.size)), "to pass on what it may not");
    WORKS(path_open(narrow, 0, S("d"), DIRECTORY, __WASI_RIGHTS_PATH_OPEN, READ, 0, P(&out.size)), "no more than that");
    i32 inner = (i32)out.size;
    GIVES(NOTCAPABLE, path_open(inner, 0, S("."), 0, __WASI_RIGHTS_PATH_OPEN, 0, 0, P(&out.size)), "nor what it opened");
    raw_close(inner);
    WORKS(fd_fdstat_set_rights(narrow, base & own & ~__WASI_RIGHTS_PATH_CREATE_FILE, READ), "not to create");
    GIVES(NOTCAPABLE, path_open(narrow, 0, S("new"), CREAT, 0, 0, 0, P(&out.size)), "CREAT without the right");
    WORKS(fd_fdstat_set_rights(narrow, __WASI_RIGHTS_PATH_OPEN, READ), "only to open");
    GIVES(NOTCAPABLE, path_open(narrow, 0, S("file"), TRUNC, 0, 0, 0, P(&out.size)), "TRUNC without the right");
    WORKS(fd_fdstat_set_rights(narrow, 0, READ), "nothing");
    GIVES(NOTCAPABLE, path_open(narrow, 0, S("file"), 0, 0, 0, 0, P(&out.size)), "without the right to open");
    raw_close(narrow);
}

/* What is not in memory and not of the host, and what cannot be written to. */
static void mounts(void)
{
    i32 null = raw_open(ROOT, "dev/null", 0, ALL_RIGHTS, 0);
    WORKS(fd_filestat_get(null, P(&out.stat)), "a device");
    HOLDS(out.stat.filetype == __WASI_FILETYPE_CHARACTER_DEVICE && raw_has(null, ""));
    raw_close(null);
    GIVES(ROFS, try(ROOT, "new", CREAT, WRITE), "path_open: in a directory that is only there for mounts");
    GIVES(ROFS, try(ROOT, "fixed/new", CREAT, WRITE), "path_open: in a read-only mount");
    GIVES(ROFS, try(ROOT, "fixed/f", 0, WRITE), "path_open: for writing, in a read-only mount");
    GIVES(ROFS, try(ROOT, "fixed/f", TRUNC, 0), "path_open: TRUNC, in a read-only mount");
    WORKS(try(ROOT, "fixed/f", CREAT, READ), "CREAT of what is there");
    i32 fixed = raw_open(ROOT, "fixed/f", 0, READ | __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES, 0);
    HOLDS(raw_has(fixed, "fixed"));
    GIVES(ROFS, fd_filestat_set_times(fixed, 0, 0, __WASI_FSTFLAGS_MTIM_NOW), "a file of a read-only mount");
    raw_close(fixed);
    /* `..` in the root is the root; from a mount it leads to where the mount is. */
    WORKS(try(ROOT, "../../work/../work", DIRECTORY, 0), "above the root is the root");
    WORKS(try(ROOT, "mnt/../work/cases/file", 0, READ), "from one mount to another");
}

/* The folders of the description are open, by the names that it has for them. */
static void preopened(void)
{
    __wasi_prestat_t prestat;
    char name[8] = "";
    WORKS(fd_prestat_get(4, P(&prestat)), "behind \"/\"");
    HOLDS(prestat.u.dir.pr_name_len == 3);
    WORKS(fd_prestat_dir_name(4, P(name), 3), "its name as it was given");
    HOLDS(strcmp(name, "mnt") == 0);
    GIVES(NAMETOOLONG, fd_prestat_dir_name(4, P(name), 2), "less space than the name takes");
    WORKS(try(4, "cases/file", 0, READ), "from it");
    GIVES(PERM, try(4, "../work", DIRECTORY, 0), "path_open: above it");
    GIVES(BADF, fd_prestat_get(5, P(&prestat)), "there are no more");
}

static void limits(void)
{
    char name[16];
    i32 fds[300], count = 0, work = raw_folder(ROOT, "work");
    while (count < 300 && path_open(work, 0, S("cases/file"), 0, READ, 0, 0, P(&out.size)) == 0)
        fds[count++] = (i32)out.size;
    HOLDS(count > 200 && count < 256);
    GIVES(MFILE, path_open(work, 0, S("cases/file"), 0, READ, 0, 0, P(&out.size)), "the box has all it may have");
    GIVES(MFILE, try(work, "another", CREAT, WRITE), "path_open: and nothing is made");
    for (int i = 0; i < count; i++)
        raw_close(fds[i]);
    GIVES(NOENT, try(work, "another", 0, READ), "path_open: it was not made");
    for (int i = 0; i < 70000; i++) {
        snprintf(name, sizeof name, "x%d", i);
        if (try(work, name, CREAT, WRITE) != 0)
            break;
    }
    GIVES(NOSPC, try(work, "one more", CREAT, WRITE), "path_open: the box has all the files it may have");
    raw_close(work);
}

int main(void)
{
    for (size_t i = 0; i < sizeof long_path - 1; i++)
        long_path[i] = i % 100 == 99 ? '/' : 'p';
    raw_everywhere((raw_cases *const[]){makes, types, links, arguments, rights, NULL});
    mounts();
    preopened();
    limits();
    puts("opening");
    return 0;
}
