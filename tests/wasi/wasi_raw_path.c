/* Calls on paths, but for opening: each call and each error. */
#include "wasi_raw.h"

#define FOLLOW __WASI_LOOKUPFLAGS_SYMLINK_FOLLOW

static char long_name[300], long_path[5000];

static i32 mkdir_at(i32 folder, const char *path)
{
    return path_create_directory(folder, S(path));
}

static i32 rmdir_at(i32 folder, const char *path)
{
    return path_remove_directory(folder, S(path));
}

static i32 unlink_at(i32 folder, const char *path)
{
    return path_unlink_file(folder, S(path));
}

static i32 rename_in(i32 folder, const char *from, const char *to)
{
    return path_rename(folder, S(from), folder, S(to));
}

static i32 symlink_in(i32 folder, const char *target, const char *path)
{
    return path_symlink(S(target), folder, S(path));
}

static i32 stat_at(i32 folder, i32 flags, const char *path)
{
    return path_filestat_get(folder, flags, S(path), P(&out.stat));
}

static i32 readlink_at(i32 folder, const char *path, i32 capacity)
{
    return path_readlink(folder, S(path), P(out.bytes), capacity, P(&out.size));
}

/* A file with this text. */
static void put(i32 folder, const char *path, const char *text)
{
    i32 fd = raw_file(folder, path);
    raw_put(fd, text);
    raw_close(fd);
}

static int holds(i32 folder, const char *path, const char *text)
{
    i32 fd = raw_open(folder, path, 0, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK, 0);
    int same = raw_has(fd, text);
    raw_close(fd);
    return same;
}

