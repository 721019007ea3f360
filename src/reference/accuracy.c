// Reference of accuracy: 1 where the row's first maximum is at its label, else 0, and 0 from row
// step->rows on. A NaN is never the maximum.
#include "reference/reference.h"
#include "abi/accuracy.h"
#include "abi/step.h"

#include <math.h>
#include <stddef.h>

static void forward(const struct reference_call *call)
{
    const struct accuracy_push *p = call->push;
    const uint32_t *labels = (const void *)call->in[1];
    for (uint32_t n = 0; n < p->rows; n++) {
        const float *x = call->in[0] + (size_t)n * p->columns;
        float largest = -INFINITY;
        uint32_t where = p->columns;
        for (uint32_t k = 0; k < p->columns; k++) {
            if (x[k] > largest) {
                largest = x[k];
                where = k;
            }
        }
        call->out[n] = n < call->step->rows && where == labels[n];
    }
}

const struct reference reference_accuracy = {"accuracy", forward, NULL};
