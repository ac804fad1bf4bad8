/* Generators of random numbers in the memory of guests: what pybox.random_renew does (guest_abi.h). */
#ifndef GENERATOR_H
#define GENERATOR_H

#include "guest.h"
#include "wasi.h"

/* Brings the generator that the import's arguments say up to its epoch. What is not all inside memory, or too large,
 * is left as it is. Returns how many bytes have been filled in. Look at wasi_stop() afterwards. */
uint32_t generator_renew(const struct guest_memory *memory, struct wasi *wasi,
                         const uint64_t values[4]);

#endif
