#include "guest_account.h"

#include <stdlib.h>
#include <string.h>

/* More than programs have; behind it, what is new counts as what called it, or as outside of all functions. */
#define MAX_FUNCTIONS 20000
#define MAX_CODES 100000
#define MAX_LINES 100000
#define MAX_NODES 100000
#define MAX_DEPTH 200 /* of a path; deeper calls count for the last of them */

/* Room for one more element: 0, or -1. */
static int make_room(void **elements, uint32_t count, uint32_t *capacity, size_t bytes)
{
    if (count < *capacity)
        return 0;
    const uint32_t larger = *capacity > 0 ? 2 * *capacity : 64;
    void *moved = realloc(*elements, larger * bytes);
    if (moved == NULL)
        return -1;
    *elements = moved;
    *capacity = larger;
    return 0;
}

#define ROOM(account, what)                                                                        \
    make_room((void **)&(account)->what##s, (account)->what##_count, &(account)->what##_capacity,  \
              sizeof *(account)->what##s)

static uint32_t hash_of(PyObject *text)
{
    return (uint32_t)PyObject_Hash(text); /* of a str: cannot fail */
}

/* The line's number; 0, which belongs to no file, if there is no room. */
static uint32_t line_of(struct account *account, PyObject *file, uint32_t line)
{
    const uint64_t key = (uint64_t)hash_of(file) << 32 | line;
    const uint32_t found = table_find(&account->by_line, key);
    if (found != TABLE_NONE)
        return found;
    const uint32_t made = account->line_count;
    if (made >= MAX_LINES || ROOM(account, line) < 0 || table_add(&account->by_line, key, made) < 0)
        return 0;
    account->lines[account->line_count++] = (struct account_line){.file = file, .line = line};
    return made;
}

/* Code that was compiled twice is one function. */
static uint32_t function_by_name(struct account *account, PyCodeObject *code)
{
    const uint32_t line = code->co_firstlineno > 0 ? (uint32_t)code->co_firstlineno : 0;
    const uint64_t key =
        (uint64_t)(hash_of(code->co_filename) * 31 + line) << 32 | hash_of(code->co_qualname);
    const uint32_t found = table_find(&account->by_name, key);
    if (found != TABLE_NONE)
        return found;
    const uint32_t made = account->function_count;
    if (made >= MAX_FUNCTIONS || ROOM(account, function) < 0 ||
        table_add(&account->by_name, key, made) < 0)
        return 0;
    account->functions[account->function_count++] = (struct account_function){
        .file = Py_NewRef(code->co_filename), .name = Py_NewRef(code->co_qualname), .line = line};
    return made;
}

static uint32_t function_of(struct account *account, PyCodeObject *code)
{
    const uint64_t key = (uint64_t)(uintptr_t)code;
    const uint32_t found = table_find(&account->by_code, key);
    if (found != TABLE_NONE)
        return found;
    const uint32_t function = function_by_name(account, code);
    /* Only for code that cannot go away: another could come to its address. */
    if (account->code_count < MAX_CODES && ROOM(account, code) == 0 &&
        table_add(&account->by_code, key, function) == 0)
        account->codes[account->code_count++] = Py_NewRef(code);
    return function;
}

static uint32_t node_of(struct account *account, uint32_t parent, uint32_t function)
{
    const uint64_t key = (uint64_t)parent << 32 | function;
    const uint32_t found = table_find(&account->by_path, key);
    if (found != TABLE_NONE)
        return found;
    const uint32_t made = account->node_count, depth = account->nodes[parent].depth + 1;
    if (made >= MAX_NODES || depth > MAX_DEPTH || ROOM(account, node) < 0 ||
        table_add(&account->by_path, key, made) < 0)
        return parent;
    account->nodes[account->node_count++] =
        (struct account_node){.parent = parent, .function = function, .depth = depth};
    return made;
}

int account_open(struct account *account)
{
    *account = (struct account){0};
    if (ROOM(account, function) < 0 || ROOM(account, line) < 0 || ROOM(account, node) < 0 ||
        ROOM(account, frame) < 0) {
        account_close(account);
        return -1;
    }
    account->functions[account->function_count++] = (struct account_function){.active = 1};
    account->lines[account->line_count++] = (struct account_line){0};
    account->nodes[account->node_count++] = (struct account_node){0};
    account->frames[account->frame_count++] = (struct account_frame){0};
    return 0;
}

void account_close(struct account *account)
{
    struct account old = *account;
    *account = (struct account){0};
    table_free(&old.by_code);
    table_free(&old.by_name);
    table_free(&old.by_line);
    table_free(&old.by_path);
    for (uint32_t i = 0; i < old.function_count; i++) {
        Py_XDECREF(old.functions[i].file);
        Py_XDECREF(old.functions[i].name);
    }
    for (uint32_t i = 0; i < old.code_count; i++)
        Py_DECREF(old.codes[i]);
    free(old.functions);
    free(old.lines);
    free(old.nodes);
    free(old.frames);
    free(old.codes);
}

void account_charge(struct account *account, uint64_t fuel)
{
    const struct account_frame *top = &account->frames[account->frame_count - 1];
    account->functions[top->function].own += fuel;
    account->lines[top->line].fuel += fuel;
    account->nodes[top->node].fuel += fuel;
    account->clock += fuel;
}

static void pop(struct account *account)
{
    const struct account_frame *top = &account->frames[--account->frame_count];
    struct account_function *function = &account->functions[top->function];
    if (--function->active == 0)
        function->total += account->clock - top->entered;
}

/* Makes the code's innermost frame the top: what is above has ended unseen. 0, or -1 if it has no frame. */
static int find_top(struct account *account, const PyCodeObject *code)
{
    uint32_t at = account->frame_count - 1;
    while (at > 0 && account->frames[at].code != (PyObject *)code)
        at--;
    if (at == 0)
        return -1;
    while (account->frame_count - 1 > at)
        pop(account);
    return 0;
}

void account_enter(struct account *account, PyCodeObject *code, int call)
{
    if (ROOM(account, frame) < 0)
        return;
    const uint32_t function = function_of(account, code);
    const struct account_frame frame = {
        .code = (PyObject *)code,
        .function = function,
        .line = line_of(account, code->co_filename,
                        code->co_firstlineno > 0 ? (uint32_t)code->co_firstlineno : 0),
        .node = node_of(account, account->frames[account->frame_count - 1].node, function),
        .entered = account->clock,
    };
    account->functions[function].active++;
    account->functions[function].calls += call != 0;
    account->frames[account->frame_count++] = frame;
}

void account_line(struct account *account, PyCodeObject *code, uint32_t line)
{
    if (find_top(account, code) < 0)
        account_enter(account, code, 0);
    const uint32_t entry = line_of(account, code->co_filename, line);
    account->lines[entry].hits++;
    account->frames[account->frame_count - 1].line = entry;
}

void account_leave(struct account *account, PyCodeObject *code)
{
    if (find_top(account, code) == 0)
        pop(account);
}

void account_finish(struct account *account)
{
    while (account->frame_count > 0)
        pop(account);
}
