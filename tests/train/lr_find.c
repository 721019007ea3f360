// The range test on a model that is being trained: it repeats, it is undone bit for bit however it
// ends, and `--lr auto` is the rate that it recommends, no more and no less.
#include "train/lr_find.h"

#include <math.h>
#include <stdio.h>

#include "base/files.h"
#include "harness/harness.h"
#include "harness/messages.h"
#include "harness/temporary.h"

enum { SIZE = 8, PER_CLASS = 5, CLASSES = 3, MAX_TENSORS = 8 };

static const char architecture[] =
    "{\"class_name\":\"Sequential\",\"config\":{\"name\":\"small\",\"layers\":["
    "{\"class_name\":\"InputLayer\",\"config\":{\"name\":\"in\","
    "\"batch_input_shape\":[null,8,8,3]}},"
    "{\"class_name\":\"Conv2D\",\"config\":{\"name\":\"c1\",\"filters\":4,\"kernel_size\":[3,3],"
    "\"padding\":\"same\",\"activation\":\"relu\"}},"
    "{\"class_name\":\"MaxPooling2D\",\"config\":{\"name\":\"p1\"}}]}}";

static const vktl_preprocess preprocess = VKTL_PREPROCESS_TF;
static struct temporary folder;
static char train_folder[TEMPORARY_PATH_SIZE], model_path[TEMPORARY_PATH_SIZE];
static struct vktl_device *device;

// Class c is mostly of colour c, under a pattern that differs from picture to picture.
static void write_picture(int class_index, int number)
{
    unsigned char bytes[64 + SIZE * SIZE * 3];
    char name[64];
    const int header = snprintf((char *)bytes, 64, "P6\n%d %d\n255\n", SIZE, SIZE);
    for (int i = 0; i < SIZE * SIZE * 3; i++)
        bytes[header + i] =
            (unsigned char)((i * 31 + number * 57) % 120 + (i % 3 == class_index ? 60 : 0));
    snprintf(name, sizeof name, "train/class_%d/%d.ppm", class_index, number);
    temporary_write(&folder, name, bytes, (size_t)header + SIZE * SIZE * 3);
}

static int set_up(void **state)
{
    (void)state;
    temporary_create(&folder);
    for (int c = 0; c < CLASSES; c++)
        for (int i = 0; i < PER_CLASS; i++)
            write_picture(c, i);
    temporary_write(&folder, "small.json", architecture, sizeof architecture - 1);
    strcpy(train_folder, temporary_path(&folder, "train"));
    strcpy(model_path, temporary_path(&folder, "small.json"));
    device = harness_open(VKTL_FORM_AUTO);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    harness_close(&device);
    temporary_destroy(&folder);
    return 0;
}

static struct vktl_train_params make_params(void)
{
    return (struct vktl_train_params){
        .train_folder = train_folder,
        .validation_split = 0.2,
        .model = {.model = model_path,
                  .head = "flatten,dense:8:relu,dropout:0.2",
                  .preprocess = &preprocess,
                  .freeze = "none"},
        .epochs = 2,
        .batch = 4,
        .seed = 5,
    };
}

// ---- It repeats

static void expect_same_file(const char *a, const char *b)
{
    unsigned char *bytes[2] = {NULL, NULL};
    size_t size[2] = {0, 0};
    const char *names[2] = {a, b};
    for (int i = 0; i < 2; i++)
        assert_int_equal(file_read_all(&harness_log, temporary_path(&folder, names[i]), 1 << 24,
                                       &bytes[i], &size[i]),
                         VKTL_OK);
    assert_true(size[0] > 0);
    assert_int_equal(size[0], size[1]);
    assert_memory_equal(bytes[0], bytes[1], size[0]);
    free(bytes[0]);
    free(bytes[1]);
}

static void expect_a_ramp(const struct vktl_lr_find_result *result)
{
    const double factor = pow(10 / 1e-5, 1.0 / (result->steps - 1));
    assert_true(result->rates[0] == 1e-5);
    for (uint32_t i = 1; i < result->count; i++)
        assert_true(fabs(result->rates[i] / result->rates[i - 1] / factor - 1) < 1e-9);
    if (!result->stopped)
        assert_true(fabs(result->rates[result->count - 1] / 10 - 1) < 1e-9);
}

