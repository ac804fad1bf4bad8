/* Lists for the host: a directory, or what a pattern matches. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "host_open.h"

#define VISITS_MOST 4000000u /* names looked at for one list (E2BIG) */

/* ---- patterns ---- */

static int host_list_is_magic(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '*' || text[i] == '?' || text[i] == '[')
            return 1;
    return 0;
}

/* The `[...]` at the front of a pattern against one byte. `*used` is its length; 0: it is none (a literal `[`). */
static int host_list_set(const char *pattern, size_t length, char byte, size_t *used)
{
    size_t at = 1;
    int negated = at < length && (pattern[at] == '!' || pattern[at] == '^');
    int found = 0;
    at += (size_t)negated;
    for (size_t first = at; at < length && (pattern[at] != ']' || at == first); at++) {
        unsigned char low = (unsigned char)pattern[at], high = low;
        if (at + 2 < length && pattern[at + 1] == '-' && pattern[at + 2] != ']') {
            high = (unsigned char)pattern[at + 2];
            at += 2;
        }
        found |= (unsigned char)byte >= low && (unsigned char)byte <= high;
    }
    *used = at < length ? at + 1 : 0;
    return found != negated;
}

/* Does the name match a component? Only the last `*` is ever tried again, so it takes length times length at most. */
static int host_list_matches(const char *pattern, size_t length, const char *name)
{
    size_t at = 0, star = SIZE_MAX;
    const char *again = NULL;
    while (*name != '\0') {
        size_t used = 1;
        int matches = 0;
        if (at < length && pattern[at] == '*') {
            star = ++at;
            again = name;
            continue;
        }
        if (at < length && pattern[at] == '?') {
            matches = 1;
        } else if (at < length) {
            if (pattern[at] == '[')
                matches = host_list_set(pattern + at, length - at, *name, &used);
            if (pattern[at] != '[' || used == 0) {
                matches = pattern[at] == *name;
                used = 1;
            }
        }
        if (matches) {
            at += used;
            name++;
        } else if (star != SIZE_MAX) {
            at = star;
            name = ++again;
        } else {
            return 0;
        }
    }
    while (at < length && pattern[at] == '*')
        at++;
    return at == length;
}

/* ---- lists ---- */

static int host_list_add(struct host_list *list, const char *path, size_t length, const struct host_file *file)
{
    if (list->count == HOST_LIST_MOST)
        return E2BIG;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        struct host_file *files = reallocarray(list->files, capacity, sizeof *files);
        if (files == NULL)
            return ENOMEM;
        list->files = files;
        list->capacity = capacity;
    }
    if (length + 1 > list->text_capacity - list->text_bytes) {
        size_t capacity = (list->text_capacity + length + 1) * 2;
        if (capacity > 2 * (size_t)HOST_LIST_BYTES)
            return E2BIG;
        char *texts = realloc(list->texts, capacity);
        if (texts == NULL)
            return ENOMEM;
        list->texts = texts;
        list->text_capacity = capacity;
    }
    struct host_file *added = &list->files[list->count++];
    *added = *file;
    added->path = (const char *)list->text_bytes; /* an offset until all are there */
    memcpy(list->texts + list->text_bytes, path, length);
    list->texts[list->text_bytes + length] = '\0';
    list->text_bytes += length + 1;
    return 0;
}

static int host_list_compare(const void *a, const void *b)
{
    return strcmp(((const struct host_file *)a)->path, ((const struct host_file *)b)->path);
}

/* Sorts, and leaves out what two ways through the pattern have found. */
static void host_list_settle(struct host_list *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        list->files[i].path = list->texts + (size_t)list->files[i].path;
    if (list->count > 0)
        qsort(list->files, list->count, sizeof *list->files, host_list_compare);
    for (size_t i = 0; i < list->count; i++)
        if (kept == 0 || strcmp(list->files[kept - 1].path, list->files[i].path) != 0)
            list->files[kept++] = list->files[i];
    list->count = kept;
}

