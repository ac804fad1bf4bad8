#include "function_signature.h"

#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "text_builder.h"

#define MOST_DEPTH 50
#define NUMBER_BYTES 300 /* Python refuses integers of more than 4,300 digits */

struct parser {
    const char *text, *at;
    pybox_status status; /* once it is not OK, nothing more is read */
    int depth;
    struct text_builder *out;  /* what is read, evenly spaced */
    struct text_builder *json; /* and, within a default, as JSON; or NULL */
};

static const char *const keywords[] = {
    "False",  "None",   "True",    "and",      "as",   "assert", "async",  "await",    "break",
    "class",  "continue", "def",   "del",      "elif", "else",   "except", "finally",  "for",
    "from",   "global", "if",      "import",   "in",   "is",     "lambda", "nonlocal", "not",
    "or",     "pass",   "raise",   "return",   "try",  "while",  "with",   "yield",
};

/* ------------------------------------------------------------------------------------------
 * Characters
 */

static int is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t name_length(const char *at)
{
    size_t length = 0;
    if (!is_name_start(*at))
        return 0;
    while (is_name_start(at[length]) || is_digit(at[length]))
        length++;
    return length;
}

static int is_keyword(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++)
        if (strlen(keywords[i]) == length && memcmp(keywords[i], name, length) == 0)
            return 1;
    return 0;
}

int signature_is_name(const char *text, size_t length)
{
    return length > 0 && length <= 100 && name_length(text) >= length && !is_keyword(text, length) &&
           !(length >= 2 && text[0] == '_' && text[1] == '_');
}

static void skip_space(struct parser *parser)
{
    while (*parser->at == ' ' || *parser->at == '\t' || *parser->at == '\n' || *parser->at == '\r')
        parser->at++;
}

static void expected(struct parser *parser, const char *what)
{
    if (parser->status == PYBOX_OK)
        parser->status = error_set(PYBOX_ERROR_ARGUMENT,
                                   "the signature has \"%.20s\" at character %zu; expected %s",
                                   parser->at, (size_t)(parser->at - parser->text) + 1, what);
}

/* What comes next, without the space before it; a NUL at the end and after an error. */
static char next(struct parser *parser)
{
    if (parser->status != PYBOX_OK)
        return '\0';
    skip_space(parser);
    return *parser->at;
}

/* Takes `token` if it comes next. */
static int take(struct parser *parser, const char *token)
{
    size_t length = strlen(token);
    if (next(parser) == '\0' || strncmp(parser->at, token, length) != 0)
        return 0;
    parser->at += length;
    return 1;
}

/* The same for one that is to be written as it is to Python, and as `json` to JSON. */
static int take_out(struct parser *parser, const char *token, const char *json)
{
    if (!take(parser, token))
        return 0;
    text_builder_add_text(parser->out, token);
    if (parser->json != NULL)
        text_builder_add_text(parser->json, json);
    return 1;
}

static int deeper(struct parser *parser)
{
    if (++parser->depth <= MOST_DEPTH)
        return 1;
    if (parser->status == PYBOX_OK)
        parser->status = error_set(PYBOX_ERROR_LIMIT,
                                   "the signature has brackets %d deep; expected at most %d",
                                   parser->depth, MOST_DEPTH);
    return 0;
}

/* ------------------------------------------------------------------------------------------
 * Numbers and strings
 */

static void parse_number(struct parser *parser)
{
    const char *start = parser->at, *at = start;
    at += *at == '-';
    const char *digits = at;
    while (is_digit(*at))
        at++;
    int good = at > digits && (digits[0] != '0' || at == digits + 1);
    if (*at == '.') {
        at++;
        good = good && is_digit(*at);
        while (is_digit(*at))
            at++;
    }
    if (*at == 'e' || *at == 'E') {
        at++;
        at += *at == '+' || *at == '-';
        good = good && is_digit(*at);
        while (is_digit(*at))
            at++;
    }
    if (!good || is_name_start(*at) || *at == '.' || at - start > NUMBER_BYTES) {
        expected(parser, "a number, as JSON writes it, of at most 300 characters");
        return;
    }
    text_builder_add(parser->out, start, (size_t)(at - start));
    if (parser->json != NULL)
        text_builder_add(parser->json, start, (size_t)(at - start));
    parser->at = at;
}

