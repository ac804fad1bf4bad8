/* The rule's prices (aot/meter/costs.def) and the hooks (aot/meter/METERING.md). */
#include "stepper_parts.h"

#include <string.h>

uint16_t stepper_price(uint16_t opcode)
{
    switch (opcode) {
#define METER_COST(opcode_, price_)                                                                \
    case opcode_:                                                                                  \
        return price_;
#include "costs.def"
    default:
        return METER_COST_DEFAULT;
    }
}

uint32_t stepper_price_by_count(uint16_t opcode)
{
    switch (opcode) {
#define METER_COST_BY(opcode_, price_)                                                             \
    case opcode_:                                                                                  \
        return price_;
#include "costs.def"
    default:
        return 0;
    }
}

const uint16_t stepper_host_call_price = METER_COST_HOST_CALL;

static bool text_is(struct wasm_text text, const char *expected)
{
    return text.length == strlen(expected) && memcmp(text.bytes, expected, text.length) == 0;
}

static bool type_is(const struct wasm_type *type, const char *parameters, const char *results)
{
    return type->parameter_count == strlen(parameters) && type->result_count == strlen(results) &&
           memcmp(type->parameters, parameters, type->parameter_count) == 0 &&
           memcmp(type->results, results, type->result_count) == 0;
}

uint8_t stepper_hook(const struct wasm_module *module, uint32_t index)
{
    static const struct {
        const char *name, *parameters, *results;
        uint8_t op;
    } hooks[] = {
        {"charge", "\x7e", "", STEP_HOOK_CHARGE},
        {"adjust", "\x7e", "", STEP_HOOK_CHARGE},
        {"adjust", "\x7e", "", STEP_HOOK_CHARGE},
        {"check", "", "", STEP_HOOK_CHECK},
        {"charge_by", "\x7f\x7f", "", STEP_HOOK_CHARGE_BY},
        {"take", "", "\x7e", STEP_HOOK_TAKE},
        {"give", "\x7e", "", STEP_HOOK_GIVE},
    };
    const struct wasm_import *import = NULL;
    for (uint32_t i = 0, functions = 0; i < module->import_count && import == NULL; i++)
        if (module->imports[i].kind == WASM_FUNCTION && functions++ == index)
            import = &module->imports[i];
    if (import == NULL || !text_is(import->module, "pybox_meter"))
        return 0;
    for (size_t i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
        if (text_is(import->name, hooks[i].name) &&
            type_is(&module->types[import->type], hooks[i].parameters, hooks[i].results))
            return hooks[i].op;
    return 0;
}
