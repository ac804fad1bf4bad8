/* What descriptors are: state, sizes, times, rights, numbers: each call and each error. */
#include "wasi_raw.h"

#define AT __WASI_FSTFLAGS_ATIM
#define AT_NOW __WASI_FSTFLAGS_ATIM_NOW
#define MT __WASI_FSTFLAGS_MTIM
#define MT_NOW __WASI_FSTFLAGS_MTIM_NOW

static void sizes(i32 folder)
{
    i32 fd = raw_file(folder, "sizes");
    raw_put(fd, "0123456789");
    WORKS(fd_filestat_set_size(fd, 4), "shorter");
    HOLDS(raw_has(fd, "0123"));
    WORKS(fd_filestat_set_size(fd, 6), "longer: zeroes, not what was there");
    HOLDS(raw_size(fd) == 6);
    const __wasi_iovec_t list = {out.bytes, 8};
    WORKS(fd_pread(fd, P(&list), 1, 0, P(&out.size)), "all of it");
    HOLDS(out.size == 6 && memcmp(out.bytes, "0123\0\0", 6) == 0);
    WORKS(fd_tell(fd, P(&out.big)), "it stands where it stood");
    HOLDS(out.big == 10);
    raw_put(fd, "x"); /* behind a hole */
    HOLDS(raw_size(fd) == 11);
    WORKS(fd_allocate(fd, 0, 100), "at least so large");
    HOLDS(raw_size(fd) == 100);
    WORKS(fd_allocate(fd, 10, 20), "never smaller");
    HOLDS(raw_size(fd) == 100);
    GIVES(BADF, fd_filestat_set_size(99, 0), "no such descriptor");
    GIVES(INVAL, fd_filestat_set_size(fd, -1), "a size below 0");
    GIVES(INVAL, fd_filestat_set_size(folder, 0), "a directory");
    GIVES(INVAL, fd_filestat_set_size(1, 0), "a stream");
    GIVES(BADF, fd_allocate(99, 0, 1), "no such descriptor");
    GIVES(BADF, fd_allocate(folder, 0, 1), "a directory is not open for writing");
    GIVES(INVAL, fd_allocate(fd, 0, 0), "nothing");
    GIVES(FBIG, fd_allocate(fd, INT64_MAX, 1), "behind the last position");
    GIVES(SPIPE, fd_allocate(1, 0, 1), "a stream");
    i32 reader = raw_open(folder, "sizes", 0, ALL_RIGHTS & ~__WASI_RIGHTS_FD_WRITE, 0);
    GIVES(BADF, fd_allocate(reader, 0, 1000), "not open for writing");
    GIVES(INVAL, fd_filestat_set_size(reader, 0), "not open for writing");
    raw_close(reader);
    raw_drop(fd, __WASI_RIGHTS_FD_ALLOCATE | __WASI_RIGHTS_FD_FILESTAT_SET_SIZE);
    GIVES(BADF, fd_allocate(fd, 0, 1000), "without the right");
    GIVES(NOTCAPABLE, fd_filestat_set_size(fd, 0), "without the right");
    HOLDS(raw_size(fd) == 100);
    raw_close(fd);
}

