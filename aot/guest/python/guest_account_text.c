#include "guest_account.h"

#include <stdlib.h>
#include <string.h>

#include "guest_abi.h"

/* How large the text may be when an item is added to its first, second and last list. */
#define FUNCTIONS_END (1u << 20)
#define LINES_END (2u << 20)
#define STACKS_END (4u << 20)

struct text {
    char *bytes;
    uint32_t used, capacity;
    int failed;
};

static char *extend(struct text *text, uint32_t more)
{
    if (text->capacity - text->used < more) {
        const uint32_t larger = 2 * text->capacity + more + 4096;
        char *moved = text->failed ? NULL : realloc(text->bytes, larger);
        if (moved == NULL) {
            text->failed = 1;
            return NULL;
        }
        text->bytes = moved;
        text->capacity = larger;
    }
    char *at = text->bytes + text->used;
    text->used += more;
    return at;
}

static void put(struct text *text, const char *ascii)
{
    const uint32_t length = (uint32_t)strlen(ascii);
    char *at = extend(text, length);
    if (at != NULL)
        memcpy(at, ascii, length);
}

static void put_number(struct text *text, const char *label, uint64_t number)
{
    char digits[24];
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    put(text, label);
    put(text, first);
}

/* Inside a JSON string. What is not ASCII is escaped; `separator` becomes a comma. */
static void put_characters(struct text *text, PyObject *characters, char separator)
{
    static const char hex[] = "0123456789abcdef";
    const Py_ssize_t length = characters != NULL ? PyUnicode_GET_LENGTH(characters) : 0;
    for (Py_ssize_t i = 0; i < length && i < 1000; i++) {
        Py_UCS4 c = PyUnicode_READ_CHAR(characters, i);
        if (c == (unsigned char)separator)
            c = ',';
        if (c >= 0x10000) /* rare in names */
            c = 0xfffd;
        char *at;
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') {
            at = extend(text, 1);
            if (at != NULL)
                *at = (char)c;
            continue;
        }
        at = extend(text, 6);
        if (at == NULL)
            return;
        memcpy(at, (char[]){'\\', 'u', hex[c >> 12], hex[c >> 8 & 15], hex[c >> 4 & 15], hex[c & 15]}, 6);
    }
}

static const char *outside(const PyObject *name)
{
    return name == NULL ? "(outside)" : "";
}

static void put_function(struct text *text, const struct account *account, uint32_t index)
{
    const struct account_function *function = &account->functions[index];
    put(text, "{\"file\":\"");
    put_characters(text, function->file, '\0');
    put(text, "\",\"function\":\"");
    put(text, outside(function->name));
    put_characters(text, function->name, '\0');
    put_number(text, "\",\"line\":", function->line);
    put_number(text, ",\"calls\":", function->calls);
    put_number(text, ",\"own\":", function->own);
    put_number(text, ",\"total\":", function->total);
    put(text, "}");
}

static void put_line(struct text *text, const struct account *account, uint32_t index)
{
    const struct account_line *line = &account->lines[index];
    put(text, "{\"file\":\"");
    put_characters(text, line->file, '\0');
    put_number(text, "\",\"line\":", line->line);
    put_number(text, ",\"hits\":", line->hits);
    put_number(text, ",\"fuel\":", line->fuel);
    put(text, "}");
}

/* One frame of a stack: "function (file:line)". */
static void put_frame(struct text *text, const struct account_function *function)
{
    put(text, outside(function->name));
    if (function->name == NULL)
        return;
    put_characters(text, function->name, ';');
    put(text, " (");
    put_characters(text, function->file, ';');
    put_number(text, ":", function->line);
    put(text, ")");
}

static void put_stack(struct text *text, const struct account *account, uint32_t index)
{
    uint32_t path[256]; /* MAX_DEPTH is less */
    uint32_t depth = 0;
    for (uint32_t node = index; node != 0 && depth < 256; node = account->nodes[node].parent)
        path[depth++] = node;
    if (depth == 0)
        path[depth++] = 0;
    put(text, "[\"");
    while (depth-- > 0) {
        put_frame(text, &account->functions[account->nodes[path[depth]].function]);
        put(text, depth > 0 ? ";" : "");
    }
    put_number(text, "\",", account->nodes[index].fuel);
    put(text, "]");
}

struct ranked {
    uint64_t weight;
    uint32_t index;
};

/* Heaviest first; what weighs the same keeps its order. */
static int compare(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->weight != y->weight)
        return x->weight < y->weight ? 1 : -1;
    return x->index < y->index ? -1 : 1;
}

typedef void put_item(struct text *, const struct account *, uint32_t index);

static uint64_t weight_of(const struct account *account, put_item *item, uint32_t index)
{
    if (item == put_function)
        return account->functions[index].own;
    return item == put_line ? account->lines[index].fuel : account->nodes[index].fuel;
}

/* The items that have any weight, as a list. Returns how many did not fit. */
static uint32_t put_list(struct text *text, const struct account *account, put_item *item, uint32_t count,
                         uint32_t end)
{
    struct ranked *ranked = malloc(count * sizeof *ranked);
    uint32_t kept = 0, i = 0;
    if (ranked == NULL)
        return count;
    for (uint32_t index = 0; index < count; index++) {
        const uint64_t weight = weight_of(account, item, index);
        if (weight > 0)
            ranked[kept++] = (struct ranked){weight, index};
    }
    qsort(ranked, kept, sizeof *ranked, compare);
    for (; i < kept && text->used < end; i++) {
        put(text, i > 0 ? ",\n" : "\n");
        item(text, account, ranked[i].index);
    }
    free(ranked);
    return kept - i;
}

char *account_text(const struct account *account, uint64_t overhead, uint32_t *bytes)
{
    struct text text = {0};
    uint32_t left_out;
    put_number(&text, "{\"fuel\":", account->clock);
    put_number(&text, ",\"overhead\":", overhead);
    put(&text, ",\n\"functions\":[");
    left_out = put_list(&text, account, put_function, account->function_count, FUNCTIONS_END);
    put(&text, "],\n\"lines\":[");
    left_out += put_list(&text, account, put_line, account->line_count, LINES_END);
    put(&text, "],\n\"stacks\":[");
    left_out += put_list(&text, account, put_stack, account->node_count, STACKS_END);
    put_number(&text, "],\n\"left_out\":", left_out);
    put(&text, "}");
    if (text.failed) {
        free(text.bytes);
        return NULL;
    }
    *bytes = text.used;
    return text.bytes;
}
