/* pybox-aot: compiles a WebAssembly module ahead of time, to a program or to a module for pybox. */
#include "aot_parts.h"
#include "aot_run.h"
#include "error.h"
#include "glue.h"
#include "wasm_file.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "Usage: pybox-aot [OPTION]... FILE.wasm -o OUT\n"
    "Compiles a WASI module ahead of time. OUT is\n"
    "  a program, if it has neither ending: PROGRAM [OPTION]... [--] ARGUMENT...; see PROGRAM "
    "--help\n"
    "  a module for pybox_module_open(), if it ends in .so\n"
    "  a static library for pybox_module_open_linked(), if it ends in .a; its symbol is "
    "pybox_module_NAME\n"
    "\n"
    "  -o, --output=OUT     what to write\n"
    "  -O LEVEL             optimise: 0, 1, 2 (default), 3, s\n"
    "      --name=NAME      the module's name, a C identifier; default: made from the file's name\n"
    "      --compiler=CC    clang-19 (default), another clang, or a gcc\n"
    "  -j, --jobs=N         compile N files at a time; default: one for each processor\n"
    "      --keep-temps=DIR leave the files of all steps in DIR\n"
    "  -v, --verbose        say what is done\n"
    "      --help           this text\n";

struct options {
    const char *wasm, *output, *level, *name, *compiler, *jobs, *keep;
    int verbose;
};

enum form { FORM_PROGRAM, FORM_SHARED, FORM_ARCHIVE };

static enum form form_of(const char *path)
{
    size_t length = strlen(path);
    if (length > 3 && strcmp(path + length - 3, ".so") == 0)
        return FORM_SHARED;
    return length > 2 && strcmp(path + length - 2, ".a") == 0 ? FORM_ARCHIVE : FORM_PROGRAM;
}

static int has_function(const struct wasm_module *module, const char *name)
{
    for (uint32_t i = 0; i < module->export_count; i++)
        if (module->exports[i].kind == WASM_FUNCTION &&
            module->exports[i].name.length == strlen(name) &&
            memcmp(module->exports[i].name.bytes, name, strlen(name)) == 0)
            return 1;
    return 0;
}

/* Reads the module, for a message about it before any work is done. 0, or -1 after the message. */
static int check_module(const char *path, enum form form)
{
    uint8_t *bytes;
    size_t length;
    struct wasm_module module;
    if (wasm_file_read(path, &bytes, &length) != PYBOX_OK) {
        fprintf(stderr, "pybox-aot: %s\n", error_message());
        return -1;
    }
    int failed = wasm_read(bytes, length, &module) != PYBOX_OK || glue_check(&module) != PYBOX_OK;
    if (failed) {
        fprintf(stderr, "pybox-aot: %s: %s\n", path, error_message());
    } else if (form == FORM_PROGRAM && !has_function(&module, "_start")) {
        fprintf(stderr,
                "pybox-aot: %s: no program: it does not export _start; compile it as a "
                "command, or write a module (-o OUT.so or OUT.a)\n",
                path);
        failed = 1;
    }
    wasm_free(&module);
    free(bytes);
    return failed ? -1 : 0;
}

/* "my-prog.v2.wasm" gives my_prog_v2. */
static void make_name(const char *path, char *name, size_t room)
{
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    const char *dot = strrchr(base, '.');
    size_t length = dot != NULL && dot != base ? (size_t)(dot - base) : strlen(base), at = 0;
    if (!isalpha((unsigned char)base[0]) && base[0] != '_')
        name[at++] = '_';
    for (size_t i = 0; i < length && at + 1 < room; i++)
        name[at++] = isalnum((unsigned char)base[i]) ? base[i] : '_';
    name[at] = 0;
}

static int build_module(const struct options *options, const struct aot_parts *parts,
                        const char *kind, const char *output)
{
    struct aot_command command = {0};
    aot_run_add(&command, parts->build_module, NULL);
    aot_run_add(&command, "--programs", parts->programs);
    aot_run_add(&command, "--name", options->name);
    aot_run_add(&command, kind, output);
    if (options->level != NULL)
        aot_run_add(&command, "--level", options->level);
    if (options->compiler != NULL)
        aot_run_add(&command, "--compiler", options->compiler);
    if (options->jobs != NULL)
        aot_run_add(&command, "--jobs", options->jobs);
    if (options->keep != NULL)
        aot_run_add(&command, "--keep", options->keep);
    if (options->verbose)
        aot_run_add(&command, "--verbose", NULL);
    aot_run_add(&command, options->wasm, NULL);
    return aot_run(&command, options->verbose);
}

