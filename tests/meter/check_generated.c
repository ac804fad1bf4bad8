/*
 * check_generated COUNT [SEED]: the metering pass against that many modules of random bytes (generated.h), the same ones
 * every time. The first one that it fails with is written to check_generated.wasm.
 */
#include "generated.h"
#include "wasm_file.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_BYTES 3000

/* splitmix64 */
static uint64_t random_number(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

int main(int argc, char **argv)
{
    static uint8_t bytes[MOST_BYTES];
    char why[GENERATED_WHY_BYTES];
    if (argc < 2) {
        fprintf(stderr, "usage: check_generated COUNT [SEED]\n");
        return 2;
    }
    uint64_t count = strtoull(argv[1], NULL, 0), state = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    for (uint64_t i = 0; i < count; i++) {
        struct wasm_writer module = {0};
        size_t length = 20 + random_number(&state) % (i % 2 == 0 ? 300 : MOST_BYTES - 20);
        for (size_t k = 0; k < length; k++)
            bytes[k] = (uint8_t)random_number(&state);
        if (i % 4 == 1)
            bytes[0] = 0; /* one function alone */
        bool good = generated_check(bytes, length, &module, why);
        if (!good) {
            wasm_file_write("check_generated.wasm", module.bytes, module.length);
            printf("module %llu (check_generated.wasm): %s\n", (unsigned long long)i, why);
        }
        free(module.bytes);
        if (!good)
            return 1;
    }
    printf("%llu modules\n", (unsigned long long)count);
    return 0;
}
