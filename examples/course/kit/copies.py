"""Near copies: pairs of submissions that share much more than the starter. For a person to look at, never a grade."""

import hashlib
import re

WINDOW = 12  # tokens in a row that are compared
KEEP_ONE_OF = 4  # fingerprints that are kept, the smallest of each window (winnowing; Schleimer 2003)


def tokens(text):
    """A program as tokens; names are one token each, so that new names make no new program."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/", " ", text, flags=re.DOTALL)
    words = re.findall(r"[A-Za-z_]\w*|\d[\w.]*|\"[^\"]*\"|\S", text)
    keep = {"for", "while", "if", "else", "return", "const", "int", "double", "auto", "throw", "std", "size", "push_back"}
    return ["n" if re.match(r"[A-Za-z_]", word) and word not in keep else word for word in words]


def fingerprints(text):
    words = tokens(text)
    hashes = [int.from_bytes(hashlib.blake2b(" ".join(words[i:i + WINDOW]).encode(), digest_size=8).digest(), "big")
              for i in range(max(0, len(words) - WINDOW + 1))]
    return {min(hashes[i:i + KEEP_ONE_OF]) for i in range(max(0, len(hashes) - KEEP_ONE_OF + 1))}


def near(programs, known, most=0.8):
    """(share, one, other) for pairs of `programs` (id -> text) that share at least so much of the smaller one, without
    what everybody has: the `known` texts and what a third of the class wrote the same way."""
    prints = {name: fingerprints(text) for name, text in programs.items()}
    given = set().union(*[fingerprints(text) for text in known]) if known else set()
    count = {}
    for marks in prints.values():
        for mark in marks:
            count[mark] = count.get(mark, 0) + 1
    common = {mark for mark, n in count.items() if len(programs) >= 9 and n > len(programs) / 3}
    own = {name: marks - given - common for name, marks in prints.items()}
    pairs, names = [], sorted(own)
    for i, one in enumerate(names):
        for other in names[i + 1:]:
            least = min(len(own[one]), len(own[other]))
            shared = len(own[one] & own[other])
            if least >= 8 and shared >= most * least:
                pairs.append((shared / least, one, other))
    return sorted(pairs, reverse=True)
