/* What cJSON cannot do: JSON strings of any bytes, and a check of JSON text that stays as it is. */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

/* A JSON string with those bytes: NULs are kept, and what is no UTF-8 becomes U+FFFD, one for each
 * maximal part of a sequence, as Python's "replace" does. NULL if memory is exhausted. */
cJSON *json_text_string(const char *bytes, size_t length);

/* The JSON value that `bytes` spell, character by character (numbers of any length; only half a
 * pair of surrogates becomes U+FFFD). NULL if they are not one JSON value in UTF-8, nested at most
 * 1000 deep, or if memory is exhausted. */
cJSON *json_text_value(const char *bytes, size_t length);

/* A number, exactly, also beyond 2^53. NULL if memory is exhausted. */
cJSON *json_text_number(uint64_t number);

/* Writes `object` in one line to standard output. 0, or an errno. */
int json_text_print(const cJSON *object);

#endif
