#!/usr/bin/python3
"""Prints curves of losses with the place that fastai's `valley` picks, found by other means than vktl's.

A line a curve: the place (-1: the loss never falls), then the losses. The longest falling
subsequences come from patience sorting; fastai's own rule then picks the place.
"""
import bisect
import math
import random


def falls(losses):
    """For each loss the length of the longest strictly falling subsequence that ends with it."""
    piles, lengths = [], []  # of negated losses: rising ones
    for loss in losses:
        place = bisect.bisect_left(piles, -loss)
        piles[place:place + 1] = [-loss]
        lengths.append(place + 1)
    return lengths


def valley(losses):
    lengths = falls(losses)
    longest = max(lengths)
    if longest < 2:
        return -1
    end = lengths.index(longest)
    start = end - longest
    sections = (end - start) / 3
    return max(0, start + int(sections) + int(sections / 2))


def curves():
    draw = random.Random(5)
    yield [1.0]
    yield [1.0, 1.0, 1.0]
    yield [1.0, 2.0, 3.0]
    for count in (2, 3, 4, 5, 6, 7, 50):
        yield [1.0 - 0.01 * i for i in range(count)]  # falls all the way
    for count in (10, 85, 300):
        for noise in (0.0, 0.01, 0.3):
            knee, depth = draw.uniform(0.3, 0.9), draw.uniform(0.1, 2)
            yield [2.3 - depth / (1 + math.exp(-12 * (i / count - knee))) +
                   math.exp(30 * (i / count - 0.95)) + noise * draw.gauss(0, 1)
                   for i in range(count)]
    for count in (20, 100):
        yield [float(draw.randrange(5)) for _ in range(count)]  # many equal ones
        yield [draw.random() for _ in range(count)]


for curve in curves():
    print(valley(curve), *(repr(loss) for loss in curve))
