/* Packages: opened, described, checked against each other. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "error.h"
#include "handles.h"
#include "options.h"
#include "package_handle.h"
#include "package_join.h"
#include "package_marker.h"
#include "package_name.h"

#define DEFAULT_BYTES (UINT64_C(256) << 20)
#define FILES_MOST 65534u

pybox_status package_handle_make(struct package_contents *contents, int compiled, struct pybox_package **handle)
{
    pybox_package *made = calloc(1, sizeof *made);
    if (made == NULL) {
        package_contents_free(contents);
        return error_set_memory("a package", sizeof *made);
    }
    atomic_init(&made->holds, 1);
    pthread_mutex_init(&made->lock, NULL);
    made->contents = *contents;
    made->info = (pybox_package_info){
        .size = sizeof made->info,
        .name = contents->facts.name,
        .version = contents->facts.version,
        .summary = contents->facts.summary,
        .requires_python = contents->facts.requires_python,
        .requires = (const char *const *)contents->facts.requires,
        .require_count = contents->facts.require_count,
        .bytes = contents->bytes,
        .files = contents->files,
        .compiled = compiled,
    };
    *handle = made;
    return PYBOX_OK;
}

/* Names the package in the message of what went wrong with it. */
static pybox_status package_failed(const char *path, pybox_status status)
{
    char reason[900];
    snprintf(reason, sizeof reason, "%s", error_message());
    return error_set(status, "package %s: %s", path, reason);
}

/* Reads the whole of a file whose size was `length`. */
static pybox_status package_read_file(int fd, size_t length, uint8_t **bytes)
{
    size_t done = 0;
    *bytes = malloc(length + 1);
    if (*bytes == NULL)
        return error_set_memory("a package", length);
    while (done < length) {
        ssize_t got = read(fd, *bytes + done, length - done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set_io(errno, "it cannot be read");
        if (got == 0)
            return error_set(PYBOX_ERROR_IO, "it became shorter while it was read");
        done += (size_t)got;
    }
    return PYBOX_OK;
}

static pybox_status package_open_wheel(int fd, uint64_t length, const struct package_limits *limits,
                                       struct package_contents *contents)
{
    uint8_t *bytes;
    if (length > limits->bytes) /* no wheel is larger than what is in it, by more than a little */
        return error_set(PYBOX_ERROR_LIMIT, "the file has %llu bytes; at most %llu are allowed",
                         (unsigned long long)length, (unsigned long long)limits->bytes);
    pybox_status status = package_read_file(fd, (size_t)length, &bytes);
    if (status == PYBOX_OK)
        status = package_wheel_read(bytes, (size_t)length, limits, contents);
    free(bytes);
    return status;
}

/* The last component of a folder's path, for what has no other name. */
static pybox_status package_open_folder(int fd, const char *path, const struct package_limits *limits,
                                        struct package_contents *contents)
{
    char *whole = realpath(path, NULL);
    if (whole == NULL)
        return errno == ENOMEM ? error_set_memory("a path", PATH_MAX) : error_set_io(errno, "its path cannot be found");
    const char *slash = strrchr(whole, '/');
    pybox_status status = package_folder_read(fd, slash[1] != '\0' ? slash + 1 : "root", limits, contents);
    free(whole);
    return status;
}

/* What is no wheel and no folder. */
static pybox_status package_refuse(const char *path)
{
    static const char *const sources[] = {".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip"};
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++)
        if (package_name_ends(path, length, sources[i]))
            return error_set(PYBOX_ERROR_UNSUPPORTED,
                             "a source distribution, which must be built; expected a wheel: make one (pip wheel --no-deps), "
                             "or unpack it and name its folder if it is pure Python");
    return error_set(PYBOX_ERROR_UNSUPPORTED, "neither a wheel (.whl) nor a folder");
}

static pybox_status package_open(int fd, const char *path, const struct package_limits *limits,
                                 struct package_contents *contents)
{
    struct stat facts;
    if (fstat(fd, &facts) != 0)
        return error_set_io(errno, "it cannot be looked at");
    if (S_ISDIR(facts.st_mode))
        return package_open_folder(fd, path, limits, contents);
    if (!S_ISREG(facts.st_mode) || !package_name_ends(path, strlen(path), ".whl"))
        return package_refuse(path);
    return package_open_wheel(fd, (uint64_t)facts.st_size, limits, contents);
}

