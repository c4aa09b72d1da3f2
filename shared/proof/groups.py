"""Groups of stages that promise each other one result."""


def groups(ladder):
    """Return lists of stages that promise each other one result.

    A group begins where there is no parent, where a change is declared, or
    where something must be made equal first.
    """
    found = []
    for stage in ladder:
        promise = stage.promise
        if not promise or promise.precondition or promise.kind == "change":
            found.append([])
        found[-1].append(stage)
    return found


def name_of(group):
    """Return "01 to 03", or "08" for a group of one."""
    names = [stage.name for stage in group]
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
