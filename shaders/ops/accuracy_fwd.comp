#version 460
// y[n] = 1 where the first maximum of row n is at its label, else 0; 0 for the padding rows of a
// short batch and for rows of NaNs. One invocation a row, over the parts of accuracy_parts.comp.
#extension GL_GOOGLE_include_directive : require
#include "../abi/accuracy.h"
#include "../abi/step.h"
#include "../lib/buffer.glsl"
#include "../lib/index.glsl"

BUFFER_IN(step, ACCURACY_FWD_STEP, now)
BUFFER_IN(float, ACCURACY_FWD_BEST, best)
BUFFER_IN(uint, ACCURACY_FWD_COLUMN, column)
BUFFER_IN(uint, ACCURACY_FWD_LABELS, labels)
BUFFER_OUT(float, ACCURACY_FWD_Y, y)
PUSH(accuracy_push, ACCURACY_FWD_BUFFERS)

void main()
{
    uint n = linear_index();
    if (n >= push.rows)
        return;
    if (n >= LOAD(now, 0).rows) {
        STORE(y, n, 0.0);
        return;
    }
    uint at = n * push.parts;
    float largest = LOAD(best, at);
    uint where = LOAD(column, at);
    for (uint part = 1; part < push.parts; part++) {
        float value = LOAD(best, at + part);
        if (value > largest) {
            largest = value;
            where = LOAD(column, at + part);
        }
    }
    STORE(y, n, where == LOAD(labels, n) ? 1.0 : 0.0);
}
