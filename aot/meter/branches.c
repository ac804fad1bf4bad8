#include "branches.h"

#include "error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char letters[] = {[PLAN_UNKNOWN] = '-', [PLAN_NEXT] = 'n', [PLAN_OTHER] = 'o'};

/* A line of the file. */
struct branches_line {
    const char *name, *text;
    size_t name_length;
    uint32_t count;
    bool is_right; /* for a function of the module it was looked up for */
};

struct branches {
    char *bytes; /* the file's, with a NUL behind each line's text */
    struct branches_line *lines; /* by name */
    size_t count, room;
};

static int compare_names(const void *left, const void *right)
{
    const struct branches_line *a = left, *b = right;
    size_t shorter = a->name_length < b->name_length ? a->name_length : b->name_length;
    int order = memcmp(a->name, b->name, shorter);
    return order != 0 ? order : (a->name_length > b->name_length) - (a->name_length < b->name_length);
}

/* Reads letters into `likely`, which may be NULL. Returns how many they stand for, or UINT32_MAX if they are not well
 * formed or more than `count`. */
static uint32_t read_letters(const char *text, uint32_t count, uint8_t *likely)
{
    uint32_t used = 0;
    while (*text != 0) {
        char *end;
        unsigned long repeat = 1;
        if (*text >= '0' && *text <= '9') {
            repeat = strtoul(text, &end, 10);
            text = end;
        }
        const char *letter = *text != 0 ? memchr(letters, *text, sizeof(letters)) : NULL;
        if (letter == NULL || repeat > count - used)
            return UINT32_MAX;
        if (likely != NULL)
            memset(likely + used, (int)(letter - letters), repeat);
        used += (uint32_t)repeat;
        text++;
    }
    return used;
}

static bool read_line(char *text, struct branches_line *line)
{
    char *number = strrchr(text, ' '), *rest, *end;
    if (number == NULL)
        return false;
    rest = number + 1;
    *number = 0;
    number = strrchr(text, ' ');
    if (number == NULL || number == text)
        return false;
    unsigned long count = strtoul(number + 1, &end, 10);
    if (*end != 0 || end == number + 1 || count > UINT32_MAX)
        return false;
    *line = (struct branches_line){text, rest, (size_t)(number - text), (uint32_t)count, false};
    return read_letters(rest, line->count, NULL) == line->count;
}

static pybox_status add_line(struct branches *branches, char *text, const char *path, size_t number)
{
    if (branches->count == branches->room) {
        size_t room = branches->room * 2 + 1024;
        struct branches_line *moved = realloc(branches->lines, room * sizeof(*moved));
        if (moved == NULL)
            return error_set_memory("the branches of a module", room * sizeof(*moved));
        branches->lines = moved;
        branches->room = room;
    }
    if (!read_line(text, &branches->lines[branches->count]))
        return error_set(PYBOX_ERROR_ARGUMENT,
                         "%s, line %zu: expected a function's name, its number of branches, and a "
                         "letter n, o or - for each",
                         path, number);
    branches->count++;
    return PYBOX_OK;
}

static pybox_status read_lines(struct branches *branches, const char *path)
{
    pybox_status status = PYBOX_OK;
    size_t number = 0;
    for (char *line = branches->bytes, *next; *line != 0 && status == PYBOX_OK; line = next) {
        size_t length = strcspn(line, "\n");
        next = line + length + (line[length] != 0);
        line[length] = 0;
        number++;
        if (length > 0)
            status = add_line(branches, line, path, number);
    }
    if (branches->count > 0)
        qsort(branches->lines, branches->count, sizeof(*branches->lines), compare_names);
    return status;
}

pybox_status branches_read(const char *path, struct branches **branches)
{
    *branches = NULL;
    struct branches *made = calloc(1, sizeof(*made));
    FILE *in = fopen(path, "rb");
    size_t length = 0;
    pybox_status status = PYBOX_OK;
    if (made == NULL)
        status = error_set_memory("the branches of a module", sizeof(*made));
    else if (in == NULL || getdelim(&made->bytes, &length, 0, in) < 0)
        status = error_set_io(errno, "cannot read %s", path);
    if (in != NULL)
        fclose(in);
    if (status == PYBOX_OK)
        status = read_lines(made, path);
    if (status != PYBOX_OK) {
        branches_free(made);
        return status;
    }
    *branches = made;
    return PYBOX_OK;
}

void branches_free(struct branches *branches)
{
    if (branches == NULL)
        return;
    free(branches->bytes);
    free(branches->lines);
    free(branches);
}

bool branches_find(const struct branches *branches, struct wasm_text name, uint32_t count,
                   uint8_t *likely)
{
    const struct branches_line key = {.name = name.bytes, .name_length = name.length};
    if (branches->count == 0 || count == 0)
        return false;
    struct branches_line *found =
        bsearch(&key, branches->lines, branches->count, sizeof(key), compare_names);
    if (found == NULL || found->count != count || read_letters(found->text, count, likely) != count)
        return false;
    found->is_right = true;
    return true;
}

double branches_stale(const struct branches *branches, struct wasm_text *largest)
{
    double all = 0, stale = 0;
    uint32_t most = 0;
    for (size_t i = 0; i < branches->count; i++) {
        const struct branches_line *line = &branches->lines[i];
        all += line->count;
        if (line->is_right)
            continue;
        stale += line->count;
        if (line->count > most) {
            most = line->count;
            *largest = (struct wasm_text){line->name, (uint32_t)line->name_length};
        }
    }
    return all > 0 ? stale / all : 0;
}

void branches_print(FILE *out, struct wasm_text name, uint32_t count, const uint8_t *likely)
{
    fprintf(out, "%.*s %u ", (int)name.length, name.bytes, count);
    for (uint32_t i = 0, next; i < count; i = next) {
        for (next = i + 1; next < count && likely[next] == likely[i];)
            next++;
        if (next - i > 1)
            fprintf(out, "%u", next - i);
        fputc(letters[likely[i]], out);
    }
    fputc('\n', out);
}
