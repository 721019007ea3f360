// Responsible for a run's position as text and back.
#include "train/course.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum number_type { U32, U64, F64, FLAG };

struct course_field {
    const char *name;
    enum number_type type;
    size_t offset;
};

#define FIELD(type, member)                                                                        \
    {                                                                                              \
#member, type, offsetof(struct course, member)                                             \
    }

static const struct course_field fields[] = {
    FIELD(U32, phase),
    FIELD(U32, phase_epoch),
    FIELD(U64, phase_step),
    FIELD(FLAG, phase_is_over),
    FIELD(U32, epoch),
    FIELD(U32, done),
    FIELD(U64, step),
    FIELD(U32, epochs_done),
    FIELD(F64, sums.loss),
    FIELD(F64, sums.hits),
    FIELD(U64, sums.count),
    FIELD(F64, last.loss),
    FIELD(F64, last.accuracy),
    FIELD(F64, last.val_loss),
    FIELD(F64, last.val_accuracy),
    FIELD(U32, base_layers),
    FIELD(U32, best.epoch),
    FIELD(F64, best.value),
    FIELD(F64, best.loss),
    FIELD(F64, early_stop.best),
    FIELD(U32, early_stop.wait),
    FIELD(F64, reduce_lr.rate),
    FIELD(F64, reduce_lr.best),
    FIELD(U32, reduce_lr.wait),
    FIELD(U32, reduce_lr.cooldown),
    FIELD(F64, loss_scale.value),
    FIELD(U32, loss_scale.good),
    FIELD(U32, loss_scale.skipped),
};

enum { FIELD_COUNT = sizeof fields / sizeof *fields };

// ---- How far

uint32_t course_phase_end(const struct course *course, const struct vktl_train_params *params)
{
    return course->phase == 0 ? params->epochs : course->phase_epoch + params->fine_tune.epochs;
}

static bool steps_are_used_up(const struct course *course, const struct vktl_train_params *params)
{
    return params->max_steps && course->step >= params->max_steps;
}

bool course_phase_is_over(const struct course *course, const struct vktl_train_params *params)
{
    if (course->done > 0) // an epoch is in progress
        return false;
    return course->phase_is_over || steps_are_used_up(course, params) ||
           course->epochs_done >= course_phase_end(course, params);
}

bool course_is_complete(const struct course *course, const struct vktl_train_params *params)
{
    const bool is_last = course->phase > 0 || params->fine_tune.epochs == 0;
    return course_phase_is_over(course, params) && (is_last || steps_are_used_up(course, params));
}

// ---- As text

void course_write(struct text *text, const struct course *course)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const void *place = (const char *)course + fields[i].offset;
        text_format(text, "%s%s=", i ? " " : "", fields[i].name);
        switch (fields[i].type) {
        case U32:
            text_format(text, "%" PRIu32, *(const uint32_t *)place);
            break;
        case U64:
            text_format(text, "%" PRIu64, *(const uint64_t *)place);
            break;
        case F64:
            text_format(text, "%.17g", *(const double *)place);
            break;
        case FLAG:
            text_format(text, "%d", *(const bool *)place);
            break;
        }
    }
}

// Reads a value at `*words` and moves behind it; false: there is none.
static bool read_value(const struct course_field *field, const char **words, struct course *course)
{
    void *place = (char *)course + field->offset;
    char *end;
    const bool is_real = field->type == F64;
    const double real = is_real ? strtod(*words, &end) : 0;
    const unsigned long long whole = is_real ? 0 : strtoull(*words, &end, 10);
    if (end == *words || (*end && *end != ' '))
        return false;
    if (field->type == U32)
        *(uint32_t *)place = (uint32_t)whole;
    else if (field->type == U64)
        *(uint64_t *)place = whole;
    else if (field->type == F64)
        *(double *)place = real;
    else
        *(bool *)place = whole != 0;
    *words = *end ? end + 1 : end;
    return true;
}

// Of what a run can get to: nobody else checks it.
static bool is_sound(const struct course *course)
{
    const struct loss_scale *scale = &course->loss_scale;
    return course->phase <= 1 && course->epochs_done < UINT32_MAX &&
           course->epoch == course->epochs_done + 1 && course->phase_epoch <= course->epochs_done &&
           course->phase_step <= course->step && course->best.epoch <= course->epochs_done &&
           course->reduce_lr.rate > 0 && isfinite(course->reduce_lr.rate) && scale->value > 0 &&
           isfinite(scale->value) && scale->skipped <= course->step - course->phase_step;
}

vktl_status course_read(const struct vktl_log *log, const char *origin, const char *words,
                        struct course *course)
{
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        const size_t length = strlen(fields[i].name);
        if (strncmp(words, fields[i].name, length) != 0 || words[length] != '=')
            return log_fail(log, VKTL_INPUT,
                            "%s: its record of the run lacks %s: damaged, or of another version",
                            origin, fields[i].name);
        words += length + 1;
        if (!read_value(&fields[i], &words, course))
            return log_fail(log, VKTL_INPUT, "%s: damaged: %s is no number", origin,
                            fields[i].name);
    }
    if (!is_sound(course))
        return log_fail(log, VKTL_INPUT, "%s: damaged: its record of the run contradicts itself",
                        origin);
    return VKTL_OK;
}
