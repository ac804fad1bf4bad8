/* The metering pass against modules that the input generates (tests/meter/generated.h). */
#include "generated.h"

#include "wasm_file.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct wasm_writer module = {0};
    char why[GENERATED_WHY_BYTES];
    if (!generated_check(bytes, length, &module, why)) {
        wasm_file_write("fuzz_meter.wasm", module.bytes, module.length);
        fprintf(stderr, "fuzz_meter.wasm: %s\n", why);
        abort();
    }
    free(module.bytes);
    return 0;
}