/* What every call that takes a path says of the descriptor and of bytes that are no path. */
static void arguments(i32 folder)
{
    i32 file = raw_file(folder, "arguments"), narrow = raw_folder(folder, ".");
    raw_drop(narrow, ALL_RIGHTS & ~__WASI_RIGHTS_PATH_OPEN);
    const i32 stat = P(&out.stat), to = P(out.bytes), size = P(&out.size);
    GIVES(BADF, path_create_directory(99, S("x")), "no such descriptor");
    GIVES(BADF, path_filestat_get(99, 0, S("x"), stat), "no such descriptor");
    GIVES(BADF, path_filestat_set_times(99, 0, S("x"), 0, 0, 0), "no such descriptor");
    GIVES(BADF, path_link(99, 0, S("x"), folder, S("y")), "no such descriptor");
    GIVES(BADF, path_readlink(99, S("x"), to, 8, size), "no such descriptor");
    GIVES(BADF, path_remove_directory(99, S("x")), "no such descriptor");
    GIVES(BADF, path_rename(folder, S("arguments"), 99, S("y")), "no such descriptor");
    GIVES(BADF, path_symlink(S("x"), 99, S("y")), "no such descriptor");
    GIVES(BADF, path_unlink_file(99, S("x")), "no such descriptor");
    GIVES(NOTDIR, path_create_directory(file, S("x")), "from a file");
    GIVES(NOTDIR, path_filestat_get(file, 0, S("x"), stat), "from a file");
    GIVES(NOTDIR, path_filestat_set_times(file, 0, S("x"), 0, 0, 0), "from a file");
    GIVES(NOTDIR, path_link(file, 0, S("x"), folder, S("y")), "from a file");
    GIVES(NOTDIR, path_readlink(file, S("x"), to, 8, size), "from a file");
    GIVES(NOTDIR, path_remove_directory(file, S("x")), "from a file");
    GIVES(NOTDIR, path_rename(folder, S("arguments"), file, S("y")), "to a file");
    GIVES(NOTDIR, path_symlink(S("x"), file, S("y")), "from a file");
    GIVES(NOTDIR, path_unlink_file(1, S("x")), "from a stream");
    GIVES(NOTCAPABLE, path_create_directory(narrow, S("x")), "without the right");
    GIVES(NOTCAPABLE, path_filestat_get(narrow, 0, S("x"), stat), "without the right");
    GIVES(NOTCAPABLE, path_filestat_set_times(narrow, 0, S("x"), 0, 0, 0), "without the right");
    GIVES(NOTCAPABLE, path_link(narrow, 0, S("arguments"), folder, S("y")), "without the right to link from");
    GIVES(NOTCAPABLE, path_link(folder, 0, S("arguments"), narrow, S("y")), "without the right to link to");
    GIVES(NOTCAPABLE, path_readlink(narrow, S("x"), to, 8, size), "without the right");
    GIVES(NOTCAPABLE, path_remove_directory(narrow, S("x")), "without the right");
    GIVES(NOTCAPABLE, path_rename(narrow, S("arguments"), folder, S("y")), "without the right to rename from");
    GIVES(NOTCAPABLE, path_rename(folder, S("arguments"), narrow, S("y")), "without the right to rename to");
    GIVES(NOTCAPABLE, path_symlink(S("x"), narrow, S("y")), "without the right");
    GIVES(NOTCAPABLE, path_unlink_file(narrow, S("arguments")), "without the right");
    GIVES(FAULT, path_create_directory(folder, EDGE, 5), "the path ends outside memory");
    GIVES(FAULT, path_filestat_get(folder, 0, OUTSIDE, 1, stat), "the path outside memory");
    GIVES(FAULT, path_filestat_get(folder, 0, S("arguments"), OUTSIDE), "the result outside memory");
    GIVES(FAULT, path_filestat_set_times(folder, 0, EDGE, 5, 0, 0, 0), "the path ends outside memory");
    GIVES(FAULT, path_link(folder, 0, EDGE, 5, folder, S("y")), "the path ends outside memory");
    GIVES(FAULT, path_link(folder, 0, S("arguments"), folder, EDGE, 5), "the new path ends outside memory");
    GIVES(FAULT, path_readlink(folder, EDGE, 5, to, 8, size), "the path ends outside memory");
    GIVES(FAULT, path_readlink(folder, S("x"), EDGE, 5, size), "the space ends outside memory");
    GIVES(FAULT, path_readlink(folder, S("x"), to, 8, OUTSIDE), "the result outside memory");
    GIVES(FAULT, path_remove_directory(folder, 8, -1), "a length beyond memory");
    GIVES(FAULT, path_rename(folder, S("arguments"), folder, EDGE, 5), "the new path ends outside memory");
    GIVES(FAULT, path_symlink(EDGE, 5, folder, S("y")), "the target ends outside memory");
    GIVES(FAULT, path_symlink(S("x"), folder, EDGE, 5), "the path ends outside memory");
    GIVES(FAULT, path_unlink_file(folder, EDGE, 5), "the path ends outside memory");
    GIVES(INVAL, path_filestat_get(folder, 0, S("arguments"), stat + 4), "the result not aligned");
    GIVES(INVAL, path_filestat_get(folder, 2, S("arguments"), stat), "no such flag");
    GIVES(INVAL, path_readlink(folder, S("x"), to, 8, size + 1), "the result not aligned");
    GIVES(INVAL, path_create_directory(folder, P("a\0b"), 3), "a NUL in it");
    GIVES(INVAL, path_filestat_get(folder, 0, P("a\0b"), 3, stat), "a NUL in it");
    GIVES(INVAL, path_filestat_set_times(folder, 0, P("\0"), 1, 0, 0, 0), "a NUL in it");
    GIVES(INVAL, path_link(folder, 0, S("arguments"), folder, P("a\0b"), 3), "a NUL in it");
    GIVES(INVAL, path_readlink(folder, P("a\0b"), 3, to, 8, size), "a NUL in it");
    GIVES(INVAL, path_remove_directory(folder, P("a\0b"), 3), "a NUL in it");
    GIVES(INVAL, path_rename(folder, S("arguments"), folder, P("a\0b"), 3), "a NUL in it");
    GIVES(INVAL, path_symlink(P("a\0b"), 3, folder, S("y")), "a NUL in the target");
    GIVES(INVAL, path_unlink_file(folder, P("a\0b"), 3), "a NUL in it");
    raw_close(narrow);
    raw_close(file);
    WORKS(unlink_at(folder, "arguments"), "it is still there");
}

