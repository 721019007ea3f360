// Responsible for a run's settings as JSON and back, and for its lists of classes and images. What
// resuming does with them is resume.c's.
#include "train/config.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/files.h"
#include "train/optimizer.h"

enum { CONFIG_MAX_SIZE = 1 << 20, VALUE_SIZE = 512 };

// ---- The settings
// --------------------------------------------------------------------------------

enum setting_type {
    SETTING_TEXT, // const char *, NULL is null
    SETTING_FLAG,
    SETTING_NOT_FLAG, // the member says no where the file says yes
    SETTING_U32,
    SETTING_U64,
    SETTING_REAL,
    SETTING_REAL_OR_ZERO, // a double that is negative where 0 is meant, since 0 asks for the
                          // default
    SETTING_CHOICE,       // an enum, written as its word
    SETTING_PREPROCESS,   // pointers to their enums
    SETTING_INTERPOLATION,
};

enum setting_change {
    SETTING_FIXED,
    SETTING_GROWS, // may be raised when the run is resumed
    SETTING_ADDED, // may be given when it was not
    SETTING_FREE,
};

struct setting {
    const char *name;
    enum setting_type type;
    size_t offset;
    enum setting_change change;
    const char *const *words; // of a choice, by value; NULL ends them
};

static const char *const precisions[] = {"fp32", "mixed", NULL};
static const char *const schedules[] = {"constant", "step", "cosine", "one-cycle", NULL};
static const char *const monitors[] = {"default",  "loss",         "accuracy",
                                       "val_loss", "val_accuracy", NULL};
static const char *const fills[] = {"nearest", "constant", "reflect", "wrap", NULL};
static const char *const modes[] = {"auto", "min", "max", NULL};

#define AT(member) offsetof(struct vktl_train_params, member)

