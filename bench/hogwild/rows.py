"""CSV files that an experiment fills row by row, and goes on with when it is started again."""

import csv


class Table:
    """`keys` are the columns that tell one measurement from another; it may have several rows."""

    def __init__(self, path, keys, values):
        self.path, self.keys, self.columns = path, keys, [*keys, *values]
        self.known = {self.key(row) for row in read(path)}

    def key(self, row):
        return tuple(str(row[name]) for name in self.keys)

    def has(self, **row):
        return self.key(row) in self.known

    def add(self, rows):
        """All rows of a measurement at once, so that a file never holds a part of one."""
        new = not self.path.exists()
        with open(self.path, "a", newline="", encoding="utf-8") as file:
            out = csv.DictWriter(file, self.columns, lineterminator="\n")
            if new:
                out.writeheader()
            out.writerows(rows)
        self.known |= {self.key(row) for row in rows}


def number(text):
    """What a cell holds: a whole number, a number, or a word."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def read(path):
    if not path.exists():
        return []
    with open(path, newline="", encoding="utf-8") as file:
        return [{key: number(value) for key, value in row.items()} for row in csv.DictReader(file)]


def groups(rows, *keys):
    """Rows by the values of some columns, in the order in which these came."""
    found = {}
    for row in rows:
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return found
