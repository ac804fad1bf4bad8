/* A text that grows. After a failed allocation everything is a no-op, and text_builder_take() says so. */
#ifndef TEXT_BUILDER_H
#define TEXT_BUILDER_H

#include <stddef.h>

struct text_builder {
    char *bytes; /* NULL while it is empty */
    size_t length, capacity;
    int failed;
};

void text_builder_add(struct text_builder *text, const char *bytes, size_t length);
void text_builder_add_text(struct text_builder *text, const char *string);
__attribute__((format(printf, 2, 3))) void text_builder_format(struct text_builder *text, const char *format, ...);

/* A JSON string, quotes included. `bytes` are UTF-8. */
void text_builder_add_json(struct text_builder *text, const char *bytes, size_t length);

/* The text, NUL-terminated, which is the caller's to free; the builder is empty then. NULL: no memory. */
char *text_builder_take(struct text_builder *text);

void text_builder_free(struct text_builder *text);

#endif
