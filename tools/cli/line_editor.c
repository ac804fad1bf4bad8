#include "line_editor.h"

#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HISTORY_LINES 1000

struct line_editor {
    struct streams *streams;
    int interactive;
    EditLine *edit; /* NULL: plain reading */
    History *history;
    FILE *history_file; /* NULL: none */
    const char *prompt;
    int interrupted;
    char *line; /* of plain reading */
    size_t capacity;
};

static char *line_editor_prompt(EditLine *edit)
{
    struct line_editor *editor;
    el_get(edit, EL_CLIENTDATA, &editor);
    return (char *)editor->prompt;
}

/* Bound to Ctrl-C: the line ends here and is dropped by line_editor_edit(). */
static unsigned char line_editor_interrupt(EditLine *edit, int key)
{
    (void)key;
    struct line_editor *editor;
    el_get(edit, EL_CLIENTDATA, &editor);
    editor->interrupted = 1;
    return CC_NEWLINE;
}

/* Bound to Ctrl-Z. The editor's own handler gives the terminal back before the process stops. */
static unsigned char line_editor_suspend(EditLine *edit, int key)
{
    (void)edit;
    (void)key;
    raise(SIGTSTP);
    return CC_REFRESH;
}

/* $PYBOX_HISTORY, or a file in the home folder; NULL if there is neither. */
static char *line_editor_history_file(void)
{
    const char *file = getenv("PYBOX_HISTORY");
    const char *home = getenv("HOME");
    char *name = NULL;
    if (file != NULL)
        return *file != '\0' ? strdup(file) : NULL;
    if (home == NULL || asprintf(&name, "%s/.pybox_history", home) < 0)
        return NULL;
    return name;
}

/* Opens the file, for writing too: at the end it may be too late for that. */
static void line_editor_load(struct line_editor *editor)
{
    HistEvent event;
    char *name = line_editor_history_file();
    if (name == NULL)
        return;
    history(editor->history, &event, H_LOAD, name);
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    free(name);
    if (fd < 0)
        return;
    editor->history_file = fdopen(fd, "r+");
    if (editor->history_file == NULL)
        close(fd);
}

static void line_editor_save(struct line_editor *editor)
{
    HistEvent event;
    if (editor->history_file != NULL && ftruncate(fileno(editor->history_file), 0) == 0)
        history(editor->history, &event, H_SAVE_FP, editor->history_file);
}

static void line_editor_start_editing(struct line_editor *editor)
{
    if (setlocale(LC_CTYPE, "") == NULL || MB_CUR_MAX == 1)
        setlocale(LC_CTYPE, "C.UTF-8");
    editor->edit = el_init("pybox", stdin, stdout, stderr);
    if (editor->edit == NULL)
        return;
    el_set(editor->edit, EL_CLIENTDATA, editor);
    el_set(editor->edit, EL_PROMPT, line_editor_prompt);
    el_set(editor->edit, EL_EDITOR, "emacs");
    el_set(editor->edit, EL_SIGNAL, 1);
    el_set(editor->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(editor->edit, EL_BIND, "\t", "ed-insert", NULL); /* a tab indents */
    /* While a line is edited Ctrl-C is a key like others, and so is Ctrl-Z. */
    el_set(editor->edit, EL_SETTY, "-d", "-isig", NULL);
    el_wset(editor->edit, EL_ADDFN, L"pybox-suspend", L"stop until fg", line_editor_suspend);
    el_set(editor->edit, EL_BIND, "^Z", "pybox-suspend", NULL);
    el_wset(editor->edit, EL_ADDFN, L"pybox-interrupt", L"drop the line", line_editor_interrupt);
    el_set(editor->edit, EL_BIND, "^C", "pybox-interrupt", NULL);
    editor->history = history_init();
    HistEvent event;
    if (editor->history == NULL)
        return;
    history(editor->history, &event, H_SETSIZE, HISTORY_LINES);
    history(editor->history, &event, H_SETUNIQUE, 1);
    line_editor_load(editor);
    el_set(editor->edit, EL_HIST, history, editor->history);
    el_source(editor->edit, NULL); /* the person's own ~/.editrc */
}

struct line_editor *line_editor_open(struct streams *streams, int interactive)
{
    struct line_editor *editor = calloc(1, sizeof *editor);
    if (editor == NULL)
        return NULL;
    editor->streams = streams;
    editor->interactive = interactive;
    const char *terminal = getenv("TERM");
    if (interactive && terminal != NULL && *terminal != '\0' && strcmp(terminal, "dumb") != 0)
        line_editor_start_editing(editor);
    return editor;
}

static enum line_editor_event line_editor_edit(struct line_editor *editor, const char **line,
                                               size_t *length)
{
    int count;
    /* Before the prompt is shown, so that a key pressed at once is edited and not cooked. */
    el_set(editor->edit, EL_PREP_TERM, 1);
    const char *text = el_gets(editor->edit, &count);
    if (editor->interrupted) {
        editor->interrupted = 0;
        return LINE_EDITOR_INTERRUPTED;
    }
    if (text == NULL || count <= 0)
        return LINE_EDITOR_END;
    HistEvent event;
    if (editor->history != NULL && text[strspn(text, " \t\n")] != '\0')
        history(editor->history, &event, H_ENTER, text);
    *line = text;
    *length = (size_t)count;
    return LINE_EDITOR_LINE;
}

static void line_editor_on_interrupt(int signal_number)
{
    (void)signal_number; /* its only work is that ppoll() returns */
}

/* Shows the prompt and waits for input. SIGINT is blocked but while waiting, so that none is lost
 * in between. */
static int line_editor_interrupted_before_input(const char *prompt)
{
    sigset_t interrupt, before;
    struct sigaction old, during = {.sa_handler = line_editor_on_interrupt};
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    sigprocmask(SIG_BLOCK, &interrupt, &before);
    sigaction(SIGINT, &during, &old);
    streams_write_all(STDOUT_FILENO, prompt, strlen(prompt));
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int interrupted = ppoll(&input, 1, NULL, &before) < 0 && errno == EINTR;
    sigaction(SIGINT, &old, NULL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return interrupted;
}

static enum line_editor_event line_editor_plain(struct line_editor *editor, const char **line,
                                                size_t *length)
{
    if (editor->interactive && line_editor_interrupted_before_input(editor->prompt))
        return LINE_EDITOR_INTERRUPTED;
    ptrdiff_t got = streams_read_line(editor->streams, &editor->line, &editor->capacity);
    if (got <= 0)
        return LINE_EDITOR_END;
    *line = editor->line;
    *length = (size_t)got;
    return LINE_EDITOR_LINE;
}

enum line_editor_event line_editor_read(struct line_editor *editor, const char *prompt,
                                        const char **line, size_t *length)
{
    editor->prompt = prompt;
    enum line_editor_event event = editor->edit != NULL ? line_editor_edit(editor, line, length)
                                                        : line_editor_plain(editor, line, length);
    if (event == LINE_EDITOR_LINE && (*line)[*length - 1] == '\n')
        --*length;
    return event;
}

void line_editor_close(struct line_editor *editor)
{
    if (editor == NULL)
        return;
    if (editor->history != NULL) {
        line_editor_save(editor);
        history_end(editor->history);
    }
    if (editor->edit != NULL)
        el_end(editor->edit);
    if (editor->history_file != NULL)
        fclose(editor->history_file);
    free(editor->line);
    free(editor);
}
