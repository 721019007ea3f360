// Where a run stands, as last.safetensors says: what no run can have said is refused.
#include "harness/harness.h"

#include <string.h>

#include "train/resume.h"

static struct course sound(void)
{
    struct course course = {.epoch = 3, .epochs_done = 2, .step = 20, .best = {.epoch = 1}};
    course.reduce_lr.rate = 0.01;
    course.loss_scale.value = 1;
    return course;
}

static vktl_status read_back(const struct course *course, struct course *found)
{
    struct text text;
    text_init(&text);
    course_write(&text, course);
    const vktl_status status = course_read(&harness_quiet_log, "last", text.data, found);
    text_deinit(&text);
    return status;
}

static void what_was_written_is_read(void **state)
{
    const struct course course = sound();
    struct course found;
    (void)state;
    assert_int_equal(read_back(&course, &found), VKTL_OK);
    assert_int_equal(found.step, 20);
    assert_int_equal(found.epoch, 3);
}

static void contradictions_are_refused(void **state)
{
    struct course courses[7], found;
    (void)state;
    for (size_t i = 0; i < 7; i++)
        courses[i] = sound();
    courses[0].epoch = 2;
    courses[1].phase = 2;
    courses[2].phase_epoch = 3;
    courses[3].phase_step = 21;
    courses[4].reduce_lr.rate = 0;
    courses[5].loss_scale.value = 0;
    courses[6].loss_scale.skipped = 21;
    for (size_t i = 0; i < 7; i++) {
        assert_int_equal(read_back(&courses[i], &found), VKTL_INPUT);
        assert_non_null(strstr(harness_last_error, "contradicts itself"));
    }
}

static void a_course_is_of_its_images_and_model(void **state)
{
    struct vktl_model model = {.layer_count = 5};
    struct session session = {.log = &harness_quiet_log, .model = &model, .training_count = 10};
    struct resume resume = {.checkpoint = "last.safetensors",
                            .course = {.done = 10, .base_layers = 5}};
    (void)state;
    assert_int_equal(resume_check_course(&session, &resume), VKTL_OK);
    resume.course.done = 11;
    assert_int_equal(resume_check_course(&session, &resume), VKTL_INPUT);
    resume.course = (struct course){.base_layers = 6};
    assert_int_equal(resume_check_course(&session, &resume), VKTL_INPUT);
    resume.checkpoint = NULL; // nothing to go on from
    assert_int_equal(resume_check_course(&session, &resume), VKTL_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_was_written_is_read),
                                       cmocka_unit_test(contradictions_are_refused),
                                       cmocka_unit_test(a_course_is_of_its_images_and_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
