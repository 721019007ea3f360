// Batches that do not fit in memory: they are trained on in parts, by choice or for want of memory,
// and the run is that of whole batches. And batches that are found by what fits.
#include "harness/harness.h"
#include "harness/messages.h"
#include "harness/temporary.h"

#include <math.h>
#include <stdio.h>

#include <vktl/trainer.h>

#include "base/files.h"
#include "formats/safetensors.h"

enum { SIZE = 16, CLASSES = 3, PER_CLASS = 7, BATCH = 8, EPOCHS = 2, STEPS = 3 * EPOCHS };

#define BEGINNING                                                                                  \
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"small\",\"layers\":["                   \
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","                                  \
    "\"batch_input_shape\":[null,16,16,3]}},"                                                      \
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c1\",\"filters\":16,\"kernel_size\":[3,3]," \
    "\"padding\":\"same\",\"activation\":\"relu\"}},"
#define NORM "{\"class_name\":\"BatchNormalization\",\"config\":{\"name\":\"n1\"}},"
#define END                                                                                        \
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c2\",\"filters\":5,\"kernel_size\":[3,3],"  \
    "\"activation\":\"relu\"}}]}}"

static const vktl_preprocess preprocess = VKTL_PREPROCESS_TF;
static struct temporary folder;
static struct messages messages;
static char cache[TEMPORARY_PATH_SIZE]; // of pipelines

static void write_picture(int class_index, int number)
{
    unsigned char bytes[64 + SIZE * SIZE * 3];
    char name[64];
    const int header = snprintf((char *)bytes, 64, "P6\n%d %d\n255\n", SIZE, SIZE);
    for (int i = 0; i < SIZE * SIZE * 3; i++)
        bytes[header + i] =
            (unsigned char)(i * (17 + number) % 140 + (i % 3 == class_index ? 100 : 0));
    snprintf(name, sizeof name, "train/class_%d/%d.ppm", class_index, number);
    temporary_write(&folder, name, bytes, (size_t)header + SIZE * SIZE * 3);
}

