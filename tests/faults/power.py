"""Cuts the power. The log of changes of an undisturbed run (preload_log.c) is replayed up to a random
record. Of what was not synced then, the disk keeps a random part: whole writes, or the sectors of a
write one by one; changes of names in a folder that was not synced either up to some moment, as a
journal keeps them, or each by itself, as the standard allows. Then the same command again must end
with the bytes of an undisturbed run. A run that has ended must have its products on the disk."""
import os
import random
import sys

import faults
import kill

CUTS = 100  # for each command


class Record:
    def __init__(self, line, log):
        op, inode, offset, size, path, path2 = line.rstrip(b"\n").decode().split("\t")
        self.op, self.inode, self.offset = op, int(inode), int(offset)
        self.path, self.path2 = os.path.normpath(path), path2 and os.path.normpath(path2)
        self.data = log.read(int(size))


def read_log(path):
    records = []
    with open(path, "rb") as log:
        while line := log.readline():
            records.append(Record(line, log))
    return records


class File:
    """Bytes that are on the disk, and the changes since."""

    def __init__(self, data=b""):
        self.data, self.waiting = bytearray(data), []

    def sync(self):
        for change in self.waiting:
            apply(self.data, *change)
        self.waiting = []

    def survive(self, rng, sector):
        """The bytes after the cut: some of the changes, in their order."""
        data = bytearray(self.data)
        for at, new in self.waiting:
            if new is None:
                if rng.random() < 0.5:
                    apply(data, at, None)
                continue
            for begin in range(0, len(new), sector):
                if rng.random() < 0.5:
                    apply(data, at + begin, new[begin:begin + sector])
        return data


def apply(data, at, new):
    """A write of `new`, or a truncation to `at` bytes."""
    if new is None:
        if at < len(data):
            del data[at:]
        else:
            data.extend(bytes(at - len(data)))
        return
    if len(data) < at:
        data.extend(bytes(at - len(data)))
    data[at:at + len(new)] = new


class Disk:
    """Names and files as the programs see them, and as they are on the disk."""

    def __init__(self, run):
        self.seen, self.inodes = {}, {}
        self.folders = {run.folder}
        for root in (run.dir, run.path("out")):
            for at, _, files in os.walk(root):
                self.folders.add(at)
                for name in files:
                    self.add(os.path.join(at, name))
        self.durable = dict(self.seen)
        self.durable_folders = set(self.folders)
        self.waiting = []  # changes of names: (folder, [(path, File or None)], is a folder)

    def add(self, path):
        with open(path, "rb") as f:
            self.seen[path] = self.inodes[os.stat(path).st_ino] = File(f.read())

    def rename_of(self, record):
        f = self.seen.pop(record.path, None)
        if f is None:
            return
        self.seen[record.path2] = f
        self.names(record.path2, [(record.path, None), (record.path2, f)])

    def names(self, path, changes, folder=False):
        self.waiting.append((os.path.dirname(path), changes, folder))

    def replay(self, record):
        op, path = record.op, record.path
        if op == "create":
            self.seen[path] = self.inodes[record.inode] = File()
            self.names(path, [(path, self.seen[path])])
        elif op in ("write", "truncate"):
            f = self.inodes.get(record.inode)
            if f is None:
                raise SystemExit(f"power: a change of an unknown file {path}")
            f.waiting.append((record.offset, record.data if op == "write" else None))
        elif op == "sync":
            if record.inode in self.inodes:
                self.inodes[record.inode].sync()
            else:
                self.sync_folder(path)
        elif op == "rename":
            self.rename_of(record)
        elif op == "unlink":
            self.seen.pop(path, None)
            self.names(path, [(path, None)])
        elif op == "link":
            self.seen[record.path2] = self.seen[path]
            self.names(record.path2, [(record.path2, self.seen[path])])
        elif op == "mkdir":
            self.folders.add(path)
            self.names(path, [(path, True)], True)
        elif op == "rmdir":
            self.folders.discard(path)
            self.names(path, [(path, None)], True)

    def apply_names(self, state, folders, change):
        _, changes, is_folder = change
        for path, f in changes:
            if is_folder:
                (folders.add if f else folders.discard)(path)
            elif f is None:
                state.pop(path, None)
            else:
                state[path] = f

    def sync_folder(self, folder):
        for change in self.waiting:
            if change[0] == folder:
                self.apply_names(self.durable, self.durable_folders, change)
        self.waiting = [c for c in self.waiting if c[0] != folder]

    def survive(self, rng):
        """({path: bytes}, folders) after the cut."""
        state, folders = dict(self.durable), set(self.durable_folders)
        if rng.random() < 0.5:
            kept = self.waiting[:rng.randint(0, len(self.waiting))]
        else:
            kept = [c for c in self.waiting if rng.random() < 0.5]
        for change in kept:
            self.apply_names(state, folders, change)
        sector = rng.choice([512, 4096, 1 << 30])
        files = {p: f.survive(rng, sector) for p, f in state.items()
                 if os.path.dirname(p) in folders}
        return files, folders


