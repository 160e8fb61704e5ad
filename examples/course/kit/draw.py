"""What is drawn for a student: always the same from the course's secret and the student's id, and for nobody to
guess who does not know the secret."""

import hashlib
import hmac
import json

from .unit import Problem, Unit


def number(secret, student, what):
    """A whole number of 64 bits for `what` of this student."""
    text = f"{what}\0{student}".encode(errors="surrogateescape")
    return int.from_bytes(hmac.new(secret.encode(errors="surrogateescape"), text, hashlib.sha256).digest()[:8], "big")


def variation_for(unit, secret, student):
    """The variation of a unit that this student gets; None when the unit has none."""
    known = sorted({path.parent.name for base in unit.bases() for path in base.glob("variations/*/facts.cpp")})
    return known[number(secret, student, f"{unit.name} variation") % len(known)] if known else None


def values_for(unit, secret, student):
    """What the [drawn] of its unit.toml lists, one of each for this student: `name = [...]` or `name = {from = 1, to = 9}`."""
    def one(what, options):
        value = number(secret, student, f"{unit.name} {what}")
        if isinstance(options, list):
            return options[value % len(options)]
        return options["from"] + value % (options["to"] - options["from"] + 1)
    return {what: one(what, options) for what, options in unit.about.get("drawn", {}).items()}


def unit_of(unit, secret, student):
    """The unit as this student has it: with the variation and the values that are drawn for the id."""
    return Unit(unit.name, unit.overlay.parent if unit.overlay else None, variation_for(unit, secret, student),
                values_for(unit, secret, student))


def sealed(drawn):
    """The values in a form in which nobody reads them by accident: they may name the fault that is to be found. No secret."""
    return json.dumps(drawn, sort_keys=True).encode().hex()


def unsealed(text):
    return json.loads(bytes.fromhex(text))


def secret_of(path):
    try:
        text = path.read_text().strip()
    except OSError as error:
        raise Problem(f"the course's secret cannot be read: {error}. Any line of text will do, for example of: "
                      f"openssl rand -hex 16 > {path}") from None
    if len(text) < 8:
        raise Problem(f"{path}: a secret of {len(text)} characters can be guessed; take 8 at least")
    return text