void host_list_free(struct host_list *list)
{
    free(list->files);
    free(list->texts);
    *list = (struct host_list){0};
}

/* ---- walking ---- */

struct lister {
    struct vfs *vfs;
    struct host_list *list;
    char *path; /* where it is: absolute, without a final slash ("" is the root) */
    size_t length, capacity;
    uint32_t visits;
};

/* Adds a component to the path. */
static int lister_push(struct lister *lister, const char *name, size_t length)
{
    if (lister->length + length + 2 > lister->capacity) {
        size_t capacity = (lister->length + length + 2) * 2;
        char *larger = realloc(lister->path, capacity);
        if (larger == NULL)
            return ENOMEM;
        lister->path = larger;
        lister->capacity = capacity;
    }
    lister->path[lister->length++] = '/';
    memcpy(lister->path + lister->length, name, length);
    lister->length += length;
    return 0;
}

static int lister_add(struct lister *lister, const struct host_file *file)
{
    return lister->length == 0 ? host_list_add(lister->list, "/", 1, file)
                               : host_list_add(lister->list, lister->path, lister->length, file);
}

static int lister_in(struct lister *lister, const struct file *directory, const char *pattern, int depth);

/* Is the component `**`? */
static int lister_is_any(const char *pattern, size_t length)
{
    return length == 2 && memcmp(pattern, "**", 2) == 0;
}

/* What is left of the pattern behind a component; NULL: nothing. A `**` behind a `**` says nothing new. */
static const char *lister_rest(const char *pattern, size_t length)
{
    const char *rest = pattern + length;
    while (*rest == '/') {
        rest++;
        if (!lister_is_any(pattern, length) || !lister_is_any(rest, strcspn(rest, "/")) || rest[2] == '\0')
            break;
        rest += 2;
    }
    return *rest == '\0' ? NULL : rest;
}

/* Goes on below `name`, if that is a directory. */
static int lister_below(struct lister *lister, const struct file *at, const char *name, const char *pattern,
                        int depth)
{
    struct file inner;
    int error = host_open_at(lister->vfs, at, name, strlen(name), VFS_READ | VFS_ONLY_DIRECTORY, &inner);
    if (error == ENOTDIR || error == ENOENT || error == EACCES || error == ELOOP || error == EPERM)
        return 0; /* nothing matches there */
    if (error != 0)
        return error;
    error = lister_in(lister, &inner, pattern, depth - 1);
    host_open_close(lister->vfs, &inner);
    return error;
}

/* One name of a directory against a component with wildcards. */
static int lister_name(struct lister *lister, const struct file *at, const char *name, const char *pattern,
                       size_t length, int depth)
{
    const size_t before = lister->length;
    const int any = lister_is_any(pattern, length);
    const char *rest = lister_rest(pattern, length);
    struct host_file file;
    if (++lister->visits > VISITS_MOST)
        return E2BIG;
    if (!any && !host_list_matches(pattern, length, name))
        return 0;
    int error = host_open_stat(lister->vfs, at, name, strlen(name), &file);
    if (error != 0)
        return error == ENOENT || error == EACCES ? 0 : error; /* gone meanwhile, on the host */
    error = lister_push(lister, name, strlen(name));
    if (error == 0 && rest == NULL)
        error = lister_add(lister, &file);
    if (error == 0 && file.stat.type == VFS_DIRECTORY && (any || rest != NULL))
        error = lister_below(lister, at, name, any ? pattern : rest, depth);
    lister->length = before;
    return error;
}

