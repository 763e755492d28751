"""Brings the files of one task, where RADICAL-Pilot runs it: its directory is the working directory.

A plan comes as JSON on the standard input. What may happen to a file is the table "Files of tasks" of the README; the local
engine has the same in Swift, and one model in the tests checks both. Three passes: one that finds every refusal and changes
nothing, one that makes copies beside the targets, one that gives them their names.

What is wrong is said in the file of the task's standard error. Python 3.8 or newer, standard library only.
"""

import errno
import fcntl
import itertools
import json
import os
import re
import signal
import stat
import sys
import time

CLONE = 0x40049409  # FICLONE
CHUNK = 8 << 20  # bytes between two looks whether to end
BACKLOG = 64 << 20  # bytes that a disk may be behind
MOST_TOLD = 1 << 20  # bytes of what is said on files that were replaced
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Refused(Exception):
    """Why a file cannot be brought: a sentence about a path."""

    def __init__(self, text, code=None):
        super().__init__(text)
        self.code = code


class Missing(Refused):
    """The source is not there: the rest of the sentence."""


class Ended(Exception):
    """It was told to end."""


def failed(path, error):
    return Refused("%s: %s" % (path, os.strerror(error.errno)), error.errno)


# Names.


def look(path, call=os.lstat):
    """What a name is; None when there is none."""
    try:
        return call(path)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return None
        raise failed(path, error)


def behind(path):
    """What a name stands for."""
    return look(path, os.stat)


def is_link(status):
    return stat.S_ISLNK(status.st_mode)


def is_directory(status):
    return status is not None and stat.S_ISDIR(status.st_mode)


def is_file(status):
    return stat.S_ISREG(status.st_mode)


def identity(status):
    return status.st_dev, status.st_ino


def same(one, other):
    return one is not None and other is not None and identity(one) == identity(other)


def fingerprint(status):
    """What tells that a file has not changed since it was looked at."""
    if stat.S_ISDIR(status.st_mode):
        return [status.st_dev, status.st_ino]
    return [status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns]


def allows(path, mode):
    return os.access(path, mode, effective_ids=os.access in os.supports_effective_ids)


def parent(path):
    return os.path.dirname(path) or "."


def last(path):
    """The last part of a path; empty when that names no file of its own."""
    name = os.path.basename(path.rstrip("/"))
    return "" if name in (".", "..") else name


def entries(path):
    try:
        return sorted(os.listdir(path), key=os.fsencode)
    except OSError as error:
        raise failed(path, error)


# Patterns.


def is_pattern(name):
    return any(character in name for character in "*?[")


def expression(name):
    """A name with `*`, `?` or `[…]`, as a shell reads it, as a regular expression."""
    text, index = "", 0
    while index < len(name):
        character = name[index]
        index += 1
        if character == "*":
            text += ".*" if not text.endswith(".*") else ""
        elif character == "?":
            text += "."
        elif character == "[":
            found, end = bracket(name, index)
            text += found if end else r"\["
            index = end or index
        else:
            if character == "\\" and index < len(name):
                character = name[index]
                index += 1
            text += re.escape(character)
    return re.compile(text, re.DOTALL)


def bracket(name, index):
    negated = name[index : index + 1] in ("!", "^")
    index += negated
    first, ranges = index, ""
    while index < len(name):
        if name[index] == "]" and index > first:
            if not ranges:
                return ("." if negated else "(?!)"), index + 1
            return "[%s%s]" % ("^" if negated else "", ranges), index + 1
        if name[index] == "\\" and index + 1 < len(name):
            index += 1
        low = name[index]
        index += 1
        if name[index : index + 1] == "-" and index + 1 < len(name) and name[index + 1] != "]":
            high = name[index + 1]
            if low <= high:
                ranges += "%s-%s" % (re.escape(low), re.escape(high))
            index += 2
        else:
            ranges += re.escape(low)
    return "", 0


