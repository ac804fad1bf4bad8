/*
 * Who has used how much fuel: what the profile collects while it follows a program, and the text that is made of it.
 * Nothing here runs Python code. When memory has run out, or there are too many of something, fuel is given to what is
 * there already.
 */
#ifndef GUEST_ACCOUNT_H
#define GUEST_ACCOUNT_H

#include <Python.h>

#include <stdint.h>

#include "guest_table.h"

struct account_function {
    PyObject *file, *name; /* strong; NULL for what runs outside of all functions (the first) */
    uint32_t line;         /* of its definition */
    uint32_t active;       /* how many of its frames are on the stack */
    uint64_t calls, own, total;
};

struct account_line {
    PyObject *file; /* borrowed of a function */
    uint32_t line;
    uint64_t hits, fuel;
};

/* A function called in a place: a path from the root of the tree of calls. */
struct account_node {
    uint32_t parent, function;
    uint32_t depth;
    uint64_t fuel;
};

/* A frame that runs, or waits for one that it has called. */
struct account_frame {
    PyObject *code; /* borrowed: held by the account */
    uint32_t function, line, node;
    uint64_t entered; /* the clock when it was */
};

struct account {
    struct account_function *functions;
    struct account_line *lines;
    struct account_node *nodes;
    struct account_frame *frames;
    uint32_t function_count, function_capacity;
    uint32_t line_count, line_capacity;
    uint32_t node_count, node_capacity;
    uint32_t frame_count, frame_capacity;
    PyObject **codes; /* strong */
    uint32_t code_count, code_capacity;
    struct guest_table by_code, by_name, by_line, by_path;
    uint64_t clock; /* fuel that has been given to somebody */
};

/* An empty account in which the only frame is what runs outside of all functions. 0, or -1 without memory. */
int account_open(struct account *account);

/* Releases everything: runs whatever destructors that leads to. */
void account_close(struct account *account);

/* Gives fuel to the line, function and path that run. */
void account_charge(struct account *account, uint64_t fuel);

/* A frame of the code begins (`call`) or goes on; a line of it begins; it ends or is left for now. */
void account_enter(struct account *account, PyCodeObject *code, int call);
void account_line(struct account *account, PyCodeObject *code, uint32_t line);
void account_leave(struct account *account, PyCodeObject *code);

/* All frames have ended; nothing can be added any more. */
void account_finish(struct account *account);

/* The profile's text (free() it), or NULL without memory. `overhead`: fuel that following the program has cost. */
char *account_text(const struct account *account, uint64_t overhead, uint32_t *bytes);

#endif
