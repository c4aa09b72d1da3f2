"""Say how a program fares that is told to work on another device."""

from shared.workshop import slips
from shared.workshop.finding import Finding, where

# By the function that was given tensors of two devices, and the device of the
# first, which are images or predictions.
MEETING = {
    "conv2d cpu": "images-not-moved",
    "linear cpu": "images-not-moved",
    "conv2d meta": "model-not-moved",
    "linear meta": "model-not-moved",
    "cross_entropy meta": "labels-not-moved",
    "nll_loss meta": "labels-not-moved",
}


def wrong(seen, answer, batch):
    """Return the `Finding` of what is wrong with devices, or None.

    `seen` is what the `Sandbox` saw, `answer` the program. If as many images
    as `batch` or more are moved at once, these are all.
    """
    with_one, with_none = seen["defaults"]
    if with_one == with_none == "cpu":
        return Finding("default-device-is-cpu")
    if with_one == with_none not in ("", "None"):
        return Finding("default-device-is-fixed", device=with_one)
    if with_one != with_none == "None":
        return Finding("default-device-is-none")
    found = seen["device"]
    error = found.get("error")
    if error and "device" in error["message"]:
        at, quoted = where(error["line"]), answer.quoted(error["line"])
        vain = {*slips.dropped(answer, "to"), *slips.dropped(answer, "cpu")}
        vain &= set(seen["trace"]["tensors moved"])
        if vain:
            line = min(vain)
            more = quoted, answer.quoted(line)
            return Finding("moved-in-vain", *more, where=at, line=line)
        kind = MEETING.get(found["met"], "not-on-one-device")
        if kind == "images-not-moved" and (
            line := slips.global_device(answer)
        ):
            more = quoted, answer.quoted(line)
            return Finding("moved-to-a-global", *more, where=at, line=line)
        return Finding(kind, quoted, where=at)
    if found["optimizer"] == "cpu" and not found["moved"]:
        return Finding("device-ignored")
    if found["optimizer"] == "cpu":
        return Finding("optimizer-before-move")
    if found["moved"] >= batch or found["moved early"]:
        return Finding("moved-at-once")
    if found["prediction"] == "meta":
        return Finding("predictions-on-device")
    return None
