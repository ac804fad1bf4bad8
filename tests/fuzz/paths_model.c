#include "paths_model.h"

#include <errno.h>
#include <string.h>

#define MODEL_LINKS 40
#define MODEL_PATH 4096

/* How a path is walked. */
#define MODEL_FOLLOW 1 /* a link that it ends in */
#define MODEL_MAKES 2  /* to a file that is to be made: a slash behind its name is refused before it is looked up */

enum last { LAST_NAME, LAST_DOT, LAST_DOT_DOT, LAST_ROOT };

/* Where a path leads. */
struct way {
    enum last last;
    int parent, node; /* MODEL_NONE: the name is not there */
    int slash;        /* behind the last component */
    char name[8];
};

static int model_new(struct paths_model *model, enum model_type type, int mount)
{
    for (int i = 1; i < MODEL_NODES; i++) {
        struct model_node *node = &model->nodes[i];
        if (node->type != MODEL_FREE)
            continue;
        *node = (struct model_node){.type = type, .mount = mount, .parent = MODEL_NONE};
        for (int j = 0; j < MODEL_ENTRIES; j++)
            node->entries[j].node = MODEL_NONE;
        return i;
    }
    model->is_full = 1;
    return MODEL_NONE;
}

static struct model_entry *model_entry(struct paths_model *model, int directory, const char *name)
{
    struct model_entry *entries = model->nodes[directory].entries;
    for (int i = 0; i < MODEL_ENTRIES; i++)
        if (entries[i].node != MODEL_NONE && strcmp(entries[i].name, name) == 0)
            return &entries[i];
    return NULL;
}

static void model_add(struct paths_model *model, int directory, const char *name, int node)
{
    struct model_entry *entries = model->nodes[directory].entries;
    for (int i = 0; i < MODEL_ENTRIES; i++) {
        if (entries[i].node != MODEL_NONE)
            continue;
        strcpy(entries[i].name, name);
        entries[i].node = node;
        model->nodes[node].links++;
        if (model->nodes[node].type == MODEL_DIRECTORY)
            model->nodes[node].parent = directory;
        return;
    }
    model->is_full = 1;
}

/* What has no name any more stays in its place, because it may be open. */
static void model_take(struct paths_model *model, int directory, const char *name)
{
    struct model_entry *entry = model_entry(model, directory, name);
    struct model_node *node = &model->nodes[entry->node];
    entry->node = MODEL_NONE;
    node->links--;
    if (node->type == MODEL_DIRECTORY)
        node->parent = MODEL_NONE;
}

static int model_is_empty(const struct paths_model *model, int directory)
{
    for (int i = 0; i < MODEL_ENTRIES; i++)
        if (model->nodes[directory].entries[i].node != MODEL_NONE)
            return 0;
    return 1;
}

void model_start(struct paths_model *model)
{
    memset(model, 0, sizeof *model);
    for (int j = 0; j < MODEL_ENTRIES; j++)
        model->nodes[MODEL_ROOT].entries[j].node = MODEL_NONE;
    model->nodes[MODEL_ROOT].type = MODEL_DIRECTORY;
    model->nodes[MODEL_ROOT].links = 1;
}

int model_mount(struct paths_model *model, int parent, const char *name, int mount)
{
    int node = model_new(model, MODEL_DIRECTORY, mount);
    model_add(model, parent, name, node);
    return node;
}

int model_put(struct paths_model *model, int parent, const char *name, enum model_type type, const char *target)
{
    int node = model_new(model, type, model->nodes[parent].mount);
    strcpy(model->nodes[node].target, target);
    model_add(model, parent, name, node);
    return node;
}

/* ---- paths ---- */

/* The next component of `*rest`, behind its slashes; "" at the end. 0: it is too long for the model. */
static int model_component(const char **rest, char *name)
{
    while (**rest == '/')
        (*rest)++;
    size_t length = strcspn(*rest, "/");
    if (length >= 8)
        return 0;
    memcpy(name, *rest, length);
    name[length] = '\0';
    *rest += length;
    return 1;
}

