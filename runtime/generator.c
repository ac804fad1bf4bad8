#include "generator.h"

#include <string.h>

/* From nothing but zeroes a Mersenne Twister never gets anywhere. */
static void generator_make_usable(uint8_t *state, uint32_t bytes)
{
    for (uint32_t i = 0; i < bytes; i++)
        if (state[i] != 0)
            return;
    if (bytes > 0)
        state[bytes - 1] = 1;
}

uint32_t generator_renew(const struct guest_memory *memory, struct wasi *wasi,
                         const uint64_t values[4])
{
    const uint32_t base = (uint32_t)values[0], offset = (uint32_t)values[1];
    const uint32_t bytes = (uint32_t)values[2], epoch = (uint32_t)values[3];
    struct guest_generator generator;
    uint8_t *at = bytes > GUEST_GENERATOR_BYTES
                      ? NULL
                      : guest_range(memory, base + offset, sizeof generator + (uint64_t)bytes);
    if (at == NULL)
        return 0;
    memcpy(&generator, at, sizeof generator);
    generator.epoch = epoch;
    const uint32_t filled = generator.from_system != 0 ? bytes : 0;
    if (generator.from_system != 0) {
        wasi_random(wasi, at + sizeof generator, bytes);
        generator_make_usable(at + sizeof generator, bytes);
        generator.renewed = 1;
    }
    memcpy(at, &generator, sizeof generator);
    return filled;
}
