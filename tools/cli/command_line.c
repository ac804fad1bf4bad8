#include "command_line.h"

#include <string.h>
#include <unistd.h>

#include "complain.h"

/* Ends at the first operand: what stands behind it belongs to the guest. */
#define LETTERS "+:c:hV"

enum {
    OPTION_JSON = SAVE_OPTION_END,
    OPTION_STATS,
    OPTION_PROFILE,
    OPTION_ROLLBACK,
    OPTION_SESSION,
    OPTION_STORE
};

static const struct option table[] = {
    BOX_OPTIONS_LONG,
    SAVE_OPTIONS_RUN,
    COPY_OPTIONS_LONG,
    {"rollback", required_argument, NULL, OPTION_ROLLBACK},
    {"session", required_argument, NULL, OPTION_SESSION},
    {"store", required_argument, NULL, OPTION_STORE},
    {"json", no_argument, NULL, OPTION_JSON},
    {"stats", no_argument, NULL, OPTION_STATS},
    {"profile", optional_argument, NULL, OPTION_PROFILE},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},
    {NULL, 0, NULL, 0},
};

static int command_line_rollback(struct command_line *line, const char *value)
{
    static const char *const names[] = {
        [PYBOX_ROLLBACK_NEVER] = "never",
        [PYBOX_ROLLBACK_STOPPED] = "stopped",
        [PYBOX_ROLLBACK_RUN] = "run",
        [PYBOX_ROLLBACK_ALWAYS] = "always",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(value, names[i]) != 0)
            continue;
        line->box.rollback = (pybox_rollback)i;
        line->rollback = 1;
        return 0;
    }
    return complain("--rollback wants never, stopped, run or always, not '%s'", value);
}

/* One of the options that have a table of their own. */
static int command_line_take(struct command_line *line, int option, char *value)
{
    if (option >= COPY_OPTION_FIRST && option < COPY_OPTION_END)
        return copy_options_take(&line->copy, option, value);
    return option >= SAVE_OPTION_FIRST && option < SAVE_OPTION_END
               ? save_options_take(&line->save, option, value)
               : box_options_take(&line->box, option, value);
}

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
        case OPTION_SESSION:
            line->session = optarg;
            break;
        case OPTION_STORE:
            line->store = optarg;
            break;
        case OPTION_ROLLBACK:
            if (command_line_rollback(line, optarg) != 0)
                return -1;
            break;
        default:
            if (command_line_take(line, option, optarg) != 0)
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

/* What --copy-in and --copy-out read and write. */
static int command_line_copies(struct command_line *line)
{
    int failed = 0;
    for (size_t i = 0; i < line->copy.in_count && !failed; i++)
        failed = box_options_reads(&line->box, line->copy.in[i].from);
    for (size_t i = 0; i < line->copy.out_count && !failed; i++)
        failed = box_options_writes(&line->box, line->copy.out[i].to);
    return failed;
}

/* One JSON object is made of all output, in memory and several times as large. */
#define JSON_OUTPUT_BYTES (UINT64_C(64) << 20)

/* Checks what belongs together, and takes the rest as the program's arguments. */
static int command_line_finish(struct command_line *line, int argc, char **argv)
{
    if (line->json && line->box.limits.output_bytes > JSON_OUTPUT_BYTES)
        return complain("with --json, --output-limit can be 64M at most: it is all held in memory");
    if (line->save.given != NULL && line->save.path == NULL)
        return complain("--%s says how --save OUT is written, and there is no --save",
                        line->save.given);
    if (save_options_check(&line->save) != 0)
        return -1;
    if ((line->session != NULL) != (line->store != NULL))
        return complain("--session NAME and --store FOLDER go together: the session is kept there");
    if (line->command == COMMAND_REPL && (line->copy.changes || line->copy.in_count + line->copy.out_count > 0))
        return complain("--copy-in, --copy-out and --changes are for a program, not for repl");
    if (line->session != NULL && line->box.rollback == PYBOX_ROLLBACK_ALWAYS)
        return complain("--rollback always and --session do not go together: "
                        "nothing would be kept");
    if ((line->command == COMMAND_REPL || line->session != NULL) && !line->rollback)
        line->box.rollback = PYBOX_ROLLBACK_RUN;
    line->box.jail_terminal = line->command == COMMAND_REPL;
    if (box_options_writes(&line->box, line->save.path) != 0 || box_options_writes(&line->box, line->store) != 0 ||
        box_options_writes(&line->box, line->profile_file) != 0 || command_line_copies(line) != 0)
        return -1;
    if (line->code != NULL)
        argv[--optind] = "-c"; /* in the place of the code, as sys.argv[0] */
    line->arguments = (const char *const *)argv + optind;
    line->argument_count = (size_t)(argc - optind);
    return 0;
}

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
    return command_line_finish(line, argc, argv);
}

int command_line_read_restore(struct command_line *line, int argc, char **argv)
{
    *line = (struct command_line){0};
    if (command_line_options(line, argc, argv) != 0)
        return -1;
    if (line->command == COMMAND_HELP || line->command == COMMAND_VERSION)
        return 0;
    if (line->code != NULL || line->box.image != NULL || optind == argc)
        return complain("restore wants the snapshot first: pybox-snap restore SNAP -- -c CODE");
    const char *snapshot = argv[optind++];
    if (command_line_options(line, argc, argv) != 0)
        return -1;
    /* -c stands behind the --, and other options may. */
    if (line->command == COMMAND_NONE && strcmp(argv[optind - 1], "--") == 0 &&
        command_line_options(line, argc, argv) != 0)
        return -1;
    if (line->command == COMMAND_HELP || line->command == COMMAND_VERSION)
        return 0;
    if (line->box.image != NULL)
        return complain("restore takes one snapshot, and no --image");
    if (line->session != NULL)
        return complain("restore takes no --session: see 'pybox help'");
    line->box.image = snapshot;
    if (line->command == COMMAND_NONE && optind < argc) {
        line->command = COMMAND_RUN;
        line->file = argv[optind];
    } else if (line->command == COMMAND_NONE) {
        line->command = COMMAND_REPL;
        if (command_line_wants_terminal_only(line, 0) != 0)
            return -1;
    }
    return command_line_finish(line, argc, argv);
}
