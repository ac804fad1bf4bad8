/* pybox-meter IN.wasm OUT.wasm: the metering pass as a program (meter.h). */
#include "error.h"
#include "meter.h"
#include "wasm_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "Usage: pybox-meter [--uncounted] IN.wasm OUT.wasm\n"
                            "Checks the WebAssembly module IN and writes it as OUT, with fuel "
                            "counted (aot/meter/METERING.md).\n"
                            "  --uncounted  leave the counting out, to compare speeds\n";

static pybox_status meter_file(const char *from, const char *to, bool is_counted)
{
    uint8_t *bytes;
    size_t length;
    struct wasm_module module = {0};
    struct wasm_writer writer = {0};
    pybox_status status = wasm_file_read(from, &bytes, &length);
    if (status != PYBOX_OK) {
        fprintf(stderr, "pybox-meter: %s\n", error_message());
        return status;
    }
    status = wasm_read(bytes, length, &module);
    if (status == PYBOX_OK)
        status = is_counted ? meter_write(&module, &writer)
                            : meter_write_uncounted(&module, &writer);
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
    return status;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        fputs(usage, stdout);
        return 0;
    }
    bool is_counted = argc < 2 || strcmp(argv[1], "--uncounted") != 0;
    int first = is_counted ? 1 : 2;
    if (argc != first + 2) {
        fputs(usage, stderr);
        return 2;
    }
    return meter_file(argv[first], argv[first + 1], is_counted) == PYBOX_OK ? 0 : 1;
}