// clang-format off
static const struct setting settings[] = {
    {"train", SETTING_TEXT, AT(train_folder)},
    {"val", SETTING_TEXT, AT(validation_folder)},
    {"val_split", SETTING_REAL, AT(validation_split)},
    {"model", SETTING_TEXT, AT(model.model)},
    {"weights", SETTING_TEXT, AT(model.weights)},
    {"base_output", SETTING_TEXT, AT(model.base_output)},
    {"head", SETTING_TEXT, AT(model.head)},
    {"freeze", SETTING_TEXT, AT(model.freeze)},
    {"image_size", SETTING_U32, AT(model.image_size)},
    {"interpolation", SETTING_INTERPOLATION, AT(model.interpolation)},
    {"preprocess", SETTING_PREPROCESS, AT(model.preprocess)},
    {"epochs", SETTING_U32, AT(epochs), SETTING_GROWS},
    {"batch", SETTING_U32, AT(batch)},
    {"micro_batch", SETTING_U32, AT(micro_batch), SETTING_FREE},
    {"precision", SETTING_CHOICE, AT(precision), .words = precisions},
    {"strict", SETTING_FLAG, AT(strict)},
    {"lr", SETTING_REAL, AT(learning_rate)},
    {"optimizer", SETTING_CHOICE, AT(optimizer.kind), .words = optimizer_names},
    {"momentum", SETTING_REAL_OR_ZERO, AT(optimizer.momentum)},
    {"nesterov", SETTING_FLAG, AT(optimizer.nesterov)},
    {"beta_1", SETTING_REAL_OR_ZERO, AT(optimizer.beta_1)},
    {"beta_2", SETTING_REAL_OR_ZERO, AT(optimizer.beta_2)},
    {"epsilon", SETTING_REAL, AT(optimizer.epsilon)},
    {"weight_decay", SETTING_REAL_OR_ZERO, AT(optimizer.weight_decay)},
    {"clip_norm", SETTING_REAL, AT(optimizer.clip_norm)},
    {"base_lr_factor", SETTING_REAL_OR_ZERO, AT(optimizer.base_lr_factor)},
    {"label_smoothing", SETTING_REAL, AT(optimizer.label_smoothing)},
    {"class_weights", SETTING_TEXT, AT(optimizer.class_weights)},
    {"train_batchnorm", SETTING_FLAG, AT(model.train_batchnorm)},
    {"shuffle", SETTING_NOT_FLAG, AT(no_shuffle)},
    {"seed", SETTING_U64, AT(seed)},
    {"max_steps", SETTING_U64, AT(max_steps)},
    {"cache_limit", SETTING_U64, AT(cache_limit)},
    {"cache", SETTING_NOT_FLAG, AT(no_cache)},
    {"feature_store", SETTING_U64, AT(feature_store_limit), SETTING_FREE},
    {"keep_features", SETTING_NOT_FLAG, AT(no_feature_store), SETTING_FREE},
    {"rotation_range", SETTING_REAL, AT(augment.rotation_range)},
    {"width_shift_range", SETTING_REAL, AT(augment.width_shift_range)},
    {"height_shift_range", SETTING_REAL, AT(augment.height_shift_range)},
    {"shear_range", SETTING_REAL, AT(augment.shear_range)},
    {"zoom_low", SETTING_REAL, AT(augment.zoom_low)},
    {"zoom_high", SETTING_REAL, AT(augment.zoom_high)},
    {"channel_shift_range", SETTING_REAL, AT(augment.channel_shift_range)},
    {"brightness_low", SETTING_REAL, AT(augment.brightness_low)},
    {"brightness_high", SETTING_REAL, AT(augment.brightness_high)},
    {"horizontal_flip", SETTING_FLAG, AT(augment.horizontal_flip)},
    {"vertical_flip", SETTING_FLAG, AT(augment.vertical_flip)},
    {"fill_mode", SETTING_CHOICE, AT(augment.fill), .words = fills},
    {"cval", SETTING_REAL, AT(augment.constant)},
    {"keras_quirks", SETTING_FLAG, AT(augment.keras_quirks)},
    {"augment_variants", SETTING_U32, AT(augment_variants)},
    {"refresh", SETTING_U32, AT(refresh_epochs)},
    {"tensorboard", SETTING_TEXT, AT(tensorboard_folder), SETTING_FREE},
    {"checkpoint_seconds", SETTING_REAL_OR_ZERO, AT(checkpoint_seconds), SETTING_FREE},
    {"schedule", SETTING_CHOICE, AT(schedule.kind), .words = schedules},
    {"warmup_epochs", SETTING_U32, AT(schedule.warmup_epochs)},
    {"step_epochs", SETTING_U32, AT(schedule.step_epochs)},
    {"step_factor", SETTING_REAL, AT(schedule.step_factor)},
    {"final_factor", SETTING_REAL, AT(schedule.final_factor)},
    {"rise", SETTING_REAL, AT(schedule.rise)},
    {"monitor", SETTING_CHOICE, AT(callbacks.monitor), .words = monitors},
    {"mode", SETTING_CHOICE, AT(callbacks.mode), .words = modes},
    {"early_stop", SETTING_U32, AT(callbacks.early_stop)},
    {"min_delta", SETTING_REAL, AT(callbacks.min_delta)},
    {"baseline", SETTING_REAL, AT(callbacks.baseline)},
    {"reduce_lr", SETTING_U32, AT(callbacks.reduce_lr)},
    {"lr_factor", SETTING_REAL, AT(callbacks.lr_factor)},
    {"lr_min_delta", SETTING_REAL_OR_ZERO, AT(callbacks.lr_min_delta)},
    {"lr_cooldown", SETTING_U32, AT(callbacks.lr_cooldown)},
    {"min_lr", SETTING_REAL, AT(callbacks.min_lr)},
    {"save_every", SETTING_U32, AT(callbacks.save_every), SETTING_FREE},
    {"unfreeze_from", SETTING_TEXT, AT(fine_tune.unfreeze_from), SETTING_ADDED},
    {"fine_tune_epochs", SETTING_U32, AT(fine_tune.epochs), SETTING_GROWS},
    {"fine_tune_lr", SETTING_REAL, AT(fine_tune.learning_rate), SETTING_ADDED},
};
// clang-format on

enum { SETTING_COUNT = sizeof settings / sizeof *settings };

// ---- Writing -----------------------------------------------------------------------------------

static void key(struct text *text, const char *name)
{
    text_append(text, text->length > 1 && text->data[text->length - 1] != '{' ? ",\n  " : "\n  ");
    text_append_json(text, name);
    text_append(text, ": ");
}

static void append_string(struct text *text, const char *value)
{
    if (value)
        text_append_json(text, value);
    else
        text_append(text, "null");
}

static void string_member(struct text *text, const char *name, const char *value)
{
    key(text, name);
    append_string(text, value);
}