static void the_same_files_twice(void **state)
{
    (void)state;
    static const char *const folders[] = {"once", "twice"};
    const struct vktl_train_params training = make_params();
    const struct vktl_lr_find_params params = {.from = 1e-5};
    for (int i = 0; i < 2; i++) {
        struct vktl_lr_find_result result;
        assert_int_equal(vktl_lr_find(&harness_log, device, &training, &params, &result), VKTL_OK);
        assert_int_equal(result.steps, 100); // more than those of 5 epochs
        assert_true(result.count > 50 && result.count <= 100);
        expect_a_ramp(&result);
        assert_true(result.suggestions.recommended > 1e-5 && result.suggestions.recommended < 10);
        assert_int_equal(
            vktl_lr_find_save(&harness_log, &result, temporary_path(&folder, folders[i])), VKTL_OK);
        vktl_lr_find_release(&result);
    }
    expect_same_file("once/lr_find.csv", "twice/lr_find.csv");
    if (file_exists(temporary_path(&folder, "once/lr_find.png"))) // built with Cairo
        expect_same_file("once/lr_find.png", "twice/lr_find.png");
}

// ---- It is undone

struct snapshot {
    float weights[MAX_TENSORS][4096];
    unsigned char state[MAX_TENSORS][16384];
    uint32_t epoch, done;
    uint64_t step;
    double learning_rate;
};

static void take(struct session *session, struct snapshot *snapshot)
{
    const uint32_t count = plan_trained_count(session->plan);
    memset(snapshot, 0, sizeof *snapshot);
    assert_true(count > 2 && count <= MAX_TENSORS);
    assert_int_equal(plan_read_weights(session->plan, session->model), VKTL_OK);
    for (uint32_t i = 0; i < count; i++) {
        const struct plan_trained tensor = plan_trained(session->plan, i);
        const struct layer *layer = &session->model->layers[tensor.layer];
        const uint64_t size = shape_size(&layer->io.weight[tensor.weight].shape);
        assert_true(size <= sizeof snapshot->weights[i] && tensor.state_size > 0);
        assert_true(tensor.state_size <= sizeof snapshot->state[i]);
        memcpy(snapshot->weights[i], layer->weight[tensor.weight], size);
        assert_int_equal(plan_read_state(session->plan, i, snapshot->state[i]), VKTL_OK);
    }
    snapshot->epoch = session->epoch;
    snapshot->done = session->done;
    snapshot->step = session->step;
    snapshot->learning_rate = session->learning_rate;
}

// Trains a whole epoch, so that neither weights nor optimizer state are those of the start.
static void train_an_epoch(struct session *session, uint32_t epoch)
{
    struct sums sums;
    session->learning_rate = 0.01;
    assert_int_equal(session_begin_epoch(session, epoch, 0), VKTL_OK);
    while (session->done < session->training_count)
        assert_int_equal(session_step(session, &sums), VKTL_OK);
}

static uint32_t steps_left;

static bool stop_then(void *user)
{
    (void)user;
    return steps_left > 0 && --steps_left == 0;
}

// `stop_after` steps by the user's wish; 0: never.
static void expect_undone(const struct vktl_lr_find_params *params,
                          enum vktl_optimizer_kind optimizer, uint32_t stop_after,
                          vktl_status wanted, bool stopped)
{
    static struct snapshot before, after, twin;
    struct session session[2];
    struct vktl_lr_find_result result = {0};
    struct vktl_train_params training = make_params();
    training.should_stop = stop_then;
    training.optimizer.kind = optimizer;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(session_open(&harness_quiet_log, device, &training, &session[i]), VKTL_OK);
        assert_int_equal(session_plan(&session[i]), VKTL_OK);
        train_an_epoch(&session[i], 1);
    }
    take(&session[0], &before);
    steps_left = stop_after;
    assert_int_equal(lr_find_run(&session[0], params, &result), wanted);
    steps_left = 0;
    assert_true(result.stopped == stopped);
    take(&session[0], &after);
    assert_memory_equal(&before, &after, sizeof before);
    // And training goes on as if there had been no test.
    for (int i = 0; i < 2; i++)
        train_an_epoch(&session[i], 2);
    take(&session[0], &after);
    take(&session[1], &twin);
    assert_memory_equal(&twin, &after, sizeof twin);
    assert_memory_not_equal(&before, &after, sizeof before);
    for (int i = 0; i < 2; i++)
        session_close(&session[i]);
    vktl_lr_find_release(&result);
}

