/* Reading, writing and positions: each call and each error. */
#include "wasi_raw.h"

#define BUFFERS 1024

static __wasi_iovec_t many[BUFFERS + 1];

/* What fd_read, fd_pread, fd_write and fd_pwrite refuse alike, before anything is done. */
static void lists(i32 folder)
{
    i32 fd = raw_file(folder, "lists");
    raw_put(fd, "untouched");
    const __wasi_iovec_t good = {out.bytes, 4}, outside = {(uint8_t *)(uintptr_t)EDGE, 5};
    const __wasi_iovec_t wraps = {(uint8_t *)16, 0xfffffff8}, both[2] = {good, outside};
    GIVES(BADF, fd_read(99, P(&good), 1, P(&out.size)), "no such descriptor");
    GIVES(BADF, fd_pread(99, P(&good), 1, 0, P(&out.size)), "no such descriptor");
    GIVES(BADF, fd_write(99, P(&good), 1, P(&out.size)), "no such descriptor");
    GIVES(BADF, fd_pwrite(99, P(&good), 1, 0, P(&out.size)), "no such descriptor");
    GIVES(FAULT, fd_read(fd, OUTSIDE, 1, P(&out.size)), "the list outside memory");
    GIVES(FAULT, fd_pread(fd, OUTSIDE, 1, 0, P(&out.size)), "the list outside memory");
    GIVES(FAULT, fd_write(fd, OUTSIDE, 1, P(&out.size)), "the list outside memory");
    GIVES(FAULT, fd_pwrite(fd, OUTSIDE, 1, 0, P(&out.size)), "the list outside memory");
    GIVES(FAULT, fd_read(fd, P(both), 2, P(&out.size)), "the second buffer ends outside memory");
    GIVES(FAULT, fd_pread(fd, P(both), 2, 0, P(&out.size)), "the second buffer ends outside memory");
    GIVES(FAULT, fd_write(fd, P(both), 2, P(&out.size)), "the second buffer ends outside memory: nothing is written");
    GIVES(FAULT, fd_pwrite(fd, P(both), 2, 0, P(&out.size)), "the second buffer ends outside memory");
    GIVES(FAULT, fd_write(fd, P(&wraps), 1, P(&out.size)), "a buffer whose end does not fit 32 bits");
    GIVES(FAULT, fd_read(fd, P(&good), 1, OUTSIDE), "the result outside memory: nothing is read");
    GIVES(FAULT, fd_pread(fd, P(&good), 1, 0, OUTSIDE), "the result outside memory");
    GIVES(FAULT, fd_write(fd, P(&good), 1, OUTSIDE), "the result outside memory: nothing is written");
    GIVES(FAULT, fd_pwrite(fd, P(&good), 1, 0, OUTSIDE), "the result outside memory: nothing is written");
    GIVES(FAULT, fd_read(fd, P(&good), 0x20000001, P(&out.size)), "a count whose length does not fit 32 bits");
    GIVES(INVAL, fd_read(fd, P(many), BUFFERS + 1, P(&out.size)), "more than 1,024 buffers");
    GIVES(INVAL, fd_pread(fd, P(many), BUFFERS + 1, 0, P(&out.size)), "more than 1,024 buffers");
    GIVES(INVAL, fd_write(fd, P(many), BUFFERS + 1, P(&out.size)), "more than 1,024 buffers");
    GIVES(INVAL, fd_pwrite(fd, P(many), BUFFERS + 1, 0, P(&out.size)), "more than 1,024 buffers");
    GIVES(INVAL, fd_read(fd, P(&good) + 2, 1, P(&out.size)), "the list not aligned");
    GIVES(INVAL, fd_write(fd, P(&good), 1, P(&out.size) + 1), "the result not aligned");
    GIVES(INVAL, fd_pread(fd, P(&good), 1, INT64_MIN, P(&out.size)), "a position below 0");
    GIVES(INVAL, fd_pwrite(fd, P(&good), 1, -1, P(&out.size)), "a position below 0");
    GIVES(ISDIR, fd_read(folder, P(&good), 1, P(&out.size)), "a directory");
    GIVES(ISDIR, fd_pread(folder, P(&good), 1, 0, P(&out.size)), "a directory");
    GIVES(ISDIR, fd_write(folder, P(&good), 1, P(&out.size)), "a directory");
    GIVES(ISDIR, fd_pwrite(folder, P(&good), 1, 0, P(&out.size)), "a directory");
    WORKS(fd_read(fd, P(many), 0, P(&out.size)), "no buffers");
    WORKS(fd_write(fd, P(many), BUFFERS, P(&out.size)), "1,024 empty buffers");
    HOLDS(out.size == 0 && raw_has(fd, "untouched"));
    raw_close(fd);
}