/* Paths that are wrong whatever is done with them. */
static void walks(i32 folder)
{
    const i32 stat = P(&out.stat), to = P(out.bytes), size = P(&out.size);
    put(folder, "file", "text");
    WORKS(symlink_in(folder, "loop", "loop"), "a link to itself");
    GIVES(NOENT, path_create_directory(folder, S("")), "nothing");
    GIVES(NOENT, path_create_directory(folder, S("none/x")), "in a directory that is not there");
    GIVES(NOENT, path_filestat_get(folder, FOLLOW, S("none"), stat), "not there");
    GIVES(NOENT, path_filestat_set_times(folder, FOLLOW, S("none"), 0, 0, 0), "not there");
    GIVES(NOENT, path_link(folder, 0, S("none"), folder, S("y")), "not there");
    GIVES(NOENT, path_readlink(folder, S("none"), to, 8, size), "not there");
    GIVES(NOENT, path_remove_directory(folder, S("none")), "not there");
    GIVES(NOENT, path_rename(folder, S("none"), folder, S("y")), "not there");
    GIVES(NOENT, path_symlink(S(""), folder, S("y")), "an empty target");
    GIVES(NOENT, path_unlink_file(folder, S("none")), "not there");
    GIVES(NOTDIR, path_create_directory(folder, S("file/x")), "through a file");
    GIVES(NOTDIR, path_filestat_get(folder, 0, S("file/"), stat), "a file with a slash behind it");
    GIVES(NAMETOOLONG, path_create_directory(folder, S(long_name)), "a name of more than 255 bytes");
    GIVES(NAMETOOLONG, path_filestat_get(folder, 0, S(long_path), stat), "a path of more than 4,096 bytes");
    GIVES(NAMETOOLONG, path_filestat_set_times(folder, 0, S(long_path), 0, 0, 0), "a path of more than 4,096 bytes");
    GIVES(NAMETOOLONG, path_link(folder, 0, S("file"), folder, S(long_name)), "a name of more than 255 bytes");
    GIVES(NAMETOOLONG, path_readlink(folder, S(long_path), to, 8, size), "a path of more than 4,096 bytes");
    GIVES(NAMETOOLONG, path_remove_directory(folder, S(long_path)), "a path of more than 4,096 bytes");
    GIVES(NAMETOOLONG, path_rename(folder, S("file"), folder, S(long_name)), "a name of more than 255 bytes");
    GIVES(NAMETOOLONG, path_symlink(S(long_path), folder, S("y")), "a target of more than 4,095 bytes");
    GIVES(NAMETOOLONG, path_unlink_file(folder, S(long_path)), "a path of more than 4,096 bytes");
    GIVES(PERM, path_create_directory(folder, S("../x")), "above the directory it begins in");
    GIVES(PERM, path_filestat_get(folder, 0, S("./../.."), stat), "above the directory it begins in");
    GIVES(PERM, path_filestat_set_times(folder, 0, S("/work"), 0, 0, 0), "an absolute path");
    GIVES(PERM, path_link(folder, 0, S("../x"), folder, S("y")), "from above the directory");
    GIVES(PERM, path_readlink(folder, S("/x"), to, 8, size), "an absolute path");
    GIVES(PERM, path_remove_directory(folder, S("..")), "the directory above");
    GIVES(PERM, path_rename(folder, S("file"), folder, S("../file")), "to above the directory");
    GIVES(PERM, path_symlink(S("x"), folder, S("../y")), "above the directory it begins in");
    GIVES(PERM, path_unlink_file(folder, S("../x")), "above the directory it begins in");
    GIVES(LOOP, path_filestat_get(folder, FOLLOW, S("loop"), stat), "links in a circle");
    GIVES(LOOP, path_filestat_set_times(folder, FOLLOW, S("loop"), 0, 0, 0), "links in a circle");
    GIVES(LOOP, path_create_directory(folder, S("loop/x")), "through links in a circle");
    GIVES(LOOP, path_link(folder, 0, S("loop/x"), folder, S("y")), "through links in a circle");
    GIVES(LOOP, path_readlink(folder, S("loop/x"), to, 8, size), "through links in a circle");
    GIVES(LOOP, path_remove_directory(folder, S("loop/x")), "through links in a circle");
    GIVES(LOOP, path_rename(folder, S("loop/x"), folder, S("y")), "through links in a circle");
    GIVES(LOOP, path_symlink(S("x"), folder, S("loop/y")), "through links in a circle");
    GIVES(LOOP, path_unlink_file(folder, S("loop/x")), "through links in a circle");
    WORKS(stat_at(folder, 0, "loop"), "the link itself");
    HOLDS(out.stat.filetype == __WASI_FILETYPE_SYMBOLIC_LINK);
    WORKS(unlink_at(folder, "loop"), "a link is a file to unlink");
    WORKS(unlink_at(folder, "file"), "a file");
}

