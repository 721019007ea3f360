#version 460
// The first maximum of each part of a row, and its column; `columns` where nothing is larger than
// -infinity (a part of NaNs). One invocation a part.
#extension GL_GOOGLE_include_directive : require
#include "../abi/accuracy.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, ACCURACY_PARTS_X, x)
BUFFER_OUT(float, ACCURACY_PARTS_BEST, best)
BUFFER_OUT(uint, ACCURACY_PARTS_COLUMN, column)
PUSH(accuracy_push, ACCURACY_PARTS_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.rows * push.parts)
        return;
    uint row = i / push.parts, part = i % push.parts;
    uint first = part * push.part_length, end = min(first + push.part_length, push.columns);
    uint at = row * push.columns;
    float largest = uintBitsToFloat(0xFF800000u); // -infinity
    uint where = push.columns;
    for (uint k = first; k < end; k++) {
        float value = LOAD(x, at + k);
        if (value > largest) {
            largest = value;
            where = k;
        }
    }
    STORE(best, i, largest);
    STORE(column, i, where);
}