/* 1,024 buffers of more than 2 MiB: together more than fits the count of bytes that a call gives back. */
static void sums(i32 folder)
{
    const size_t bytes = (size_t)3 << 20;
    uint8_t *block = malloc(bytes);
    i32 fd = raw_file(folder, "sums");
    HOLDS(block != NULL);
    for (int i = 0; i < BUFFERS; i++)
        many[i] = (__wasi_iovec_t){block, bytes};
    GIVES(INVAL, fd_read(fd, P(many), BUFFERS, P(&out.size)), "buffers whose sum is beyond 2^31");
    GIVES(INVAL, fd_pread(fd, P(many), BUFFERS, 0, P(&out.size)), "buffers whose sum is beyond 2^31");
    GIVES(INVAL, fd_write(fd, P(many), BUFFERS, P(&out.size)), "buffers whose sum is beyond 2^31");
    GIVES(INVAL, fd_pwrite(fd, P(many), BUFFERS, 0, P(&out.size)), "buffers whose sum is beyond 2^31");
    HOLDS(raw_size(fd) == 0);
    memset(many, 0, sizeof many);
    free(block);
    raw_close(fd);
}

static void contents(i32 folder)
{
    i32 fd = raw_file(folder, "contents");
    uint8_t first[4], second[8];
    const __wasi_iovec_t parts[3] = {{first, 4}, {NULL, 0}, {second, 8}};
    HOLDS(raw_put(fd, "0123456789") == 10);
    WORKS(fd_pread(fd, P(parts), 3, 2, P(&out.size)), "buffers one behind the other, an empty one between");
    HOLDS(out.size == 8 && memcmp(first, "2345", 4) == 0 && memcmp(second, "6789", 4) == 0);
    WORKS(fd_pread(fd, P(parts), 3, INT64_MAX, P(&out.size)), "far behind the end there is nothing");
    HOLDS(out.size == 0);
    WORKS(fd_seek(fd, 6, __WASI_WHENCE_SET, P(&out.big)), "from the start");
    WORKS(fd_read(fd, P(parts), 3, P(&out.size)), "a read stops at the end");
    HOLDS(out.size == 4 && memcmp(first, "6789", 4) == 0);
    WORKS(fd_tell(fd, P(&out.big)), "where it stands");
    HOLDS(out.big == 10);
    WORKS(fd_pwrite(fd, P(parts), 1, 1, P(&out.size)), "a write at a position leaves where it stands");
    WORKS(fd_tell(fd, P(&out.big)), "as before");
    HOLDS(out.big == 10 && raw_has(fd, "0678956789"));
    /* A list that the read overwrites: the buffers were checked, and are checked again. */
    __wasi_iovec_t own[2] = {{(uint8_t *)&own[1], 8}, {second, 8}};
    WORKS(fd_pread(fd, P(own), 2, 0, P(&out.size)), "a read over its own list of buffers");
    HOLDS(out.size == 8);
    raw_drop(fd, __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE);
    GIVES(BADF, fd_read(fd, P(parts), 1, P(&out.size)), "not open for reading");
    GIVES(BADF, fd_pread(fd, P(parts), 1, 0, P(&out.size)), "not open for reading");
    GIVES(BADF, fd_write(fd, P(parts), 1, P(&out.size)), "not open for writing");
    GIVES(BADF, fd_pwrite(fd, P(parts), 1, 0, P(&out.size)), "not open for writing");
    raw_close(fd);
}