static void nothing_remains_of_it(void **state)
{
    (void)state;
    const struct vktl_lr_find_params params = {.from = 1e-4, .to = 0.1, .steps = 50};
    expect_undone(&params, VKTL_SGD, 0, VKTL_OK, false);
    expect_undone(&params, VKTL_ADAM, 0, VKTL_OK, false);
}

static void nothing_remains_where_the_loss_shoots_up(void **state)
{
    (void)state;
    expect_undone(&(struct vktl_lr_find_params){.from = 1, .to = 1e30, .steps = 50}, VKTL_SGD, 0,
                  VKTL_OK, true);
}

static void nothing_remains_after_an_interruption(void **state)
{
    (void)state;
    expect_undone(&(struct vktl_lr_find_params){.from = 1e-4, .to = 0.1, .steps = 50}, VKTL_ADAM, 8,
                  VKTL_INTERRUPTED, false);
}

// ---- What is refused

static void senseless_ranges_are_refused(void **state)
{
    (void)state;
    static const struct {
        struct vktl_lr_find_params params;
        const char *message;
    } cases[] = {
        {{.from = 1, .to = 0.5}, "not from 1 to 0.5"},
        {{.from = -1}, "not from -1 to 10"},
        {{.to = INFINITY}, "not from 1e-10 to inf"},
        {{.steps = 19}, "19 steps: it takes 20 to 10000"},
        {{.steps = 10001}, "10001 steps"},
    };
    const struct vktl_train_params training = make_params();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct vktl_lr_find_result result;
        assert_int_equal(
            vktl_lr_find(&harness_quiet_log, device, &training, &cases[i].params, &result),
            VKTL_USAGE);
        assert_non_null(strstr(harness_last_error, cases[i].message));
        vktl_lr_find_release(&result);
    }
}

// ---- --lr auto

static void auto_trains_at_what_is_recommended(void **state)
{
    (void)state;
    char run[2][TEMPORARY_PATH_SIZE];
    struct vktl_train_result result;
    struct vktl_train_params params = make_params();
    strcpy(run[0], temporary_path(&folder, "auto"));
    strcpy(run[1], temporary_path(&folder, "given"));
    params.find_learning_rate = true;
    params.run_folder = run[0];
    assert_int_equal(vktl_train(&harness_log, device, &params, &result), VKTL_OK);
    assert_true(result.learning_rate > 1e-9 && result.learning_rate < 1);
    assert_true(file_exists(temporary_path(&folder, "auto/lr_find.csv")));
    params.find_learning_rate = false;
    params.learning_rate = result.learning_rate;
    params.run_folder = run[1];
    assert_int_equal(vktl_train(&harness_log, device, &params, &result), VKTL_OK);
    expect_same_file("auto/last.safetensors", "given/last.safetensors");
    expect_same_file("auto/steps.csv", "given/steps.csv");
    expect_same_file("auto/config.json", "given/config.json");
    // A resumed run takes the rate from there, even where it is told to find one.
    assert_int_equal(remove(temporary_path(&folder, "auto/lr_find.csv")), 0);
    for (int i = 0; i < 2; i++) {
        const struct vktl_train_params more = {
            .run_folder = run[i], .resume = true, .epochs = 3, .find_learning_rate = i == 0};
        assert_int_equal(vktl_train(&harness_log, device, &more, &result), VKTL_OK);
        assert_int_equal(result.epochs_done, 3);
    }
    assert_false(file_exists(temporary_path(&folder, "auto/lr_find.csv")));
    expect_same_file("auto/last.safetensors", "given/last.safetensors");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(senseless_ranges_are_refused),
        cmocka_unit_test(the_same_files_twice),
        cmocka_unit_test(nothing_remains_of_it),
        cmocka_unit_test(nothing_remains_where_the_loss_shoots_up),
        cmocka_unit_test(nothing_remains_after_an_interruption),
        cmocka_unit_test(auto_trains_at_what_is_recommended),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
