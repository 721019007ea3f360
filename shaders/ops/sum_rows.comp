#version 460
// to[part, column] = sum of from[row, column] over the rows of a part, in order.
// One invocation a part and column; lanes along the columns, so loads are contiguous.
#extension GL_GOOGLE_include_directive : require
#include "../abi/sum_rows.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(float, SUM_ROWS_FROM, from)
BUFFER_OUT(float, SUM_ROWS_TO, to)
PUSH(sum_rows_push, SUM_ROWS_BUFFERS)

void main()
{
    uint i = linear_index();
    if (i >= push.parts * push.columns)
        return;
    uint part = i / push.columns, column = i % push.columns;
    uint first = part * push.part_length, end = min(first + push.part_length, push.rows);
    uint at = first * push.columns + column;
    float sum = 0.0;
    for (uint row = first; row < end; row++) {
        sum += LOAD(from, at);
        at += push.columns;
    }
    STORE(to, i, sum);
}