/* Matches what is left of a pattern in an open directory. */
static int lister_in(struct lister *lister, const struct file *directory, const char *pattern, int depth)
{
    const size_t length = strcspn(pattern, "/"), before = lister->length;
    const char *rest = lister_rest(pattern, length);
    struct host_names names;
    int error = 0;
    if (depth <= 0)
        return ENAMETOOLONG;
    if (!host_list_is_magic(pattern, length)) {
        char name[256];
        struct host_file file;
        if (length >= sizeof name)
            return 0;
        memcpy(name, pattern, length);
        name[length] = '\0';
        error = host_open_stat(lister->vfs, directory, name, length, &file);
        if (error != 0)
            return error == ENOENT || error == EACCES || error == EPERM || error == ELOOP ? 0 : error;
        error = lister_push(lister, name, length);
        if (error == 0)
            error = rest == NULL ? lister_add(lister, &file) : lister_below(lister, directory, name, rest, depth);
        lister->length = before;
        return error;
    }
    if (lister_is_any(pattern, length) && rest != NULL) /* it stands for no directory, too */
        error = lister_in(lister, directory, rest, depth - 1);
    if (error == 0) {
        error = host_open_list(lister->vfs, directory, &names);
        for (uint32_t i = 0; i < names.count && error == 0; i++)
            error = lister_name(lister, directory, names.texts + names.starts[i], pattern, length, depth);
        host_open_free(&names);
    }
    return error == EACCES ? 0 : error;
}

/* A pattern without wildcards. */
static int lister_plain(struct lister *lister, const struct file *root, const char *path)
{
    const char *relative = path[1] == '\0' ? "." : path + 1;
    struct host_file file;
    struct file directory;
    int error = host_open_stat(lister->vfs, root, relative, strlen(relative), &file);
    if (error == 0 && path[1] != '\0')
        error = lister_push(lister, path + 1, strlen(path + 1));
    if (error != 0)
        return error;
    if (file.stat.type == VFS_REGULAR || file.stat.type == VFS_CHARACTER || file.stat.type == VFS_UNKNOWN)
        return lister_add(lister, &file);
    error = host_open_at(lister->vfs, root, relative, strlen(relative), VFS_READ | VFS_ONLY_DIRECTORY | VFS_FOLLOW,
                         &directory);
    if (error != 0 && file.stat.type == VFS_SYMLINK)
        return lister_add(lister, &file);
    if (error != 0)
        return error;
    error = lister_in(lister, &directory, "*", HOST_ACCESS_DEPTH);
    host_open_close(lister->vfs, &directory);
    return error;
}

/* A pattern with wildcards: what is before them is named, and links there are followed. */
static int lister_magic(struct lister *lister, const struct file *root, const char *path)
{
    size_t plain = 0; /* before the component with the first wildcard */
    struct file directory;
    for (size_t end = strcspn(path + 1, "/"); !host_list_is_magic(path + 1 + plain, end);
         end = strcspn(path + 1 + plain, "/"))
        plain += end + 1;
    if (plain == 0)
        return lister_in(lister, root, path + 1, HOST_ACCESS_DEPTH);
    int error = host_open_at(lister->vfs, root, path + 1, plain - 1, VFS_READ | VFS_ONLY_DIRECTORY | VFS_FOLLOW,
                             &directory);
    if (error != 0)
        return error == ENOENT || error == ENOTDIR ? 0 : error;
    error = lister_push(lister, path + 1, plain - 1);
    if (error == 0)
        error = lister_in(lister, &directory, path + 1 + plain, HOST_ACCESS_DEPTH);
    host_open_close(lister->vfs, &directory);
    return error;
}

int host_list_match(struct vfs *vfs, const char *pattern, struct host_list *list)
{
    char text[VFS_PATH_BYTES + 1];
    struct file root;
    struct lister lister = {.vfs = vfs, .list = list};
    *list = (struct host_list){0};
    int error = host_access_path(pattern, text);
    if (error == 0)
        error = host_open_root(vfs, &root);
    if (error != 0)
        return error;
    error = host_list_is_magic(text, strlen(text)) ? lister_magic(&lister, &root, text)
                                                   : lister_plain(&lister, &root, text);
    host_open_close(vfs, &root);
    free(lister.path);
    if (error == 0)
        host_list_settle(list);
    return error;
}
