// Responsible for the options of augmentation, and for what they mean to the library.
#include "cli/augmentation.h"

#include <stdlib.h>

static const char *const fills[] = {"nearest", "constant", "reflect", "wrap", NULL};

#define AT(member) .offset = offsetof(struct augment_options, member)

// clang-format off
const struct option augment_rows[] = {
    {.name = "rotation-range", .type = OPTION_F64, .argument = "DEGREES", AT(rotation),
     .note = "0", .max = 360, .unit = "degrees",
     .help = "turn by up to so many degrees to either side"},
    {.name = "width-shift-range", .type = OPTION_F64, .argument = "F", AT(width_shift),
     .note = "0", .max = 65535,
     .help = "move sideways by up to this part of the width (below 1) or so many pixels"},
    {.name = "height-shift-range", .type = OPTION_F64, .argument = "F", AT(height_shift),
     .note = "0", .max = 65535,
     .help = "the same up and down, of the height"},
    {.name = "shear-range", .type = OPTION_F64, .argument = "DEGREES", AT(shear), .note = "0",
     .max = 89, .unit = "degrees",
     .help = "shear by up to so many degrees to either side"},
    {.name = "zoom-range", .type = OPTION_TEXT, .argument = "Z|LO,HI", AT(zoom), .note = "none",
     .help = "scale height and width, each by a factor of its own from 1-Z to 1+Z or from LO to "
             "HI; below 1 enlarges"},
    {.name = "channel-shift-range", .type = OPTION_F64, .argument = "C", AT(channel_shift),
     .note = "0", .max = 255,
     .help = "add up to C, of 255, to all values of an image or take it away"},
    {.name = "brightness-range", .type = OPTION_TEXT, .argument = "LO,HI", AT(brightness),
     .note = "none",
     .help = "multiply all values by a factor from LO to HI"},
    {.name = "horizontal-flip", .type = OPTION_FLAG, AT(horizontal_flip),
     .help = "mirror every other image"},
    {.name = "vertical-flip", .type = OPTION_FLAG, AT(vertical_flip),
     .help = "turn every other image upside down"},
    {.name = "fill-mode", .type = OPTION_CHOICE, .argument = "nearest|constant|reflect|wrap",
     AT(fill), .note = "nearest", .choices = fills,
     .help = "what lies outside the image: its edge, the value of --cval, its mirror image, itself "
             "again"},
    {.name = "cval", .type = OPTION_F64, .argument = "V", AT(cval), .note = "0", .max = 255,
     .help = "value outside the image, from 0 to 255, for --fill-mode constant"},
    {.name = "keras-quirks", .type = OPTION_FLAG, AT(keras_quirks),
     .help = "exchange the axes as Keras does since 2020: width shifts move up and down"},
    {NULL},
};
// clang-format on

// One number or two, parted by a comma.
static uint32_t read_numbers(const char *text, double numbers[2])
{
    char *end;
    numbers[0] = strtod(text, &end);
    if (end == text || (*end != '\0' && *end != ','))
        return 0;
    if (*end == '\0')
        return 1;
    text = end + 1;
    numbers[1] = strtod(text, &end);
    return end == text || *end != '\0' ? 0 : 2;
}

static vktl_status read_zoom(const struct vktl_log *log, const char *text,
                             struct vktl_augment *augment)
{
    double numbers[2];
    const uint32_t count = text ? read_numbers(text, numbers) : 0;
    if (!text)
        return VKTL_OK;
    if (count == 0 || (count == 1 && !(numbers[0] >= 0 && numbers[0] < 1)))
        return log_fail(log, VKTL_USAGE,
                        "--zoom-range takes one number from 0 to below 1, or LO,HI, not '%.80s'",
                        text);
    augment->zoom_low = count == 1 ? 1 - numbers[0] : numbers[0];
    augment->zoom_high = count == 1 ? 1 + numbers[0] : numbers[1];
    return VKTL_OK;
}

static vktl_status read_brightness(const struct vktl_log *log, const char *text,
                                   struct vktl_augment *augment)
{
    double numbers[2];
    if (!text)
        return VKTL_OK;
    if (read_numbers(text, numbers) != 2)
        return log_fail(log, VKTL_USAGE,
                        "--brightness-range takes two numbers, as 0.8,1.2, not '%.80s'", text);
    augment->brightness_low = numbers[0];
    augment->brightness_high = numbers[1];
    return VKTL_OK;
}

vktl_status augment_read(const struct vktl_log *log, const struct augment_options *options,
                         struct vktl_augment *augment)
{
    vktl_status status;
    *augment = (struct vktl_augment){
        .rotation_range = options->rotation,
        .width_shift_range = options->width_shift,
        .height_shift_range = options->height_shift,
        .shear_range = options->shear,
        .channel_shift_range = options->channel_shift,
        .horizontal_flip = options->horizontal_flip,
        .vertical_flip = options->vertical_flip,
        .fill = options->fill == OPTION_NO_CHOICE ? VKTL_FILL_NEAREST : (vktl_fill)options->fill,
        .constant = options->cval,
        .keras_quirks = options->keras_quirks,
    };
    TRY(read_zoom(log, options->zoom, augment));
    TRY(read_brightness(log, options->brightness, augment));
    TRY(vktl_augment_check(log, augment));
fail:
    return status;
}