static void directories(i32 folder)
{
    WORKS(mkdir_at(folder, "d"), "a directory");
    WORKS(mkdir_at(folder, "d/e/"), "a slash behind its name is allowed");
    WORKS(stat_at(folder, 0, "d/.//e/../e/."), "odd ways to the same");
    HOLDS(out.stat.filetype == __WASI_FILETYPE_DIRECTORY);
    put(folder, "d/f", "text");
    GIVES(EXIST, path_create_directory(folder, S("d")), "there already");
    GIVES(EXIST, path_create_directory(folder, S("d/f")), "there already, as a file");
    GIVES(NOTEMPTY, path_remove_directory(folder, S("d")), "with something in it");
    GIVES(NOTDIR, path_remove_directory(folder, S("d/f")), "a file");
    GIVES(INVAL, path_remove_directory(folder, S("d/e/.")), "by its dot");
    GIVES(ISDIR, path_unlink_file(folder, S("d/e")), "a directory");
    GIVES(ISDIR, path_unlink_file(folder, S("d/e/")), "a directory, with a slash");
    GIVES(NOTDIR, path_unlink_file(folder, S("d/f/")), "a file with a slash behind it");
    WORKS(unlink_at(folder, "d/f"), "a file");
    WORKS(rmdir_at(folder, "d/e/"), "a slash behind its name is allowed");
    WORKS(rmdir_at(folder, "d"), "empty now");
    GIVES(NOENT, stat_at(folder, 0, "d"), "path_filestat_get: it is gone");
}

