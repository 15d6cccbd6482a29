"""Disks that fail, kill, or skip the waiting."""

import errno
import os
import signal
import stat

from tocsin.storage.disk import Disk


class QuickDisk(Disk):
    """Does not wait for the hardware: for tests in which no power is cut."""

    def sync(self, descriptor):
        pass


class CountingDisk(QuickDisk):
    """Counts the bytes that were written to it, the files that were made, and how often it was asked to be sure."""

    written = 0
    created = 0
    synced = 0

    def create(self, path):
        self.created += 1
        return super().create(path)

    def write(self, file, data):
        taken = super().write(file, data)
        self.written += taken
        return taken

    def sync(self, descriptor):
        self.synced += 1


class _StepByStep(QuickDisk):
    """Calls ``step`` before and after everything that it does, and half-way through each write."""

    def step(self, what):
        raise NotImplementedError

    def _around(self, what, job):
        self.step(f"before {what}")
        result = job()
        self.step(f"after {what}")
        return result

    def create(self, path):
        self.step("before create")
        return super().create(path)

    def write(self, file, data):
        self.step("before write")
        half = len(data) // 2
        super().write(file, data[:half])
        self.step("half write")
        taken = half + super().write(file, data[half:])
        self.step("after write")
        return taken

    def truncate(self, file, size):
        self._around("truncate", lambda: super(_StepByStep, self).truncate(file, size))

    def sync(self, descriptor):
        self._around("sync", lambda: super(_StepByStep, self).sync(descriptor))

    def replace(self, source, target):
        self._around("replace", lambda: super(_StepByStep, self).replace(source, target))

    def sync_directory(self, folder):
        self._around("sync_directory", lambda: super(_StepByStep, self).sync_directory(folder))


class FailingDisk(_StepByStep):
    """Fails at one step, or from one step on until it is ``mended``; before that, it works."""

    def __init__(self, at, *, lasting=False, error=errno.ENOSPC):
        super().__init__()
        self._at = at
        self._lasting = lasting
        self._error = error
        self._steps = 0
        self.failed_at = ""
        self.mended = False

    def step(self, what):
        self._steps += 1
        if not self.mended and (self._steps == self._at or (self._lasting and self._steps > self._at)):
            self.failed_at = self.failed_at or what
            raise OSError(self._error, os.strerror(self._error))


class DeadlyDisk(_StepByStep):
    """Ends its own process at one step, as the out-of-memory killer would."""

    def __init__(self, at):
        super().__init__()
        self._at = at
        self._steps = 0

    def step(self, what):
        self._steps += 1
        if self._steps == self._at:
            os.kill(os.getpid(), signal.SIGKILL)


class PowerCut(BaseException):
    """Nothing that runs hears of a real one."""


class ForgetfulDisk(_StepByStep):
    """Loses power at one step, and then knows of each file what was synced, and the names that the folder had then."""

    def __init__(self, at, folder):
        super().__init__()
        self._at = at
        self._folder = folder
        self._steps = 0
        self._files = {one.stat().st_ino: [one.read_bytes()] for one in folder.iterdir()}
        self._names = self._now()
        self._left = None

    def step(self, what):
        self._steps += 1
        if self._steps == self._at:
            self._left = self._content()
            raise PowerCut

    def create(self, path):
        file = super().create(path)
        self._files[os.fstat(file.fileno()).st_ino] = [b""]
        return file

    def sync(self, descriptor):
        self._around("sync", lambda: self._keep(descriptor))

    def goes_on(self):
        """Let the step have ended the process only: what it wrote is still there for the next one."""
        self._left, self._at = None, 0

    def restart(self, *, kept):
        """Make the folder what it is when the power comes back. Of names not synced it knows the ``kept`` ones."""
        synced, written = self._left or self._content()
        for one in self._folder.iterdir():
            one.unlink()
        for name in synced.keys() | written.keys():
            known = written if name in kept else synced
            if name in known:
                (self._folder / name).write_bytes(known[name])

    def _keep(self, descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            self._names = self._now()
        else:
            status = os.fstat(descriptor)
            path = next(one for one in self._folder.iterdir() if one.stat().st_ino == status.st_ino)
            self._files[status.st_ino][0] = path.read_bytes()

    def _now(self):
        there = {one.name: self._files.get(one.stat().st_ino) for one in self._folder.iterdir()}
        return {name: kept for name, kept in there.items() if kept is not None}

    def _content(self):
        return [{name: data for name, (data,) in names.items()} for names in (self._names, self._now())]


class SlowEater(QuickDisk):
    """Takes seven bytes at a time."""

    def write(self, file, data):
        return super().write(file, data[:7])


class Stuffed(QuickDisk):
    """Takes some bytes of each write, then none at all, and says nothing."""

    def __init__(self, room):
        super().__init__()
        self.room = room

    def write(self, file, data):
        taken = super().write(file, data[: self.room])
        self.room -= taken
        return taken
