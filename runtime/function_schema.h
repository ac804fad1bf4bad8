/*
 * Signatures of host functions and JSON schemas of their parameters, each made of the other.
 * str, int, float, bool, None, list, tuple, set, frozenset, dict, bytes, Literal, Optional, Union and | have schemas,
 * with what is in their brackets; bytes is a string in base64. Everything else is {}: any value.
 */
#ifndef FUNCTION_SCHEMA_H
#define FUNCTION_SCHEMA_H

#include "function_signature.h"
#include "pybox.h"

/* The parameters' schema, of type object, as JSON; the caller's to free. Errors: NO_MEMORY. */
pybox_status schema_of_signature(const struct signature *signature, char **schema);

/* The text of the signature of a function whose parameters have that schema: by keyword only, the required ones
 * first, the others with their default, or None. The caller's to free. Errors: ARGUMENT, NO_MEMORY. */
pybox_status schema_to_signature(const char *schema, char **signature);

#endif