// The shortest of the usual lengths that reads back as the same number.
static void append_real(struct text *text, double value)
{
    char digits[VALUE_SIZE];
    for (int precision = 9; precision <= 17; precision += 4) {
        snprintf(digits, sizeof digits, "%.*g", precision, value);
        if (strtod(digits, NULL) == value)
            break;
    }
    text_append(text, digits);
}

// JSON numbers are doubles to most readers: a larger whole number is written as a string.
static void append_whole(struct text *text, uint64_t value)
{
    const bool is_exact = value <= (uint64_t)1 << 53;
    text_format(text, is_exact ? "%" PRIu64 : "\"%" PRIu64 "\"", value);
}

static void append_setting(struct text *text, const struct setting *setting,
                           const struct vktl_train_params *params)
{
    const void *place = (const char *)params + setting->offset;
    switch (setting->type) {
    case SETTING_TEXT:
        append_string(text, *(const char *const *)place);
        break;
    case SETTING_FLAG:
    case SETTING_NOT_FLAG:
        text_append(text,
                    *(const bool *)place == (setting->type == SETTING_FLAG) ? "true" : "false");
        break;
    case SETTING_U32:
        append_whole(text, *(const uint32_t *)place);
        break;
    case SETTING_U64:
        append_whole(text, *(const uint64_t *)place);
        break;
    case SETTING_REAL:
        append_real(text, *(const double *)place);
        break;
    case SETTING_REAL_OR_ZERO:
        append_real(text, *(const double *)place < 0 ? 0 : *(const double *)place);
        break;
    case SETTING_CHOICE:
        append_string(text, setting->words[*(const int *)place]);
        break;
    case SETTING_PREPROCESS:
        append_string(text, vktl_preprocess_name(**(const vktl_preprocess *const *)place));
        break;
    case SETTING_INTERPOLATION:
        append_string(text, vktl_interpolation_name(**(const vktl_interpolation *const *)place));
        break;
    }
}

void config_settings(struct text *text, const struct vktl_train_params *params)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        key(text, settings[i].name);
        append_setting(text, &settings[i], params);
    }
}

static void append_tuning(struct text *text, const struct tuning *tuning)
{
    key(text, "tuning");
    text_append(text, "{");
    for (uint32_t i = 0; i < tuning->count; i++) {
        text_append(text, i ? ",\n    " : "\n    ");
        text_append_json(text, tuning->choices[i].key);
        text_append(text, ": ");
        text_append_json(text, tuning->choices[i].value);
    }
    text_append(text, tuning->count ? "\n  }" : "}");
}

void config_json(struct text *text, const struct vktl_train_params *params,
                 const struct vktl_device_info *info, const struct vktl_model *model,
                 const struct tuning *tuning)
{
    const vktl_preprocess preprocess = vktl_model_preprocess(model);
    const vktl_interpolation interpolation = vktl_model_interpolation(model);
    struct vktl_train_params used = *params;
    used.model.image_size = vktl_model_image_size(model);
    used.model.preprocess = &preprocess;
    used.model.interpolation = &interpolation;
    if (!used.model.freeze)
        used.model.freeze = "base";
    text_append(text, "{");
    string_member(text, "vktl_version", vktl_version());
    string_member(text, "device", info->name);
    string_member(text, "driver", info->driver);
    string_member(text, "kernel_form", info->form == VKTL_FORM_ADDRESS ? "address" : "storage");
    config_settings(text, &used);
    append_tuning(text, tuning);
    text_append(text, "\n}\n");
}

void classes_json(struct text *text, const struct vktl_model *model)
{
    text_append(text, "{");
    for (uint32_t i = 0; i < vktl_model_class_count(model); i++) {
        key(text, vktl_model_class_name(model, i));
        text_format(text, "%" PRIu32, i);
    }
    text_append(text, "\n}\n");
}

static void append_files(struct text *text, const char *set, const struct vktl_dataset *dataset)
{
    for (uint32_t i = 0; dataset && i < vktl_dataset_count(dataset); i++) {
        text_format(text, "%s,", set);
        text_append_csv(text, vktl_dataset_class_name(dataset, vktl_dataset_class(dataset, i)));
        text_append(text, ",");
        text_append_csv(text, vktl_dataset_path(dataset, i));
        text_append(text, "\n");
    }
}