static void times(i32 folder)
{
    i32 fd = raw_file(folder, "times");
    uint64_t now;
    WORKS(fd_filestat_set_times(fd, 1000000007, 2000000009, AT | MT), "both");
    WORKS(fd_filestat_get(fd, P(&out.stat)), "to the nanosecond");
    HOLDS(out.stat.atim == 1000000007 && out.stat.mtim == 2000000009 && out.stat.nlink == 1);
    HOLDS(out.stat.filetype == __WASI_FILETYPE_REGULAR_FILE && out.stat.ctim > out.stat.mtim && out.stat.ino != 0);
    WORKS(fd_filestat_set_times(fd, -1, 3000000000, MT), "one; the other is not looked at");
    WORKS(fd_filestat_get(fd, P(&out.stat)), "the other stays");
    HOLDS(out.stat.atim == 1000000007 && out.stat.mtim == 3000000000);
    WORKS(fd_filestat_set_times(fd, 0, 0, 0), "neither");
    WORKS(clock_time_get(0, 1, P(&now)), "now");
    WORKS(fd_filestat_set_times(fd, 0, 0, AT_NOW | MT_NOW), "now");
    WORKS(fd_filestat_get(fd, P(&out.stat)), "both are now");
    HOLDS(out.stat.atim == out.stat.mtim && out.stat.mtim + 100000000 > now);
    GIVES(INVAL, fd_filestat_set_times(fd, 0, 0, AT | AT_NOW), "a time and now at once");
    GIVES(INVAL, fd_filestat_set_times(fd, 0, 0, MT | MT_NOW), "a time and now at once");
    GIVES(INVAL, fd_filestat_set_times(fd, 0, 0, 16), "no such flag");
    GIVES(INVAL, fd_filestat_set_times(fd, 0, -1, MT), "a time that means something else");
    GIVES(INVAL, fd_filestat_set_times(1, 0, 0, MT_NOW), "a stream");
    GIVES(BADF, fd_filestat_set_times(99, 0, 0, 0), "no such descriptor");
    GIVES(BADF, fd_filestat_get(99, P(&out.stat)), "no such descriptor");
    GIVES(FAULT, fd_filestat_get(fd, EDGE - 4), "the result ends outside memory");
    GIVES(INVAL, fd_filestat_get(fd, P(&out.stat) + 4), "the result not aligned");
    WORKS(fd_filestat_set_times(folder, 5000000000, 6000000000, AT | MT), "of a directory");
    WORKS(fd_filestat_get(folder, P(&out.stat)), "of a directory");
    HOLDS(out.stat.mtim == 6000000000 && out.stat.filetype == __WASI_FILETYPE_DIRECTORY);
    raw_drop(fd, __WASI_RIGHTS_FD_FILESTAT_GET | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES);
    GIVES(NOTCAPABLE, fd_filestat_get(fd, P(&out.stat)), "without the right");
    GIVES(NOTCAPABLE, fd_filestat_set_times(fd, 0, 0, AT_NOW), "without the right");
    raw_close(fd);
}

static void keeping(i32 folder)
{
    i32 fd = raw_file(folder, "keeping");
    raw_put(fd, "kept");
    WORKS(fd_sync(fd), "contents and state");
    WORKS(fd_datasync(fd), "contents");
    WORKS(fd_sync(folder), "a directory");
    for (i32 advice = 0; advice < 6; advice++)
        WORKS(fd_advise(fd, 0, 4, advice), "advice is heard, and nothing comes of it");
    HOLDS(raw_has(fd, "kept"));
    GIVES(BADF, fd_sync(99), "no such descriptor");
    GIVES(BADF, fd_datasync(99), "no such descriptor");
    GIVES(INVAL, fd_sync(1), "a stream");
    GIVES(INVAL, fd_datasync(1), "a stream");
    GIVES(BADF, fd_advise(99, 0, 0, 0), "no such descriptor");
    GIVES(INVAL, fd_advise(fd, 0, 0, 6), "no such advice");
    GIVES(INVAL, fd_advise(fd, -1, 0, 0), "a position below 0");
    GIVES(INVAL, fd_advise(fd, 0, -1, 0), "a length below 0");
    GIVES(SPIPE, fd_advise(0, 0, 0, 0), "a stream");
    raw_drop(fd, __WASI_RIGHTS_FD_SYNC | __WASI_RIGHTS_FD_DATASYNC | __WASI_RIGHTS_FD_ADVISE);
    GIVES(NOTCAPABLE, fd_sync(fd), "without the right");
    GIVES(NOTCAPABLE, fd_datasync(fd), "without the right");
    GIVES(NOTCAPABLE, fd_advise(fd, 0, 0, 0), "without the right");
    raw_close(fd);
}

