// Responsible for `vktl augment`: which images are shown, and the sheet of what augmentation makes
// of them.
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <vktl/picture.h>

#include "base/files.h"
#include "base/text.h"
#include "cli/augmentation.h"
#include "cli/json.h"

enum { MAX_VARIANTS = 15, MAX_IMAGES = 200 };

// More variants than fit in the usual width of a sheet, with captions that can be read, widen it.
enum { WIDEST_VARIANTS = 6, TILE_SIZE = 98 };

struct augment_command_options {
    struct common_options common;
    struct augment_options augment;
    const char *out;
    uint32_t images, variants, image_size;
    int interpolation;
    uint64_t seed;
};

#define AT(member) .offset = offsetof(struct augment_command_options, member)

// clang-format off
static const struct option options[] = {
    {.name = "out", .type = OPTION_TEXT, .argument = "FILE.png|svg", AT(out),
     .value = "augmented.png",
     .help = "the sheet: originals left, variants right, what was drawn beneath"},
    {.name = "images", .type = OPTION_U32, .argument = "N", AT(images), .value = "6", .min = 1,
     .max = MAX_IMAGES, .unit = "images",
     .help = "images shown; of more than that, such as lie evenly spread over all"},
    {.name = "variants", .type = OPTION_U32, .argument = "N", AT(variants), .value = "6", .min = 1,
     .max = MAX_VARIANTS, .unit = "variants",
     .help = "variants shown of each"},
    {.name = "image-size", .type = OPTION_U32, .argument = "N", AT(image_size), .value = "224",
     .min = 1, .max = 4096, .unit = "pixels",
     .help = "pixels on a side of the square that images are brought to"},
    {.name = "interpolation", .type = OPTION_CHOICE, .argument = "nearest|bilinear",
     AT(interpolation), .value = "bilinear", .choices = interpolation_choices,
     .help = "how images are resized"},
    {.name = "seed", .type = OPTION_U64, .argument = "N", AT(seed), .value = "0",
     .help = "of what is drawn; the same seed gives the same pictures on any device"},

    ROW_HEADING("What is done, within these ranges"),
    {.name = "", .type = OPTION_TABLE, .table = augment_rows, AT(augment)},

    ROW_HEADING("Run"),
    ROW_DEVICE,
    ROW_NO_SMOKE,
    ROW_JSON,
    ROW_QUIET,
    ROW_HELP,
    {NULL},
};
// clang-format on

static const char examples[] =
    "  vktl augment photos/train --rotation-range 20 --zoom-range 0.2 --horizontal-flip\n"
    "  vktl augment cat.jpg --width-shift-range 0.2 --fill-mode reflect --out cat.svg\n";

// ---- Which images

// `count` of `total` indices, evenly spread.
static vktl_status choose_items(const struct vktl_log *log, uint32_t total, uint32_t count,
                                uint32_t **items)
{
    *items = calloc(count, sizeof **items);
    if (!*items)
        return log_fail(log, VKTL_NO_MEMORY, "out of host memory");
    for (uint32_t i = 0; i < count; i++)
        (*items)[i] = (uint32_t)(((uint64_t)i * 2 + 1) * total / ((uint64_t)count * 2));
    return VKTL_OK;
}

// ---- Captions

static bool shifts(const struct vktl_augment *augment)
{
    return augment->width_shift_range != 0 || augment->height_shift_range != 0;
}

static bool zooms(const struct vktl_augment *augment)
{
    return augment->zoom_low != 0 || augment->zoom_high != 0;
}

// Whole, and never "-0".
static double pixels(double value)
{
    return round(value) + 0.0;
}

// What was drawn, in the terms of what is seen: an output pixel that looks further right shows
// what moved to the left. Only what may be drawn is told.
static void write_caption(struct text *text, const struct vktl_augment *augment,
                          const struct vktl_augment_draw *draw)
{
    const bool swapped = augment->keras_quirks;
    if (augment->rotation_range != 0)
        text_format(text, "turn %+.1f\u00b0\n", swapped ? -draw->theta : draw->theta);
    if (shifts(augment))
        text_format(text, "shift %+.0f, %+.0f\n", pixels(swapped ? -draw->tx : -draw->ty),
                    pixels(swapped ? -draw->ty : -draw->tx));
    if (augment->shear_range != 0)
        text_format(text, "shear %+.1f\u00b0\n", draw->shear);
    if (zooms(augment))
        text_format(text, "zoom %.2f, %.2f\n", swapped ? draw->zx : draw->zy,
                    swapped ? draw->zy : draw->zx);
    if (draw->has_channel_shift)
        text_format(text, "values %+.0f\n", draw->channel_shift);
    if (draw->has_brightness)
        text_format(text, "light \u00d7 %.2f\n", draw->brightness);
    if (draw->flip_horizontal)
        text_append(text, "mirrored\n");
    if (draw->flip_vertical)
        text_append(text, "upside down\n");
}

