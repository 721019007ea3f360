#!/usr/bin/python3
"""Reads TensorBoard event files with Debian's protobuf and CRC-32C, which share no code with vktl.

    tfevents_oracle.py lines FOLDER EXPECTED   the files of FOLDER, in the order of their names, must
                                               hold the lines of the file EXPECTED
    tfevents_oracle.py history RUN FOLDER      FOLDER/train and FOLDER/validation must tell the same
                                               as RUN/history.csv, after what a restart replaces

Each record's two checksums are verified, and that they catch a flipped bit. Exits with 77 where a
package is missing.
"""
import csv
import glob
import math
import struct
import sys
import time

try:
    import crc32c
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
except ImportError as error:
    print(f"{error}: skipped", file=sys.stderr)
    sys.exit(77)

FIELD = descriptor_pb2.FieldDescriptorProto
# Of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto, what we need.
MESSAGES = {
    "Value": [("tag", 1, FIELD.TYPE_STRING, None), ("simple_value", 2, FIELD.TYPE_FLOAT, None)],
    "Summary": [("value", 1, FIELD.TYPE_MESSAGE, "Value")],
    "SessionLog": [("status", 1, FIELD.TYPE_INT32, None)],
    "Event": [("wall_time", 1, FIELD.TYPE_DOUBLE, None), ("step", 2, FIELD.TYPE_INT64, None),
              ("file_version", 3, FIELD.TYPE_STRING, None),
              ("summary", 5, FIELD.TYPE_MESSAGE, "Summary"),
              ("session_log", 7, FIELD.TYPE_MESSAGE, "SessionLog")],
}


def event_class():
    file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="t", syntax="proto3")
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind, inner in fields:
            repeated = name == "Summary"
            message.field.add(name=field, number=number, type=kind,
                              type_name=inner and f".t.{inner}",
                              label=FIELD.LABEL_REPEATED if repeated else FIELD.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    event = pool.FindMessageTypeByName("t.Event")
    if hasattr(message_factory, "GetMessageClass"):  # the newer name
        return message_factory.GetMessageClass(event)
    return message_factory.MessageFactory(pool).GetPrototype(event)


def masked(data):
    crc = crc32c.crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    while data:
        size, size_crc = struct.unpack_from("<QI", data)
        payload = data[12:12 + size]
        crc, = struct.unpack_from("<I", data, 12 + size)
        if masked(data[:8]) != size_crc or masked(payload) != crc:
            raise ValueError("checksum")
        yield payload
        data = data[16 + size:]


def flipped_bits_are_caught(data):
    for position in range(0, len(data), 5):
        wrong = bytearray(data)
        wrong[position] ^= 4
        try:
            list(records(bytes(wrong)))
        except (ValueError, struct.error):
            continue
        sys.exit(f"a flipped bit at {position} went unseen")


def events(folder):
    kind = event_class()
    for path in sorted(glob.glob(folder + "/*tfevents*")):
        with open(path, "rb") as file:
            data = file.read()
        flipped_bits_are_caught(data)
        for payload in records(data):
            event = kind.FromString(payload)
            assert not event.UnknownFields(), path
            assert abs(event.wall_time - time.time()) < 3600, event.wall_time
            yield event


def lines(folder):
    for event in events(folder):
        if event.file_version:
            yield f"version {event.file_version}"
        if event.session_log.status:
            yield f"session {event.session_log.status} from {event.step}"
        for value in event.summary.value:
            yield f"{event.step} {value.tag} {value.simple_value:.9g}"


def scalars(folder):
    """{tag: {step: value}} as TensorBoard keeps it: a start forgets the steps from its own on."""
    found = {}
    for event in events(folder):
        if event.session_log.status == 1:
            for steps in found.values():
                for step in [s for s in steps if s >= event.step]:
                    del steps[step]
        for value in event.summary.value:
            steps = found.setdefault(value.tag, {})
            assert event.step not in steps, f"{value.tag} has two values at {event.step}"
            steps[event.step] = value.simple_value
    return found


def close(a, b):
    return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-6 * max(abs(a), abs(b))


def compare(name, found, rows, column):
    assert sorted(found) == list(range(len(rows))), (name, sorted(found), len(rows))
    for step, row in enumerate(rows):
        assert close(found[step], float(row[column])), (name, step, found[step], row[column])


def check_history(run, folder):
    with open(run + "/history.csv") as file:
        rows = list(csv.DictReader(file))
    assert rows
    wanted = {"train": {"epoch_" + name: name for name in ("loss", "accuracy", "learning_rate")},
              "validation": {"epoch_" + name: "val_" + name for name in ("loss", "accuracy")}}
    if not rows[0]["val_loss"]:
        del wanted["validation"]
        assert not glob.glob(folder + "/validation/*")
    for part, tags in wanted.items():
        found = scalars(f"{folder}/{part}")
        assert set(found) == set(tags), (part, set(found))
        for tag, column in tags.items():
            compare(f"{part}/{tag}", found[tag], rows, column)
    print(f"{len(rows)} epochs of {', '.join(wanted)}: as history.csv")


def check_lines(folder, expected):
    with open(expected) as file:
        wanted = file.read().splitlines()
    found = list(lines(folder))
    assert found == wanted, f"{found} is not {wanted}"


if __name__ == "__main__":
    {"lines": check_lines, "history": check_history}[sys.argv[1]](*sys.argv[2:])