static int link_program(const struct options *options, const struct aot_parts *parts,
                        const char *archive)
{
    char module[128], another_name[128];
    snprintf(module, sizeof(module), "-Wl,-u,pybox_module_%s", options->name);
    snprintf(another_name, sizeof(another_name), "-Wl,--defsym=program_module=pybox_module_%s",
             options->name);
    struct aot_command command = {0};
    aot_run_add(&command, options->compiler != NULL ? options->compiler : "clang-19", module);
    aot_run_add(&command, another_name, NULL);
    aot_run_add(&command, parts->program, archive);
    aot_run_add(&command, parts->library, NULL);
    aot_run_add(&command, "-Wl,--as-needed,--gc-sections,-z,relro,-z,now,-z,noexecstack", "-pie");
    aot_run_add(&command, "-lelf", "-lzstd");
    aot_run_add(&command, "-lcjson", "-lmd");
    aot_run_add(&command, "-lseccomp", "-lz");
    aot_run_add(&command, "-ldl", "-lpthread");
    aot_run_add(&command, "-lm", "-o");
    aot_run_add(&command, options->output, NULL);
    return aot_run(&command, options->verbose);
}

static int build_program(const struct options *options, const struct aot_parts *parts)
{
    char archive[PATH_MAX];
    const char *folder = getenv("TMPDIR");
    snprintf(archive, sizeof(archive), "%s/pybox-aot-XXXXXX.a", folder != NULL ? folder : "/tmp");
    int fd = mkstemps(archive, 2);
    if (fd < 0) {
        fprintf(stderr,
                "pybox-aot: %s: cannot be created; set TMPDIR to a folder that can be written "
                "to\n",
                archive);
        return 1;
    }
    close(fd);
    int status = build_module(options, parts, "--archive", archive);
    if (status == 0)
        status = link_program(options, parts, archive);
    unlink(archive);
    return status;
}

/* 0: go on; 1: the help was given; -1 after a message. */
static int parse(struct options *options, int argc, char **argv)
{
    static const struct option table[] = {{"output", required_argument, NULL, 'o'},
                                          {"name", required_argument, NULL, 'n'},
                                          {"compiler", required_argument, NULL, 'c'},
                                          {"jobs", required_argument, NULL, 'j'},
                                          {"keep-temps", required_argument, NULL, 'k'},
                                          {"verbose", no_argument, NULL, 'v'},
                                          {"help", no_argument, NULL, 'h'},
                                          {0}};
    for (int option; (option = getopt_long(argc, argv, "o:O:j:v", table, NULL)) != -1;) {
        const char **value = option == 'o'   ? &options->output
                             : option == 'O' ? &options->level
                             : option == 'n' ? &options->name
                             : option == 'c' ? &options->compiler
                             : option == 'j' ? &options->jobs
                             : option == 'k' ? &options->keep
                                             : NULL;
        if (value != NULL) {
            *value = optarg;
        } else if (option == 'v') {
            options->verbose = 1;
        } else if (option == 'h') {
            fputs(usage, stdout);
            return 1;
        } else {
            fputs("Try 'pybox-aot --help'.\n", stderr);
            return -1;
        }
    }
    if (argc - optind != 1 || options->output == NULL) {
        fprintf(stderr, "pybox-aot: expected one FILE.wasm and -o OUT\nTry 'pybox-aot --help'.\n");
        return -1;
    }
    options->wasm = argv[optind];
    return 0;
}

static int check_values(const struct options *options)
{
    if (options->level != NULL && strstr("0123s", options->level) == NULL) {
        fprintf(stderr, "pybox-aot: -O %s: expected 0, 1, 2, 3 or s\n", options->level);
        return -1;
    }
    char *end;
    if (options->jobs != NULL && (strtol(options->jobs, &end, 10) < 1 || *end != 0)) {
        fprintf(stderr, "pybox-aot: --jobs %s: expected a number above 0\n", options->jobs);
        return -1;
    }
    const char *name = options->name;
    if (isdigit((unsigned char)name[0]) || name[0] == 0 || strlen(name) > 64 ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")] !=
            0) {
        fprintf(stderr, "pybox-aot: --name %s: expected a C identifier of at most 64 letters\n",
                name);
        return -1;
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    struct aot_parts parts = {0};
    char name[65];
    int parsed = parse(&options, argc, argv);
    if (parsed != 0)
        return parsed > 0 ? 0 : 2;
    if (options.name == NULL) {
        make_name(options.wasm, name, sizeof(name));
        options.name = name;
    }
    if (check_values(&options) != 0)
        return 2;
    enum form form = form_of(options.output);
    if (check_module(options.wasm, form) != 0 || aot_parts_find(&parts, form == FORM_PROGRAM) != 0)
        return 1;
    int status = form == FORM_PROGRAM ? build_program(&options, &parts)
                 : form == FORM_SHARED
                     ? build_module(&options, &parts, "--shared", options.output)
                     : build_module(&options, &parts, "--archive", options.output);
    return status == 0 ? 0 : 1;
}