def matches(path):
    """The files that a pattern stands for; None when the path is none, or is there as it is written."""
    if not is_pattern(path):
        return None
    found, has_pattern = ["/" if path.startswith("/") else "."], False
    for part in [part for part in path.split("/") if part]:
        step = []
        for directory in found:
            literal = os.path.join(directory, part)
            if not is_pattern(part) or look(literal) is not None:
                step.append(literal)
                continue
            has_pattern = True
            if is_directory(behind(directory)):
                wanted = expression(part)
                step += [
                    os.path.join(directory, name)
                    for name in entries(directory)
                    if wanted.fullmatch(name) and (part[0] == "." or name[0] != ".")
                ]
        found = step
    return [path for path in found if look(path) is not None] if has_pattern else None


# The first pass.


class FirstPass:
    """Finds what has to be done to bring one file, or why it cannot be; changes nothing."""

    def __init__(self, action, is_later):
        self.action = action
        self.is_later = is_later  # the source of a move stays until the task has come to a good end
        self.operations = []
        self.removals = []
        self.writable = set()

    def run(self, source, must_be_directory, target, into):
        what = behind(source)
        if what is None:
            if look(source) is not None:
                raise Refused("%s is a link to what does not exist" % source)
            raise Missing("does not exist (looked for %s)" % source)
        if must_be_directory and not is_directory(what):
            raise Refused("%s is not a directory" % source)
        if not is_directory(what) and not is_file(what):
            raise Refused("%s is neither a file nor a directory" % source)
        place = self.name(target, source) if into else target
        origin = look(source)
        if self.is_same_name(source, place):
            return place
        there = look(place)
        if same(behind(place), what):
            # A link and what it stands for: the file is where it is to be, as of a checkpoint that was updated in place.
            if self.action == "move" and not is_link(origin) and not is_link(there):
                if is_directory(what):
                    raise Refused("%s and %s are one file" % (source, place))
                self.check_removable(source, origin)
                self.removals.append((source, origin))
            return place
        if self.action != "link" and is_directory(what) and self.is_inside(place, what):
            raise Refused("%s is inside %s" % (place, source))
        is_moved_link = self.action == "move" and is_link(origin)
        if self.action == "move":
            self.check_removable(source, origin)
        if is_moved_link:  # what it stands for stays where it is; the link goes
            self.action = "copy"
        if self.action == "link":
            if there is not None and not is_link(there):
                raise Refused("%s is in the way of a link" % place)
            self.prepare_parent(place)
            if there is not None:
                self.check_replaceable(place, there)
            self.operations.append(("link", source, place))
            return place
        if there is None:
            self.prepare_parent(place)
        self.bring(source, what, place, is_link(origin))
        if is_moved_link:
            self.removals = [(source, origin)]
        return place

    def name(self, target, source):
        if look(target) is not None and not is_directory(behind(target)):
            raise Refused("%s is not a directory" % target)
        if not last(source):
            raise Refused("%s has no name of its own: give it one in the target" % source)
        return os.path.join(target, last(source))

    def is_same_name(self, source, place):
        if not last(source) or last(source) != last(place):
            return False
        return same(behind(parent(source)), behind(parent(place)))

    def is_inside(self, place, directory):
        path = parent(place)
        status = behind(path)
        while status is None and path not in ("/", "."):
            path = parent(path)
            status = behind(path)
        while status is not None:
            if same(status, directory):
                return True
            path = os.path.join(path, "..")
            above = behind(path)
            if above is None or same(above, status):
                return False
            status = above
        return False

    # Permissions.

    def prepare_parent(self, place):
        missing, path = [], parent(place)
        while True:
            status = behind(path)
            if status is not None:
                if not is_directory(status):
                    raise Refused("%s is not a directory" % path)
                break
            if look(path) is not None:
                raise Refused("%s is a link to what does not exist" % path)
            missing.append(path)
            path = parent(path)
        self.check_writable(path)
        self.operations += [("directory", None, path) for path in reversed(missing)]

    def check_writable(self, directory):
        if directory not in self.writable:
            if not allows(directory, os.W_OK | os.X_OK):
                raise Refused("%s cannot be written to" % directory)
            self.writable.add(directory)

    def is_stuck(self, path, status):
        """In a directory with the sticky bit only owners remove and replace."""
        above, user = behind(parent(path)), os.geteuid()
        return bool(above.st_mode & stat.S_ISVTX) and user != 0 and user not in (above.st_uid, status.st_uid)

    def check_removable(self, source, status):
        if not last(source):
            raise Refused("%s cannot be moved" % source)
        if not allows(parent(source), os.W_OK | os.X_OK) or self.is_stuck(source, status):
            raise Refused("%s cannot be removed from where it is" % source)

    def check_replaceable(self, place, status):
        self.check_writable(parent(place))
        if self.is_stuck(place, status):
            raise Refused("%s belongs to another user and cannot be replaced" % place)

    def check_readable(self, path, mode=os.R_OK):
        if not allows(path, mode):
            raise Refused("%s cannot be read" % path)

    # Files and directories.

    def bring(self, source, status, place, is_named_by_link=False):
        there = look(place)
        if there is None and behind(parent(place)) is not None:
            self.check_writable(parent(place))
        if is_link(status):
            if there is not None:
                if not is_link(there):
                    raise Refused("%s is in the way of a link" % place)
                self.check_replaceable(place, there)
            self.add("symlink", source, status, place)
        elif is_file(status):
            self.bring_file(source, status, place, there, is_named_by_link)
        elif is_directory(status):
            self.bring_directory(source, status, place, there)
        else:
            raise Refused("%s is neither a file nor a directory nor a link" % source)

    def bring_file(self, source, status, place, there, is_named_by_link):
        self.check_readable(source)
        if there is not None:
            if is_directory(there):
                raise Refused("%s is a directory: '%s/' puts it inside" % (place, last(place)))
            if is_link(there):
                raise Refused("%s is a link: name the file that it points to" % place)
            if not is_file(there):
                raise Refused("%s is no regular file" % place)
            if same(there, status):
                if self.action == "move":
                    self.removals.append((source, status))
                return
            self.check_replaceable(place, there)
        if self.is_on_device(status, place):
            self.operations.append(("rename", source, place))
        else:
            self.add("follow" if is_named_by_link else "file", source, status, place)

    def bring_directory(self, source, status, place, there):
        self.check_readable(source, os.R_OK | os.X_OK)
        if self.action == "move" and not allows(source, os.W_OK):
            raise Refused("%s cannot be emptied" % source)
        if there is None:
            renames = self.is_on_device(status, place)
            count = len(self.removals)
            self.check_tree(source, status, self.action == "move" and not renames)
            if renames:
                del self.removals[count:]
            self.operations.append(("rename" if renames else "tree", source, place))
            return
        target = behind(place)
        if not is_directory(target):
            what = "a link to what is no directory" if is_link(there) else "not a directory"
            raise Refused("%s is %s" % (place, what))
        if same(target, status):
            return
        for name in entries(source):
            path = os.path.join(source, name)
            child = look(path)
            if child is not None:
                self.bring(path, child, os.path.join(place, name))
        if self.action == "move":
            self.removals.append((source, status))

    def check_tree(self, source, status, is_emptied):
        """Whether all of a directory can be read; what is to be removed after a move that makes a copy."""
        if is_emptied and not allows(source, os.W_OK):
            raise Refused("%s cannot be emptied" % source)
        for name in entries(source):
            path = os.path.join(source, name)
            child = look(path)
            if child is None:
                continue
            if is_directory(child):
                self.check_readable(path, os.R_OK | os.X_OK)
                self.check_tree(path, child, is_emptied)
                continue
            if not is_link(child):
                if not is_file(child):
                    raise Refused("%s is neither a file nor a directory nor a link" % path)
                self.check_readable(path)
            if self.action == "move":
                self.removals.append((path, child))
        if self.action == "move":
            self.removals.append((source, status))

    def is_on_device(self, status, place):
        """Whether a move is a change of names."""
        if self.action != "move" or self.is_later:
            return False
        path = parent(place)
        while behind(path) is None and path not in ("/", "."):
            path = parent(path)
        directory = behind(path)
        return directory is not None and directory.st_dev == status.st_dev

    def add(self, kind, source, status, place):
        self.operations.append((kind, source, place))
        if self.action == "move":
            self.removals.append((source, status))


