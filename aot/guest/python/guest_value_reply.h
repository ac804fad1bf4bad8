/* A value as part of a reply: in its form, or why it has none, and its repr(). */
#ifndef GUEST_VALUE_REPLY_H
#define GUEST_VALUE_REPLY_H

#include "guest_value.h"

struct value_reply {
    enum guest_value_kind kind;
    const char *bytes; /* until value_reply_forget(), or the next one */
    size_t length;
    PyObject *texts; /* the reply's payload: repr, why there is no value; a new reference */
};

/* 0; or -1 with an exception that ends the run: a stop, or no memory for the reply. Calls code of the program's: with `repr`, for
 * that; and what docs/VALUES.md says. */
int value_reply_make(PyObject *value, const struct value_options *options, int repr, struct value_reply *reply);

/* What the last reply pointed to goes. */
void value_reply_forget(void);

/* Around replies that are made while this one is not finished. */
struct value_saved {
    struct value_text text;
    PyObject *bytes;
};
void value_reply_put_aside(struct value_saved *saved);
void value_reply_take_back(const struct value_saved *saved);

#endif