static void flags(i32 folder)
{
    i32 fd = raw_file(folder, "flags");
    WORKS(fd_fdstat_get(fd, P(&out.fdstat)), "type, flags and rights");
    HOLDS(out.fdstat.fs_filetype == __WASI_FILETYPE_REGULAR_FILE && out.fdstat.fs_flags == 0);
    HOLDS((out.fdstat.fs_rights_base & __WASI_RIGHTS_FD_READ) != 0);
    HOLDS((out.fdstat.fs_rights_base & __WASI_RIGHTS_PATH_OPEN) == 0); /* of directories only */
    WORKS(fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_NONBLOCK), "two that can change");
    WORKS(fd_fdstat_get(fd, P(&out.fdstat)), "both are told");
    HOLDS(out.fdstat.fs_flags == (__WASI_FDFLAGS_APPEND | __WASI_FDFLAGS_NONBLOCK));
    GIVES(BADF, fd_fdstat_get(99, P(&out.fdstat)), "no such descriptor");
    GIVES(FAULT, fd_fdstat_get(fd, EDGE - 4), "the result ends outside memory");
    GIVES(INVAL, fd_fdstat_get(fd, P(&out.fdstat) + 4), "the result not aligned");
    GIVES(BADF, fd_fdstat_set_flags(99, 0), "no such descriptor");
    GIVES(INVAL, fd_fdstat_set_flags(fd, 32), "no such flag");
    GIVES(NOTSUP, fd_fdstat_set_flags(fd, __WASI_FDFLAGS_SYNC), "one that is chosen when a file is opened");
    raw_drop(fd, __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS);
    GIVES(NOTCAPABLE, fd_fdstat_set_flags(fd, 0), "without the right");
    i32 sync = raw_open(folder, "flags", 0, ALL_RIGHTS, __WASI_FDFLAGS_SYNC | __WASI_FDFLAGS_DSYNC);
    WORKS(fd_fdstat_get(sync, P(&out.fdstat)), "opened with them");
    HOLDS(out.fdstat.fs_flags == (__WASI_FDFLAGS_SYNC | __WASI_FDFLAGS_DSYNC) && raw_put(sync, "x") == 1);
    raw_close(sync);
    raw_close(fd);
}

static void rights(i32 folder)
{
    i32 fd = raw_file(folder, "rights");
    const i64 reading = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_SEEK;
    WORKS(fd_fdstat_set_rights(fd, reading, 0), "fewer");
    WORKS(fd_fdstat_get(fd, P(&out.fdstat)), "only those");
    HOLDS(out.fdstat.fs_rights_base == (uint64_t)reading && out.fdstat.fs_rights_inheriting == 0);
    GIVES(NOTCAPABLE, fd_fdstat_set_rights(fd, reading | __WASI_RIGHTS_FD_WRITE, 0), "more than it has");
    GIVES(NOTCAPABLE, fd_fdstat_set_rights(fd, reading, __WASI_RIGHTS_FD_READ), "more to inherit than it has");
    GIVES(NOTCAPABLE, fd_fdstat_set_rights(fd, (i64)1 << 40, 0), "a right that does not exist");
    GIVES(BADF, fd_fdstat_set_rights(99, 0, 0), "no such descriptor");
    raw_close(fd);
}

static void renumbering(i32 folder)
{
    i32 one = raw_file(folder, "one"), two = raw_file(folder, "two");
    raw_put(one, "first");
    raw_put(two, "second");
    WORKS(fd_renumber(one, two), "over an open one, which is closed");
    HOLDS(raw_has(two, "first"));
    WORKS(fd_tell(two, P(&out.big)), "with its position");
    HOLDS(out.big == 5);
    GIVES(BADF, fd_tell(one, P(&out.big)), "its old number is free");
    WORKS(fd_renumber(two, two), "onto itself");
    GIVES(BADF, fd_renumber(one, two), "from a free number");
    GIVES(BADF, fd_renumber(two, one), "to a free number");
    GIVES(BADF, fd_renumber(two, -1), "to a number that cannot be");
    WORKS(path_unlink_file(folder, S("one")), "an open file loses its name");
    HOLDS(raw_has(two, "first") && raw_put(two, "!") == 1 && raw_size(two) == 6);
    WORKS(fd_filestat_get(two, P(&out.stat)), "and lives without one");
    HOLDS(out.stat.nlink == 0);
    WORKS(fd_close(two), "then it is gone");
    GIVES(BADF, fd_close(two), "twice");
    GIVES(BADF, fd_close(-1), "a number that cannot be");
    HOLDS(raw_file(folder, "lowest") == one); /* the lowest free number is the next one */
    raw_close(one);
}

