/*
 * Signatures of host functions: the text of a Python function's parameters and what it returns, in the part of Python's
 * grammar that says nothing but names, types and plain values. What passes here can be put behind `def NAME` as it is.
 *
 *     signature  := "(" [parameter {"," parameter} [","]] ")" ["->" annotation]
 *     parameter  := ["*" | "**"] NAME [":" annotation] ["=" value] | "*" | "/"
 *     annotation := part {"|" part}
 *     part       := (NAME | string | number | "..." | "[" annotations "]") {"." NAME | "[" annotations "]"}
 *     value      := "None" | "True" | "False" | number | string | "[" values "]" | "(" values ")" | "{" pairs "}"
 *
 * Names are ASCII identifiers, no keywords, and do not begin with two underscores.
 */
#ifndef FUNCTION_SIGNATURE_H
#define FUNCTION_SIGNATURE_H

#include <stdint.h>

#include "pybox.h"

#define SIGNATURE_BYTES 16384    /* of its text */
#define SIGNATURE_PARAMETERS 100 /* as in guest_host.c */

enum parameter_kind {
    PARAMETER_POSITIONAL, /* before "/" */
    PARAMETER_NORMAL,
    PARAMETER_VARIABLE, /* *NAME */
    PARAMETER_KEYWORD,  /* behind "*" */
    PARAMETER_KEYWORDS, /* **NAME */
};

struct parameter {
    enum parameter_kind kind;
    char *name;
    char *annotation; /* as Python has it, or NULL */
    char *value;      /* its default as JSON, or NULL */
};

struct signature {
    char *text;    /* all of it, evenly spaced: "(a: int = 1, /) -> str" */
    char *returns; /* what stands behind the arrow, or NULL */
    uint32_t count;
    struct parameter *parameters; /* in their order */
};

/* Parses `text`, which is valid UTF-8. Errors: ARGUMENT (what was expected where), LIMIT, NO_MEMORY; *signature is
 * empty then. */
pybox_status signature_parse(const char *text, struct signature *signature);

void signature_free(struct signature *signature);

/* 1 if it can be the name of a function or parameter. */
int signature_is_name(const char *text, size_t length);

#endif