static int set_up(void **state)
{
    (void)state;
    temporary_create(&folder);
    snprintf(cache, sizeof cache, "%s", temporary_path(&folder, "cache"));
    for (int i = 0; i < CLASSES * PER_CLASS; i++)
        write_picture(i % CLASSES, i / CLASSES);
    temporary_write(&folder, "small.json", BEGINNING END, sizeof BEGINNING END - 1);
    temporary_write(&folder, "norm.json", BEGINNING NORM END, sizeof BEGINNING NORM END - 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    temporary_destroy(&folder);
    return 0;
}

// ---- Runs

static uint32_t stop_after; // steps; 0: never

static void count_step(void *user, const struct vktl_train_progress *progress)
{
    *(uint32_t *)user += progress->stage == VKTL_TRAIN_STEP;
}

static bool should_stop(void *user)
{
    return stop_after && *(const uint32_t *)user >= stop_after;
}

// Everything that a part of a batch must have in common with the whole: dropout, augmentation,
// clipping, weights of classes, a last batch that is short.
static struct vktl_train_params make_params(const char *run, uint32_t *steps)
{
    return (struct vktl_train_params){
        .train_folder = temporary_path(&folder, "train"),
        .validation_folder = temporary_path(&folder, "train"),
        .model = {.model = temporary_path(&folder, "small.json"),
                  .head = "dropout:0.1,flatten,dense:9:relu,dropout:0.3",
                  .preprocess = &preprocess,
                  .freeze = "none"},
        .run_folder = temporary_path(&folder, run),
        .epochs = EPOCHS,
        .batch = BATCH,
        .learning_rate = 0.02,
        .optimizer = {.clip_norm = 0.5, .class_weights = "1,2,0.5"},
        .augment = {.rotation_range = 20, .horizontal_flip = true},
        .no_cache = true,
        .seed = 5,
        .progress = count_step,
        .should_stop = should_stop,
        .user = steps,
    };
}

static vktl_status train(const struct vktl_device_params *opening, struct vktl_train_params params,
                         struct vktl_train_result *result)
{
    struct vktl_device *device = NULL;
    struct vktl_device_params device_params = opening ? *opening : (struct vktl_device_params){0};
    device_params.cache_folder = cache;
    device_params.validate = true;
    messages_init(&messages);
    if (vktl_device_open(&messages.log, &device_params, &device) != VKTL_OK)
        exit(77);
    const vktl_status status = vktl_train(&messages.log, device, &params, result);
    assert_int_equal(vktl_device_validation_messages(device), 0);
    vktl_device_close(&device);
    fprintf(stderr, "%s", messages.text); // ctest shows it where something fails
    return status;
}

// Bytes that a run's plan takes at most.
static uint64_t train_ok(const char *run, const struct vktl_device_params *opening,
                         uint32_t micro_batch)
{
    uint32_t steps = 0;
    struct vktl_train_result result;
    struct vktl_train_params params = make_params(run, &steps);
    params.micro_batch = micro_batch;
    assert_int_equal(train(opening, params, &result), VKTL_OK);
    assert_int_equal(steps, STEPS);
    return result.device_bytes;
}

// ---- What runs leave

static void read_text(const char *run, const char *name, unsigned char **text)
{
    char path[128];
    size_t size;
    snprintf(path, sizeof path, "%s/%s", run, name);
    assert_int_equal(
        file_read_all(&harness_log, temporary_path(&folder, path), 1 << 24, text, &size), VKTL_OK);
}

static bool config_says(const char *run, const char *setting)
{
    unsigned char *config;
    read_text(run, "config.json", &config);
    const bool found = strstr((const char *)config, setting) != NULL;
    free(config);
    return found;
}

static struct safetensors *open_last(const char *run)
{
    char path[128];
    struct safetensors *file = NULL;
    snprintf(path, sizeof path, "%s/last.safetensors", run);
    assert_int_equal(safetensors_open(&harness_log, temporary_path(&folder, path), &file), VKTL_OK);
    return file;
}

// Of all tensors in last.safetensors, the optimizer's too, the largest |a - b| / max(1, |b|).
static double difference(const char *a, const char *b)
{
    struct safetensors *files[2] = {open_last(a), open_last(b)};
    double worst = 0;
    assert_true(safetensors_count(files[0]) > 4);
    for (uint32_t i = 0; i < safetensors_count(files[0]); i++) {
        const char *name = safetensors_at(files[0], i)->name;
        const uint64_t count = shape_count(&safetensors_at(files[0], i)->shape);
        float *values[2];
        for (int k = 0; k < 2; k++) {
            values[k] = malloc(count * sizeof(float));
            assert_int_equal(
                safetensors_read(files[k], safetensors_find(files[k], name), values[k]), VKTL_OK);
        }
        for (uint64_t k = 0; k < count; k++)
            worst = fmax(worst, fabs((double)values[0][k] - values[1][k]) /
                                    fmax(1, fabs((double)values[1][k])));
        free(values[0]);
        free(values[1]);
    }
    safetensors_close(&files[0]);
    safetensors_close(&files[1]);
    return worst;
}

// steps.csv tells the same steps with figures that differ by rounding alone.
static void assert_same_steps(const char *a, const char *b)
{
    unsigned char *texts[2];
    const char *at[2];
    for (int k = 0; k < 2; k++) {
        read_text(k ? b : a, "steps.csv", &texts[k]);
        at[k] = strchr((const char *)texts[k], '\n');
    }
    for (int step = 0; step < STEPS; step++) {
        double figures[2][4];
        for (int k = 0; k < 2; k++) {
            assert_int_equal(sscanf(at[k] + 1, "%lf,%lf,%lf,%lf", &figures[k][0], &figures[k][1],
                                    &figures[k][2], &figures[k][3]),
                             4);
            at[k] = strchr(at[k] + 1, '\n');
        }
        for (int i = 0; i < 4; i++)
            assert_true(fabs(figures[0][i] - figures[1][i]) <= 2e-6);
    }
    free(texts[0]);
    free(texts[1]);
}

// ---- Tests

static void test_parts_by_choice(void **state)
{
    (void)state;
    const uint64_t whole = train_ok("whole", NULL, 0);
    assert_true(config_says("whole", "\"micro_batch\": 8"));
    const uint64_t part = train_ok("parts", NULL, 3);
    assert_true(config_says("parts", "\"micro_batch\": 3"));
    assert_true(config_says("parts", "\"batch\": 8"));
    assert_true(part < whole * 2 / 3);
    assert_same_steps("parts", "whole");
    assert_true(difference("parts", "whole") <= 1e-6);
    assert_true(difference("parts", "whole") > 0); // summed in another order
}

// Memory that runs out in planning gives the run that one in such parts is, and a warning with the
// figures.
static void test_planning(void **state)
{
    (void)state;
    const uint64_t whole = train_ok("roomy", NULL, 0);
    const struct vktl_device_params tight = {.memory_limit = whole * 3 / 4};
    assert_true(train_ok("tight", &tight, 0) <= tight.memory_limit);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 1);
    assert_int_equal(messages.count[VKTL_LOG_ERROR], 0);
    assert_true(messages_contain(&messages, "batches of 8 need"));
    assert_true(messages_contain(&messages, "in parts of 4"));
    assert_true(config_says("tight", "\"micro_batch\": 4"));
    train_ok("fours", NULL, 4);
    assert_true(difference("tight", "fours") == 0);
}