# Copies, as `cp -a --reflink=auto --sparse=auto` makes them.


def copy_file(source, target, follows, is_synced):
    try:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | (0 if follows else os.O_NOFOLLOW)
        origin = os.open(source, flags)
    except OSError as error:
        raise failed(source, error)
    try:
        status = os.fstat(origin)
        if not is_file(status):
            raise Refused("%s is no regular file any more" % source)
        try:
            copy = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            try:
                copy_content(origin, status, copy, is_synced)
                keep(status, origin, copy)
                if is_synced:
                    os.fsync(copy)
            finally:
                os.close(copy)
        except OSError as error:
            raise failed(target, error)
    finally:
        os.close(origin)


def copy_content(origin, status, copy, is_synced):
    if status.st_size:
        try:
            fcntl.ioctl(copy, CLONE, origin)
            return
        except OSError:
            pass
    in_kernel = [bool(status.st_size) and hasattr(os, "copy_file_range")]
    offset = written = 0
    while True:
        try:
            start = os.lseek(origin, offset, os.SEEK_DATA)
            end = os.lseek(origin, start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno == errno.ENXIO and status.st_size:
                break  # a hole at its end
            start, end = offset, 0
        if end <= start or not status.st_size:  # a file system without holes, and /proc
            end = sys.maxsize
        os.lseek(origin, start, os.SEEK_SET)
        os.lseek(copy, start, os.SEEK_SET)
        offset = start
        while offset < end:
            count = copy_piece(origin, copy, min(end - offset, CHUNK), in_kernel)
            if not count:
                break
            offset += count
            written += count
            if is_synced and written >= BACKLOG:
                written = 0
                os.fdatasync(copy)
        if offset < end:
            break
    length = max(offset, os.lseek(origin, 0, os.SEEK_END)) if status.st_size else offset
    os.ftruncate(copy, length)


def copy_piece(origin, copy, length, in_kernel):
    if in_kernel[0]:
        try:
            count = os.copy_file_range(origin, copy, length)
            if count:
                return count
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG):
                raise
        in_kernel[0] = False  # at the end, or of no use here: reading tells
    data = os.read(origin, min(length, 1 << 20))
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(copy, rest) :]
    return len(data)


