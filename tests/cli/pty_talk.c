/*
 * Talks to a program at a pseudo-terminal: pty_talk PROGRAM [ARG]... < DIALOGUE
 *
 * Lines of the dialogue: "expect TEXT" waits until the program has written TEXT behind what was
 * expected before; "send TEXT" types it. \n, \t, \\ and \xHH are understood in both. Behind the
 * last line the program must end by itself. What it wrote goes to standard output, without carriage
 * returns. The exit code is the program's; 200 if a text did not come within 100 seconds.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TIMEOUT_S 100 /* on a machine that is slow and busy */
#define FAILED 200

static char written[1 << 20]; /* by the program */
static size_t written_length, expected_until;

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Reads what there is, waiting until `until_ms`. 1, or 0 if nothing more will come. */
static int pty_talk_read(int terminal, long until_ms)
{
    struct pollfd poll_fd = {.fd = terminal, .events = POLLIN};
    long left = until_ms - now_ms();
    if (left <= 0 || poll(&poll_fd, 1, (int)left) <= 0 || written_length == sizeof written - 1)
        return 0;
    ssize_t got = read(terminal, written + written_length, sizeof written - 1 - written_length);
    if (got <= 0)
        return 0; /* EIO: the program has closed the terminal */
    for (ssize_t i = 0; i < got; i++) {
        char c = written[written_length + (size_t)i];
        if (c == '\0')
            c = '@';
        written[written_length + (size_t)i] = c;
    }
    written_length += (size_t)got;
    written[written_length] = '\0';
    return 1;
}

static int pty_talk_expect(int terminal, const char *text)
{
    long until = now_ms() + TIMEOUT_S * 1000;
    for (;;) {
        const char *found = strstr(written + expected_until, text);
        if (found != NULL) {
            expected_until = (size_t)(found - written) + strlen(text);
            return 0;
        }
        if (!pty_talk_read(terminal, until)) {
            fprintf(stderr, "pty_talk: '%s' did not come\n", text);
            return -1;
        }
    }
}

/* Replaces escapes in place. */
static void pty_talk_unescape(char *text)
{
    char *out = text;
    for (const char *in = text; *in != '\0'; in++) {
        if (*in != '\\' || in[1] == '\0') {
            *out++ = *in;
            continue;
        }
        in++;
        if (*in == 'x' && in[1] != '\0' && in[2] != '\0') {
            char digits[3] = {in[1], in[2], '\0'};
            *out++ = (char)strtoul(digits, NULL, 16);
            in += 2;
        } else {
            *out++ = *in == 'n' ? '\n' : *in == 't' ? '\t' : *in;
        }
    }
    *out = '\0';
}

static int pty_talk_line(int terminal, char *line)
{
    line[strcspn(line, "\n")] = '\0';
    pty_talk_unescape(line);
    if (strncmp(line, "expect ", 7) == 0)
        return pty_talk_expect(terminal, line + 7);
    if (strncmp(line, "send ", 5) == 0)
        return write(terminal, line + 5, strlen(line + 5)) < 0 ? -1 : 0;
    fprintf(stderr, "pty_talk: neither expect nor send: %s\n", line);
    return -1;
}

static void pty_talk_print(void)
{
    for (size_t i = 0; i < written_length; i++)
        if (written[i] != '\r')
            putchar(written[i]);
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return FAILED;
    int terminal;
    struct winsize size = {.ws_row = 24, .ws_col = 80};
    pid_t child = forkpty(&terminal, NULL, NULL, &size);
    if (child < 0)
        return FAILED;
    if (child == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    char *line = NULL;
    size_t capacity = 0;
    int failed = 0, status = 0;
    while (!failed && getline(&line, &capacity, stdin) > 0)
        failed = pty_talk_line(terminal, line) != 0;
    long until = now_ms() + TIMEOUT_S * 1000;
    while (!failed && pty_talk_read(terminal, until))
        ;
    if (failed)
        kill(child, SIGKILL);
    waitpid(child, &status, 0);
    pty_talk_print();
    free(line);
    if (failed)
        return FAILED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