static int model_walk(const struct paths_model *model, int base, const char *path, int how, struct way *way)
{
    char text[2][MODEL_PATH];
    const char *rest = path;
    int at = base, links = 0;
    *way = (struct way){.last = LAST_ROOT, .parent = base, .node = base};
    if (path[0] == '\0')
        return ENOENT;
    if (path[0] == '/')
        return EPERM;
    for (;;) {
        if (!model_component(&rest, way->name))
            return ENAMETOOLONG;
        const int is_last = rest[strspn(rest, "/")] == '\0';
        way->slash = is_last && *rest == '/';
        if (way->name[0] == '\0') { /* nothing but slashes: what a link to "/" leaves */
            way->last = LAST_ROOT;
            way->node = at;
            return 0;
        }
        way->parent = at;
        if (model->nodes[at].mount == MODEL_HOST)
            return strcmp(way->name, "..") == 0 || strstr(rest, "..") != NULL ? MODEL_UNKNOWN : MODEL_INSIDE;
        if (strcmp(way->name, ".") == 0 || strcmp(way->name, "..") == 0) {
            way->last = way->name[1] == '.' ? LAST_DOT_DOT : LAST_DOT;
            if (way->last == LAST_DOT_DOT && at == base && base != MODEL_ROOT)
                return EPERM;
            if (way->last == LAST_DOT_DOT && at != MODEL_ROOT)
                at = model->nodes[at].parent;
            way->node = at;
            if (is_last)
                return 0;
            continue;
        }
        if (way->slash && (how & MODEL_MAKES))
            return EISDIR;
        const struct model_entry *entry = model_entry((struct paths_model *)model, at, way->name);
        way->last = LAST_NAME;
        way->node = entry != NULL ? entry->node : MODEL_NONE;
        if (entry == NULL)
            return is_last ? 0 : ENOENT;
        const struct model_node *node = &model->nodes[way->node];
        if (node->type == MODEL_LINK && (!is_last || (how & MODEL_FOLLOW) || way->slash)) {
            if (++links > MODEL_LINKS)
                return ELOOP;
            char *next = text[links % 2];
            size_t length = strlen(node->target);
            if (length + strlen(rest) >= MODEL_PATH)
                return ENAMETOOLONG;
            memcpy(next, node->target, length);
            strcpy(next + length, rest);
            rest = next;
            if (next[0] == '/') {
                if (base != MODEL_ROOT)
                    return EPERM;
                at = MODEL_ROOT;
            }
            continue;
        }
        if (is_last)
            return 0;
        if (node->type != MODEL_DIRECTORY)
            return ENOTDIR;
        at = way->node;
    }
}

/* Of operations that act on a name: the last component itself, also if it is a link with a slash behind. */
static int model_walk_name(const struct paths_model *model, int base, const char *path, struct way *way)
{
    char text[MODEL_PATH];
    size_t length = strlen(path), slashes = 0;
    while (length > 0 && path[length - 1] == '/') {
        length--;
        slashes = 1;
    }
    if (length == 0 || length >= sizeof text)
        return model_walk(model, base, path, 0, way);
    memcpy(text, path, length);
    text[length] = '\0';
    int error = model_walk(model, base, text, 0, way);
    way->slash = (int)slashes;
    if (error == 0 && way->node != MODEL_NONE && model->nodes[way->node].mount == MODEL_HOST)
        return MODEL_REFUSED;
    return error;
}

static int model_is_directory(const struct paths_model *model, int node)
{
    return model->nodes[node].type == MODEL_DIRECTORY;
}

int model_look(const struct paths_model *model, int base, const char *path, int follow, int *node)
{
    struct way way;
    int error = model_walk(model, base, path, follow ? MODEL_FOLLOW : 0, &way);
    if (error != 0)
        return error;
    if (way.node == MODEL_NONE)
        return ENOENT;
    if (way.slash && !model_is_directory(model, way.node))
        return ENOTDIR;
    *node = way.node;
    return 0;
}

int model_open_directory(const struct paths_model *model, int base, const char *path, int follow, int *node)
{
    int error = model_look(model, base, path, follow, node);
    if (error != 0)
        return error;
    return model_is_directory(model, *node) ? 0 : ENOTDIR;
}

