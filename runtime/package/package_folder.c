/* Packages from folders of the host. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "package_build.h"
#include "package_contents.h"
#include "package_name.h"

#define FACTS_MOST (4u << 20) /* bytes of a METADATA that is read */

/* A folder while it is read. */
struct folder {
    const struct package_limits *limits;
    struct package_builder builder;
    struct package_contents *contents;
    char path[PACKAGE_NAME_BYTES + 1]; /* of what is looked at, as it will be in site-packages */
    uint32_t modules;                  /* .py files */
    uint32_t distributions;
};

/* Not part of a package: made by Python again, or of other tools. */
static int folder_leaves_out(const char *name)
{
    return name[0] == '.' || strcmp(name, "__pycache__") == 0 || package_name_ends(name, strlen(name), ".pyc");
}

static int folder_filter(const struct dirent *entry)
{
    return !folder_leaves_out(entry->d_name);
}

static int folder_by_name(const struct dirent **one, const struct dirent **other)
{
    return strcmp((*one)->d_name, (*other)->d_name); /* not by locale */
}

static int folder_has(int fd, const char *name, mode_t type)
{
    struct stat facts;
    return fstatat(fd, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 && (facts.st_mode & S_IFMT) == type;
}

/* Reads a file whose length was `length` a moment ago. */
static pybox_status folder_read_bytes(const struct folder *folder, int fd, uint8_t *to, size_t length)
{
    uint8_t more;
    size_t done = 0;
    for (;;) {
        ssize_t got = done < length ? read(fd, to + done, length - done) : read(fd, &more, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_io(errno, "%s cannot be read", folder->path);
        if (got == 0)
            break;
        done += (size_t)got;
        if (done > length)
            break;
    }
    return done == length ? PYBOX_OK : error_set(PYBOX_ERROR_IO, "%s changes while it is read", folder->path);
}

/* What a distribution in the folder says; that of the only one is the package's. */
static pybox_status folder_take_facts(struct folder *folder, const uint8_t *bytes, size_t length)
{
    struct package_facts facts;
    if (length > FACTS_MOST)
        return error_set(PYBOX_ERROR_LIMIT, "%s has %zu bytes; expected at most %u", folder->path, length, FACTS_MOST);
    pybox_status status = package_facts_read((const char *)bytes, length, &facts);
    if (status != PYBOX_OK || folder->distributions++ > 0)
        package_facts_free(&facts);
    else
        folder->contents->facts = facts;
    return status;
}

static pybox_status folder_add_file(struct folder *folder, int fd, size_t path_length, uint64_t length)
{
    struct package_contents *contents = folder->contents;
    if (package_name_is_native(folder->path, path_length))
        return error_set(PYBOX_ERROR_UNSUPPORTED, "it has native code, which no box can run: %s", folder->path);
    if (contents->files >= folder->limits->files || length > folder->limits->bytes - contents->bytes)
        return error_set(PYBOX_ERROR_LIMIT, "it has more than %u files or %llu bytes, at %s", folder->limits->files,
                         (unsigned long long)folder->limits->bytes, folder->path);
    contents->files++;
    contents->bytes += length;
    uint8_t *to;
    pybox_status status = package_builder_add(&folder->builder, folder->path, path_length, length, &to);
    if (status == PYBOX_OK)
        status = folder_read_bytes(folder, fd, to, length);
    if (status != PYBOX_OK)
        return status;
    size_t info = package_name_dist_info(folder->path, path_length);
    if (info > 0 && (strcmp(folder->path + info, "/METADATA") == 0 || strcmp(folder->path + info, "/PKG-INFO") == 0))
        return folder_take_facts(folder, to, length);
    folder->modules += package_name_ends(folder->path, path_length, ".py");
    return PYBOX_OK;
}

static pybox_status folder_walk(struct folder *folder, int fd, size_t path_length, unsigned depth);

static pybox_status folder_add(struct folder *folder, int at, const char *name, size_t path_length, unsigned depth)
{
    struct stat facts;
    size_t size = strlen(name);
    size_t start = path_length > 0 ? path_length + 1 : 0;
    if (start + size > PACKAGE_NAME_BYTES || depth >= PACKAGE_DEPTH)
        return error_set(PYBOX_ERROR_PATH, "a name in it is too long or too deep, in %s", folder->path);
    if (start > 0)
        folder->path[path_length] = '/';
    memcpy(folder->path + start, name, size + 1);
    if (!package_name_is_safe(folder->path, start + size, 1))
        return error_set(PYBOX_ERROR_PATH,
                         "it has a name that is no UTF-8, or has a backslash or a control character: %s", folder->path);
    int fd = openat(at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0 && errno == ELOOP)
        return error_set(PYBOX_ERROR_PATH, "%s is a symbolic link; expected files and folders", folder->path);
    if (fd < 0)
        return error_set_io(errno, "%s cannot be opened", folder->path);
    pybox_status status = fstat(fd, &facts) != 0 ? error_set_io(errno, "%s cannot be looked at", folder->path)
                          : S_ISDIR(facts.st_mode) ? folder_walk(folder, fd, start + size, depth + 1)
                          : S_ISREG(facts.st_mode)
                              ? folder_add_file(folder, fd, start + size, (uint64_t)facts.st_size)
                              : error_set(PYBOX_ERROR_PATH,
                                          "%s is a device, pipe or socket; expected files and folders", folder->path);
    close(fd);
    return status;
}

/* All that is in a folder, by name, so that the archive is a function of the files. */
static pybox_status folder_walk(struct folder *folder, int fd, size_t path_length, unsigned depth)
{
    struct dirent **names;
    int count = scandirat(fd, ".", &names, folder_filter, folder_by_name);
    if (count < 0)
        return errno == ENOMEM ? error_set_memory("a folder's names", 0)
                               : error_set_io(errno, "the folder %s cannot be read", folder->path);
    pybox_status status = PYBOX_OK;
    for (int i = 0; i < count; i++) {
        if (status == PYBOX_OK)
            status = folder_add(folder, fd, names[i]->d_name, path_length, depth);
        folder->path[path_length] = '\0';
        free(names[i]);
    }
    free(names);
    return status;
}

/* What an unpacked source distribution says of itself becomes what an installed one has. */
static pybox_status folder_add_pkg_info(struct folder *folder, int at)
{
    struct stat facts;
    char name[200];
    int fd = openat(at, "PKG-INFO", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return PYBOX_OK;
    strcpy(folder->path, "PKG-INFO");
    pybox_status status = PYBOX_OK;
    uint8_t *text = NULL;
    size_t length = 0;
    if (fstat(fd, &facts) == 0 && S_ISREG(facts.st_mode) && facts.st_size <= FACTS_MOST) {
        length = (size_t)facts.st_size;
        text = malloc(length + 1);
        status = text != NULL ? folder_read_bytes(folder, fd, text, length)
                              : error_set_memory("a package's metadata", length);
        if (status == PYBOX_OK)
            status = folder_take_facts(folder, text, length);
    }
    close(fd);
    if (status == PYBOX_OK && text != NULL) {
        const struct package_facts *found = &folder->contents->facts;
        package_name_normalise(found->name, strlen(found->name), name, sizeof name);
        for (char *dash = name; (dash = strchr(dash, '-')) != NULL;)
            *dash = '_'; /* as in the names of installed folders */
        int size = snprintf(folder->path, sizeof folder->path, "%s-%.100s.dist-info/METADATA", name, found->version);
        status = package_name_is_safe(folder->path, (size_t)size, 1) && strchr(found->version, '/') == NULL
                     ? package_builder_put(&folder->builder, folder->path, (size_t)size, text, length)
                     : error_set(PYBOX_ERROR_PATH, "its PKG-INFO has no usable name and version");
        folder->contents->bytes += length;
        folder->contents->files++;
    }
    free(text);
    return status;
}

static pybox_status folder_read_all(struct folder *folder, int fd, const char *name)
{
    int is_project = folder_has(fd, "pyproject.toml", S_IFREG) || folder_has(fd, "setup.py", S_IFREG) ||
                     folder_has(fd, "setup.cfg", S_IFREG);
    if (is_project && folder_has(fd, "src", S_IFDIR)) {
        int source = openat(fd, "src", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (source < 0)
            return error_set_io(errno, "its folder src cannot be opened");
        pybox_status status = folder_walk(folder, source, 0, 0);
        close(source);
        return status;
    }
    size_t length = 0;
    if (folder_has(fd, "__init__.py", S_IFREG)) {
        length = strlen(name);
        if (length > 255 || strchr(name, '/') != NULL || !package_name_is_safe(name, length, 1))
            return error_set(PYBOX_ERROR_PATH, "its name is that of no package");
        strcpy(folder->path, name);
    }
    return folder_walk(folder, fd, length, length > 0);
}

pybox_status package_folder_read(int fd, const char *name, const struct package_limits *limits,
                                 struct package_contents *contents)
{
    *contents = (struct package_contents){0};
    struct folder *folder = calloc(1, sizeof *folder);
    if (folder == NULL)
        return error_set_memory("a package", sizeof *folder);
    folder->limits = limits;
    folder->contents = contents;
    pybox_status status = folder_read_all(folder, fd, name);
    if (status == PYBOX_OK && folder->modules == 0)
        status = error_set(PYBOX_ERROR_PATH, "it has no Python files; expected a package, a project, or a folder laid "
                                             "out as site-packages is");
    if (status == PYBOX_OK && folder->distributions == 0)
        status = folder_add_pkg_info(folder, fd);
    if (status == PYBOX_OK && folder->distributions != 1) { /* none, or several: the folder's own name */
        package_facts_free(&contents->facts);
        status = package_facts_name(name, strlen(name), &contents->facts);
    }
    if (status == PYBOX_OK)
        status = package_builder_finish(&folder->builder, name, &contents->archive);
    package_builder_free(&folder->builder);
    free(folder);
    if (status != PYBOX_OK)
        package_contents_free(contents);
    return status;
}