/* The number in `count` hexadecimal digits, or -1. */
static int32_t hexadecimal(const char *at, int count)
{
    int32_t number = 0;
    for (int i = 0; i < count; i++) {
        char c = at[i];
        if (is_digit(c))
            number = number * 16 + (c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            number = number * 16 + ((c | 0x20) - 'a' + 10);
        else
            return -1;
    }
    return number;
}

/* An escape, whose backslash is at parser->at: to both outputs. Whether it is one. */
static int parse_escape(struct parser *parser)
{
    const char *at = parser->at;
    size_t length = 2;
    if (at[1] != '\0' && strchr("nrtbf\\", at[1]) != NULL) {
        if (parser->json != NULL)
            text_builder_add(parser->json, at, 2);
    } else if (at[1] == '"' || at[1] == '\'') {
        if (parser->json != NULL)
            text_builder_add_text(parser->json, at[1] == '"' ? "\\\"" : "'");
    } else if (at[1] == 'x' || at[1] == 'u') {
        int digits = at[1] == 'x' ? 2 : 4;
        int32_t number = hexadecimal(at + 2, digits);
        if (number < 0 || (number >= 0xd800 && number <= 0xdfff))
            return 0;
        if (parser->json != NULL)
            text_builder_format(parser->json, "\\u%04x", (unsigned)number);
        length += (size_t)digits;
    } else {
        return 0;
    }
    text_builder_add(parser->out, at, length);
    parser->at += length;
    return 1;
}

static void parse_string(struct parser *parser)
{
    const char quote = *parser->at++;
    text_builder_add(parser->out, &quote, 1);
    if (parser->json != NULL)
        text_builder_add_text(parser->json, "\"");
    while (*parser->at != quote) {
        unsigned char c = (unsigned char)*parser->at;
        if (c == '\\') {
            if (!parse_escape(parser)) {
                expected(parser, "\\n, \\r, \\t, \\b, \\f, \\\\, a quote, \\xHH or \\uHHHH");
                return;
            }
            continue;
        }
        if (c < 0x20 || c == 0x7f) {
            expected(parser, "the end of a string in one line");
            return;
        }
        text_builder_add(parser->out, parser->at, 1);
        if (parser->json != NULL && c == '"')
            text_builder_add_text(parser->json, "\\\"");
        else if (parser->json != NULL)
            text_builder_add(parser->json, parser->at, 1);
        parser->at++;
    }
    parser->at++;
    text_builder_add(parser->out, &quote, 1);
    if (parser->json != NULL)
        text_builder_add_text(parser->json, "\"");
}

/* ------------------------------------------------------------------------------------------
 * Annotations and defaults
 */

/* Items up to `close`, behind an opening bracket. */
static void parse_items(struct parser *parser, const char *close, const char *json_close,
                        void (*item)(struct parser *))
{
    int count = 0;
    if (!deeper(parser))
        return;
    while (parser->status == PYBOX_OK && !take(parser, close)) {
        if (count++ > 0)
            text_builder_add_text(parser->out, ", ");
        if (count > 1 && parser->json != NULL)
            text_builder_add_text(parser->json, ",");
        item(parser);
        if (!take(parser, ",") && next(parser) != close[0])
            expected(parser, "a comma or a closing bracket");
    }
    if (close[0] == ')' && count == 1)
        text_builder_add_text(parser->out, ",");
    text_builder_add_text(parser->out, close);
    if (parser->json != NULL)
        text_builder_add_text(parser->json, json_close);
    parser->depth--;
}

static void parse_annotation(struct parser *parser);

static void parse_annotation_name(struct parser *parser)
{
    size_t length = name_length(parser->at);
    if (is_keyword(parser->at, length) && strncmp(parser->at, "None", length) != 0 &&
        strncmp(parser->at, "True", length) != 0 && strncmp(parser->at, "False", length) != 0) {
        expected(parser, "a type");
        return;
    }
    text_builder_add(parser->out, parser->at, length);
    parser->at += length;
}

static void parse_annotation_part(struct parser *parser)
{
    char c = next(parser);
    if (is_name_start(c))
        parse_annotation_name(parser);
    else if (c == '"' || c == '\'')
        parse_string(parser);
    else if (is_digit(c) || c == '-')
        parse_number(parser);
    else if (take_out(parser, "...", ""))
        ;
    else if (take_out(parser, "[", ""))
        parse_items(parser, "]", "", parse_annotation);
    else
        expected(parser, "a type");
    while (is_name_start(c) && parser->status == PYBOX_OK) {
        if (take_out(parser, "[", "")) {
            if (next(parser) == ']')
                expected(parser, "a type");
            parse_items(parser, "]", "", parse_annotation);
        } else if (next(parser) == '.' && take_out(parser, ".", "")) {
            if (!is_name_start(next(parser)) || is_keyword(parser->at, name_length(parser->at)))
                expected(parser, "a name");
            else
                parse_annotation_name(parser);
        } else {
            break;
        }
    }
}

static void parse_annotation(struct parser *parser)
{
    parse_annotation_part(parser);
    while (take(parser, "|")) {
        text_builder_add_text(parser->out, " | ");
        parse_annotation_part(parser);
    }
}

static void parse_value(struct parser *parser);

static void parse_pair(struct parser *parser)
{
    char c = next(parser);
    if (c != '"' && c != '\'') {
        expected(parser, "a string as the key");
        return;
    }
    parse_string(parser);
    if (!take(parser, ":")) {
        expected(parser, "a colon");
        return;
    }
    text_builder_add_text(parser->out, ": ");
    text_builder_add_text(parser->json, ":");
    parse_value(parser);
}

static void parse_value(struct parser *parser)
{
    static const char *const names[][2] = {{"None", "null"}, {"True", "true"}, {"False", "false"}};
    char c = next(parser);
    size_t length = name_length(parser->at);
    for (int i = 0; i < 3; i++)
        if (length == strlen(names[i][0]) && take_out(parser, names[i][0], names[i][1]))
            return;
    if (c == '"' || c == '\'')
        parse_string(parser);
    else if (is_digit(c) || c == '-')
        parse_number(parser);
    else if (take_out(parser, "[", "["))
        parse_items(parser, "]", "]", parse_value);
    else if (take_out(parser, "(", "["))
        parse_items(parser, ")", "]", parse_value);
    else if (take_out(parser, "{", "{"))
        parse_items(parser, "}", "}", parse_pair);
    else
        expected(parser, "None, True, False, a number, a string, a list, a tuple or a dictionary");
}

/* ------------------------------------------------------------------------------------------
 * Parameters
 */

/* What has been seen of the signature so far. */
struct order {
    int slash, star, star_is_bare, keywords, has_default;
};

/* Parses with `parse` into a text of its own, which also goes to the signature's. */
static char *parse_apart(struct parser *parser, void (*parse)(struct parser *))
{
    struct text_builder apart = {0}, *out = parser->out;
    parser->out = &apart;
    parse(parser);
    parser->out = out;
    char *text = text_builder_take(&apart);
    if (text != NULL)
        text_builder_add_text(out, text);
    else if (parser->status == PYBOX_OK)
        parser->status = error_set_memory("a signature", 0);
    return text;
}

static void parse_default(struct parser *parser, struct parameter *parameter)
{
    struct text_builder json = {0};
    text_builder_add_text(parser->out, parameter->annotation != NULL ? " = " : "=");
    parser->json = &json;
    parse_value(parser);
    parser->json = NULL;
    parameter->value = text_builder_take(&json);
    if (parameter->value == NULL && parser->status == PYBOX_OK)
        parser->status = error_set_memory("a signature", 0);
}

static void check_order(struct parser *parser, const struct signature *signature,
                        const struct parameter *parameter, struct order *order)
{
    for (uint32_t i = 0; i + 1 < signature->count; i++)
        if (strcmp(signature->parameters[i].name, parameter->name) == 0)
            expected(parser, "each parameter once");
    if (order->keywords)
        expected(parser, "nothing behind **keywords");
    if (parameter->kind != PARAMETER_NORMAL)
        return;
    if (parameter->value == NULL && order->has_default)
        expected(parser, "a default, as the parameter before has one");
    order->has_default |= parameter->value != NULL;
}

static void parse_named(struct parser *parser, struct signature *signature, struct order *order,
                        enum parameter_kind kind)
{
    size_t length = name_length(parser->at);
    if (!signature_is_name(parser->at, length)) {
        expected(parser, "the name of a parameter (no keyword, not two underscores first)");
        return;
    }
    if (signature->count == SIGNATURE_PARAMETERS) {
        parser->status = error_set(PYBOX_ERROR_LIMIT, "the signature has more than %d parameters",
                                   SIGNATURE_PARAMETERS);
        return;
    }
    struct parameter *parameter = &signature->parameters[signature->count];
    *parameter = (struct parameter){.kind = kind, .name = strndup(parser->at, length)};
    if (parameter->name == NULL) {
        parser->status = error_set_memory("a signature", length);
        return;
    }
    signature->count++;
    text_builder_add(parser->out, parser->at, length);
    parser->at += length;
    if (take(parser, ":")) {
        text_builder_add_text(parser->out, ": ");
        parameter->annotation = parse_apart(parser, parse_annotation);
    }
    if (kind != PARAMETER_VARIABLE && kind != PARAMETER_KEYWORDS && take(parser, "="))
        parse_default(parser, parameter);
    check_order(parser, signature, parameter, order);
}

static void parse_slash(struct parser *parser, struct signature *signature, struct order *order)
{
    if (order->slash || order->star || order->keywords || signature->count == 0)
        expected(parser, "/ once, behind a parameter and before *");
    order->slash = 1;
    text_builder_add_text(parser->out, "/");
    for (uint32_t i = 0; i < signature->count; i++)
        signature->parameters[i].kind = PARAMETER_POSITIONAL;
}

static void parse_star(struct parser *parser, struct signature *signature, struct order *order)
{
    if (order->star || order->keywords)
        expected(parser, "* once, and before **keywords");
    order->star = 1;
    text_builder_add_text(parser->out, "*");
    order->star_is_bare = !is_name_start(next(parser));
    if (!order->star_is_bare)
        parse_named(parser, signature, order, PARAMETER_VARIABLE);
}

static void parse_parameter(struct parser *parser, struct signature *signature,
                            struct order *order)
{
    if (take(parser, "**")) {
        text_builder_add_text(parser->out, "**");
        next(parser);
        if (order->star_is_bare)
            expected(parser, "a named parameter behind *");
        parse_named(parser, signature, order, PARAMETER_KEYWORDS);
        order->keywords = 1;
    } else if (take(parser, "*")) {
        parse_star(parser, signature, order);
    } else if (take(parser, "/")) {
        parse_slash(parser, signature, order);
    } else {
        next(parser);
        parse_named(parser, signature, order, order->star ? PARAMETER_KEYWORD : PARAMETER_NORMAL);
        order->star_is_bare = 0;
    }
}

static void parse_all(struct parser *parser, struct signature *signature)
{
    struct order order = {0};
    int count = 0;
    if (!take_out(parser, "(", ""))
        expected(parser, "an opening bracket");
    while (parser->status == PYBOX_OK && !take(parser, ")")) {
        if (count++ > 0)
            text_builder_add_text(parser->out, ", ");
        parse_parameter(parser, signature, &order);
        if (!take(parser, ",") && next(parser) != ')')
            expected(parser, "a comma or a closing bracket");
    }
    if (order.star_is_bare)
        expected(parser, "a named parameter behind *");
    text_builder_add_text(parser->out, ")");
    if (take(parser, "->")) {
        text_builder_add_text(parser->out, " -> ");
        signature->returns = parse_apart(parser, parse_annotation);
    }
    if (next(parser) != '\0')
        expected(parser, "the end, or -> and a type");
}

pybox_status signature_parse(const char *text, struct signature *signature)
{
    struct text_builder out = {0};
    struct parser parser = {.text = text, .at = text, .out = &out};
    *signature = (struct signature){0};
    if (strlen(text) > SIGNATURE_BYTES)
        return error_set(PYBOX_ERROR_LIMIT, "a signature of %zu bytes; expected at most %d",
                         strlen(text), SIGNATURE_BYTES);
    signature->parameters = calloc(SIGNATURE_PARAMETERS, sizeof *signature->parameters);
    if (signature->parameters == NULL)
        return error_set_memory("a signature", SIGNATURE_PARAMETERS * sizeof *signature->parameters);
    parse_all(&parser, signature);
    signature->text = text_builder_take(&out);
    if (parser.status == PYBOX_OK && signature->text == NULL)
        parser.status = error_set_memory("a signature", 0);
    if (parser.status != PYBOX_OK) {
        signature_free(signature);
        return parser.status;
    }
    struct parameter *fitting =
        realloc(signature->parameters, (signature->count + 1) * sizeof *signature->parameters);
    if (fitting != NULL)
        signature->parameters = fitting;
    return PYBOX_OK;
}

void signature_free(struct signature *signature)
{
    for (uint32_t i = 0; i < signature->count; i++) {
        free(signature->parameters[i].name);
        free(signature->parameters[i].annotation);
        free(signature->parameters[i].value);
    }
    free(signature->parameters);
    free(signature->text);
    free(signature->returns);
    *signature = (struct signature){0};
}