void files_csv(struct text *text, const struct vktl_dataset *training,
               const struct vktl_dataset *validation)
{
    text_append(text, "set,class,path\n");
    append_files(text, "train", training);
    append_files(text, "val", validation);
}

// ---- Reading -----------------------------------------------------------------------------------

static bool read_whole(const cJSON *value, uint64_t most, uint64_t *number)
{
    char *end;
    if (cJSON_IsNumber(value) && value->valuedouble >= 0 && value->valuedouble <= (double)most &&
        value->valuedouble < 0x1p64) {
        *number = (uint64_t)value->valuedouble;
        return true;
    }
    if (!cJSON_IsString(value) || !*value->valuestring)
        return false;
    *number = strtoull(value->valuestring, &end, 10);
    return *end == '\0' && *number <= most;
}

static bool read_choice(const struct setting *setting, const cJSON *value, int *choice)
{
    for (int i = 0; cJSON_IsString(value) && setting->words[i]; i++) {
        if (strcmp(setting->words[i], value->valuestring) == 0) {
            *choice = i;
            return true;
        }
    }
    return false;
}

// Members of the config that a pointer in `params` points to.
static bool read_pointed(const struct setting *setting, const cJSON *value, struct config *config)
{
    if (!cJSON_IsString(value))
        return false;
    config->params.model.preprocess = &config->preprocess;
    config->params.model.interpolation = &config->interpolation;
    return setting->type == SETTING_PREPROCESS
               ? vktl_preprocess_find(value->valuestring, &config->preprocess)
               : vktl_interpolation_find(value->valuestring, &config->interpolation);
}

static bool read_setting(const struct setting *setting, const cJSON *value, struct config *config)
{
    void *place = (char *)&config->params + setting->offset;
    uint64_t whole;
    switch (setting->type) {
    case SETTING_TEXT:
        *(const char **)place = cJSON_IsString(value) ? value->valuestring : NULL;
        return cJSON_IsString(value) || cJSON_IsNull(value);
    case SETTING_FLAG:
    case SETTING_NOT_FLAG:
        *(bool *)place = cJSON_IsTrue(value) == (setting->type == SETTING_FLAG);
        return cJSON_IsBool(value);
    case SETTING_U32:
        if (!read_whole(value, UINT32_MAX, &whole))
            return false;
        *(uint32_t *)place = (uint32_t)whole;
        return true;
    case SETTING_U64:
        return read_whole(value, UINT64_MAX, place);
    case SETTING_REAL:
    case SETTING_REAL_OR_ZERO:
        *(double *)place = cJSON_IsNumber(value) ? value->valuedouble : 0;
        if (setting->type == SETTING_REAL_OR_ZERO && *(double *)place == 0)
            *(double *)place = -1;
        return cJSON_IsNumber(value);
    case SETTING_CHOICE:
        return read_choice(setting, value, place);
    case SETTING_PREPROCESS:
    case SETTING_INTERPOLATION:
        return read_pointed(setting, value, config);
    }
    return false;
}

static const char *string_of(const cJSON *root, const char *name)
{
    const cJSON *value = cJSON_GetObjectItemCaseSensitive(root, name);
    return cJSON_IsString(value) ? value->valuestring : "";
}

// Runs of earlier versions have none.
static vktl_status read_tuning(const struct vktl_log *log, const cJSON *root, struct tuning *tuning)
{
    const cJSON *choice;
    cJSON_ArrayForEach(choice, cJSON_GetObjectItemCaseSensitive(root, "tuning"))
    {
        if (tuning->count >= TUNING_MAX_CHOICES)
            return log_fail(log, VKTL_INPUT, "config.json is damaged: more than %d choices",
                            TUNING_MAX_CHOICES);
        if (cJSON_IsString(choice) &&
            tuning_set(tuning, choice->string, choice->valuestring) != VKTL_OK)
            return log_fail(log, VKTL_NO_MEMORY, "out of host memory");
    }
    return VKTL_OK;
}

