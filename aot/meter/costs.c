#include "costs.h"

#include "digest.h"

/* Opcodes up to 0xff come first, then those behind the prefix 0xfc. */
#define SLOTS (256 + 32)


uint32_t cost_of(uint16_t opcode)
{
    switch (opcode) {
#define METER_COST(opcode, price)                                                                  \
    case opcode:                                                                                   \
        return price;
#include "costs.def"
    default:
        return METER_COST_DEFAULT;
    }
}

uint32_t cost_by_count(uint16_t opcode)
{
    switch (opcode) {
#define METER_COST_BY(opcode, price)                                                               \
    case opcode:                                                                                   \
        return price;
#include "costs.def"
    default:
        return 0;
    }
}

uint32_t cost_of_host_call(void)
{
    return METER_COST_HOST_CALL;
}

void cost_table_hash(uint8_t hash[32])
{
    struct digest digest;
    digest_start(&digest);
    for (uint32_t i = 0; i < SLOTS; i++) {
        uint16_t opcode = (uint16_t)(i < 256 ? i : 0xfc00 + (i - 256));
        digest_add_u32(&digest, cost_of(opcode));
        digest_add_u32(&digest, cost_by_count(opcode));
    }
    digest_add_u32(&digest, METER_COST_HOST_CALL);
    digest_finish(&digest, hash);
}
