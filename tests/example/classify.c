// Classifies one image with a trained model: the whole of libvktl's API in thirty lines.
//
//     cc classify.c $(pkg-config --cflags --libs vktl) -o classify && ./classify runs/demo face.png
#include <stdio.h>
#include <vktl/infer.h>

static void print_message(void *user, enum vktl_log_level level, const char *sentence)
{
    if (level <= VKTL_LOG_WARNING)
        fprintf(user, "%s\n", sentence);
}

int main(int argc, char **argv)
{
    const struct vktl_log log = {print_message, stderr};
    const struct vktl_model_params params = {.model = argc == 3 ? argv[1] : "vgg-mini"};
    const char *image = argc == 3 ? argv[2] : "face.png";
    struct vktl_device *device = NULL;
    struct vktl_model *model = NULL;
    struct vktl_dataset *images = NULL;
    struct vktl_predictions found = {0};
    vktl_status status = vktl_device_open(&log, NULL, &device);
    status = status ? status : vktl_model_open(&log, &params, &model);
    status = status ? status : vktl_dataset_from_paths(&log, &image, 1, &images);
    status = status ? status : vktl_predict(&log, device, model, images, NULL, &found);
    for (uint32_t i = 0; i < found.class_count; i++)
        printf("%6.2f %% %s\n", 100 * found.probabilities[i], vktl_model_class_name(model, i));
    vktl_predictions_free(&found);
    vktl_dataset_destroy(&images);
    vktl_model_destroy(&model);
    vktl_device_close(&device);
    return vktl_status_exit(status);
}
