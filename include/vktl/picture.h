// Pictures: charts and sheets drawn once, then written as PNG or SVG, to a file or to memory.
//
// Every vktl_draw_ function borrows what it is given for the length of the call and makes a picture
// that the caller destroys; `*picture` is NULL after a failure. Texts are UTF-8 (other bytes are
// shown as U+FFFD) and are shortened with an ellipsis where they do not fit; the one font is DejaVu
// Sans, or else the system's choice: no Chinese, Japanese or Korean where it has none, and Arabic
// letters are not joined. Numbers that are not finite are gaps. VKTL_USAGE: an empty or senseless
// description, or a vktl that was built without Cairo. VKTL_NO_MEMORY. Several threads may draw at
// once; one picture is for one thread at a time.
//
// Pictures are 800 units wide unless it says otherwise, and a unit is a pixel of the PNG; the
// height follows from the content. Colours are those of Okabe and Ito (2008), told apart by most
// colour-blind people, and lines differ by dashes and markers too.
#ifndef VKTL_PICTURE_H
#define VKTL_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <vktl/infer.h>
#include <vktl/log.h>
#include <vktl/photo.h>
#include <vktl/status.h>

#ifdef __cplusplus
extern "C" {
#endif

enum vktl_theme { VKTL_LIGHT, VKTL_DARK };

enum vktl_picture_format {
    VKTL_PNG,    // a pixel a unit
    VKTL_PNG_2X, // two by two pixels a unit, for dense screens
    VKTL_SVG,    // text as outlines: looks the same without the font. Several in one HTML page must
                 // be images of their own (data URIs), since the names inside are not unique
};

struct vktl_picture;

VKTL_API uint32_t vktl_picture_width(const struct vktl_picture *picture); // units
VKTL_API uint32_t vktl_picture_height(const struct vktl_picture *picture);
VKTL_API void vktl_picture_destroy(struct vktl_picture **picture);

// Writes the picture to a file, all or nothing: an older file of that name stays whole until the
// new one is complete. The name says the format: ".png", "@2x.png" (VKTL_PNG_2X), ".svg", in any
// case. VKTL_USAGE: another name; VKTL_IO: cannot be written.
VKTL_API vktl_status vktl_picture_save(const struct vktl_log *log,
                                       const struct vktl_picture *picture, const char *path);

// Whether vktl_picture_save knows the name's format, and whether this vktl was built with Cairo:
// for checks before the work is done.
VKTL_API bool vktl_picture_can_save(const char *path);
VKTL_API bool vktl_picture_can_draw(void);

// The same bytes in memory, which the caller frees by free().
VKTL_API vktl_status vktl_picture_bytes(const struct vktl_log *log,
                                        const struct vktl_picture *picture,
                                        enum vktl_picture_format format, unsigned char **bytes,
                                        size_t *size);

// ---- Training

// Accuracy and loss against the epoch, in two panels; a third for the learning rate where that is
// given and changes.
struct vktl_curves {
    const char *title;                     // NULL: none
    uint32_t count;                        // epochs, numbered from 1; at least one
    const double *accuracy, *loss;         // (count) each
    const double *val_accuracy, *val_loss; // (count), or NULL without validation
    const double *learning_rate;           // (count), or NULL
    uint32_t best_epoch;                   // marked; from 1, 0: none
    uint32_t fine_tune_epoch;              // the first of the second phase, marked; from 1, 0: none
};
VKTL_API vktl_status vktl_draw_curves(const struct vktl_log *log, const struct vktl_curves *curves,
                                      enum vktl_theme theme, struct vktl_picture **picture);

// A learning-rate range test: loss against the learning rate, which is on a logarithmic axis.
struct vktl_lr_mark {
    const char *name; // "steepest", "valley", "minimum/10"
    double rate;      // not finite: left out
    bool is_recommended;
};
struct vktl_lr_chart {
    const char *title;      // NULL: none
    uint32_t count;         // steps; at least one
    const double *rates;    // (count), positive
    const double *losses;   // (count), as measured
    const double *smoothed; // (count), or NULL
    uint32_t mark_count;    // suggestions, at most 8
    const struct vktl_lr_mark *marks;
};
VKTL_API vktl_status vktl_draw_lr_find(const struct vktl_log *log,
                                       const struct vktl_lr_chart *chart, enum vktl_theme theme,
                                       struct vktl_picture **picture);

// Where the tensors of a plan lie while it runs: time to the right, addresses upwards, and below
// how much of it lives at each step.
enum vktl_memory_kind {
    VKTL_MEMORY_INPUT,
    VKTL_MEMORY_OUTPUT,          // of a layer, and what it keeps for backward
    VKTL_MEMORY_GRADIENT,        // of a layer's output
    VKTL_MEMORY_WEIGHT_GRADIENT, // of one run, where a step takes several
    VKTL_MEMORY_SCRATCH,         // within a step
    VKTL_MEMORY_KIND_COUNT
};
struct vktl_memory_tensor {
    const char *name;
    enum vktl_memory_kind kind;
    uint64_t address, size; // bytes
    uint32_t first, last;   // steps that it lives in
};
struct vktl_memory_span {
    const char *name;     // "train: forward"
    uint32_t first, last; // its steps
};
struct vktl_memory_map {
    const char *title;     // NULL: none
    uint64_t size;         // bytes that all lie in
    uint32_t tensor_count; // at least one
    const struct vktl_memory_tensor *tensors;
    uint32_t span_count; // at least one; one after the other, together the time that there is
    const struct vktl_memory_span *spans;
};
VKTL_API vktl_status vktl_draw_memory(const struct vktl_log *log, const struct vktl_memory_map *map,
                                      enum vktl_theme theme, struct vktl_picture **picture);

// ---- Evaluation

// Counts, coloured by their share of the row (of the images that truly are of that class); where
// cells are large enough, with the count and the share in percent.
struct vktl_confusion {
    const char *title; // NULL: none
    uint32_t class_count;
    const char *const *classes; // (class_count)
    const uint32_t *counts;     // (true class, predicted class), as vktl_evaluation has them
};
VKTL_API vktl_status vktl_draw_confusion(const struct vktl_log *log,
                                         const struct vktl_confusion *confusion,
                                         enum vktl_theme theme, struct vktl_picture **picture);

// How well the confidence matches the accuracy: a panel for each series, bins of equal width over
// 0..1 with their accuracy, the gap to their mean confidence, and the images in them below.
struct vktl_reliability_series {
    const char *name;         // "uncalibrated", "temperature 1.43"
    const double *confidence; // (bin_count), the mean of each bin
    const double *accuracy;   // (bin_count)
    const uint32_t *counts;   // (bin_count), images; an empty bin shows nothing
    double ece;               // expected calibration error, 0..1
};
struct vktl_reliability {
    const char *title;     // NULL: none
    uint32_t bin_count;    // at most 100
    uint32_t series_count; // 1, or 2: before and after
    const struct vktl_reliability_series *series;
};
VKTL_API vktl_status vktl_draw_reliability(const struct vktl_log *log,
                                           const struct vktl_reliability *reliability,
                                           enum vktl_theme theme, struct vktl_picture **picture);

// ---- Predictions

// Photos with bars of class probabilities beside them, one image below the other.
struct vktl_bars_row {
    const struct vktl_photo *photo; // NULL: none to show
    const char *caption;            // the file's name; NULL: none
    const char *truth;              // the true class, whose bar is then marked; NULL: not known
    uint32_t count;                 // bars, at most 100; in the order given
    const char *const *names;       // (count)
    const float *probabilities;     // (count), 0..1
};
struct vktl_bars {
    const char *title; // NULL: none
    uint32_t row_count;
    const struct vktl_bars_row *rows;
};
VKTL_API vktl_status vktl_draw_bars(const struct vktl_log *log, const struct vktl_bars *bars,
                                    enum vktl_theme theme, struct vktl_picture **picture);

// Channels of one layer's output for one image. Rank 4, (1, H, W, C): up to 64 tiles, each
// normalised from its own minimum to its own maximum. Rank 2, (1, C): bars where there are few
// channels, else a strip with a cell a channel, normalised over all of them.
enum { VKTL_FEATURE_TILES = 64 };
struct vktl_feature_sheet {
    const struct vktl_feature_map *map; // as vktl_features hands it out
    uint32_t first;                     // channel shown first; a sheet of rank 2 shows all
    const char *const *classes;         // names of the channels of a last layer; NULL: numbers
    bool is_grey;                       // grey instead of viridis
};
VKTL_API vktl_status vktl_draw_features(const struct vktl_log *log,
                                        const struct vktl_feature_sheet *sheet,
                                        enum vktl_theme theme, struct vktl_picture **picture);
// Sheets that show all channels of `map`: 1 or more.
VKTL_API uint32_t vktl_feature_sheet_count(const struct vktl_feature_map *map);

// What a class was seen by: the photo, and beside it the photo under a heat map.
struct vktl_cam_overlay {
    const struct vktl_photo *photo;
    uint32_t map_width, map_height;
    const float *map;       // (map_height, map_width), 0..1: nothing to strongest
    const char *class_name; // whose score was explained
    double probability;     // of that class, 0..1
    const char *layer;      // whose output was looked at; NULL: not said
    const char *caption;    // the file's name; NULL: none
};
VKTL_API vktl_status vktl_draw_cam(const struct vktl_log *log,
                                   const struct vktl_cam_overlay *overlay, enum vktl_theme theme,
                                   struct vktl_picture **picture);

// ---- Photos

// Photos in a grid, a caption below each: originals with variants of them, or the worst mistakes.
struct vktl_contact_tile {
    const struct vktl_photo *photo; // NULL: an empty place
    const char *caption;            // lines parted by '\n'; NULL: none
};
struct vktl_contact_sheet {
    const char *title;   // NULL: none
    uint32_t columns;    // tiles in a row, 1 to 32
    uint32_t tile_count; // row by row; the last row may be short
    const struct vktl_contact_tile *tiles;
    uint32_t tile_size;   // units that a photo fits in, to 1024; 0: so that the sheet is 800 wide
    bool originals_first; // the first column is set apart by a line
    const char *const *headings; // (columns), above the columns; NULL: none
};
VKTL_API vktl_status vktl_draw_contact_sheet(const struct vktl_log *log,
                                             const struct vktl_contact_sheet *sheet,
                                             enum vktl_theme theme, struct vktl_picture **picture);

// The photo alone, a unit a pixel: with vktl_picture_bytes, a photo as PNG.
VKTL_API vktl_status vktl_draw_photo(const struct vktl_log *log, const struct vktl_photo *photo,
                                     struct vktl_picture **picture);

#ifdef __cplusplus
}
#endif
#endif
