"""The class as a table: who is in it, and the grades as files that Canvas and Moodle import."""

import csv
import io

from .unit import Problem

# The names of the column that holds a student's id, in the order of trust.
ID_COLUMNS = ["SIS Login ID", "SIS User ID", "Username", "ID number", "Email address", "id", "ID"]


def read(path):
    """The rows of a CSV file that Canvas, Moodle or a person wrote, and the name of its column of ids."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Problem(f"{path} cannot be read as CSV: {error}") from None
    if not rows:
        raise Problem(f"{path} has no rows below its first line")
    column = next((name for name in ID_COLUMNS if name in rows[0]), None)
    if not column:
        raise Problem(f"{path} has no column of ids; it is looked for under {', '.join(ID_COLUMNS)}")
    return rows, column


def table(columns, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows([{name: safe(value) for name, value in row.items()} for row in rows])
    return text.getvalue()


def safe(value):
    """Text from anywhere is no formula: a spreadsheet computes what begins with one of these."""
    return f"'{value}" if isinstance(value, str) and value[:1] in "=+-@\t\r" and value[:1] else value


def plain(grades, tasks):
    """One row for each submission: id, total, the points and states of the tasks, the first thing that is wrong."""
    columns = ["id", "score", "of", "seed", "variation", *[f"{task} {what}" for task in tasks for what in ("points", "state")], "note"]
    return table(columns, grades)


def canvas(grades, title, points, roster):
    """Canvas: its own columns unchanged and in order, then the assignment with its points in the second line."""
    rows, column = roster
    own = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    columns = [name for name in own if name in rows[0]]
    if "Student" not in columns:
        raise Problem("this roster is not from Canvas: it has no column Student (Grades, Export)")
    score = {grade["id"]: grade["score"] for grade in grades}
    given = [row for row in rows if row.get(column)]
    return table([*columns, title],
                 [{"Student": "    Points Possible", title: points},
                  *[{**row, title: score.get(row[column], "")} for row in given]])


def moodle(grades, title, roster):
    """Moodle: the column that it knows people by, the grade, and the note as feedback."""
    rows, column = roster
    by_id = {grade["id"]: grade for grade in grades}
    return table([column, title, f"{title} (feedback)"],
                 [{column: row[column], title: by_id[row[column]]["score"], f"{title} (feedback)": by_id[row[column]]["note"]}
                  for row in rows if row.get(column) in by_id])