static void appending(i32 folder)
{
    i32 fd = raw_file(folder, "log");
    raw_put(fd, "one ");
    i32 log = raw_open(folder, "log", 0, ALL_RIGHTS, __WASI_FDFLAGS_APPEND);
    const __wasi_ciovec_t two = {(const uint8_t *)"two ", 4}, three = {(const uint8_t *)"three", 5};
    WORKS(fd_write(log, P(&two), 1, P(&out.size)), "APPEND: behind what others wrote");
    raw_put(fd, "ONE "); /* over "two " */
    WORKS(fd_write(log, P(&three), 1, P(&out.size)), "APPEND: at the end of then");
    WORKS(fd_tell(log, P(&out.big)), "APPEND: it stands behind what it wrote");
    HOLDS(out.big == 13 && raw_has(fd, "one ONE three"));
    WORKS(fd_seek(log, 0, __WASI_WHENCE_SET, P(&out.big)), "APPEND: a seek is for reading");
    WORKS(fd_write(log, P(&two), 1, P(&out.size)), "APPEND: wherever it stands");
    HOLDS(raw_has(fd, "one ONE threetwo "));
    WORKS(fd_pwrite(log, P(&three), 1, 0, P(&out.size)), "APPEND: a write at a position goes there, as POSIX has it");
    HOLDS(raw_has(fd, "threeNE threetwo "));
    WORKS(fd_write(log, P(&two), 1, P(&out.size)), "APPEND: and the next one to the end again");
    HOLDS(raw_has(fd, "threeNE threetwo two "));
    WORKS(fd_fdstat_set_flags(log, 0), "APPEND taken away");
    WORKS(fd_seek(log, 0, __WASI_WHENCE_SET, P(&out.big)), "to the start");
    WORKS(fd_write(log, P(&two), 1, P(&out.size)), "writes go where it stands again");
    WORKS(fd_tell(log, P(&out.big)), "behind it");
    HOLDS(out.big == 4);
    raw_close(log);
    raw_close(fd);
}

static void positions(i32 folder)
{
    i32 fd = raw_file(folder, "positions");
    raw_put(fd, "0123456789");
    WORKS(fd_seek(fd, -3, __WASI_WHENCE_END, P(&out.big)), "from the end");
    HOLDS(out.big == 7);
    WORKS(fd_seek(fd, -7, __WASI_WHENCE_CUR, P(&out.big)), "from where it stands, to the start");
    HOLDS(out.big == 0);
    GIVES(INVAL, fd_seek(fd, -1, __WASI_WHENCE_CUR, P(&out.big)), "before the start");
    GIVES(INVAL, fd_seek(fd, 0, 3, P(&out.big)), "no such whence");
    GIVES(INVAL, fd_seek(fd, 0, __WASI_WHENCE_SET, P(&out.big) + 4), "the result not aligned");
    GIVES(FAULT, fd_seek(fd, 5, __WASI_WHENCE_SET, OUTSIDE), "the result outside memory: it stays where it is");
    WORKS(fd_tell(fd, P(&out.big)), "where it was");
    HOLDS(out.big == 0);
    WORKS(fd_seek(fd, INT64_MAX, __WASI_WHENCE_SET, P(&out.big)), "as far as positions go");
    GIVES(OVERFLOW, fd_seek(fd, 1, __WASI_WHENCE_CUR, P(&out.big)), "one further");
    HOLDS(raw_size(fd) == 10);
    GIVES(BADF, fd_seek(99, 0, 0, P(&out.big)), "no such descriptor");
    GIVES(BADF, fd_tell(99, P(&out.big)), "no such descriptor");
    GIVES(FAULT, fd_tell(fd, EDGE), "the result ends outside memory");
    GIVES(INVAL, fd_tell(fd, P(&out.big) + 1), "the result not aligned");
    GIVES(ISDIR, fd_seek(folder, 0, 0, P(&out.big)), "a directory has no position");
    GIVES(ISDIR, fd_tell(folder, P(&out.big)), "a directory has no position");
    raw_drop(fd, __WASI_RIGHTS_FD_SEEK | __WASI_RIGHTS_FD_TELL);
    GIVES(NOTCAPABLE, fd_seek(fd, 0, 0, P(&out.big)), "without the right to seek");
    GIVES(NOTCAPABLE, fd_tell(fd, P(&out.big)), "without the right to tell");
    raw_close(fd);
}