vktl_status config_open(const struct vktl_log *log, const char *path, struct config *config)
{
    vktl_status status = VKTL_OK;
    unsigned char *bytes = NULL;
    size_t size;
    *config = (struct config){0};
    TRY(file_read_all(log, path, CONFIG_MAX_SIZE, &bytes, &size));
    config->root = cJSON_Parse((const char *)bytes);
    if (!cJSON_IsObject(config->root))
        FAIL(log, VKTL_INPUT, "%s: damaged: not a JSON object", path);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const cJSON *value = cJSON_GetObjectItemCaseSensitive(config->root, settings[i].name);
        if (!value || !read_setting(&settings[i], value, config))
            FAIL(log, VKTL_INPUT, "%s: '%s' is %s: damaged, or of another version of vktl", path,
                 settings[i].name, value ? "not what it should be" : "missing");
    }
    TRY(read_tuning(log, config->root, &config->tuning));
    config->device = string_of(config->root, "device");
    config->driver = string_of(config->root, "driver");
    config->kernel_form = string_of(config->root, "kernel_form");
fail:
    free(bytes);
    return status;
}

void config_close(struct config *config)
{
    cJSON_Delete(config->root);
    tuning_deinit(&config->tuning);
    *config = (struct config){0};
}

// ---- Resuming ----------------------------------------------------------------------------------

static size_t setting_size(enum setting_type type)
{
    switch (type) {
    case SETTING_FLAG:
    case SETTING_NOT_FLAG:
        return sizeof(bool);
    case SETTING_U32:
        return sizeof(uint32_t);
    case SETTING_CHOICE:
        return sizeof(int);
    default:
        return sizeof(uint64_t); // and doubles, and pointers
    }
}

// Whether a member of the zeroed `params` was set.
static bool is_set(const struct setting *setting, const struct vktl_train_params *params)
{
    static const char zeros[sizeof(uint64_t)] = {0};
    return memcmp((const char *)params + setting->offset, zeros, setting_size(setting->type)) != 0;
}

// Whether `word` is the setting's name, or its option's: with dashes, perhaps "no-", and one
// "-range" for a "_low" and a "_high".
static bool is_named(const struct setting *setting, const char *word)
{
    const char *name = setting->name;
    if (setting->type == SETTING_NOT_FLAG && strncmp(word, "no-", 3) == 0)
        word += 3;
    while (*name && (*name == *word || (*name == '_' && *word == '-'))) {
        name++;
        word++;
    }
    return *name == *word ||
           (strcmp(word, "range") == 0 && (strcmp(name, "low") == 0 || strcmp(name, "high") == 0));
}

// Whether the caller means what `params` says of a setting.
static bool is_asked(const struct setting *setting, const struct vktl_train_params *params)
{
    if (setting->offset == AT(learning_rate) && params->find_learning_rate)
        return false; // it was found when the run was started
    if (setting->offset == AT(batch) && params->find_batch)
        return false; // likewise
    if (!params->chosen)
        return is_set(setting, params);
    for (const char *const *word = params->chosen; *word; word++)
        if (is_named(setting, *word) || // a size of 0 is none
            (setting->offset == AT(no_feature_store) && strcmp(*word, "feature-store") == 0))
            return true;
    return false;
}

// Whether a resumed run may go on with `asked` in place of what it has.
static bool may_change(const struct setting *setting, const struct vktl_train_params *asked,
                       const struct vktl_train_params *has)
{
    const bool grows = setting->type == SETTING_U32 &&
                       *(const uint32_t *)((const char *)asked + setting->offset) >=
                           *(const uint32_t *)((const char *)has + setting->offset);
    return setting->change == SETTING_FREE || (setting->change == SETTING_GROWS && grows) ||
           (setting->change == SETTING_ADDED && !is_set(setting, has));
}

vktl_status config_merge(const struct vktl_log *log, const struct vktl_train_params *asked,
                         struct config *config)
{
    vktl_status status = VKTL_OK;
    struct text here, there;
    text_init(&here);
    text_init(&there);
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &settings[i];
        if (!is_asked(setting, asked))
            continue;
        here.length = there.length = 0;
        append_setting(&here, setting, asked);
        append_setting(&there, setting, &config->params);
        TRY(text_status(log, &here));
        TRY(text_status(log, &there));
        if (strcmp(here.data, there.data) == 0)
            continue;
        if (!may_change(setting, asked, &config->params))
            FAIL(log, VKTL_USAGE,
                 "'%s' is %s here, but the run was started with %s; leave it out to resume, or "
                 "start another --run",
                 setting->name, here.data, there.data);
        memcpy((char *)&config->params + setting->offset, (const char *)asked + setting->offset,
               setting_size(setting->type));
    }
fail:
    text_deinit(&here);
    text_deinit(&there);
    return status;
}