int model_readlink(const struct paths_model *model, int base, const char *path, const char **target)
{
    int node;
    int error = model_look(model, base, path, 0, &node);
    if (error != 0)
        return error;
    *target = model->nodes[node].target;
    return model->nodes[node].type == MODEL_LINK ? 0 : EINVAL;
}

/* ---- making names ---- */

/* May a name be made there? */
static int model_check_new(const struct paths_model *model, const struct way *way)
{
    if (way->last != LAST_NAME || way->node != MODEL_NONE)
        return EEXIST;
    if (model->nodes[way->parent].mount == 0)
        return EROFS;
    return model->nodes[way->parent].links == 0 ? ENOENT : 0;
}

int model_create(struct paths_model *model, int base, const char *path, int follow, int exclusive, int *node)
{
    struct way way;
    int error = model_walk(model, base, path, MODEL_MAKES | (follow && !exclusive ? MODEL_FOLLOW : 0), &way);
    if (error != 0)
        return error;
    if (way.last != LAST_NAME)
        return exclusive ? EEXIST : EISDIR;
    if (way.node != MODEL_NONE) {
        *node = way.node;
        return exclusive                             ? EEXIST
               : model_is_directory(model, way.node) ? EISDIR
               : model->nodes[way.node].type == MODEL_LINK ? ELOOP
                                                           : 0;
    }
    error = model_check_new(model, &way);
    if (error != 0)
        return error;
    *node = model_new(model, MODEL_FILE, model->nodes[way.parent].mount);
    if (*node != MODEL_NONE)
        model_add(model, way.parent, way.name, *node);
    return 0;
}

int model_make_directory(struct paths_model *model, int base, const char *path)
{
    struct way way;
    int error = model_walk_name(model, base, path, &way);
    if (error == 0)
        error = model_check_new(model, &way);
    if (error != 0)
        return error;
    int node = model_new(model, MODEL_DIRECTORY, model->nodes[way.parent].mount);
    if (node != MODEL_NONE)
        model_add(model, way.parent, way.name, node);
    return 0;
}

int model_symlink(struct paths_model *model, const char *target, int base, const char *path)
{
    struct way way;
    if (target[0] == '\0')
        return ENOENT;
    int error = model_walk_name(model, base, path, &way);
    if (error == 0)
        error = model_check_new(model, &way);
    if (error == 0 && way.slash)
        error = ENOENT;
    if (error != 0)
        return error;
    int node = model_new(model, MODEL_LINK, model->nodes[way.parent].mount);
    if (node == MODEL_NONE)
        return 0;
    strcpy(model->nodes[node].target, target);
    model_add(model, way.parent, way.name, node);
    return 0;
}

int model_link(struct paths_model *model, int base, const char *from, int to_base, const char *to)
{
    struct way new;
    int old;
    int error = model_look(model, base, from, 0, &old);
    if (error != 0)
        return error;
    error = model_walk_name(model, to_base, to, &new);
    if (error != 0)
        return error == MODEL_INSIDE ? MODEL_REFUSED : error; /* from one mount to another */
    if (new.last != LAST_NAME || new.node != MODEL_NONE)
        return EEXIST;
    const int mount = model->nodes[new.parent].mount;
    if (mount == 0 || mount != model->nodes[old].mount || model->nodes[new.parent].links == 0)
        return MODEL_REFUSED;
    if (model_is_directory(model, old))
        return EPERM;
    if (new.slash)
        return ENOENT;
    model_add(model, new.parent, new.name, old);
    return 0;
}

/* ---- taking names away ---- */

static int model_is_mount(const struct paths_model *model, int node)
{
    const struct model_node *found = &model->nodes[node];
    return node == MODEL_ROOT || (found->type == MODEL_DIRECTORY && found->parent != MODEL_NONE &&
                                  model->nodes[found->parent].mount != found->mount);
}

/* Walks to a name that is to go: it is there, and is no mount. */
static int model_walk_taken(struct paths_model *model, int base, const char *path, struct way *way)
{
    int error = model_walk_name(model, base, path, way);
    if (error != 0)
        return error;
    if (way->last != LAST_NAME)
        return MODEL_REFUSED;
    if (way->node == MODEL_NONE)
        return ENOENT;
    return model_is_mount(model, way->node) ? MODEL_REFUSED : 0;
}