static void links(i32 folder)
{
    put(folder, "f", "text");
    WORKS(mkdir_at(folder, "d"), "a directory");
    WORKS(path_link(folder, 0, S("f"), folder, S("d/g")), "a second name");
    WORKS(stat_at(folder, 0, "d/g"), "of the same file");
    HOLDS(out.stat.nlink == 2);
    WORKS(unlink_at(folder, "f"), "the first name goes");
    HOLDS(holds(folder, "d/g", "text"));
    GIVES(EXIST, path_link(folder, 0, S("d/g"), folder, S("d")), "the name is taken");
    GIVES(EXIST, path_link(folder, 0, S("d/g"), folder, S("d/g")), "onto itself");
    GIVES(PERM, path_link(folder, 0, S("d"), folder, S("e")), "a directory");
    GIVES(NOENT, path_link(folder, 0, S("d/g"), folder, S("x/")), "a name with a slash behind it");
    GIVES(NOTDIR, path_link(folder, 0, S("d/g/"), folder, S("x")), "a file with a slash behind it");
    GIVES(INVAL, path_link(folder, FOLLOW, S("d/g"), folder, S("x")), "to what a link leads to is not offered");
    WORKS(symlink_in(folder, "d/g", "l"), "a link");
    WORKS(path_link(folder, 0, S("l"), folder, S("m")), "a second name of a link");
    WORKS(readlink_at(folder, "m", 64), "is a link");
    HOLDS(out.size == 3 && memcmp(out.bytes, "d/g", 3) == 0);
    WORKS(readlink_at(folder, "l", 2), "into too little space: cut off");
    HOLDS(out.size == 2);
    GIVES(INVAL, readlink_at(folder, "d/g", 64), "path_readlink: no link");
    GIVES(INVAL, path_readlink(folder, S("d"), P(out.bytes), 64, P(&out.size)), "a directory is no link");
    GIVES(NOTDIR, path_readlink(folder, S("d/g/x"), P(out.bytes), 64, P(&out.size)), "through a file");
    GIVES(EXIST, path_symlink(S("x"), folder, S("l")), "the name is taken");
    GIVES(EXIST, path_symlink(S("x"), folder, S("d/")), "the name is taken by a directory");
    GIVES(NOENT, path_symlink(S("x"), folder, S("y/")), "a name with a slash behind it");
    HOLDS(holds(folder, "l", "text") && holds(folder, "m", "text"));
    WORKS(symlink_in(folder, "d", "to-d"), "a link to a directory");
    WORKS(stat_at(folder, 0, "to-d/"), "with a slash it is followed");
    HOLDS(out.stat.filetype == __WASI_FILETYPE_DIRECTORY);
    GIVES(NOTDIR, path_remove_directory(folder, S("to-d")), "a link to a directory");
    WORKS(symlink_in(folder, "..", "d/up"), "a link upwards, but not above");
    HOLDS(holds(folder, "d/up/l", "text"));
    WORKS(symlink_in(folder, "../..", "d/out"), "a link that leads above where a walk begins");
    GIVES(PERM, path_filestat_get(folder, FOLLOW, S("d/out"), P(&out.stat)), "through a link that leads above");
    if (!raw_in_memory()) {
        GIVES(PERM, path_symlink(S("../../.."), folder, S("d/far")), "a link that leads out of the host's folder");
        GIVES(PERM, path_symlink(S("/etc"), folder, S("d/far")), "an absolute link in a directory of the host");
    }
    const char *names[] = {"d/out", "d/up", "to-d", "l", "m", "d/g"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        WORKS(unlink_at(folder, names[i]), names[i]);
    WORKS(rmdir_at(folder, "d"), "all gone");
}

static void stamps(i32 folder)
{
    put(folder, "f", "text");
    WORKS(symlink_in(folder, "f", "l"), "a link to it");
    WORKS(path_filestat_set_times(folder, FOLLOW, S("l"), 1000, 2000, __WASI_FSTFLAGS_ATIM | __WASI_FSTFLAGS_MTIM),
          "of what a link leads to");
    WORKS(stat_at(folder, FOLLOW, "l"), "both");
    HOLDS(out.stat.atim == 1000 && out.stat.mtim == 2000 && out.stat.size == 4);
    WORKS(path_filestat_set_times(folder, 0, S("l"), 5000, 0, __WASI_FSTFLAGS_ATIM), "of the link itself");
    WORKS(stat_at(folder, 0, "f"), "the file is as it was");
    HOLDS(out.stat.atim == 1000);
    WORKS(path_filestat_set_times(folder, 0, S("f"), 0, 0, __WASI_FSTFLAGS_MTIM_NOW), "now");
    WORKS(stat_at(folder, 0, "f"), "one of them");
    HOLDS(out.stat.atim == 1000 && out.stat.mtim > 2000);
    GIVES(INVAL, path_filestat_set_times(folder, 0, S("f"), 0, 0, 3), "a time and now at once");
    GIVES(INVAL, path_filestat_set_times(folder, 2, S("f"), 0, 0, 0), "no such lookup flag");
    GIVES(NOTDIR, path_filestat_set_times(folder, 0, S("f/x"), 0, 0, 0), "through a file");
    WORKS(unlink_at(folder, "l"), "the link");
    WORKS(unlink_at(folder, "f"), "the file");
}

static void renames(i32 folder)
{
    put(folder, "a", "first");
    put(folder, "b", "second");
    i32 open = raw_open(folder, "b", 0, ALL_RIGHTS, 0);
    WORKS(rename_in(folder, "a", "b"), "over a file");
    HOLDS(holds(folder, "b", "first") && raw_has(open, "second")); /* who has it open keeps it */
    raw_close(open);
    GIVES(NOENT, stat_at(folder, 0, "a"), "path_filestat_get: the old name is gone");
    WORKS(rename_in(folder, "b", "b"), "onto itself");
    WORKS(path_link(folder, 0, S("b"), folder, S("c")), "a second name");
    WORKS(rename_in(folder, "b", "c"), "onto another name of the same file: nothing is done");
    WORKS(stat_at(folder, 0, "b"), "both are there");
    HOLDS(out.stat.nlink == 2);
    WORKS(unlink_at(folder, "c"), "one of them");
    WORKS(mkdir_at(folder, "d"), "a directory");
    WORKS(mkdir_at(folder, "e"), "another");
    WORKS(rename_in(folder, "d", "e"), "over an empty directory");
    GIVES(NOENT, stat_at(folder, 0, "d"), "path_filestat_get: the old name is gone");
    WORKS(rename_in(folder, "e/", "d/"), "with slashes behind");
    put(folder, "d/f", "text");
    WORKS(mkdir_at(folder, "e"), "another");
    GIVES(NOTEMPTY, path_rename(folder, S("e"), folder, S("d")), "over a directory with something in it");
    GIVES(NOTDIR, path_rename(folder, S("e"), folder, S("b")), "a directory over a file");
    GIVES(ISDIR, path_rename(folder, S("b"), folder, S("e")), "a file over a directory");
    GIVES(INVAL, path_rename(folder, S("d"), folder, S("d/x")), "a directory into itself");
    GIVES(NOTDIR, path_rename(folder, S("b/"), folder, S("x")), "a file with a slash behind it");
    GIVES(NOTDIR, path_rename(folder, S("b"), folder, S("x/")), "a file to a name with a slash behind it");
    i32 inside = raw_folder(folder, "d");
    WORKS(path_rename(inside, S("f"), folder, S("g")), "from one directory to another");
    HOLDS(holds(folder, "g", "text"));
    WORKS(rename_in(folder, "d", "e"), "a directory that is open");
    put(inside, "h", "x");
    HOLDS(holds(folder, "e/h", "x"));
    raw_close(inside);
    WORKS(symlink_in(folder, "g", "l"), "a link");
    WORKS(rename_in(folder, "b", "l"), "over a link, not over what it leads to");
    HOLDS(holds(folder, "l", "first") && holds(folder, "g", "text"));
}

/* Between mounts, and where nothing can be written. */
static void mounts(void)
{
    i32 work = raw_folder(ROOT, "work");
    put(work, "f", "text");
    GIVES(XDEV, path_rename(ROOT, S("work/f"), ROOT, S("tmp/f")), "to another mount");
    GIVES(XDEV, path_rename(ROOT, S("work/f"), ROOT, S("mnt/f")), "to a directory of the host");
    GIVES(XDEV, path_link(ROOT, 0, S("work/f"), ROOT, S("tmp/f")), "to another mount");
    GIVES(BUSY, path_rename(ROOT, S("work"), ROOT, S("tmp/work")), "a mount");
    GIVES(BUSY, path_rename(ROOT, S("dev/null"), ROOT, S("work/null")), "a device");
    GIVES(BUSY, path_remove_directory(ROOT, S("mnt")), "a mount");
    GIVES(INVAL, path_remove_directory(work, S(".")), "the directory it begins in");
    GIVES(BUSY, path_unlink_file(ROOT, S("dev/null")), "a device");
    GIVES(ROFS, path_create_directory(ROOT, S("x")), "a directory that is only there for mounts");
    GIVES(ROFS, path_symlink(S("work"), ROOT, S("x")), "a directory that is only there for mounts");
    GIVES(ROFS, path_link(ROOT, 0, S("work/f"), ROOT, S("x")), "a directory that is only there for mounts");
    GIVES(ROFS, path_filestat_set_times(ROOT, 0, S("dev"), 0, 0, 0), "a directory that is only there for mounts");
    GIVES(ROFS, path_remove_directory(ROOT, S("dev")), "a directory that is only there for mounts");
    GIVES(ROFS, path_create_directory(ROOT, S("fixed/x")), "a read-only mount");
    GIVES(ROFS, path_symlink(S("x"), ROOT, S("fixed/x")), "a read-only mount");
    GIVES(ROFS, path_link(ROOT, 0, S("fixed/f"), ROOT, S("fixed/x")), "a read-only mount");
    GIVES(ROFS, path_filestat_set_times(ROOT, 0, S("fixed/f"), 0, 0, 0), "a read-only mount");
    GIVES(ROFS, path_remove_directory(ROOT, S("fixed/d")), "a read-only mount");
    GIVES(ROFS, path_rename(ROOT, S("fixed/f"), ROOT, S("fixed/x")), "a read-only mount");
    GIVES(ROFS, path_unlink_file(ROOT, S("fixed/f")), "a read-only mount");
    /* `..` in the root is the root, and out of a mount it leads to where the mount is. */
    HOLDS(holds(ROOT, "../../work/f", "text") && holds(ROOT, "mnt/../work/f", "text"));
    raw_close(work);
}

/* Memory alone has limits that are the box's own: 65,536 files, 64 directories deep. */
static void limits(void)
{
    char name[16];
    i32 work = raw_folder(ROOT, "work"), at = work;
    int depth = 0;
    while (depth < 100 && mkdir_at(at, "deep") == 0) {
        i32 next = raw_folder(at, "deep");
        if (depth++ > 0)
            raw_close(at);
        at = next;
    }
    HOLDS(depth == 64);
    GIVES(NOSPC, path_create_directory(at, S("deep")), "deeper than the box's directories may be");
    WORKS(mkdir_at(work, "other"), "at the top");
    GIVES(NOSPC, path_rename(work, S("other"), at, S("other")), "deeper than the box's directories may be");
    raw_close(at);
    for (int i = 0; i < 70000; i++) {
        snprintf(name, sizeof name, "x%d", i);
        if (symlink_in(work, "x", name) != 0)
            break;
    }
    GIVES(NOSPC, path_symlink(S("x"), work, S("one more")), "the box has all the files it may have");
    for (int i = 0; i < 2000000; i++) {
        snprintf(name, sizeof name, "y%d", i);
        if (path_link(work, 0, S("f"), work, S(name)) != 0)
            break;
    }
    GIVES(NOSPC, path_link(work, 0, S("f"), work, S("one more")), "the box's files are full");
    raw_close(work);
}

int main(void)
{
    memset(long_name, 'n', sizeof long_name - 1);
    for (size_t i = 0; i < sizeof long_path - 1; i++)
        long_path[i] = i % 100 == 99 ? '/' : 'p';
    raw_everywhere((raw_cases *const[]){arguments, walks, directories, links, stamps, renames, NULL});
    mounts();
    limits();
    puts("paths");
    return 0;
}
