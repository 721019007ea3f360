// Responsible for setting an operator's params through its field table: defaults, ranges and the
// messages about both. Where the values come from (a model's JSON, an option) is the caller's.
#include "ops/op.h"

#include <math.h>
#include <stdio.h>

enum { DIMS_MAX = 3 };

static char *address_of(const struct field *field, void *params)
{
    return (char *)params + field->offset;
}

static uint32_t value_count(const struct field *field)
{
    switch (field->type) {
    case FIELD_PAIR:
        return 2;
    case FIELD_SIDES:
        return 4;
    default:
        return 1;
    }
}

static void store(const struct field *field, void *params, uint32_t index, double number)
{
    char *const address = address_of(field, params) + index * sizeof(uint32_t);
    if (field->type == FIELD_F32)
        memcpy(address, &(float){(float)number}, sizeof(float));
    else if (field->type == FIELD_DIMS)
        memcpy(address, &(int32_t){(int32_t)number}, sizeof(int32_t));
    else
        memcpy(address, &(uint32_t){(uint32_t)number}, sizeof(uint32_t));
}

void fields_init(const struct field *fields, void *params)
{
    for (const struct field *field = fields; field->name; field++) {
        const bool is_dims = field->type == FIELD_DIMS; // nothing is asked for
        for (uint32_t i = 0; i < value_count(field); i++)
            store(field, params, i, is_dims ? 0 : field->initial);
    }
}

const struct field *field_find(const struct field *fields, const char *name)
{
    for (const struct field *field = fields; field->name; field++)
        if (strcmp(field->name, name) == 0)
            return field;
    return NULL;
}

static vktl_status check_number(const struct vktl_log *log, const struct field *field,
                                double number)
{
    const bool whole = field->type != FIELD_F32;
    if (whole && number != floor(number))
        return log_fail(log, VKTL_INPUT, "%s must be a whole number, not %g", field->name, number);
    // Written so that a NaN fails.
    if (!(number >= field->minimum && number <= field->maximum))
        return log_fail(log, VKTL_INPUT, "%s must be from %.9g to %.9g%s%s, not %.9g", field->name,
                        field->minimum, field->maximum, *field->unit ? " " : "", field->unit,
                        number);
    return VKTL_OK;
}

static vktl_status check_count(const struct vktl_log *log, const struct field *field,
                               uint32_t count)
{
    const uint32_t values = value_count(field);
    if (field->type == FIELD_CHOICE)
        return log_fail(log, VKTL_INPUT, "%s takes a word, not a number", field->name);
    if (field->type == FIELD_DIMS) {
        if (count >= 1 && count <= DIMS_MAX)
            return VKTL_OK;
        return log_fail(log, VKTL_INPUT, "%s takes 1 to %d numbers, not %u", field->name, DIMS_MAX,
                        count);
    }
    if (count == 1 || count == values || (count == 2 && values == 4))
        return VKTL_OK;
    const char *const takes = values == 4   ? "1, 2 or 4 numbers"
                              : values == 2 ? "1 or 2 numbers"
                                            : "one number";
    return log_fail(log, VKTL_INPUT, "%s takes %s, not %u", field->name, takes, count);
}

static void store_dims(const struct field *field, void *params, const double *numbers,
                       uint32_t count)
{
    store(field, params, 0, count);
    for (uint32_t i = 0; i < count; i++)
        store(field, params, 1 + i, numbers[i]);
}

vktl_status field_set_numbers(const struct vktl_log *log, const struct field *field, void *params,
                              const double *numbers, uint32_t count)
{
    vktl_status status;
    TRY(check_count(log, field, count));
    for (uint32_t i = 0; i < count; i++)
        TRY(check_number(log, field, numbers[i]));
    if (field->type == FIELD_DIMS) {
        store_dims(field, params, numbers, count);
        return VKTL_OK;
    }
    const uint32_t values = value_count(field);
    for (uint32_t i = 0; i < values; i++)
        store(field, params, i, numbers[i * count / values]); // one for all, two for pairs of sides
    return VKTL_OK;
fail:
    return status;
}

static vktl_status fail_word(const struct vktl_log *log, const struct field *field,
                             const char *const *choices, const char *word)
{
    char text[256] = "";
    for (size_t i = 0, length = 0; choices[i] && length < sizeof text; i++)
        length +=
            (size_t)snprintf(text + length, sizeof text - length, i ? ", %s" : "%s", choices[i]);
    return log_fail(log, VKTL_INPUT, "%s must be one of %s, not \"%s\"", field->name, text, word);
}

vktl_status field_set_word(const struct vktl_log *log, const struct field *field, void *params,
                           const char *word)
{
    static const char *const truths[] = {"false", "true", NULL};
    const char *const *choices = field->type == FIELD_BOOL ? truths : field->choices;
    if (field->type != FIELD_BOOL && field->type != FIELD_CHOICE)
        return log_fail(log, VKTL_INPUT, "%s takes numbers, not the word \"%s\"", field->name,
                        word);
    for (uint32_t i = 0; choices[i]; i++) {
        if (strcmp(choices[i], word) == 0) {
            store(field, params, 0, i);
            return VKTL_OK;
        }
    }
    return fail_word(log, field, choices, word);
}
