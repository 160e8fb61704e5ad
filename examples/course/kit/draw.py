"""What is drawn for a student: always the same from the course's secret and the student's id, and for nobody to
guess who does not know the secret."""

import hashlib
import hmac

from .unit import Problem


def number(secret, student, what):
    """A whole number of 64 bits for `what` of this student."""
    text = f"{what}\0{student}".encode()
    return int.from_bytes(hmac.new(secret.encode(), text, hashlib.sha256).digest()[:8], "big")


def variation_for(unit, secret, student):
    """The variation of a unit that this student gets; None when the unit has none."""
    known = sorted({path.parent.name for base in unit.bases() for path in base.glob("variations/*/facts.cpp")})
    return known[number(secret, student, f"{unit.name} variation") % len(known)] if known else None


def secret_of(path):
    try:
        text = path.read_text().strip()
    except OSError as error:
        raise Problem(f"the course's secret cannot be read: {error}. Any line of text will do, for example of: "
                      f"openssl rand -hex 16 > {path}") from None
    if len(text) < 8:
        raise Problem(f"{path}: a secret of {len(text)} characters can be guessed; take 8 at least")
    return text