/* "/" alone is preopened. */
static void preopened(void)
{
    __wasi_prestat_t prestat;
    uint8_t name[4] = "xxx";
    i32 null = raw_open(ROOT, "dev/null", 0, ALL_RIGHTS, 0), work = raw_folder(ROOT, "work");
    WORKS(fd_prestat_get(ROOT, P(&prestat)), "a directory, with the length of its name");
    HOLDS(prestat.tag == 0 && prestat.u.dir.pr_name_len == 1);
    WORKS(fd_prestat_dir_name(ROOT, P(name), 3), "its name, in more space than it takes");
    HOLDS(memcmp(name, "/xx", 3) == 0);
    GIVES(BADF, fd_prestat_get(1, P(&prestat)), "a stream");
    GIVES(BADF, fd_prestat_get(work, P(&prestat)), "a directory that the program opened");
    GIVES(BADF, fd_prestat_get(99, P(&prestat)), "no such descriptor");
    GIVES(FAULT, fd_prestat_get(ROOT, EDGE), "the result ends outside memory");
    GIVES(INVAL, fd_prestat_get(ROOT, P(&prestat) + 2), "the result not aligned");
    GIVES(BADF, fd_prestat_dir_name(99, P(name), 1), "no such descriptor");
    GIVES(FAULT, fd_prestat_dir_name(ROOT, EDGE, 5), "the space ends outside memory");
    GIVES(NAMETOOLONG, fd_prestat_dir_name(ROOT, P(name), 0), "not enough space");
    GIVES(NOTDIR, fd_prestat_dir_name(work, P(name), 1), "not a preopened directory");
    GIVES(NODEV, fd_allocate(null, 0, 1), "a device");
    GIVES(ROFS, fd_filestat_set_times(ROOT, 0, 0, MT_NOW), "a directory that is only there for mounts");
    raw_close(null);
    /* Rights come from the directory that a file is opened through. */
    i32 narrow = raw_folder(ROOT, "work");
    WORKS(fd_fdstat_set_rights(narrow, __WASI_RIGHTS_PATH_OPEN, __WASI_RIGHTS_FD_READ), "a directory to read from");
    GIVES(NOTCAPABLE, path_open(narrow, 1, S("."), 0, __WASI_RIGHTS_FD_WRITE, 0, 0, P(&out.size)),
          "more rights than the directory may give");
    WORKS(path_open(narrow, 1, S("."), 0, 0, 0, 0, P(&out.size)), "none");
    raw_close((i32)out.size);
    raw_close(narrow);
    WORKS(fd_renumber(ROOT, work), "even the preopened one");
    WORKS(fd_prestat_get(work, P(&prestat)), "it is still that");
    GIVES(BADF, fd_prestat_get(ROOT, P(&prestat)), "and the number is free");
    WORKS(fd_close(work), "then nothing is left to open anything from");
    GIVES(BADF, path_open(work, 1, S("work"), 0, 0, 0, 0, P(&out.size)), "no such descriptor");
}

/* Memory alone has a limit that is the box's own: 64 MiB. */
static void limits(void)
{
    i32 work = raw_folder(ROOT, "work"), fd = raw_file(work, "limits");
    GIVES(FBIG, fd_filestat_set_size(fd, (i64)1 << 40), "larger than the box's files may be");
    GIVES(NOSPC, fd_allocate(fd, 0, (i64)1 << 40), "more than the box's files have left");
    WORKS(fd_filestat_set_size(fd, 60 << 20), "a hole takes no space");
    HOLDS(raw_size(fd) == 60 << 20);
    raw_close(fd);
    raw_close(work);
}

int main(void)
{
    raw_everywhere((raw_cases *const[]){sizes, times, keeping, flags, rights, renumbering, NULL});
    limits();
    preopened();
    fputs("descriptors\n", stdout);
    return 0;
}