// Guard words are not planned, so that planning finds room where building has none.
static void test_building(void **state)
{
    (void)state;
    const uint64_t whole = train_ok("planned", NULL, 0);
    const struct vktl_device_params guarded = {.memory_limit = whole, .guard = true};
    train_ok("built", &guarded, 0);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 1);
    assert_int_equal(messages.count[VKTL_LOG_ERROR], 0);
    assert_true(messages_contain(&messages, "do not fit in the"));
    assert_true(messages_contain(&messages, "in parts of"));
    assert_same_steps("built", "planned");
    assert_true(difference("built", "planned") <= 1e-6);
}

// The first run of commands that finds no memory, and the result of the run that was never refused.
static void test_first_step(void **state)
{
    (void)state;
    train_ok("never", NULL, 4);
    const struct vktl_device_params failing = {.fail_run = 1};
    train_ok("refused", &failing, 0);
    assert_true(messages_contain(&messages, "memory ran out in the first step"));
    assert_true(config_says("refused", "\"micro_batch\": 4"));
    assert_true(difference("refused", "never") == 0);
    // A later step is not tried again.
    uint32_t steps = 0;
    struct vktl_train_result result;
    const struct vktl_device_params later = {.fail_run = 3};
    assert_int_equal(train(&later, make_params("later", &steps), &result), VKTL_NO_MEMORY);
    assert_int_equal(steps, 2);
    // Nor can statistics of batches be learnt in parts.
    struct vktl_train_params params = make_params("learning", &steps);
    params.model.model = temporary_path(&folder, "norm.json");
    assert_int_equal(train(&failing, params, &result), VKTL_NO_MEMORY);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 0);
    assert_int_equal(steps, 2);
}

