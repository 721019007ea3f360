// What lies in a plan's memory when: lifetimes, sharing and packing of whole models.
#include "harness/harness.h"

#include <vktl/model.h>

#include "nn/plan_map.h"

static struct vktl_device *device;

static int set_up(void **state)
{
    (void)state;
    // Without guards, which keep slices apart.
    const struct vktl_device_params params = {.cache_folder = ""};
    if (vktl_device_open(&harness_log, &params, &device) != VKTL_OK)
        exit(77);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    vktl_device_close(&device);
    return 0;
}

static struct vktl_model *open_model(const char *name, const char *freeze)
{
    static const char *const classes[] = {"a", "b", "c"};
    struct vktl_model *model = NULL;
    const struct vktl_model_params params = {.model = name,
                                             .weights = "none",
                                             .classes = classes,
                                             .class_count = 3,
                                             .head = "gap,dropout:0.5",
                                             .freeze = "none"};
    assert_int_equal(vktl_model_open(&harness_quiet_log, &params, &model), VKTL_OK);
    assert_int_equal(model_initialize(&harness_log, model, 1), VKTL_OK);
    if (freeze)
        assert_int_equal(model_freeze(&harness_log, model, freeze), VKTL_OK);
    model->settled_count = model->layer_count;
    return model;
}

static void map_training(const struct vktl_model *model, uint32_t batch, uint32_t step_rows,
                         struct text *text, struct plan_map *map, struct plan **plan)
{
    const struct op *sgd = op_find("sgd");
    _Alignas(8) unsigned char optimizer[OP_MAX_PARAMS_SIZE] = {0};
    fields_init(sgd->fields, optimizer);
    const struct plan_params params = {.batch = batch,
                                       .step_rows = step_rows,
                                       .passes = {[PASS_EVALUATE] = true, [PASS_TRAIN] = true},
                                       .optimizer = sgd,
                                       .optimizer_params = optimizer};
    assert_int_equal(plan_create(&harness_log, device, model, &params, plan), VKTL_OK);
    assert_int_equal(plan_map_init(*plan, map), VKTL_OK);
    assert_int_equal(plan_map_describe(*plan, text), VKTL_OK);
}

static const struct vktl_memory_tensor *find(const struct vktl_memory_map *map, const char *name,
                                             uint32_t from)
{
    for (uint32_t i = 0; i < map->tensor_count; i++)
        if (map->tensors[i].first >= from && strcmp(map->tensors[i].name, name) == 0)
            return &map->tensors[i];
    return NULL;
}

// No two that live at once share bytes, and all of it takes hardly more than what lives at once.
static void assert_packed(const struct vktl_memory_map *map)
{
    uint64_t most = 0;
    for (uint32_t i = 0; i < map->tensor_count; i++) {
        const struct vktl_memory_tensor *a = &map->tensors[i];
        uint64_t live = 0;
        assert_true(*a->name && a->address + a->size <= map->size);
        for (uint32_t j = 0; j < map->tensor_count; j++) {
            const struct vktl_memory_tensor *b = &map->tensors[j];
            const bool together = a->first <= b->last && b->first <= a->last;
            if (b->first <= a->first && a->first <= b->last)
                live += b->size;
            assert_true(i == j || !together || a->address + a->size <= b->address ||
                        b->address + b->size <= a->address);
        }
        most = live > most ? live : most;
    }
    assert_true(map->size >= most);
    assert_true((double)map->size <= 1.05 * (double)most);
}

static void test_packing(void **state)
{
    (void)state;
    static const char *const models[] = {"vgg16", "mobilenet", "vgg-mini"};
    static const uint32_t parts[] = {2, 4, 16}; // of a batch of 4, but for the last
    for (int i = 0; i < 3; i++)
        for (int k = 0; k < 3; k++) {
            struct vktl_model *model = open_model(models[i], NULL);
            struct plan *plan = NULL;
            struct plan_map map;
            struct text text;
            text_init(&text);
            map_training(model, parts[k], 4, &text, &map, &plan);
            assert_packed(&map.memory);
            assert_non_null(strstr(text.data, "live at once"));
            text_deinit(&text);
            plan_map_deinit(&map);
            plan_destroy(&plan);
            vktl_model_destroy(&model);
        }
}

// Normalisation with kept statistics reads its input when it goes back, so that a ReLU may
// overwrite its output, and gradients are handed down through both in place. No layer keeps a
// tensor before and after its ReLU.
static void test_in_place(void **state)
{
    (void)state;
    struct vktl_model *model = open_model("mobilenet", NULL);
    struct plan *plan = NULL;
    struct plan_map map;
    struct text text;
    text_init(&text);
    map_training(model, 2, 2, &text, &map, &plan);
    const uint32_t training = map.memory.spans[1].first, turn = map.memory.spans[2].first;
    assert_string_equal(map.memory.spans[1].name, "train: forward");
    assert_string_equal(map.memory.spans[2].name, "backward");
    assert_non_null(find(&map.memory, "conv_pw_5_bn to conv_pw_5_relu", training));
    assert_null(find(&map.memory, "conv_pw_5_relu", training));
    assert_non_null(find(&map.memory, "conv_pw_5_relu to conv_pw_5 gradient", turn));
    // Dropout draws its mask again.
    assert_non_null(strstr(text.data, "MiB"));
    for (uint32_t i = 0; i < map.memory.tensor_count; i++)
        assert_null(strstr(map.memory.tensors[i].name, "dropout saved"));
    text_deinit(&text);
    plan_map_deinit(&map);
    plan_destroy(&plan);
    vktl_model_destroy(&model);
}

// Nothing below the lowest trained layer lives until backward but what that layer itself reads.
static void test_nothing_is_kept_below(void **state)
{
    (void)state;
    struct vktl_model *model = open_model("vgg-mini", "block3_pool");
    struct plan *plan = NULL;
    struct plan_map map;
    struct text text;
    uint32_t kept = 0;
    text_init(&text);
    map_training(model, 2, 2, &text, &map, &plan);
    const uint32_t turn = map.memory.spans[2].first;
    const uint32_t reads = find(&map.memory, "block4_conv1", map.memory.spans[1].first)->first;
    for (uint32_t i = 0; i < map.memory.tensor_count; i++) {
        const struct vktl_memory_tensor *tensor = &map.memory.tensors[i];
        if (tensor->last < turn || tensor->first >= reads ||
            tensor->first < map.memory.spans[1].first || strcmp(tensor->name, "labels") == 0)
            continue;
        assert_string_equal(tensor->name, "block3_pool");
        kept++;
    }
    assert_int_equal(kept, 1);
    assert_null(find(&map.memory, "block3_pool gradient", 0));
    text_deinit(&text);
    plan_map_deinit(&map);
    plan_destroy(&plan);
    vktl_model_destroy(&model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packing),
        cmocka_unit_test(test_in_place),
        cmocka_unit_test(test_nothing_is_kept_below),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
