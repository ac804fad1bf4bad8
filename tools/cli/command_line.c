#include "command_line.h"

#include <string.h>
#include <unistd.h>

#include "complain.h"

/* Ends at the first operand: what stands behind it belongs to the guest. */
#define LETTERS "+:c:hV"

enum { OPTION_JSON = BOX_OPTION_END, OPTION_STATS, OPTION_PROFILE };

static const struct option table[] = {
    BOX_OPTIONS_LONG,
    {"json", no_argument, NULL, OPTION_JSON},
    {"stats", no_argument, NULL, OPTION_STATS},
    {"profile", optional_argument, NULL, OPTION_PROFILE},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

/* Options up to the first operand, or to something that decides what to do. 0, or -1 after a
 * message. */
static int command_line_options(struct command_line *line, int argc, char **argv)
{
    int option;
    while ((option = box_options_next(argc, argv, LETTERS, table)) != -1) {
        switch (option) {
        case 'h':
            line->command = COMMAND_HELP;
            return 0;
        case 'V':
            line->command = COMMAND_VERSION;
            return 0;
        case 'c':
            line->command = COMMAND_RUN;
            line->code = optarg;
            return 0;
        case OPTION_JSON:
            line->json = 1;
            break;
        case OPTION_STATS:
            line->stats = 1;
            break;
        case OPTION_PROFILE:
            line->profile = 1;
            line->profile_file = optarg;
            break;
        default:
            if (box_options_take(&line->box, option, optarg) != 0)
                return -1;
        }
    }
    return 0;
}

static int command_line_wants_terminal_only(const struct command_line *line, int operands)
{
    if (operands > 0)
        return complain("repl takes no file; try 'pybox run FILE'");
    if (line->json)
        return complain("repl and --json do not go together");
    if (line->profile)
        return complain("repl and --profile do not go together");
    return 0;
}

/* The first operand is the name of a command, or of a file. */
static int command_line_operand(struct command_line *line, int argc, char **argv)
{
    const char *word = argv[optind];
    if (strcmp(word, "help") == 0) {
        line->command = COMMAND_HELP;
        return 0;
    }
    if (strcmp(word, "repl") == 0) {
        optind++;
        if (command_line_options(line, argc, argv) != 0)
            return -1;
        if (line->code != NULL)
            return complain("repl takes no -c");
        if (line->command == COMMAND_NONE)
            line->command = COMMAND_REPL;
        return command_line_wants_terminal_only(line, argc - optind);
    }
    if (strcmp(word, "run") == 0) {
        optind++;
        if (command_line_options(line, argc, argv) != 0 || line->command != COMMAND_NONE)
            return line->command != COMMAND_NONE ? 0 : -1;
        if (optind == argc)
            return complain("run what? 'pybox run FILE', 'pybox run -' for standard input, or "
                            "'pybox -c CODE'");
    } else if (strchr(word, '.') == NULL && strchr(word, '/') == NULL && strcmp(word, "-") != 0 &&
               access(word, F_OK) != 0) {
        return complain("'%s' is no command (run, repl, help) and no file; see 'pybox help'", word);
    }
    line->command = COMMAND_RUN;
    line->file = argv[optind];
    return 0;
}

/* One JSON object is made of all output, in memory and several times as large. */
#define JSON_OUTPUT_BYTES (UINT64_C(64) << 20)

int command_line_read(struct command_line *line, int argc, char **argv)
{
    *line = (struct command_line){0};
    if (command_line_options(line, argc, argv) != 0)
        return -1;
    if (line->command == COMMAND_NONE && optind < argc &&
        command_line_operand(line, argc, argv) != 0)
        return -1;
    if (line->command == COMMAND_NONE && argc > 1)
        return complain("nothing to run: these are options only; give a FILE, -c CODE or repl");
    if (line->json && line->box.limits.output_bytes > JSON_OUTPUT_BYTES)
        return complain("with --json, --output-limit can be 64M at most: it is all held in memory");
    if (line->code != NULL)
        argv[--optind] = "-c"; /* in the place of the code, as sys.argv[0] */
    line->arguments = (const char *const *)argv + optind;
    line->argument_count = (size_t)(argc - optind);
    return 0;
}
