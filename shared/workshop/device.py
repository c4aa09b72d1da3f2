"""Say how a program fares that is told to work on another device."""

from shared.workshop.finding import Finding, where


def wrong(seen, answer, batch):
    """Return the `Finding` of what is wrong with devices, or None.

    `seen` is what the `Sandbox` saw, `answer` the program. If as many images
    as `batch` or more are moved at once, these are all.
    """
    with_one, with_none = seen["defaults"]
    if with_one == with_none == "cpu":
        return Finding("default-device-is-cpu")
    if with_one != with_none == "None":
        return Finding("default-device-is-none")
    found = seen["device"]
    error = found.get("error")
    if error and "device" in error["message"]:
        line, kind = error["line"], "not-on-one-device"
        if error["message"].startswith(("cross_entropy", "nll_loss")):
            kind = "labels-not-moved"
        return Finding(kind, answer.quoted(line), where=where(line))
    if found["optimizer"] == "cpu" and not found["moved"]:
        return Finding("device-ignored")
    if found["optimizer"] == "cpu":
        return Finding("optimizer-before-move")
    if found["moved"] >= batch or found["moved early"]:
        return Finding("moved-at-once")
    if found["prediction"] == "meta":
        return Finding("predictions-on-device")
    return None
