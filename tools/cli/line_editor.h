/* Lines from a person or from a pipe: edited and remembered where the terminal can do that. */
#ifndef LINE_EDITOR_H
#define LINE_EDITOR_H

#include <stddef.h>

#include "streams.h"

struct line_editor;

enum line_editor_event {
    LINE_EDITOR_LINE,
    LINE_EDITOR_END,         /* end of input (Ctrl-D), or it cannot be read */
    LINE_EDITOR_INTERRUPTED, /* Ctrl-C: what was typed is dropped */
};

/* With `interactive`, standard input and output are a terminal. Opens all files that it needs, also that of the history.
 * NULL if memory is exhausted. */
struct line_editor *line_editor_open(struct streams *streams, int interactive);

/* Reads a line (without its newline; valid until the next call) after showing the prompt to a
 * person. */
enum line_editor_event line_editor_read(struct line_editor *editor, const char *prompt,
                                        const char **line, size_t *length);

/* Saves the history. NULL is allowed. */
void line_editor_close(struct line_editor *editor);

#endif
