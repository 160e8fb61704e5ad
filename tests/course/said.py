"""What a command of the kit printed, as one claim."""

from claims import check


def says(what, done, status, *parts, never=()):
    """The command ended with the status, printed all parts and none of `never`, and no traceback."""
    good = done.returncode == status and all(part in done.stdout for part in parts)
    good = good and not any(part in done.stdout for part in (*never, "Traceback"))
    check(what, good, f"  status {done.returncode}, wanted {status} and {parts}\n{done.stdout}")
    return done
