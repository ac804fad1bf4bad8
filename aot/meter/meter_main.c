/* pybox-meter IN.wasm OUT.wasm: the metering pass as a program (meter.h). */
#include "error.h"
#include "meter.h"
#include "wasm_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "Usage: pybox-meter IN.wasm OUT.wasm\n"
                            "Checks the WebAssembly module IN and writes it as OUT, metered "
                            "(version 0: nothing is counted).\n";

static pybox_status meter_file(const char *from, const char *to)
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
        status = meter_write(&module, &writer);
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
    if (argc != 3) {
        fputs(usage, stderr);
        return 2;
    }
    return meter_file(argv[1], argv[2]) == PYBOX_OK ? 0 : 1;
}
