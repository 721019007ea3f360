// Responsible for shapes as text; all else about shapes is in the header.
#include "base/shape.h"

#include <stdio.h>

const char *shape_text(const struct shape *shape, char text[SHAPE_TEXT_SIZE])
{
    int length = snprintf(text, SHAPE_TEXT_SIZE, "(");
    for (uint32_t i = 0; i < shape->rank; i++)
        length += snprintf(text + length, (size_t)(SHAPE_TEXT_SIZE - length), i ? ", %u" : "%u",
                           shape->dim[i]);
    snprintf(text + length, (size_t)(SHAPE_TEXT_SIZE - length), ")");
    return text;
}