def keep(status, origin, copy):
    """Permissions, times and access lists; what the file system cannot keep is left."""
    mode = stat.S_IMODE(status.st_mode)
    try:
        if os.geteuid() == 0:
            os.fchown(copy, status.st_uid, status.st_gid)
        elif status.st_uid != os.geteuid():
            mode &= 0o1777
    except OSError:
        mode &= 0o1777
    os.fchmod(copy, mode)
    try:
        for name in os.listxattr(origin):
            try:
                os.setxattr(copy, name, os.getxattr(origin, name))
            except OSError:
                pass
    except OSError:
        pass
    os.utime(copy, ns=(status.st_atime_ns, status.st_mtime_ns))


def copy_link(source, target):
    try:
        os.symlink(os.readlink(source), target)
        status = os.lstat(source)
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns), follow_symlinks=False)
    except OSError as error:
        raise failed(target, error)


def copy_tree(source, target, is_synced):
    try:
        os.mkdir(target, 0o700)
    except OSError as error:
        raise failed(target, error)
    for name in entries(source):
        path, place = os.path.join(source, name), os.path.join(target, name)
        status = look(path)
        if status is None:
            continue
        if is_link(status):
            copy_link(path, place)
        elif is_directory(status):
            copy_tree(path, place, is_synced)
        elif is_file(status):
            copy_file(path, place, False, is_synced)
        else:
            raise Refused("%s is neither a file nor a directory nor a link" % path)
    try:
        origin = os.open(source, os.O_RDONLY | os.O_DIRECTORY)
        try:
            copy = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                keep(os.fstat(origin), origin, copy)
            finally:
                os.close(copy)
        finally:
            os.close(origin)
    except OSError as error:
        raise failed(target, error)


