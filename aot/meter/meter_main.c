/* pybox-meter IN.wasm OUT.wasm: the metering pass as a program (meter.h). */
#include "branches.h"
#include "error.h"
#include "meter.h"
#include "wasm_file.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "Usage: pybox-meter [--uncounted | --training | --branches FILE] IN.wasm OUT.wasm\n"
    "Checks the WebAssembly module IN and writes it as OUT, with fuel counted "
    "(aot/meter/METERING.md).\n"
    "  --branches FILE  which way its branches mostly go (aot/meter/branches.h): makes it faster\n"
    "  --training       instead of counting, report each branch, to find that out\n"
    "  --uncounted      leave the counting out, to compare speeds\n";

/* Few functions of one name are never found; an interpreter's loop that is not known any more costs a tenth of all speed. */
#define STALE_SHARE 0.03

static void tell_stale(const char *file, const struct branches *branches)
{
    struct wasm_text largest = {0};
    double share = branches_stale(branches, &largest);
    if (share > STALE_SHARE)
        fprintf(stderr,
                "pybox-meter: warning: %s is stale: %.0f %% of its branches are in functions that have changed since "
                "(the largest: %.*s)\n",
                file, share * 100, (int)largest.length, largest.bytes);
}

static pybox_status write_metered(const struct wasm_module *module, enum meter_kind kind,
                                  const char *file, struct wasm_writer *writer)
{
    struct branches *branches = NULL;
    pybox_status status = file != NULL ? branches_read(file, &branches) : PYBOX_OK;
    const struct meter_options options = {.kind = kind, .branches = branches};
    if (status == PYBOX_OK)
        status = meter_write_as(module, &options, writer);
    if (status == PYBOX_OK && branches != NULL)
        tell_stale(file, branches);
    branches_free(branches);
    return status;
}

static int meter_file(const char *from, const char *to, enum meter_kind kind, const char *branches)
{
    uint8_t *bytes;
    size_t length;
    struct wasm_module module = {0};
    struct wasm_writer writer = {0};
    pybox_status status = wasm_file_read(from, &bytes, &length);
    if (status != PYBOX_OK) {
        fprintf(stderr, "pybox-meter: %s\n", error_message());
        return 1;
    }
    status = wasm_read(bytes, length, &module);
    if (status == PYBOX_OK)
        status = write_metered(&module, kind, branches, &writer);
    if (status != PYBOX_OK) {
        fprintf(stderr, "pybox-meter: %s: %s\n", from, error_message());
    } else {
        status = wasm_file_write(to, writer.bytes, writer.length);
        if (status != PYBOX_OK)
            fprintf(stderr, "pybox-meter: %s\n", error_message());
    }
    free(writer.bytes);
    wasm_free(&module);
    free(bytes);
    return status == PYBOX_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"branches", required_argument, NULL, 'b'},
                                            {"training", no_argument, NULL, 't'},
                                            {"uncounted", no_argument, NULL, 'u'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    enum meter_kind kind = METER_COUNTED;
    const char *branches = NULL;
    for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (option) {
        case 'b':
            branches = optarg;
            break;
        case 't':
            kind = METER_TRAINING;
            break;
        case 'u':
            kind = METER_UNCOUNTED;
            break;
        default:
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : 2;
        }
    }
    if (argc - optind != 2) {
        fputs(usage, stderr);
        return 2;
    }
    return meter_file(argv[optind], argv[optind + 1], kind, branches);
}
