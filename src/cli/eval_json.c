// Responsible for the figures of an evaluation as JSON.
#include "cli/eval_show.h"

#include "cli/json.h"

static void add_averages(struct json *json, cJSON *item, const char *name,
                         const struct vktl_class_averages *averages)
{
    cJSON *object = json_add_object(json, item, name);
    json_add_number(json, object, "precision", averages->precision);
    json_add_number(json, object, "recall", averages->recall);
    json_add_number(json, object, "f1", averages->f1);
}

static void add_class(const struct eval_view *view, uint32_t index, struct json *json, cJSON *list)
{
    const struct vktl_class_figures *figures = &view->evaluation->classes[index];
    cJSON *item = json_add_object(json, list, NULL);
    json_add_text(json, item, "class", vktl_model_class_name(view->model, index));
    json_add_number(json, item, "index", index);
    json_add_number(json, item, "images", figures->images);
    json_add_number(json, item, "predicted", figures->predicted);
    json_add_number(json, item, "correct", figures->correct);
    json_add_number(json, item, "precision", figures->precision);
    json_add_number(json, item, "recall", figures->recall);
    json_add_number(json, item, "f1", figures->f1);
}

static void add_matrix(const struct eval_view *view, struct json *json)
{
    const uint32_t count = view->evaluation->class_count;
    cJSON *confusion = json_add_array(json, json->root, "confusion");
    for (uint32_t i = 0; i < count; i++) {
        cJSON *row = json_add_array(json, confusion, NULL);
        for (uint32_t j = 0; j < count; j++)
            json_add_number(json, row, NULL, view->evaluation->confusion[(size_t)i * count + j]);
    }
}

static void add_confused(const struct eval_view *view, struct json *json)
{
    cJSON *list = json_add_array(json, json->root, "most_confused");
    for (uint32_t i = 0; i < view->evaluation->confused_count; i++) {
        const struct vktl_confused_pair *pair = &view->evaluation->confused[i];
        cJSON *item = json_add_object(json, list, NULL);
        json_add_text(json, item, "class", vktl_model_class_name(view->model, pair->truth));
        json_add_text(json, item, "predicted", vktl_model_class_name(view->model, pair->predicted));
        json_add_number(json, item, "images", pair->images);
    }
}

static void add_worst(const struct eval_view *view, struct json *json)
{
    const struct vktl_predictions *predictions = view->predictions;
    cJSON *list = json_add_array(json, json->root, "worst");
    for (uint32_t i = 0; i < view->worst && i < view->evaluation->count; i++) {
        const uint32_t image = view->evaluation->worst[i];
        const uint32_t truth = vktl_dataset_class(view->dataset, image);
        const uint32_t guess = vktl_predictions_class(predictions, image);
        const float *probabilities =
            predictions->probabilities + (size_t)image * predictions->class_count;
        cJSON *item = json_add_object(json, list, NULL);
        json_add_text(json, item, "path", vktl_dataset_path(view->dataset, image));
        json_add_text(json, item, "class", vktl_model_class_name(view->model, truth));
        json_add_text(json, item, "predicted", vktl_model_class_name(view->model, guess));
        json_add_float(json, item, "probability", probabilities[guess]);
        json_add_float(json, item, "class_probability", probabilities[truth]);
        json_add_float(json, item, "loss", predictions->losses[image]);
    }
}

static void add_reliability(const struct eval_view *view, struct json *json)
{
    cJSON *list = json_add_array(json, json->root, "reliability");
    for (uint32_t i = 0; i < VKTL_RELIABILITY_BINS; i++) {
        const struct vktl_reliability_bin *bin = &view->evaluation->bins[i];
        cJSON *item = json_add_object(json, list, NULL);
        json_add_number(json, item, "above", (double)i / VKTL_RELIABILITY_BINS);
        json_add_number(json, item, "up_to", (i + 1.0) / VKTL_RELIABILITY_BINS);
        json_add_number(json, item, "images", bin->images);
        json_add_number(json, item, "confidence", bin->confidence);
        json_add_number(json, item, "accuracy", bin->accuracy);
    }
}

static void add_calibration(const struct eval_view *view, struct json *json)
{
    const struct vktl_calibration *calibration = view->calibration;
    if (!calibration)
        return;
    cJSON *item = json_add_object(json, json->root, "calibration");
    json_add_number(json, item, "temperature", calibration->temperature);
    json_add_number(json, item, "loss_before", calibration->loss_before);
    json_add_number(json, item, "loss_after", calibration->loss_after);
    json_add_number(json, item, "calibration_error_before", view->before->calibration_error);
    json_add_number(json, item, "calibration_error_after", view->evaluation->calibration_error);
    if (calibration->note)
        json_add_text(json, item, "note", calibration->note);
}

vktl_status eval_write_json(struct console *console, const struct eval_view *view)
{
    struct json json;
    const struct vktl_evaluation *evaluation = view->evaluation;
    json_init_object(&json);
    json_add_text(&json, json.root, "model", view->model_name);
    json_add_text(&json, json.root, "folder", view->folder);
    json_add_number(&json, json.root, "images", evaluation->count);
    json_add_number(&json, json.root, "unreadable", view->predictions->unreadable);
    json_add_number(&json, json.root, "correct", evaluation->correct);
    json_add_number(&json, json.root, "accuracy", evaluation->accuracy);
    json_add_number(&json, json.root, "top", evaluation->top);
    json_add_number(&json, json.root, "top_accuracy", evaluation->top_accuracy);
    json_add_number(&json, json.root, "loss", evaluation->loss);
    json_add_number(&json, json.root, "calibration_error", evaluation->calibration_error);
    json_add_number(&json, json.root, "temperature", view->predictions->temperature);
    json_add_number(&json, json.root, "seconds", view->predictions->seconds);
    add_calibration(view, &json);
    cJSON *classes = json_add_array(&json, json.root, "classes");
    for (uint32_t i = 0; i < evaluation->class_count; i++)
        add_class(view, i, &json, classes);
    add_averages(&json, json.root, "macro", &evaluation->macro);
    add_averages(&json, json.root, "weighted", &evaluation->weighted);
    add_matrix(view, &json);
    add_confused(view, &json);
    add_worst(view, &json);
    add_reliability(view, &json);
    const vktl_status status = json_write(console, &json);
    json_deinit(&json);
    return status;
}