// What the captions' pairs of numbers mean.
static const char *title_of(const struct vktl_augment *augment)
{
    if (shifts(augment) && zooms(augment))
        return "Augmentation (shift: pixels right, down; zoom: of width, height, below 1 enlarges)";
    if (shifts(augment))
        return "Augmentation (shift: pixels right, down)";
    if (zooms(augment))
        return "Augmentation (zoom: of width, height, below 1 enlarges)";
    return "Augmentation";
}

// ---- The sheet

struct sheet {
    struct console *console;
    const struct vktl_augment *augment;
    const struct vktl_dataset *dataset;
    const struct vktl_augmented *augmented;
    struct vktl_photo *photos;
    struct vktl_contact_tile *tiles;
    struct text *captions;
    uint32_t count; // tiles
};

static void sheet_deinit(struct sheet *sheet)
{
    for (uint32_t i = 0; sheet->captions && i < sheet->count; i++)
        text_deinit(&sheet->captions[i]);
    free(sheet->captions);
    free(sheet->photos);
    free(sheet->tiles);
}

// Tile 0 of a row is the original, tile v + 1 its variant v.
static vktl_status fill_tile(const struct sheet *sheet, uint32_t index)
{
    const struct vktl_augmented *augmented = sheet->augmented;
    const uint32_t columns = augmented->variants + 1;
    const uint32_t row = index / columns, column = index % columns;
    const size_t size = (size_t)augmented->image_size * augmented->image_size * 3;
    const size_t picture = (size_t)row * augmented->variants + column - 1;
    struct text *caption = &sheet->captions[index];
    if (column == 0)
        text_append(caption, path_name(vktl_dataset_path(sheet->dataset, augmented->items[row])));
    else
        write_caption(caption, sheet->augment, &augmented->draws[picture]);
    if (caption->length && caption->data[caption->length - 1] == '\n')
        caption->data[--caption->length] = '\0';
    sheet->photos[index] = (struct vktl_photo){
        augmented->image_size, augmented->image_size,
        column == 0 ? augmented->originals + row * size : augmented->pixels + picture * size};
    sheet->tiles[index] =
        (struct vktl_contact_tile){&sheet->photos[index], caption->length ? caption->data : NULL};
    return text_status(&sheet->console->log, caption);
}

static vktl_status sheet_init(struct sheet *sheet)
{
    vktl_status status = VKTL_OK;
    const struct vktl_log *log = &sheet->console->log;
    const uint32_t count = sheet->augmented->count * (sheet->augmented->variants + 1);
    sheet->photos = calloc(count, sizeof *sheet->photos);
    sheet->tiles = calloc(count, sizeof *sheet->tiles);
    sheet->captions = calloc(count, sizeof *sheet->captions);
    TRY_ALLOC(log, sheet->photos);
    TRY_ALLOC(log, sheet->tiles);
    TRY_ALLOC(log, sheet->captions);
    for (uint32_t i = 0; i < count; i++)
        text_init(&sheet->captions[i]);
    sheet->count = count;
    for (uint32_t i = 0; i < count; i++)
        TRY(fill_tile(sheet, i));
fail:
    return status;
}

static vktl_status write_sheet(struct sheet *sheet, const char *path)
{
    vktl_status status;
    struct vktl_picture *picture = NULL;
    const char *headings[MAX_VARIANTS + 1] = {"original", "variants"};
    for (uint32_t i = 2; i <= sheet->augmented->variants; i++)
        headings[i] = "";
    TRY(sheet_init(sheet));
    const struct vktl_contact_sheet contact = {
        .title = title_of(sheet->augment),
        .columns = sheet->augmented->variants + 1,
        .tile_count = sheet->count,
        .tiles = sheet->tiles,
        .tile_size = sheet->augmented->variants > WIDEST_VARIANTS ? TILE_SIZE : 0,
        .originals_first = true,
        .headings = headings,
    };
    TRY(vktl_draw_contact_sheet(&sheet->console->log, &contact, VKTL_LIGHT, &picture));
    TRY(vktl_picture_save(&sheet->console->log, picture, path));
    console_say(sheet->console, "%u variants of %u images: %s", sheet->augmented->variants,
                sheet->augmented->count, path);
fail:
    vktl_picture_destroy(&picture);
    return status;
}