def write_disk(run, files, folders):
    """Make this the state of the scratch folder."""
    run.clear()
    for folder in sorted(folders):
        os.makedirs(folder, exist_ok=True)
    for path, data in files.items():
        with open(path, "wb") as f:
            f.write(data)


def log_of(run, case):
    """The log of the undisturbed command, and the disk before it."""
    path = run.path("log")
    if os.path.exists(path):
        os.unlink(path)
    run.expect(case)
    run.restore(case)
    disk = Disk(run)
    result = run.execute(case, env={"FAULT_LOG": path, "FAULT_PATH": run.folder})
    if result.code != 0:
        raise SystemExit(f"power: {case.name}: {result}")
    records = [r for r in read_log(path)
               if r.path == run.folder or r.path.startswith((run.dir, run.path("out")))]
    return records, disk


def cut(run, case, records, start, at, rng):
    """Cut after `at` records: what is wrong after the command is started again, or None."""
    disk = copy_of(start)
    for record in records[:at]:
        disk.replay(record)
    files, folders = disk.survive(rng)
    write_disk(run, files, folders)
    products, names, out = run.expect(case)
    if at == len(records):
        missing = [n for n in products if run.look()[0].get(n) != products[n]]
        if missing:
            return f"it had ended, but {', '.join(missing)} is not on the disk"
    result = run.execute(case)
    return kill.check_again(run, result, products, names, out, metrics=False)


def copy_of(disk):
    new = Disk.__new__(Disk)
    files = {id(f): File(f.data) for f in disk.inodes.values()}
    new.seen = {p: files[id(f)] for p, f in disk.seen.items()}
    new.inodes = {i: files[id(f)] for i, f in disk.inodes.items()}
    new.folders, new.durable = set(disk.folders), dict(new.seen)
    new.durable_folders, new.waiting = set(disk.folders), []
    return new


def without_syncs(records):
    return [r for r in records if r.op != "sync"]


def cuts_of(campaign, run, case, rng):
    records, start = log_of(run, case)
    if not records:
        return
    points = [len(records)] * (CUTS // 10)
    points += [rng.randint(0, len(records)) for _ in range(CUTS - len(points))]
    for n in campaign.share(range(len(points))):
        seed = rng.getrandbits(32)
        campaign.tried("after the end" if points[n] == len(records) else "at a random record")
        wrong = cut(run, case, records, start, points[n], random.Random(seed))
        if wrong:
            campaign.failed("after the end" if points[n] == len(records) else "at a random record",
                            f"{case.name}: {wrong}", f"cut {points[n]} of {len(records)} records, "
                            f"seed {seed}, before it: "
                            f"{[(r.op, os.path.basename(r.path)) for r in records[:points[n]][-4:]]}")


def control(campaign):
    """Syncs that the log does not have: products are lost or damaged."""
    with faults.Run(name="control") as run:
        case = run.cases["vocab-again"]
        records, start = log_of(run, case)
        records = without_syncs(records)
        rng = random.Random(faults.SEED)
        caught = any(cut(run, case, records, start, at, rng)
                     for at in [len(records)] * 3 + list(range(len(records))))
        campaign.control("syncs left out", caught)


def main():
    campaign = faults.Campaign("power")
    rng = random.Random(faults.SEED)
    with faults.Run() as run:
        for case in campaign.selected(run.cases.values()):
            if not case.ranks:
                cuts_of(campaign, run, case, rng)
    control(campaign)
    return campaign.end()


if __name__ == "__main__":
    sys.exit(main())
