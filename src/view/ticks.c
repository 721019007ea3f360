// Responsible for round numbers on axes.
#include "view/ticks.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double ticks_step(double range, uint32_t parts, double min_step)
{
    static const double factors[] = {1, 2, 5, 10};
    const double least = range / parts, power = pow(10, floor(log10(least)));
    double step = 10 * power;
    for (int i = 0; i < 4; i++) {
        if (factors[i] * power >= least * (1 - 1e-9)) {
            step = factors[i] * power;
            break;
        }
    }
    return fmax(step, min_step);
}

// "1e-05" as people write it: "1e-5".
static void drop_exponent_zeros(char *text)
{
    char *exponent = strchr(text, 'e');
    if (!exponent)
        return;
    char *from = exponent + 1, *to = exponent + 1;
    if (*from == '-')
        to++;
    from++; // the sign
    while (from[0] == '0' && from[1] != '\0')
        from++;
    memmove(to, from, strlen(from) + 1);
}

static void write_label(double value, double step, char label[TICK_LABEL_SIZE])
{
    const double size = fmax(fabs(value), step);
    const int decimals = (int)fmax(0, -floor(log10(step) + 1e-9));
    if (size >= 1e6 || step < 1e-4) {
        const int digits = (int)fmin(9, fmax(0, floor(log10(size) + 1e-9) - floor(log10(step))));
        snprintf(label, TICK_LABEL_SIZE, value == 0 ? "0" : "%.*e", digits, value);
        drop_exponent_zeros(label);
    } else {
        snprintf(label, TICK_LABEL_SIZE, "%.*f", decimals, value);
    }
}

void ticks_linear(double low, double high, uint32_t most, double min_step, struct ticks *ticks)
{
    ticks->count = 0;
    const double step = ticks_step(high - low, most - 1, min_step), slack = 1e-6;
    const double first = ceil(low / step - slack), last = floor(high / step + slack);
    for (double i = first; i <= last && ticks->count < most; i++) {
        const double value = i == 0 ? 0 : i * step; // no -0
        ticks->at[ticks->count] = value;
        write_label(value, step, ticks->labels[ticks->count]);
        ticks->count++;
    }
}

static void add_log_tick(struct ticks *ticks, double factor, double exponent)
{
    const double value = factor * pow(10, exponent);
    char *label = ticks->labels[ticks->count];
    ticks->at[ticks->count++] = value;
    if (exponent < -3 || exponent > 4)
        snprintf(label, TICK_LABEL_SIZE, "%ge%d", factor, (int)exponent);
    else
        snprintf(label, TICK_LABEL_SIZE, "%g", value);
}

void ticks_log(double low, double high, uint32_t most, struct ticks *ticks)
{
    static const double factors[] = {1, 2, 5};
    const double slack = 1e-9;
    const double first = ceil(log10(low) - slack), last = floor(log10(high) + slack);
    ticks->count = 0;
    if (last - first >= 1) {
        const double every = ceil((last - first + 1) / most);
        for (double i = ceil(first / every) * every; i <= last; i += every)
            add_log_tick(ticks, 1, i);
        return;
    }
    for (double i = first - 1; i <= last + 1; i++)
        for (int k = 0; k < 3 && ticks->count < most; k++)
            if (log10(factors[k]) + i >= log10(low) - slack &&
                log10(factors[k]) + i <= log10(high) + slack)
                add_log_tick(ticks, factors[k], i);
    if (ticks->count < 2)
        ticks_linear(low, high, most, 0, ticks);
}
