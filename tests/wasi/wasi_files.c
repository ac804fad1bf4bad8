/* Files as a program sees them through wasi-libc: in memory and in a mounted directory alike. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "wasi_check.h"

static int names_in(const char *path)
{
    DIR *directory = opendir(path);
    CHECK(directory != NULL);
    int count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    CHECK(closedir(directory) == 0);
    return count;
}

static void contents(void)
{
    char text[16] = "";
    struct stat stat;
    const struct iovec parts[2] = {{"hello ", 6}, {"world", 5}};
    int fd = open("f", O_CREAT | O_EXCL | O_RDWR, 0666);
    CHECK(fd >= 0);
    FAILS(open("f", O_CREAT | O_EXCL | O_RDWR, 0666), EEXIST);
    CHECK(writev(fd, parts, 2) == 11);
    CHECK(lseek(fd, -5, SEEK_END) == 6);
    CHECK(read(fd, text, 16) == 5 && memcmp(text, "world", 5) == 0);
    CHECK(pwrite(fd, "H", 1, 0) == 1 && pread(fd, text, 2, 0) == 2 && memcmp(text, "He", 2) == 0);
    CHECK(ftruncate(fd, 4) == 0 && fstat(fd, &stat) == 0 && stat.st_size == 4 && S_ISREG(stat.st_mode));
    CHECK(posix_fallocate(fd, 0, 100) == 0 && fstat(fd, &stat) == 0 && stat.st_size == 100);
    CHECK(fsync(fd) == 0 && fdatasync(fd) == 0 && close(fd) == 0);
    FAILS(close(fd), EBADF);
    fd = open("f", O_WRONLY | O_APPEND | O_TRUNC);
    CHECK(fd >= 0 && write(fd, "ab", 2) == 2 && lseek(fd, 0, SEEK_SET) == 0 && write(fd, "c", 1) == 1);
    CHECK((fcntl(fd, F_GETFL) & O_APPEND) != 0);
    FAILS(read(fd, text, 1), EBADF);
    CHECK(close(fd) == 0 && stat.st_nlink == 1);
    const struct timespec times[2] = {{100, 5}, {200, 6}};
    CHECK(utimensat(AT_FDCWD, "f", times, 0) == 0);
    CHECK(fstatat(AT_FDCWD, "f", &stat, 0) == 0 && stat.st_size == 3 && stat.st_mtim.tv_sec == 200 &&
          stat.st_mtim.tv_nsec == 6 && stat.st_atim.tv_sec == 100);
}

static void names(void)
{
    char target[8] = "", path[32];
    struct stat stat;
    CHECK(mkdir("d", 0777) == 0 && names_in(".") == 2);
    FAILS(mkdir("d", 0777), EEXIST);
    FAILS(rmdir("f"), ENOTDIR);
    FAILS(unlink("d"), EISDIR);
    FAILS(open("f/x", O_RDONLY), ENOTDIR);
    FAILS(open("none", O_RDONLY), ENOENT);
    FAILS(open("d", O_WRONLY), EISDIR);
    CHECK(link("f", "g") == 0 && lstat("g", &stat) == 0 && stat.st_nlink == 2);
    CHECK(rename("g", "d/h") == 0);
    FAILS(rmdir("d"), ENOTEMPTY);
    FAILS(rename("d", "d/e"), EINVAL);
    CHECK(symlink("f", "l") == 0 && readlink("l", target, sizeof target) == 1 && target[0] == 'f');
    CHECK(lstat("l", &stat) == 0 && S_ISLNK(stat.st_mode) && fstatat(AT_FDCWD, "l", &stat, 0) == 0 &&
          S_ISREG(stat.st_mode));
    FAILS(open("l", O_RDONLY | O_NOFOLLOW), ELOOP);
    CHECK(symlink("loop", "loop") == 0);
    FAILS(open("loop", O_RDONLY), ELOOP);
    memset(path, 'x', sizeof path);
    char long_name[300];
    memset(long_name, 'x', 299);
    long_name[299] = '\0';
    FAILS(open(long_name, O_CREAT | O_RDWR, 0666), ENAMETOOLONG);
    for (int i = 0; i < 200; i++) {
        snprintf(path, sizeof path, "d/%03d-a-longer-name", i);
        CHECK(close(open(path, O_CREAT | O_WRONLY, 0666)) == 0);
    }
    CHECK(names_in("d") == 201);
    int fd = open("d/h", O_RDONLY);
    CHECK(fd >= 0 && unlink("d/h") == 0 && read(fd, path, 3) == 3 && memcmp(path, "abc", 3) == 0);
    CHECK(close(fd) == 0);
    DIR *directory = opendir("d");
    CHECK(directory != NULL);
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
        if (entry->d_name[0] != '.')
            CHECK(unlinkat(dirfd(directory), entry->d_name, 0) == 0);
    CHECK(closedir(directory) == 0 && rmdir("d") == 0);
    CHECK(unlink("l") == 0 && unlink("loop") == 0 && unlink("f") == 0 && names_in(".") == 0);
}

int main(void)
{
    static const char *const places[] = {"/work", "/tmp", "/mnt"};
    for (int i = 0; i < 3; i++) {
        CHECK(chdir(places[i]) == 0);
        contents();
        names();
    }
    FAILS(mkdir("/x", 0777), EROFS);
    FAILS(rename("/dev/null", "/work/null"), EBUSY);
    FAILS(open("/mnt/../../etc/passwd", O_RDONLY), ENOENT);
    puts("files");
    return 0;
}