int model_unlink(struct paths_model *model, int base, const char *path)
{
    struct way way;
    int error = model_walk_taken(model, base, path, &way);
    if (error != 0)
        return error;
    if (model_is_directory(model, way.node))
        return EISDIR;
    if (way.slash)
        return ENOTDIR;
    model_take(model, way.parent, way.name);
    return 0;
}

int model_remove_directory(struct paths_model *model, int base, const char *path)
{
    struct way way;
    int error = model_walk_taken(model, base, path, &way);
    if (error != 0)
        return error;
    if (!model_is_directory(model, way.node))
        return ENOTDIR;
    if (!model_is_empty(model, way.node))
        return MODEL_REFUSED; /* ENOTEMPTY, or EBUSY if it is a mount that is in it */
    model_take(model, way.parent, way.name);
    return 0;
}

static int model_is_below(const struct paths_model *model, int node, int ancestor)
{
    for (; node != MODEL_ROOT && node != MODEL_NONE; node = model->nodes[node].parent)
        if (node == ancestor)
            return 1;
    return node == ancestor;
}

/* A mount somewhere below holds its directories in place. */
static int model_holds_mount(const struct paths_model *model, int node)
{
    for (int i = 1; i < MODEL_NODES; i++)
        if (model->nodes[i].type == MODEL_DIRECTORY && model->nodes[i].parent != MODEL_NONE &&
            model_is_mount(model, i) && model_is_below(model, i, node))
            return 1;
    return 0;
}

static int model_check_rename(const struct paths_model *model, const struct way *old, const struct way *new)
{
    const struct model_node *node = &model->nodes[old->node];
    if (old->slash && node->type != MODEL_DIRECTORY)
        return ENOTDIR;
    if (model_is_mount(model, old->node) || (new->node != MODEL_NONE && model_is_mount(model, new->node)) ||
        model->nodes[old->parent].mount != model->nodes[new->parent].mount || model->nodes[old->parent].mount == 0 ||
        model->nodes[new->parent].links == 0 || model_holds_mount(model, old->node))
        return MODEL_REFUSED;
    if (new->slash && node->type != MODEL_DIRECTORY)
        return ENOTDIR;
    if (node->type == MODEL_DIRECTORY && model_is_below(model, new->parent, old->node))
        return EINVAL;
    if (new->node == MODEL_NONE || new->node == old->node)
        return 0;
    if (node->type == MODEL_DIRECTORY && !model_is_directory(model, new->node))
        return ENOTDIR;
    if (node->type != MODEL_DIRECTORY && model_is_directory(model, new->node))
        return MODEL_REFUSED; /* EISDIR; ENOTEMPTY if the old name is below it */
    return model_is_directory(model, new->node) && !model_is_empty(model, new->node) ? MODEL_REFUSED : 0;
}

int model_rename(struct paths_model *model, int base, const char *from, int to_base, const char *to)
{
    struct way old, new;
    int error = model_walk_name(model, base, from, &old);
    if (error != 0)
        return error;
    if (old.last != LAST_NAME)
        return MODEL_REFUSED;
    if (old.node == MODEL_NONE)
        return ENOENT;
    error = model_walk_name(model, to_base, to, &new);
    if (error != 0 && (error == MODEL_INSIDE || old.slash || model_is_mount(model, old.node) ||
                       model->nodes[old.parent].mount == 0))
        return MODEL_REFUSED;
    if (error != 0)
        return error;
    if (new.last != LAST_NAME)
        return MODEL_REFUSED;
    error = model_check_rename(model, &old, &new);
    if (error != 0 || new.node == old.node)
        return error;
    if (new.node != MODEL_NONE)
        model_take(model, new.parent, new.name);
    const int parent = old.parent, node = old.node;
    model->nodes[node].links++; /* it has a name all the time */
    model_take(model, parent, old.name);
    model_add(model, new.parent, new.name, node);
    model->nodes[node].links--;
    return 0;
}