/* Only memory has a limit that is the box's own: 64 MiB. */
static void limits(void)
{
    i32 work = raw_folder(ROOT, "work"), fd = raw_file(work, "limits");
    static uint8_t block[1 << 20];
    __wasi_ciovec_t list = {block, sizeof block};
    WORKS(fd_seek(fd, (i64)1 << 40, __WASI_WHENCE_SET, P(&out.big)), "behind any limit");
    GIVES(FBIG, fd_write(fd, P(&list), 1, P(&out.size)), "a file larger than the box's files may be");
    GIVES(FBIG, fd_pwrite(fd, P(&list), 1, INT64_MAX, P(&out.size)), "a file larger than the box's files may be");
    HOLDS(raw_size(fd) == 0);
    WORKS(fd_seek(fd, 0, __WASI_WHENCE_SET, P(&out.big)), "to the start");
    uint64_t total = 0;
    i32 error;
    while ((error = fd_write(fd, P(&list), 1, P(&out.size))) == 0 && total < (uint64_t)1 << 30) {
        HOLDS(out.size > 0 && out.size <= sizeof block);
        total += out.size;
    }
    HOLDS(error == __WASI_ERRNO_NOSPC || error == __WASI_ERRNO_FBIG);
    HOLDS(total > 50 << 20 && raw_size(fd) == total);
    i32 more = raw_file(work, "more");
    GIVES(NOSPC, fd_write(more, P(&list), 1, P(&out.size)), "the box's files are full");
    GIVES(NOSPC, fd_pwrite(more, P(&list), 1, 0, P(&out.size)), "the box's files are full");
    WORKS(fd_filestat_set_size(fd, 0), "what is cut off can be used again");
    WORKS(fd_write(more, P(&list), 1, P(&out.size)), "space again");
    HOLDS(out.size == sizeof block);
    raw_close(more);
    raw_close(fd);
    raw_close(work);
}

static void streams(void)
{
    uint8_t line[8];
    const __wasi_iovec_t list[2] = {{line, 3}, {line + 3, 5}};
    WORKS(fd_read(0, P(list), 2, P(&out.size)), "standard input fills the first buffer only");
    HOLDS(out.size == 3 && memcmp(line, "inp", 3) == 0);
    GIVES(BADF, fd_write(0, P(list), 1, P(&out.size)), "standard input cannot be written");
    GIVES(BADF, fd_read(1, P(list), 1, P(&out.size)), "standard output cannot be read");
    GIVES(SPIPE, fd_pread(0, P(list), 1, 0, P(&out.size)), "a stream has no positions");
    GIVES(SPIPE, fd_pwrite(1, P(list), 1, 0, P(&out.size)), "a stream has no positions");
    GIVES(SPIPE, fd_seek(1, 0, 0, P(&out.big)), "a stream has no positions");
    GIVES(SPIPE, fd_tell(0, P(&out.big)), "a stream has no positions");
    i32 null = raw_open(ROOT, "dev/null", 0, ALL_RIGHTS, 0);
    WORKS(fd_seek(null, 100, __WASI_WHENCE_SET, P(&out.big)), "/dev/null stands at 0");
    HOLDS(out.big == 0 && raw_put(null, "gone") == 4);
    raw_close(null);
}

int main(void)
{
    raw_everywhere((raw_cases *const[]){lists, sums, contents, appending, positions, NULL});
    streams();
    limits();
    puts("input and output");
    return 0;
}
