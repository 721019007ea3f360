// How good predictions are: figures of a model on labelled images, and how sure it may be.
#ifndef VKTL_EVALUATE_H
#define VKTL_EVALUATE_H

#include <vktl/infer.h>
#include <vktl/picture.h>

#ifdef __cplusplus
extern "C" {
#endif

// One class against all others. Precision is correct / predicted, recall correct / images, F1 their
// harmonic mean 2 correct / (images + predicted); NaN where that divides by nothing.
struct vktl_class_figures {
    uint32_t images;    // that truly are of this class: its support
    uint32_t predicted; // that were taken for it
    uint32_t correct;   // both
    double precision, recall, f1;
};

struct vktl_class_averages {
    double precision, recall, f1;
};

// Images of one class that were taken for one other.
struct vktl_confused_pair {
    uint32_t truth, predicted; // classes
    uint32_t images;
};

// The images whose highest probability lies in ((i) / 15, (i + 1) / 15].
struct vktl_reliability_bin {
    uint32_t images;
    double confidence; // mean of their highest probabilities; NaN where there are none
    double accuracy;   // share of them that is right; likewise
};

enum { VKTL_RELIABILITY_BINS = 15 };

// Figures of predictions of labelled images; unreadable ones do not count.
struct vktl_evaluation {
    uint32_t count; // images counted
    uint32_t class_count;
    uint32_t correct;      // highest probability is the true class; the first of equal ones wins
    double accuracy, loss; // loss: mean cross-entropy. NaN where nothing was counted

    // Images whose true class is among the `top` most probable, the first of equal ones first.
    uint32_t top, top_correct;
    double top_accuracy;

    uint32_t *confusion;                // (true class, predicted class) row by row: images
    struct vktl_class_figures *classes; // (class_count)

    // Over the classes that have images. An undefined precision (a class that was never predicted)
    // counts as 0 there, as in scikit-learn. `weighted` weighs each class by its images.
    struct vktl_class_averages macro, weighted;

    struct vktl_confused_pair *confused; // those that happened: most images first, then in order
    uint32_t confused_count;
    uint32_t *worst; // (count): the counted images, highest loss first; indices of the dataset

    // Expected calibration error over 15 bins of equal width: the sum over bins of
    // images / count * |accuracy - confidence| (Naeini, Cooper, Hauskrecht, AAAI 2015; with the
    // highest probability as confidence: Guo, Pleiss, Sun, Weinberger, ICML 2017, equation 3).
    double calibration_error;
    struct vktl_reliability_bin bins[VKTL_RELIABILITY_BINS];
};

// Needs a dataset with the model's classes (VKTL_USAGE otherwise), the one that was predicted.
// `top` 0 is 5, and at most the number of classes. The caller frees the result.
VKTL_API vktl_status vktl_evaluate(const struct vktl_log *log, const struct vktl_dataset *dataset,
                                   const struct vktl_predictions *predictions, uint32_t top,
                                   struct vktl_evaluation *evaluation);
VKTL_API void vktl_evaluation_free(struct vktl_evaluation *evaluation);

// ---- Temperature scaling: probabilities are softmax(logits / temperature). Which class is the
// most probable, and so the accuracy, stays as it is (Guo, Pleiss, Sun, Weinberger: "On calibration
// of modern neural networks", ICML 2017).

struct vktl_calibration {
    double temperature; // between 1/20 and 20
    double loss_before; // mean cross-entropy at temperature 1 and at `temperature`
    double loss_after;
    const char
        *note; // a static sentence where the images do not determine a temperature; else NULL
};

// Finds the temperature with the least mean cross-entropy on these labelled images, which should
// not be those that the model was trained on. The same predictions give the same temperature.
//
// Where every image is right the best temperature would be 0: the images cannot tell how sure the
// model may be, and 1 is kept. It is also kept where the logits of every image are equal, and is at
// its bound where the best is beyond: `note` says so. VKTL_USAGE: a dataset without the model's
// classes; VKTL_INPUT: no image could be read, or a logit is not finite.
VKTL_API vktl_status vktl_calibrate(const struct vktl_log *log, const struct vktl_dataset *dataset,
                                    const struct vktl_predictions *predictions,
                                    struct vktl_calibration *calibration);

// Computes probabilities and losses anew from the logits, in double; finite and above 0.
VKTL_API void vktl_predictions_set_temperature(const struct vktl_dataset *dataset,
                                               double temperature,
                                               struct vktl_predictions *predictions);

// ---- Pictures: see picture.h, whose drawings these are. The caller destroys them.

// The confusion matrix under the model's class names.
VKTL_API vktl_status vktl_evaluation_draw_confusion(const struct vktl_log *log,
                                                    const struct vktl_model *model,
                                                    const struct vktl_evaluation *evaluation,
                                                    enum vktl_theme theme,
                                                    struct vktl_picture **picture);

// The reliability diagram of `evaluation`, made at `temperature`; `before` (may be NULL) is the one
// at temperature 1, shown beside it.
VKTL_API vktl_status vktl_evaluation_draw_reliability(const struct vktl_log *log,
                                                      const struct vktl_evaluation *before,
                                                      const struct vktl_evaluation *evaluation,
                                                      double temperature, enum vktl_theme theme,
                                                      struct vktl_picture **picture);

// The `count` worst predicted images, or as many as there are: photo, truth, prediction, loss. A
// photo that cannot be read is named in a warning and leaves an empty place.
VKTL_API vktl_status vktl_evaluation_draw_worst(const struct vktl_log *log,
                                                const struct vktl_dataset *dataset,
                                                const struct vktl_predictions *predictions,
                                                const struct vktl_evaluation *evaluation,
                                                uint32_t count, enum vktl_theme theme,
                                                struct vktl_picture **picture);

#ifdef __cplusplus
}
#endif
#endif