pybox_status pybox_package_open(const char *path, const pybox_package_options *options, pybox_package **package)
{
    if (package != NULL)
        *package = NULL;
    if (path == NULL || package == NULL)
        return error_set(PYBOX_ERROR_ARGUMENT, "path or package is NULL; expected both");
    pybox_package_options chosen = {0};
    pybox_status status = options_copy(&chosen, sizeof chosen, options, "pybox_package_options");
    if (status != PYBOX_OK)
        return status;
    if (chosen.files > FILES_MOST)
        return error_set(PYBOX_ERROR_ARGUMENT, "pybox_package_options.files is %u; expected at most %u", chosen.files,
                         FILES_MOST);
    const struct package_limits limits = {
        .bytes = chosen.bytes != 0 ? chosen.bytes : DEFAULT_BYTES,
        .files = chosen.files != 0 ? chosen.files : FILES_MOST,
    };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return error_set_io(errno, "package %s", path);
    struct package_contents contents;
    status = package_open(fd, path, &limits, &contents);
    close(fd);
    return status == PYBOX_OK ? package_handle_make(&contents, 0, package) : package_failed(path, status);
}

const pybox_package_info *pybox_package_inform(const pybox_package *package)
{
    return package != NULL ? &package->info : NULL;
}

void pybox_package_close(pybox_package *package)
{
    if (package == NULL || atomic_fetch_sub_explicit(&package->holds, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < package->part_count; i++)
        vfs_archive_close(package->parts[i]);
    free(package->parts);
    vfs_archive_close(package->joined);
    package_contents_free(&package->contents);
    pthread_mutex_destroy(&package->lock);
    free(package);
}

/* ------------------------------------------------------------------------------------------
 * What is missing
 */

struct checking {
    const pybox_package *const *packages;
    size_t count;
    const struct vfs_archive *baked;
    pybox_requirement_callback *callback;
    void *context;
    int ended;
};

static int check_archive_has(const struct vfs_archive *archive, const char *wanted)
{
    struct package_distribution found;
    char name[256];
    for (uint32_t at = 0; package_distribution_next(archive, &at, &found);)
        if (strcmp(package_name_normalise(found.name.text, found.name.length, name, sizeof name), wanted) == 0)
            return 1;
    return 0;
}

static int check_has(const struct checking *checking, const char *wanted)
{
    int has = checking->baked != NULL && check_archive_has(checking->baked, wanted);
    for (size_t i = 0; i < checking->count && !has; i++)
        has = check_archive_has(checking->packages[i]->contents.archive, wanted);
    return has;
}

static void check_tell(struct checking *checking, const char *package, const char *requirement)
{
    if (!checking->ended)
        checking->ended = checking->callback(checking->context, package, requirement) != 0;
}

/* A requirement of the package of that name. */
static void check_requirement(struct checking *checking, const char *package, const char *text)
{
    int applies;
    char wanted[256];
    size_t length = package_requirement_read(text, &applies);
    if (applies && length > 0 && length < sizeof wanted &&
        !check_has(checking, package_name_normalise(text, length, wanted, sizeof wanted)))
        check_tell(checking, package, text);
}

/* All that the distributions in an archive want. */
static void check_archive(struct checking *checking, const struct vfs_archive *archive)
{
    struct package_distribution found;
    for (uint32_t at = 0; !checking->ended && package_distribution_next(archive, &at, &found);) {
        struct package_facts facts;
        if (package_facts_read(found.text, found.length, &facts) != PYBOX_OK)
            continue; /* of a hostile snapshot: it need not be told of */
        if (!package_python_fits(facts.requires_python)) {
            char text[300];
            snprintf(text, sizeof text, "Python %.200s", facts.requires_python);
            check_tell(checking, facts.name, text);
        }
        for (size_t i = 0; i < facts.require_count && !checking->ended; i++)
            check_requirement(checking, facts.name, facts.requires[i]);
        package_facts_free(&facts);
    }
}

pybox_status pybox_package_check(const pybox_package *const *packages, size_t count, const pybox_image *image,
                                 pybox_requirement_callback *callback, void *context)
{
    if (callback == NULL || (count > 0 && packages == NULL))
        return error_set(PYBOX_ERROR_ARGUMENT, "callback or packages is NULL; expected both");
    for (size_t i = 0; i < count; i++)
        if (packages[i] == NULL)
            return error_set(PYBOX_ERROR_ARGUMENT, "package %zu is NULL", i);
    struct checking checking = {packages, count, image != NULL ? image->packages : NULL, callback, context, 0};
    if (checking.baked != NULL)
        check_archive(&checking, checking.baked);
    for (size_t i = 0; i < count; i++)
        check_archive(&checking, packages[i]->contents.archive);
    return PYBOX_OK;
}
