"""One session of an engine, and what became of its tasks."""

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import time
from pathlib import Path

from work import EXPORTED, FILES

LIMIT = 300  # seconds: who takes longer hangs


class Session:
    def __init__(self, binary, engine, root, tasks, venv, cores=32):
        self.binary, self.engine, self.root, self.venv = binary, engine, Path(root), venv
        # Both engines work at one path, one after the other: so what tasks see of it is the same.
        self.place = self.root / "place"
        self.directory = self.place / "s"
        self.tasks, self.cores = tasks, cores
        self.home = self.root / "home"

    def environment(self):
        own = {"HOME": str(self.home), "XDG_STATE_HOME": str(self.root / "state"), "TMPDIR": str(self.root / "tmp")}
        return dict(os.environ, **EXPORTED, **own)

    def run(self):
        """The outcome of each task, by its label."""
        for path in (self.place, self.home, self.root / "state", self.root / "tmp"):
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True)
        for name, text in FILES.items():
            path = self.place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            os.chmod(path, 0o755 if name == "script" else 0o644)
        (self.place / "w.json").write_text(json.dumps({"name": "differential", "tasks": self.tasks}))
        command = [self.binary, "run", "w.json", "--engine", self.engine, "--cores", str(self.cores), "--session-dir", "s", "--batch"]
        command += ["--venv", self.venv]
        with open(self.root / ("%s.log" % self.engine), "wb") as log:
            process = subprocess.Popen(
                command, cwd=self.place, env=self.environment(), stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            try:
                self.cancel(process)
                self.status = process.wait(LIMIT)
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait(60)
        return self.outcomes()

    def events(self):
        try:
            with open(self.directory / "journal.jsonl", "rb") as journal:
                for line in journal:
                    if line.endswith(b"\n"):
                        yield json.loads(line)
        except FileNotFoundError:
            pass

    def labels(self):
        result = []
        for task in self.tasks:
            count = task.get("ensemble")
            result += ["%s.%d" % (task["name"], n) for n in range(count)] if count else [task["name"]]
        return {label: "task.%06d" % number for number, label in enumerate(result)}

    def cancel(self, process):
        """Cancels who is to be canceled, once all of them run, and who waits for one."""
        uids = {name: uid for name, uid in self.labels().items() if name.startswith("cancel-")}
        waiting = {"cancel-waiting"}
        if not uids:
            return
        deadline = time.monotonic() + LIMIT
        while process.poll() is None and time.monotonic() < deadline:
            running = {e["uid"] for e in self.events() if e.get("event") == "task" and e.get("state") == "AGENT_EXECUTING"}
            if all(self.has_begun(name, uid) if uid in running else False for name, uid in uids.items() if name not in waiting):
                break
            time.sleep(0.5)
        subprocess.run([self.binary, "cancel", "s"] + list(uids.values()), cwd=self.place, env=self.environment(),
                       stdout=subprocess.DEVNULL, check=False, timeout=60)

    def has_begun(self, name, uid):
        if name in ("cancel-function", "cancel-prepared", "cancel-retried"):
            return True
        return "begun" in self.text(uid, "stdout")

    def text(self, uid, name):
        try:
            return (self.directory / "tasks" / uid / name).read_bytes().decode("utf-8", "backslashreplace")
        except OSError:
            return ""

    def outcomes(self):
        ends, attempts = {}, {}
        for event in self.events():
            if event.get("event") != "task":
                continue
            uid = event["uid"]
            attempts[uid] = max(attempts.get(uid, 1), event.get("attempt") or 1)
            if event.get("state") in ("DONE", "FAILED", "CANCELED", "NEW"):
                ends[uid] = event
        result = {}
        described = {task["name"]: task for task in self.tasks}
        for label, uid in self.labels().items():
            task = described.get(label) or described[label.rpartition(".")[0]]
            end = ends.get(uid, {})
            files = self.listing(self.directory / "tasks" / uid)
            names = [task.get("stdout", "stdout"), task.get("stderr", "stderr")]
            result[label] = {
                "state": end.get("state"),
                "exit code": end.get("exit_code"),
                "signal": end.get("signal"),
                "reason": self.plain(end.get("reason")),
                "value": end.get("value"),
                "attempts": attempts.get(uid),
                "stdout": self.plain(self.text(uid, names[0])),
                "stderr": self.plain(self.text(uid, names[1])) if names[0] != names[1] else None,
                "files": {name: "PID" if name == "pid" else what for name, what in files.items() if name not in names},
            }
        made = self.listing(self.place, skip={"s", "w.json"})
        result["(the workflow's directory)"] = {"files": made}
        result["(the session)"] = {"exit code": getattr(self, "status", None), "left": self.left()}
        return result

    def plain(self, text):
        """Without what differs by its nature: the session's id, and where RADICAL-Pilot keeps directories of tasks."""
        if text is None:
            return None
        tasks = os.path.realpath(self.directory / "tasks")
        text = text.replace(tasks, "TASKS").replace(str(self.directory / "tasks"), "TASKS").replace(str(self.root), "ROOT")
        text = re.sub(r"\b0x[0-9a-f]{8,}", "ADDRESS", text)
        text = re.sub(r"\b\d{8}T?-?\d{6}-[0-9a-z]+\b", "SESSION", text)
        return text if len(text) <= 4000 else "%d bytes, %s" % (len(text), hashlib.sha1(text.encode("utf-8", "replace")).hexdigest())

    def listing(self, top, skip=()):
        """What is below a directory: names, with kind and contents."""
        result = {}

        def look(path, name):
            try:
                status = os.lstat(path)
            except OSError:
                return
            if stat.S_ISLNK(status.st_mode):
                result[name] = "-> " + self.plain(os.readlink(path))
            elif stat.S_ISDIR(status.st_mode):
                if name:
                    result[name] = "directory"
                try:
                    entries = sorted(os.listdir(path))
                except OSError:
                    return
                for entry in entries:
                    if not name and entry in skip or entry == "__pycache__":
                        continue
                    look(os.path.join(path, entry), name + "/" + entry if name else entry)
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    data = file.read()
                result[name] = self.plain(data.decode("utf-8", "backslashreplace")) if len(data) < 200 else hashlib.sha1(data).hexdigest()
            else:
                result[name] = "special"

        look(os.path.realpath(top), "")
        return result

    def left(self):
        """The processes that still work below the root."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                if entry.isdigit() and os.readlink("/proc/%s/cwd" % entry).startswith(str(self.root)):
                    with open("/proc/%s/cmdline" % entry, "rb") as file:
                        found.append(file.read().replace(b"\0", b" ").decode("utf-8", "replace").strip()[:80])
            except OSError:
                pass
        return sorted(found)
