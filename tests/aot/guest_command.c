/* A command as a C compiler makes them. What it does, its first argument says. */
#define _GNU_SOURCE /* environ */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int cat(FILE *file)
{
    char line[256];
    while (fgets(line, sizeof(line), file) != NULL)
        fputs(line, stdout);
    return 0;
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "arguments";
    if (strcmp(what, "cat") == 0) {
        FILE *file = argc > 2 ? fopen(argv[2], "r") : stdin;
        if (file != NULL)
            return cat(file);
        perror(argv[2]);
        return 3;
    }
    if (strcmp(what, "write") == 0) {
        FILE *file = fopen(argv[2], "w");
        if (file == NULL) {
            perror(argv[2]);
            return 3;
        }
        fputs("written in the box\n", file);
        return fclose(file);
    }
    if (strcmp(what, "env") == 0) {
        for (char **each = environ; *each != NULL; each++)
            puts(*each);
        return 0;
    }
    if (strcmp(what, "exit") == 0)
        exit(atoi(argv[2]));
    if (strcmp(what, "abort") == 0)
        abort();
    if (strcmp(what, "crash") == 0)
        *(volatile char *)0xffff0000 = 1;
    if (strcmp(what, "flood") == 0)
        for (;;)
            if (puts("and again") < 0)
                return 4;
    if (strcmp(what, "stderr") == 0)
        fputs("to stderr\n", stderr);
    for (int i = 1; i < argc; i++)
        printf("[%s]", argv[i]);
    putchar('\n');
    return 0;
}