def remove_own(path):
    """Removes what was made under a name of ours."""
    try:
        if is_directory(os.lstat(path)):
            os.chmod(path, 0o700)
            for name in os.listdir(path):
                remove_own(os.path.join(path, name))
            os.rmdir(path)
        else:
            os.unlink(path)
    except OSError:
        pass


# Which task brought which file.


class Brought:
    """The table of a session that says it: `BroughtFiles` of the local engine has what is written there and why."""

    SLOT, TEXT, SLOTS, ROWS = 64, 54, 8, 1 << 15

    def __init__(self, path, task, label, is_ordered):
        self.file = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        status = os.fstat(self.file)
        if not is_file(status) or status.st_uid != os.geteuid():
            raise OSError(errno.EPERM, path)
        self.is_ordered = is_ordered
        text = ("%s %s" % (task, label) if label else task).encode("utf-8", "replace")
        self.me = text[: self.TEXT].decode("utf-8", "ignore")
        self.is_locked = False
        self.patience = 3000  # milliseconds, of the whole task, that a lock is waited for
        self.meetings = []

    def lock(self):
        while not self.is_locked and self.patience > 0:
            try:
                fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self.is_locked = True
            except BlockingIOError:
                self.patience -= 1
                time.sleep(0.001)
            except OSError:
                self.patience = 0

    def unlock(self):
        if self.is_locked:
            fcntl.flock(self.file, fcntl.LOCK_UN)
        self.is_locked = False

    def note(self, status, target, replaced, is_exact):
        """A name was given to a file; `replaced` is what had it before."""
        holder = self.holder(target, replaced) if replaced is not None else None
        if holder is not None:
            text, was_exact = holder
            if text.split(" ")[0] != self.me.split(" ")[0] and not (is_exact and was_exact and self.is_ordered):
                self.meetings.append((target, self.words(text), self.words(self.me)))
        self.put(self.key(status, last(target)), is_exact and not is_directory(status))

    @staticmethod
    def words(text):
        task, _, label = text.partition(" ")
        return "%s (%s)" % (label, task) if label else task

    def holder(self, target, status):
        """Who brought a file, or the directory that it came with."""
        found = self.get(self.key(status, last(target)))
        path = os.path.realpath(parent(target))
        for _ in range(64):
            if found is not None or path in ("/", ""):
                break
            status = look(path)
            if status is None:
                break
            found = self.get(self.key(status, last(path)))
            path = os.path.dirname(path)
        return found

    @staticmethod
    def key(status, name):
        number = 0xCBF29CE484222325
        for byte in (status.st_ino & 0xFFFFFFFFFFFFFFFF).to_bytes(8, "little") + os.fsencode(name):
            number = (number ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
        return max(1, number)

    def offset(self, key):
        return (key >> 20 & self.ROWS - 1) * self.SLOTS * self.SLOT

    def row(self, key):
        size = self.SLOTS * self.SLOT
        data = os.pread(self.file, size, self.offset(key)).ljust(size, b"\0")
        return [data[start : start + self.SLOT] for start in range(0, size, self.SLOT)]

    def get(self, key):
        wanted = key.to_bytes(8, "little")
        for slot in self.row(key):
            if slot[:8] == wanted:
                return slot[10 : 10 + min(slot[8], self.TEXT)].decode("utf-8", "replace"), slot[9] == 1
        return None

    def put(self, key, is_exact):
        text = self.me.encode()
        slot = key.to_bytes(8, "little") + bytes([len(text), is_exact]) + text.ljust(self.TEXT, b"\0")
        row = self.row(key)
        for wanted in (slot[:8], bytes(8)):
            places = [index for index, other in enumerate(row) if other[:8] == wanted]
            if places:
                row[places[0]] = slot
                break
        else:
            row = row[1:] + [slot]
        try:
            os.pwrite(self.file, b"".join(row), self.offset(key))
        except OSError:
            pass  # it is not known later; the files themselves are where they belong


# The second and the third pass.


class Work:
    def __init__(self, tag, is_synced, brought=None):
        self.brought = brought
        self.tag = tag
        self.is_synced = is_synced
        self.made = []
        self.temporary = set()
        self.touched = set()

    def beside(self, target):
        """What a file is called until it has its name."""
        name = os.fsencode(last(target))
        most = 250 - len(".stage.") - len(self.tag)
        if len(name) > most:
            number = 0xCBF29CE484222325
            for byte in name:
                number = (number ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
            name = name[: most - 17] + b"~%x" % number
        return os.path.join(parent(target), os.fsdecode(b".%s.stage.%s" % (name, self.tag.encode())))

    def prepare(self, operation):
        kind, _, target = operation
        if kind == "directory":
            try:
                os.mkdir(target)
                self.made.append(target)
            except FileExistsError:
                pass
            except OSError as error:
                raise failed(target, error)
        elif kind != "rename":
            self.copy(operation)

    def copy(self, operation):
        kind, source, target = operation
        new = self.beside(target)
        remove_own(new)
        self.temporary.add(new)
        if kind == "link":
            try:
                os.symlink(source, new)
            except OSError as error:
                raise failed(new, error)
        elif kind == "symlink":
            copy_link(source, new)
        elif kind == "tree":
            copy_tree(source, new, self.is_synced)
        else:
            copy_file(source, new, kind == "follow", self.is_synced)

    def commit(self, operation, is_exact):
        """Whether the workflow names the file, and no pattern or directory that it is in: `is_exact`."""
        kind, source, target = operation
        if kind == "directory":
            return
        self.touched.add(parent(target))
        if kind != "rename":
            new = self.beside(target)
            self.give(new, target, is_exact)
            self.temporary.discard(new)
            return
        try:
            self.give(source, target, is_exact)
        except Refused as refusal:
            status = look(source)
            if refusal.code != errno.EXDEV or status is None:
                raise
            # Of one file system, and yet not: a mount of a part of it, or layers.
            copy = ("tree" if is_directory(status) else "file", source, target)
            self.copy(copy)
            self.commit(copy, is_exact)
            remove_own(source)

    def give(self, source, target, is_exact=False):
        if self.brought is None:
            return self.rename(source, target, is_exact)
        self.brought.lock()
        try:
            return self.rename(source, target, is_exact)
        finally:
            self.brought.unlock()

    def rename(self, source, target, is_exact):
        """Gives a file its name; what has come to be there since it was looked at is looked at again."""
        status = look(source)
        if status is None:
            raise Refused("%s: %s" % (source, os.strerror(errno.ENOENT)))
        there = look(target)
        if there is not None:
            if is_directory(status):
                return self.merge(source, target)
            if stat.S_IFMT(there.st_mode) != stat.S_IFMT(status.st_mode):
                raise Refused("%s has become something else meanwhile" % target)
        try:
            os.rename(source, target)
        except OSError as error:
            if is_directory(status) and is_directory(behind(target)):  # another task made it in this moment
                return self.merge(source, target)
            raise failed(target, error)
        if self.brought is not None:
            self.brought.note(status, target, there, is_exact)

    def merge(self, source, target):
        if self.brought is not None:
            self.brought.unlock()
        if not is_directory(behind(target)):
            raise Refused("%s has become something else meanwhile" % target)
        for name in entries(source):
            self.give(os.path.join(source, name), os.path.join(target, name))
        self.touched.add(target)
        os.rmdir(source)

    def undo(self):
        for path in self.temporary:
            remove_own(path)
        for path in reversed(self.made):
            try:
                os.rmdir(path)
            except OSError:
                pass  # it has got something else meanwhile

    def finish(self):
        for path in self.touched if self.is_synced else ():
            try:
                directory = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    os.fsync(directory)
                finally:
                    os.close(directory)
            except OSError:
                pass


def remove(removals):
    """Removes the names that a move leaves behind; a file that has changed since it was looked at stays."""
    for path, before in removals:
        try:
            now = os.lstat(path)
            if fingerprint(now) == before:
                (os.rmdir if is_directory(now) else os.unlink)(path)
        except OSError:
            pass


# A plan.


class Plan:
    def __init__(self, plan, earlier=None, brought=None):
        self.brought = brought
        self.direction = plan["direction"]
        self.tag = plan["tag"]
        self.steps = plan["steps"]
        self.directory = plan.get("directory") or os.getcwd()
        self.earlier = earlier

    def path(self, text):
        """Absolute, with the `/` at its end."""
        if text.startswith("/"):
            return text
        return os.path.join(self.directory, text[2:] if text.startswith("./") else text)

    def run(self):
        """What has to go when the task has come to a good end: the sources of its moved inputs."""
        later, index = [], 0
        while index < len(self.steps):
            end = self.end_of_group(index)
            group = [item for step in self.steps[index:end] for item in self.look_at(step)]
            self.carry_out(group)
            removals = [(path, fingerprint(status)) for _, found, _, _ in group for path, status in found.removals]
            if self.direction == "input":
                later += removals
            else:
                remove(removals)
            index = end
        return later

    def end_of_group(self, start):
        """Steps are looked at together until one may need what another brings."""

        def names(path):
            """The names on the way; None when one is '..': where that leads, only the kernel knows."""
            parts = [part for part in path.split("/") if part not in ("", ".")]
            return None if ".." in parts else parts

        end, changed = start, []
        while end < len(self.steps):
            step = self.steps[end]
            source, target = names(self.path(step["source"])), names(self.path(step["target"]))
            if source is None or target is None:
                break
            if any(map(is_pattern, source)) and look(self.path(step["source"])) is None:
                # It stands for whatever is there when its turn comes.
                source, target = list(itertools.takewhile(lambda part: not is_pattern(part), source)), target[:-1]
            if any(source[: len(path)] == path[: len(source)] for path in changed):
                break
            changed.append(target)
            if step["action"] == "move":
                changed.append(source)
            end += 1
        return max(end, start + 1)

    def look_at(self, step):
        written, target = self.path(step["source"]), self.path(step["target"])
        into, source = target.endswith("/"), written.rstrip("/") or "/"
        target = target.rstrip("/") or "/"
        try:
            sources = matches(source)
            is_a_pattern = sources is not None
            if sources is None:
                sources = [self.taken(step, source)]
            else:
                if not sources:
                    raise Missing("matches no file (looked for %s)" % source)
                if not into and last(source) == last(target) and is_pattern(last(source)):
                    into, target = True, parent(target)  # `*.gro` to `*.gro`: each keeps its name
                if not into and len(sources) > 1:
                    text = "it stands for %d files, and only a directory (with '/' at its end) can take them"
                    raise Refused(text % len(sources))
            group, places = [], {}
            for path in sources:
                found = FirstPass(step["action"], self.direction == "input")
                place = found.run(path, written.endswith("/"), target, into)
                if place in places:
                    raise Refused("both %s and %s would be %s" % (places[place], path, place))
                places[place] = path
                group.append((step, found, place, is_a_pattern))
            return group
        except Refused as refusal:
            raise self.error(refusal, step, target)

    def taken(self, step, source):
        """The source, or where it is if an earlier attempt took it away."""
        if step["action"] == "move" and self.earlier and not step["target"].startswith("/") and look(source) is None:
            path = os.path.join(self.earlier, step["target"][2:])
            if look(path) is not None:
                return path
        return source

    def error(self, refusal, step, target):
        what = "the %s '%s'" % (self.direction, step["named"])
        if isinstance(refusal, Missing):
            return Refused("%s %s" % (what, refusal))
        return Refused("%s could not be brought to %s (%s): %s" % (what, target, step["action"], refusal))

    def carry_out(self, group):
        work = Work(self.tag, self.direction == "output", self.brought)
        try:
            self.each(lambda operation, is_exact: work.prepare(operation), group)
            # From here on all of them come: who is told to end does so afterwards.
            signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
            self.each(work.commit, group)
        except BaseException:
            work.undo()
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, SIGNALS)
        work.finish()

    def each(self, one, group):
        for step, found, place, is_a_pattern in group:
            try:
                for operation in found.operations:
                    one(operation, not is_a_pattern and operation[2] == place)
            except Refused as refusal:
                raise self.error(refusal, step, place)


# A task of RADICAL-Pilot.


def set_aside(directory, attempt):
    """An attempt begins with nothing of the earlier one, which stays beside it. Where that is."""
    names = os.listdir(directory)
    if not names:
        return None
    base = "%s.attempt%d" % (directory, max(1, attempt - 1))
    for number in range(1, 1001):
        kept = base if number == 1 else "%s.%d" % (base, number)
        try:
            os.mkdir(kept, 0o700)
            break
        except FileExistsError:
            pass
    for name in names:
        os.rename(os.path.join(directory, name), os.path.join(kept, name))
    return kept


def drop_own(directory, names):
    """The task's own files are not written through what was staged under their names."""
    for name in names:
        path = os.path.join(directory, name)
        status = look(path)
        if status is not None and not is_directory(status):
            os.unlink(path)


def notes(request):
    """Where it is noted who brought what; None when no other task brings files to the same places."""
    if request["direction"] == "input" and all(step["target"].startswith("./") for step in request["steps"]):
        return None
    if "brought" not in request:
        return None
    try:
        return Brought(request["brought"], request["task"], request["label"], request["ordered"])
    except OSError:
        return None


def tell(request, brought):
    """Leaves a line for the session's log on each file that came in place of another task's."""
    lines = [json.dumps(meeting) + "\n" for meeting in brought.meetings[:20]] if brought else []
    if not lines:
        return
    brought.lock()
    try:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        file = os.open(request["meetings"], flags)
        try:
            if os.fstat(file).st_size < MOST_TOLD:
                os.write(file, "".join(lines).encode())
        finally:
            os.close(file)
    except OSError:
        pass
    finally:
        brought.unlock()


def main():
    def end(number, _):
        signal.signal(number, signal.SIG_IGN)
        raise Ended()

    for number in SIGNALS:
        signal.signal(number, end)
    request = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    directory = os.getcwd()
    # RADICAL-Pilot's directory of the task, in which it is not in the way of the task's files.
    beside = os.environ.get("RP_TASK_SANDBOX") or directory
    record = os.path.join(beside, "scalems.%s.moved" % request["uid"])
    brought = notes(request)
    try:
        if request["direction"] == "input":
            earlier = set_aside(directory, request["attempt"]) if request["again"] else None
            moved = Plan(request, earlier, brought).run()
            drop_own(directory, request["own"])
            if moved:
                with open(record, "x") as file:
                    json.dump(moved, file)
        else:
            Plan(request, None, brought).run()
            if os.path.exists(record):
                with open(record) as file:
                    remove(json.load(file))
        return 0
    except Ended:
        return 143
    except (Refused, OSError) as problem:
        words = str(problem) if isinstance(problem, Refused) else "the files of the task: %s" % problem
        line = words.encode("utf-8", "backslashreplace") + b"\n"
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
            with open(os.open(os.path.join(beside, request["errors"]), flags, 0o600), "wb") as file:
                file.write(line)
        except OSError:
            sys.stderr.buffer.write(line)
        return 1
    finally:
        tell(request, brought)


if __name__ == "__main__":
    sys.exit(main())