// A run that stopped goes on with parts of the same size; or, if memory has become scarce, with
// smaller ones, also when it is the first step that finds that out.
static void test_resuming(void **state)
{
    (void)state;
    struct vktl_train_result result;
    static const char *const runs[] = {"again", "scarcer"};
    train_ok("unbroken", NULL, 4);
    for (int i = 0; i < 2; i++) {
        uint32_t steps = 0;
        struct vktl_train_params params = make_params(runs[i], &steps);
        params.micro_batch = 4;
        stop_after = 2;
        assert_int_equal(train(NULL, params, &result), VKTL_INTERRUPTED);
        stop_after = 0;
        params = (struct vktl_train_params){
            .run_folder = temporary_path(&folder, runs[i]), .resume = true, .user = &steps};
        const struct vktl_device_params opening = {.fail_run = (uint32_t)i};
        assert_int_equal(train(&opening, params, &result), VKTL_OK);
        assert_true(config_says(runs[i], i ? "\"micro_batch\": 2" : "\"micro_batch\": 4"));
        assert_same_steps(runs[i], "unbroken");
        const double worst = difference(runs[i], "unbroken");
        assert_true(i ? worst > 0 && worst <= 1e-6 : worst == 0);
    }
}

static void test_found_batches(void **state)
{
    (void)state;
    uint32_t steps = 0;
    struct vktl_train_result result;
    struct vktl_train_params params = make_params("found", &steps);
    params.batch = 0;
    params.find_batch = true;
    stop_after = 1;
    assert_int_equal(train(NULL, params, &result), VKTL_INTERRUPTED);
    assert_true(config_says("found", "\"batch\": 16")); // of 21 images
    assert_true(messages_contain(&messages, "Batch: 16 images"));
    // It takes part of the memory, as others need some too.
    const struct vktl_device_params tight = {.memory_limit = result.device_bytes};
    params.run_folder = temporary_path(&folder, "found less");
    steps = 0;
    assert_int_equal(train(&tight, params, &result), VKTL_INTERRUPTED);
    assert_false(config_says("found less", "\"batch\": 16"));
    assert_true(result.device_bytes < tight.memory_limit);
    assert_int_equal(messages.count[VKTL_LOG_WARNING], 0);
    stop_after = 0;
    // A resumed run keeps the number.
    params = (struct vktl_train_params){.run_folder = temporary_path(&folder, "found"),
                                        .resume = true,
                                        .find_batch = true,
                                        .user = &steps};
    assert_int_equal(train(NULL, params, &result), VKTL_OK);
    assert_true(config_says("found", "\"batch\": 16"));
    assert_int_equal(result.steps_done, 2 * EPOCHS);
}

static void test_refusals(void **state)
{
    (void)state;
    uint32_t steps = 0;
    struct vktl_train_result result;
    // Statistics of batches cannot be learnt in parts, whether these are asked for or needed.
    struct vktl_train_params params = make_params("statistics", &steps);
    params.model.model = temporary_path(&folder, "norm.json");
    params.micro_batch = 4;
    assert_int_equal(train(NULL, params, &result), VKTL_USAGE);
    assert_true(messages_contain(&messages, "'n1' learns the statistics of whole batches"));
    params.micro_batch = 0;
    assert_int_equal(train(NULL, params, &result), VKTL_OK);
    const struct vktl_device_params tight = {.memory_limit = result.device_bytes - 1000};
    params.run_folder = temporary_path(&folder, "tight statistics");
    assert_int_equal(train(&tight, params, &result), VKTL_NO_MEMORY);
    assert_int_equal(messages.count[VKTL_LOG_ERROR], 1);
    assert_true(messages_contain(&messages, "batches of 8 need"));
    assert_true(messages_contain(&messages, "'n1' learns the statistics of whole batches"));
    params.micro_batch = 4;
    params.find_batch = true;
    assert_int_equal(train(NULL, params, &result), VKTL_USAGE);
    // Not even one image fits.
    const struct vktl_device_params none = {.memory_limit = 1000};
    assert_int_equal(train(&none, make_params("none", &steps), &result), VKTL_NO_MEMORY);
    assert_int_equal(messages.count[VKTL_LOG_ERROR], 1);
    assert_true(messages_contain(&messages, "batches of 1 need"));
    assert_int_equal(steps, STEPS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_by_choice), cmocka_unit_test(test_planning),
        cmocka_unit_test(test_building),        cmocka_unit_test(test_first_step),
        cmocka_unit_test(test_resuming),        cmocka_unit_test(test_found_batches),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