// ---- JSON

static void add_draw(struct json *json, cJSON *array, const struct vktl_augment_draw *draw)
{
    cJSON *variant = json_add_object(json, array, NULL);
    json_add_number(json, variant, "theta", draw->theta);
    json_add_number(json, variant, "tx", draw->tx);
    json_add_number(json, variant, "ty", draw->ty);
    json_add_number(json, variant, "shear", draw->shear);
    json_add_number(json, variant, "zx", draw->zx);
    json_add_number(json, variant, "zy", draw->zy);
    json_add_bool(json, variant, "flip_horizontal", draw->flip_horizontal);
    json_add_bool(json, variant, "flip_vertical", draw->flip_vertical);
    json_add_number(json, variant, "channel_shift_intensity",
                    draw->has_channel_shift ? draw->channel_shift : NAN);
    json_add_number(json, variant, "brightness", draw->has_brightness ? draw->brightness : NAN);
}

static vktl_status write_json(const struct sheet *sheet, const char *path)
{
    struct json json;
    const struct vktl_augmented *augmented = sheet->augmented;
    json_init_object(&json);
    json_add_text(&json, json.root, "sheet", path);
    cJSON *images = json_add_array(&json, json.root, "images");
    for (uint32_t i = 0; i < augmented->count; i++) {
        cJSON *image = json_add_object(&json, images, NULL);
        json_add_text(&json, image, "path",
                      vktl_dataset_path(sheet->dataset, augmented->items[i]));
        cJSON *variants = json_add_array(&json, image, "variants");
        for (uint32_t v = 0; v < augmented->variants; v++)
            add_draw(&json, variants, &augmented->draws[i * augmented->variants + v]);
    }
    const vktl_status status = json_write(sheet->console, &json);
    json_deinit(&json);
    return status;
}

// ---- The command

static vktl_status check(const struct vktl_log *log, const struct augment_command_options *chosen,
                         const struct vktl_augment *augment)
{
    if (!vktl_augment_is_on(augment))
        return log_fail(log, VKTL_USAGE,
                        "nothing to show: name what is to be done, as --rotation-range 20 or "
                        "--horizontal-flip");
    if (!vktl_picture_can_draw())
        return log_fail(log, VKTL_USAGE, "this vktl was built without Cairo and draws no pictures");
    if (!vktl_picture_can_save(chosen->out))
        return log_fail(log, VKTL_USAGE, "--out '%.80s': expected a name that ends in .png or .svg",
                        chosen->out);
    return VKTL_OK;
}

static vktl_status run(struct console *console, const void *values, const char *const *positionals,
                       uint32_t count)
{
    vktl_status status;
    const struct augment_command_options *chosen = values;
    struct vktl_augment_params params = {
        .image_size = chosen->image_size,
        .interpolation = (vktl_interpolation)chosen->interpolation,
        .variants = chosen->variants,
        .seed = chosen->seed,
    };
    struct vktl_augmented augmented = {0};
    struct vktl_dataset *dataset = NULL;
    struct vktl_device *device = NULL;
    uint32_t *items = NULL;
    struct sheet sheet = {.console = console, .augment = &params.augment, .augmented = &augmented};

    TRY(augment_read(&console->log, &chosen->augment, &params.augment));
    TRY(check(&console->log, chosen, &params.augment));
    TRY(vktl_dataset_from_paths(&console->log, positionals, count, &dataset));
    sheet.dataset = dataset;
    const uint32_t total = vktl_dataset_count(dataset);
    const uint32_t shown = total < chosen->images ? total : chosen->images;
    TRY(choose_items(&console->log, total, shown, &items));
    TRY(open_device(console, &chosen->common, DEVICE_INFERS, &device));
    TRY(vktl_augment_images(&console->log, device, dataset, items, shown, &params, &augmented));
    TRY(write_sheet(&sheet, chosen->out));
    if (chosen->common.json)
        TRY(write_json(&sheet, chosen->out));
    if (augmented.unreadable)
        status = VKTL_INPUT; // each was named
fail:
    sheet_deinit(&sheet);
    vktl_augmented_free(&augmented);
    free(items);
    vktl_device_close(&device);
    vktl_dataset_destroy(&dataset);
    return status;
}

const struct command command_augment = {
    .name = "augment",
    .job = "a sheet of what augmentation makes of images",
    .positionals = "DIR|IMAGE...",
    .positional_min = 1,
    .positional_max = UINT32_MAX,
    .options = options,
    .values_size = sizeof(struct augment_command_options),
    .examples = examples,
    .run = run,
};
