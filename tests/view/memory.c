// Pictures of memory: names where there is room, many steps and few, senseless maps.
#include "harness/pictures.h"

enum { LAYERS = 40 };
static struct vktl_memory_tensor tensors[2 * LAYERS];
static char names[2 * LAYERS][64];
static struct vktl_memory_span spans[3];

// Outputs that live until backward comes back to them, and gradients of a step or two.
static struct vktl_memory_map make(uint32_t layers, uint64_t unit)
{
    struct vktl_memory_map map = {"Activations of a model", .tensors = tensors, .spans = spans};
    uint64_t at = 0;
    for (uint32_t i = 0; i < layers; i++) {
        const uint64_t size = unit * (1 + i % 7 * 3);
        snprintf(names[2 * i], sizeof names[0], "block%u_conv%u", i / 3 + 1, i % 3 + 1);
        snprintf(names[2 * i + 1], sizeof names[0], "block%u_conv%u gradient", i / 3 + 1,
                 i % 3 + 1);
        tensors[2 * i] =
            (struct vktl_memory_tensor){names[2 * i],
                                        i % 5 ? VKTL_MEMORY_OUTPUT : VKTL_MEMORY_SCRATCH,
                                        at,
                                        size,
                                        i,
                                        i % 5 ? 2 * layers - i : i};
        at += size;
    }
    for (uint32_t i = 0; i < layers; i++)
        tensors[2 * i + 1] = (struct vktl_memory_tensor){
            names[2 * i + 1], (enum vktl_memory_kind)(i % 4), at, unit * 8, 2 * layers - i,
            2 * layers - i};
    map.tensor_count = 2 * layers;
    map.size = at + unit * 8;
    spans[0] = (struct vktl_memory_span){"train: forward", 0, layers};
    spans[1] = (struct vktl_memory_span){"backward", layers + 1, 2 * layers};
    map.span_count = 2;
    return map;
}

static void all_sizes(void **state)
{
    (void)state;
    const uint32_t counts[] = {1, 2, 5, 12, LAYERS};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        char name[32];
        const struct vktl_memory_map map = make(counts[i], (uint64_t)100 << (7 * i));
        snprintf(name, sizeof name, "memory-%u", counts[i]);
        PICTURES_DRAW(name, vktl_draw_memory, &map);
    }
}

static void odd_values(void **state)
{
    (void)state;
    struct vktl_memory_map map = make(6, 1000);
    map.title = NULL;
    tensors[3].name = "";
    tensors[2].name = "a layer with a name that is longer than any place that there could be for "
                      "it in a picture of this width, and \xff\xfe";
    spans[0].name = "a pass whose name is far too long for the steps that it takes, by all means";
    spans[0].last = 2;
    spans[1].first = 3;
    PICTURES_DRAW("memory-odd", vktl_draw_memory, &map);
}

static void refusals(void **state)
{
    (void)state;
    struct vktl_picture *picture;
    struct vktl_memory_map map = make(3, 1000);
    PICTURES_FAIL_ALLOCATIONS(vktl_draw_memory, &map);
    for (int i = 0; i < 6; i++) {
        map = make(3, 1000);
        if (i == 0)
            map.tensor_count = 0;
        if (i == 1)
            map.span_count = 0;
        if (i == 2)
            map.size--;
        if (i == 3)
            tensors[1].last = 7;
        if (i == 4)
            tensors[1].first = tensors[1].last + 1;
        if (i == 5)
            spans[1].last = UINT32_MAX;
        assert_int_equal(vktl_draw_memory(&harness_quiet_log, &map, VKTL_LIGHT, &picture),
                         VKTL_USAGE);
        assert_null(picture);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_sizes),
        cmocka_unit_test(odd_values),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
